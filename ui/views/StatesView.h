// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/views/ImageDropTarget.h"

#include <QWidget>

class QComboBox;
class QLabel;

namespace mixer::ui {

class FigureView;
class InspectionDocument;

/// What the scan remembers at the timeline's step, and how much along the way. An image of the list that is dropped
/// here gives its state at that step.
class StatesView : public QWidget {
    Q_OBJECT
public:
    explicit StatesView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    FigureView* state() const { return m_state; }

private:
    void refreshHeading();
    void refreshQuantity();
    std::optional<ImageDropTarget::Place> dropPlace();

    InspectionDocument* m_document = nullptr;
    QLabel* m_heading;
    QComboBox* m_quantity;
    FigureView* m_state;
};

}  // namespace mixer::ui
