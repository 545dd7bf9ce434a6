// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/core/Array.h"
#include "visualizers/FigureContext.h"
#include "visualizers/FigureStyle.h"
#include "visualizers/FigureTable.h"

#include <QPointF>
#include <QRectF>
#include <QSizeF>
#include <QString>
#include <QStringList>

#include <memory>
#include <optional>

class QPainter;

namespace mixer::vis {

/// What lies under a point of a figure.
struct FigureHit {
    Selection selection;  ///< what a click there selects
    QString text;         ///< what hovering there says; several lines, plain text
};

/// One answer to one question about a trace: something paintable on any QPainter, and the numbers behind it.
/// Data are taken from the context at construction (any thread); afterwards nothing is computed but pixels. Painting
/// caches images inside, so one figure is painted by one thread at a time; PredictionsFigure paints on the GUI thread
/// only, because QtCharts does.
class Figure {
public:
    virtual ~Figure() = default;
    Figure(const Figure&) = delete;
    Figure& operator=(const Figure&) = delete;

    virtual QString id() const = 0;     ///< "gates": name on the command line, stem of file names
    virtual QString title() const = 0;  ///< "Gates of S3 B1 T2, scan hilbert"
    /// Paints into `rect` (figure units) and nowhere else. Any size from about 160 x 120 units on stays readable: what
    /// does not fit (cell values, every tick) is left out.
    virtual void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const = 0;
    virtual FigureTable table() const = 0;
    /// The one array that the figure is about, for NPY; shape and meaning at each class.
    virtual Array array() const = 0;
    /// Size at which it looks best with the style's type.
    virtual QSizeF preferredSize(const FigureStyle& style) const = 0;
    /// Height that suits a given width: of exports. By default keeps the aspect ratio of preferredSize().
    virtual double heightForWidth(double width, const FigureStyle& style) const;
    /// What lies under `point` when the figure is painted into `rect` with `style`; none outside of the data.
    virtual std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const;
    /// Moves marks (lane, step, class) without building anything else again; cheap enough for scrubbing. Another mixer
    /// or scan needs another figure for gates, state and scan path: returns false and changes nothing.
    virtual bool select(const Selection& selection);
    /// Over the painted figure, and in no picture of it: what lies under the mouse, enlarged where it is small.
    virtual void paintHover(QPainter& painter, const QPointF& point, const QRectF& rect,
                            const FigureStyle& style) const;
    /// The selection `rows` further down (negative: up); none for figures whose rows cannot be selected.
    virtual std::optional<Selection> rowBeside(int rows) const;

    /// Where it comes from: model file and family, image, mixer, scan, step, program version. One paragraph.
    virtual QString caption() const;

    const FigureContext& context() const { return m_context; }
    const Selection& selection() const { return m_context.selection; }

protected:
    /// Throws Error(Usage) without a trace.
    explicit Figure(FigureContext context);
    /// For figures of something else than a trace, whose context has none; they bring a caption() of their own.
    Figure() = default;
    /// The detail of the selected mixer, from the context or the trace, with the selection checked. Throws
    /// Error(Usage), Cancelled.
    static std::shared_ptr<const MixerDetail> requireDetail(const FigureContext& context);
    /// The caption's sentences about model and image, and the last one.
    QString runCaption() const;
    QString programCaption() const;

    FigureContext m_context;
};

/// "predictions", "routing", "scan-path", "gates", "gate-distribution", "state", "attention", "split",
/// "receptive-fields", "patch-effects", "mixing", "router-statistics", "comparison", "comparison-map".
QStringList figureIds();
/// Of two runs: it needs a second one.
bool isComparison(const QString& id);
/// There is what the figure is about: mixing weights are ViM2's and ViQS's, router statistics need a set of images,
/// effects of patches another image, receptive fields a token, comparisons a second run.
bool figureExists(const QString& id, const FigureContext& context);
/// Throws Error(Usage) for an unknown id (the message lists the valid ones), a mixer, scan, step, lane or class that
/// does not exist, or a figure that the mixer cannot have; and whatever Trace::detail throws.
std::unique_ptr<Figure> makeFigure(const QString& id, const FigureContext& context);

}  // namespace mixer::vis
