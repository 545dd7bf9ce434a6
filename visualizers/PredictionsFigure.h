// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/Figure.h"

#include <vector>

class QChart;

namespace mixer::vis {

/// One bar of the predictions.
struct PredictionBar {
    int classIndex = 0;
    QString label;
    double value = 0;  ///< probability 0 to 1, or logit
    bool selected = false;
};

/// What the bars and the line above them show.
struct PredictionsData {
    std::vector<PredictionBar> bars;  ///< best first
    PredictionValue value = PredictionValue::Probability;
    double entropy = 0;  ///< bits, over all classes
    double margin = 0;   ///< first minus second probability
    int classCount = 0;
};

/// The `topCount` best classes; a selected class outside of them is added as the last bar.
PredictionsData makePredictionsData(const FigureContext& context);

/// The one chart of predictions, for the screen (QChartView takes ownership) and for files. Horizontal bars, best on
/// top, values at their ends; no animations, no OpenGL. The selected class has the highlight colour. GUI thread only.
QChart* makePredictionsChart(const PredictionsData& data, const FigureStyle& style);

/// What does the network say? array(): logits (classes).
class PredictionsFigure : public Figure {
public:
    explicit PredictionsFigure(FigureContext context);

    QString id() const override { return QStringLiteral("predictions"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override;
    QSizeF preferredSize(const FigureStyle& style) const override;
    double heightForWidth(double width, const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    bool select(const Selection& selection) override;
    QString caption() const override;

    const PredictionsData& data() const { return m_data; }
    /// "entropy 1.32 bits · margin 0.41".
    static QString subtitle(const PredictionsData& data);

private:
    PredictionsData m_data;
};

}  // namespace mixer::vis
