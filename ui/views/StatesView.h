// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;

namespace mixer::ui {

class FigureView;
class InspectionDocument;

/// What the scan remembers at the timeline's step, and how much along the way.
class StatesView : public QWidget {
    Q_OBJECT
public:
    explicit StatesView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    FigureView* state() const { return m_state; }

private:
    void refreshHeading();
    void refreshQuantity();

    InspectionDocument* m_document = nullptr;
    QLabel* m_heading;
    QComboBox* m_quantity;
    FigureView* m_state;
};

}  // namespace mixer::ui
