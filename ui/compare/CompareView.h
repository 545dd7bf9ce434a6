// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QTreeWidget;

namespace mixer::ui {

class FigureView;
class InspectionDocument;

/// What two runs differ in: the output of each mixer, with the first where they part, and the predictions.
class CompareView : public QWidget {
    Q_OBJECT
public:
    explicit CompareView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    FigureView* figure() const { return m_figure; }
    QTreeWidget* classes() const { return m_classes; }
    /// Metric of the predictions, and what cannot be compared.
    QString notes() const;

private:
    void refresh();
    void fillClasses();

    InspectionDocument* m_document = nullptr;
    FigureView* m_figure;
    QLabel* m_notes;
    QTreeWidget* m_classes;
};

}  // namespace mixer::ui
