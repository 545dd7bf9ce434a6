// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QToolButton;

namespace mixer::ui {

class FigureView;
class InspectionDocument;

/// What each lane lets in: the gate matrix, the order of its rows, and the way back from one lane to all of them.
class ChannelsView : public QWidget {
    Q_OBJECT
public:
    explicit ChannelsView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    FigureView* gates() const { return m_gates; }

private:
    void refreshAll();

    InspectionDocument* m_document = nullptr;
    QLabel* m_heading;
    QComboBox* m_sort;
    QToolButton* m_allLanes;
    FigureView* m_gates;
};

}  // namespace mixer::ui
