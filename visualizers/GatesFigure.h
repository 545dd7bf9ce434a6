// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/ColorBar.h"
#include "visualizers/Figure.h"

#include <QImage>

#include <memory>
#include <vector>

namespace mixer::vis {

/// What does each channel let in, and when? The gate matrix lanes x steps in scan order, lane means at the right, step
/// means on top, selected lane and step marked; lanes that are always open or always shut have a mark at the right.
/// Or SiLU(z), the output gate, signed, with means of its magnitude. array(): (lanes, steps), lanes in their natural
/// order.
class GatesFigure : public Figure {
public:
    explicit GatesFigure(FigureContext context);

    struct Cell {
        int lane = -1;  ///< its own number, not its rank after sorting
        int step = -1;
    };

    QString id() const override { return QStringLiteral("gates"); }
    QString title() const override;
    void paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const override;
    FigureTable table() const override;
    Array array() const override;
    QSizeF preferredSize(const FigureStyle& style) const override;
    std::optional<FigureHit> hitTest(const QPointF& point, const QRectF& rect, const FigureStyle& style) const override;
    bool select(const Selection& selection) override;
    /// Frames the row; rows too low to be told apart are enlarged, with the steps around.
    void paintHover(QPainter& painter, const QPointF& point, const QRectF& rect,
                    const FigureStyle& style) const override;
    /// The lane shown there, in the order of the rows; without a selected lane the first or last one.
    std::optional<Selection> rowBeside(int rows) const override;

    std::optional<Cell> cellAt(const QPointF& point, const QRectF& rect, const FigureStyle& style) const;
    QRectF cellRect(const Cell& cell, const QRectF& rect, const FigureStyle& style) const;
    /// The plotted matrix, where marks and cells lie.
    QRectF matrixRect(const QRectF& rect, const FigureStyle& style) const;
    /// Ends of the colours: 0 to the largest gate, or below it when a few gates lie far above the others.
    const ValueRange& range() const { return m_range; }
    enum class Habit { Varies, Open, Shut };
    Habit habitOf(int lane) const { return m_habit.at(static_cast<std::size_t>(lane)); }
    int countOf(Habit habit) const;

private:
    struct Layout;
    Layout layout(const QRectF& rect, const FigureStyle& style) const;
    bool isSigned() const;
    QString symbol() const;
    void findRange();
    void sortLanes();
    QString laneWord() const;
    QString subtitle() const;
    /// Of the matrix, at most that many pixels; kept until the size or the order of the lanes changes.
    const QImage& image(const QSize& pixels, Theme theme) const;
    void paintLens(QPainter& painter, const Cell& centre, const QRectF& lens, const FigureStyle& style) const;
    void paintHabits(QPainter& painter, const Layout& layout, const FigureStyle& style) const;
    ColorBar colorBar(Theme theme) const;
    void paintMargins(QPainter& painter, const Layout& layout, const FigureStyle& style) const;
    void paintMarks(QPainter& painter, const Layout& layout, const FigureStyle& style) const;

    std::shared_ptr<const MixerDetail> m_detail;
    std::shared_ptr<const Array> m_gate;  ///< (lanes, steps): columns already in scan order
    std::vector<float> m_laneMean;
    std::vector<float> m_laneVariance;
    std::vector<float> m_stepMean;
    std::vector<Habit> m_habit;  ///< by lane; of differences and output gates all vary
    std::vector<int> m_laneAtRow;
    std::vector<int> m_rowOfLane;
    ValueRange m_range;         ///< of the colours
    bool m_rangeIsCut = false;  ///< some gates lie above it
    mutable QImage m_image;
    mutable Theme m_imageTheme = Theme::Light;
};

}  // namespace mixer::vis
