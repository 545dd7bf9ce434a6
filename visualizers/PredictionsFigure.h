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
    double value = 0;  ///< probability 0 to 1, or logit; of a difference, its change
    bool selected = false;
    bool isTrue = false;    ///< the class that the picture is known to be of
    double baseline = 0;    ///< without the edits; NaN when there are none
    double change() const;  ///< value - baseline; NaN without edits
};

/// What the bars and the line above them show.
struct PredictionsData {
    std::vector<PredictionBar> bars;  ///< best first
    PredictionValue value = PredictionValue::Probability;
    double entropy = 0;  ///< bits, over all classes
    double margin = 0;   ///< first minus second probability
    int classCount = 0;
    bool isDifference = false;  ///< bars are changes, largest magnitude first
};

/// The `topCount` best classes; a selected class outside of them, the true class and the one that was best without the
/// edits are added as the last bars. Difference: the classes that changed most.
PredictionsData makePredictionsData(const FigureContext& context);

/// The one chart of predictions, for the screen (QChartView takes ownership) and for files. Horizontal bars, best on
/// top, values at their ends; no animations, no OpenGL. The selected class has the highlight colour. GUI thread only.
QChart* makePredictionsChart(const PredictionsData& data, const FigureStyle& style);

/// What does the network say, and what would it say without the edits (a mark on each bar, the change behind its
/// number)? array(): logits (classes).
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

    /// The row of a bar, label included.
    QRectF rowRect(int bar, const QRectF& rect, const FigureStyle& style) const;
    const PredictionsData& data() const { return m_data; }
    /// "entropy 1.32 bits · margin 0.41".
    static QString subtitle(const PredictionsData& data);

private:
    PredictionsData m_data;
};

}  // namespace mixer::vis
