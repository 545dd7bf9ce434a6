// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/MixingFigure.h"

#include <QWidget>

#include <optional>

class QDoubleSpinBox;
class QLabel;
class QMenu;

namespace mixer::ui {

class FigureView;
class InspectionDocument;

/// Which earlier features feed which mixer in the selected mixer's stage. A click on a weight takes it into the box
/// below, where it can be changed; the change is an edit like others.
class MixingView : public QWidget {
    Q_OBJECT
public:
    explicit MixingView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    FigureView* figure() const { return m_figure; }
    QDoubleSpinBox* value() const { return m_value; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void takeCell(const QPointF& point);
    void refreshCell();
    void setWeight(double value);

    InspectionDocument* m_document = nullptr;
    FigureView* m_figure;
    QLabel* m_name;
    QDoubleSpinBox* m_value;
    std::optional<vis::MixingFigure::Cell> m_cell;
};

}  // namespace mixer::ui
