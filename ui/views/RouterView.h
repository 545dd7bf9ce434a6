// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QListWidget;
class QPushButton;

namespace mixer::ui {

class FigureView;
class InspectionDocument;

/// What the routers do over all images of the list: which classes get which scans, whether they keep them when the
/// image is changed a little, and the images nearest to another decision.
class RouterView : public QWidget {
    Q_OBJECT
public:
    explicit RouterView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    FigureView* figure() const { return m_figure; }
    QPushButton* studyButton() const { return m_study; }
    QPushButton* dividedButton() const { return m_divided; }
    QListWidget* closeCalls() const { return m_calls; }

private:
    void study();
    void refresh();

    InspectionDocument* m_document = nullptr;
    QPushButton* m_study;
    QPushButton* m_divided;
    QLabel* m_summary;
    FigureView* m_figure;
    QLabel* m_callsTitle;
    QListWidget* m_calls;
};

}  // namespace mixer::ui
