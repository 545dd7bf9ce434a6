// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/training/TrainingCurve.h"
#include "visualizers/Figure.h"

#include <vector>

namespace mixer::vis {

struct Axis;

/// Did the network learn, and did it learn what holds for other pictures? Left, the loss by epoch: in training (as
/// augmented and smoothed) and on the validation pictures; right, the shares of validation pictures that were right.
/// Without a trace. array(): (epochs, 4) training loss, validation loss, top-1, top-5 (NaN: not measured).
class TrainingCurveFigure : public Figure {
public:
    /// `subtitle`: what is trained. Throws Error(Usage) for a curve without points.
    TrainingCurveFigure(std::vector<CurvePoint> curve, QString subtitle, QString programVersion);

    QString id() const override { return QStringLiteral("training-curve"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override;
    QSizeF preferredSize(const FigureStyle& style) const override;
    QString caption() const override;

    enum class Series { TrainLoss, ValidationLoss, Top1, Top5 };
    /// Where a point of a series is painted.
    QPointF pointAt(Series series, int index, const QRectF& rect, const FigureStyle& style) const;
    double value(Series series, int index) const;

private:
    struct Layout;
    struct Line;
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    Axis epochAxis(const QRectF& panel) const;
    Axis valueAxis(const QRectF& panel, bool isLoss) const;
    std::vector<Line> lines(bool isLoss, const FigureStyle& style) const;
    void paintPanel(QPainter& painter, const QRectF& panel, double labelX, bool isLoss, const FigureStyle& style) const;
    bool isMeasured() const;

    std::vector<CurvePoint> m_curve;
    QString m_subtitle;
};

}  // namespace mixer::vis
