// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/Follower.h"

#include <QPointF>
#include <QWidget>

class QComboBox;
class QLabel;
class QMenu;
class QToolButton;

namespace mixer::ui {

class FigureView;
class InspectionDocument;

/// What each lane lets in: the gate matrix, the output gate, or how the gates are distributed. Choosing a lane shows
/// its map on the canvas; its context menu holds it.
class ChannelsView : public QWidget {
    Q_OBJECT
public:
    explicit ChannelsView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    FigureView* gates() const { return m_gates; }

private:
    void refreshAll();
    void refreshHeading();
    void setShown(int index);
    void setSort(int index);
    void addHoldActions(QMenu* menu, const QPointF& point);
    void hold(int channel, bool toMean);
    void requestContributions();

    InspectionDocument* m_document = nullptr;
    QLabel* m_heading;
    QComboBox* m_shown;
    QComboBox* m_sort;
    QToolButton* m_allLanes;
    FigureView* m_gates;
};

}  // namespace mixer::ui
