// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ScanPathFigure.h"

#include "engine/core/Error.h"
#include "visualizers/ColorBar.h"
#include "visualizers/ComponentBars.h"
#include "visualizers/HeatMap.h"
#include "visualizers/PlotAxes.h"

#include <QPainter>
#include <QTransform>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace mixer::vis {

namespace {

constexpr double kSmallestPatch = 1.1;  ///< times the type size; a finer grid would hide the picture

ImageOverlay overlayOf(const FigureContext& context, const MixerDetail& detail)
{
    const MixerRecord& record = detail.record();
    return {context.trace->geometry(), record};
}

void requireImage(const FigureContext& context)
{
    if (!context.image || toQImage(*context.image).isNull())
        throw Error(ErrorKind::Usage, "the scan path figure needs the picture that the trace was made from");
    const ImageGeometry& g = context.trace->geometry();
    if (context.image->width != g.originalWidth || context.image->height != g.originalHeight)
        throw Error(ErrorKind::Usage,
                    "the picture is not the trace's: expected " + std::to_string(g.originalWidth) + " x "
                        + std::to_string(g.originalHeight) + " pixels, found " + std::to_string(context.image->width)
                        + " x " + std::to_string(context.image->height));
}

}  // namespace

struct ScanPathFigure::Layout {
    QRectF photo;
    QRectF timeBar;
    QRectF overlayBar;
    QPointF key;
    double scale = 1;  ///< figure units to an original pixel
    QTransform toFigure;
};

ScanPathFigure::ScanPathFigure(FigureContext context)
    : Figure(std::move(context))
    , m_detail(requireDetail(m_context))
    , m_overlay(overlayOf(m_context, *m_detail))
{
    requireImage(m_context);
    const MixerRecord& record = m_detail->record();
    if (!record.id.isChannelMixer) {
        const int scan = m_context.selection.scan;
        m_tokens = visitedTokens(*m_detail, scan);
        const Array gate = m_detail->meanGate(scan);
        for (int step = 0; step < m_detail->positionCount(); ++step)
            m_meanGate.push_back(gate.values.at(static_cast<std::size_t>(m_detail->positionAt(scan, step))));
    }
    m_context.detail = m_detail;
    m_map = makeTokenMap(m_context);
    if (m_context.options.range)
        m_map.range = *m_context.options.range;
}

QString ScanPathFigure::title() const
{
    const QString mixer = QString::fromStdString(m_detail->record().id.shortName());
    const QString scan = QString::fromStdString(m_detail->scanName(m_context.selection.scan));
    if (hasPath() && m_context.options.showPath)
        return Words::tr("Scan %1 of %2").arg(scan, mixer);
    QString quantity = m_map.label.isEmpty() ? Words::tr("Tokens") : m_map.label;
    quantity[0] = quantity.at(0).toUpper();
    return Words::tr("%1, %2").arg(quantity, mixer);
}

QRectF ScanPathFigure::shownPart() const
{
    const QRectF picture(0, 0, m_context.image->width, m_context.image->height);
    if (!m_context.options.cropToInput)
        return picture;
    const QRectF part = m_overlay.inputRect().intersected(picture);
    return part.isEmpty() ? picture : part;
}

ScanPathFigure::Layout ScanPathFigure::layout(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF body = belowTitle(rect, style, true);
    Layout l;
    const bool roomForBars = body.width() > 16 * metrics.line && body.height() > 8 * metrics.line;
    const bool timed = hasPath() && m_context.options.showPath && m_map.values.empty();
    const ColorBar time{nullptr, {0, static_cast<double>(m_overlay.tokenCount())}, QStringLiteral(" "), false};
    const ColorBar values{nullptr, m_map.range, QStringLiteral(" "), false};
    const double barWidth = !roomForBars ? 0
        : timed                          ? time.widthFor(style) + 2 * metrics.gap
        : !m_map.parts.empty()           ? ComponentBars{m_map}.widthFor(style) + 2 * metrics.gap
        : !m_map.values.empty()          ? values.widthFor(style) + 2 * metrics.gap
                                         : 0;
    const double keyHeight = hasPath() && m_context.options.showPath && roomForBars ? 1.7 * metrics.line : 0;

    const QRectF part = shownPart();
    const QSizeF room(std::max(1.0, body.width() - barWidth), std::max(1.0, body.height() - keyHeight));
    l.scale = std::min(room.width() / part.width(), room.height() / part.height());
    const QSizeF size = part.size() * l.scale;
    const double left = std::floor(body.left() + 0.5 * (room.width() - size.width()));
    l.photo = QRectF(QPointF(left, std::floor(body.top() + 0.5 * (room.height() - size.height()))), size);
    l.toFigure = QTransform::fromTranslate(l.photo.left(), l.photo.top())
                     .scale(l.scale, l.scale)
                     .translate(-part.left(), -part.top());
    if (barWidth > 0) {
        const QRectF bar(l.photo.right() + 2 * metrics.gap, l.photo.top() + 0.4 * metrics.line, barWidth,
                         l.photo.height() - 0.8 * metrics.line);
        (timed ? l.timeBar : l.overlayBar) = bar;
    }
    if (keyHeight > 0)
        l.key = QPointF(l.photo.left(), l.photo.bottom() + 0.5 * keyHeight + 0.3 * metrics.gap);
    return l;
}

QPointF ScanPathFigure::toFigure(const QPointF& original, const QRectF& rect, const FigureStyle& style) const
{
    return layout(rect, style).toFigure.map(original);
}

std::optional<FigureHit> ScanPathFigure::hitTest(const QPointF& point, const QRectF& rect,
                                                 const FigureStyle& style) const
{
    const Layout l = layout(rect, style);
    if (!l.photo.contains(point))
        return std::nullopt;
    const int token = m_overlay.tokenAt(l.toFigure.inverted().map(point));
    if (token < 0)
        return std::nullopt;
    FigureHit hit{m_context.selection, {}};
    hit.text = Words::tr("token (%1, %2)").arg(token / m_overlay.width()).arg(token % m_overlay.width());
    if (hasPath()) {
        hit.selection.step = m_detail->stepOf(m_context.selection.scan, m_detail->record().positionOf(token));
        hit.text += QLatin1Char('\n') + Words::tr("step %1").arg(hit.selection.step);
    } else {
        hit.selection.lane = token;
    }
    const QPointF centre = m_overlay.tokenCentre(token);
    if (!m_map.parts.empty())
        hit.text += QLatin1Char('\n') + partsText(m_map, m_overlay.cellAt(m_map, centre));
    else if (!m_map.values.empty())
        hit.text += QLatin1Char('\n') + m_map.label + QStringLiteral(": ")
            + numberText(static_cast<double>(m_overlay.valueAt(m_map, centre)));
    return hit;
}

bool ScanPathFigure::select(const Selection& selection)
{
    const Selection before = m_context.selection;
    if (!Figure::select(selection))
        return false;
    const OverlayQuantity quantity = m_context.options.overlay;
    const bool followsStep = m_detail->record().id.isChannelMixer || quantity == OverlayQuantity::Attention;
    if (quantity != OverlayQuantity::None && quantity != OverlayQuantity::FeaturePca
        && ((followsStep && before.step != selection.step) || before.lane != selection.lane)) {
        m_map = makeTokenMap(m_context);
        if (m_context.options.range)
            m_map.range = *m_context.options.range;
    }
    return true;
}

TokenMap ScanPathFigure::knownMap() const
{
    TokenMap map = m_map;
    const bool isOfTokens = map.height == m_overlay.height() && map.width == m_overlay.width();
    if (!hasPath() || map.values.empty() || !isOfTokens || m_context.selection.step + 1 == m_detail->positionCount())
        return map;
    map.isHidden.assign(map.values.size(), true);
    for (int step = 0; step <= m_context.selection.step; ++step)
        if (const int token = m_tokens[static_cast<std::size_t>(step)]; token >= 0)
            map.isHidden[static_cast<std::size_t>(token)] = false;
    return map;
}

QString ScanPathFigure::stepText() const
{
    const Selection& s = m_context.selection;
    // An attribution is of the image, whatever step and gate are selected.
    if (m_context.options.overlay == OverlayQuantity::Attribution && !m_map.values.empty())
        return m_map.note.isEmpty() ? m_map.label : Words::tr("%1 (%2)").arg(m_map.label, m_map.note);
    // Features are of no step, as long as no path is drawn.
    const bool showsStep = m_context.options.overlay != OverlayQuantity::FeaturePca || m_context.options.showPath;
    if (!showsStep)
        return Words::tr("%1 × %2 tokens").arg(m_overlay.height()).arg(m_overlay.width())
            + (m_map.note.isEmpty() ? QString() : QStringLiteral(" · ") + m_map.note);
    if (!hasPath())
        return Words::tr("step %1 of %2 · channel %3 · %4 × %5 tokens")
            .arg(s.step)
            .arg(m_detail->positionCount())
            .arg(m_detail->positionAt(s.scan, s.step))
            .arg(m_overlay.height())
            .arg(m_overlay.width());
    const int token = m_tokens[static_cast<std::size_t>(s.step)];
    const QString place = token < 0
        ? Words::tr("class token")
        : Words::tr("token (%1, %2)").arg(token / m_overlay.width()).arg(token % m_overlay.width());
    return Words::tr("step %1 of %2 · %3 · mean gate %4")
        .arg(s.step)
        .arg(m_tokens.size())
        .arg(place, numberText(m_meanGate.at(static_cast<std::size_t>(s.step))));
}

void ScanPathFigure::paintKey(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const Metrics metrics(style);
    painter.setFont(style.noteFont());
    const double r = 0.32 * metrics.line;
    QPointF at = l.key + QPointF(r + style.lineWidth, 0);
    const auto entry = [&](const QString& text) {
        painter.setPen(style.mutedText);
        const QPointF anchor(at.x() + r + metrics.gap, at.y());
        drawText(painter, anchor, Qt::AlignLeft | Qt::AlignVCenter, text);
        at.rx() = anchor.x() + textWidth(style.noteFont(), text) + 3 * metrics.gap + r;
    };
    painter.setPen(QPen(style.theme == Theme::Dark ? style.mutedText : QColor(Qt::black), style.lineWidth));
    painter.setBrush(Qt::white);
    painter.drawEllipse(at, r, r);
    entry(Words::tr("start"));
    painter.setPen(QPen(style.theme == Theme::Dark ? style.mutedText : QColor(Qt::black), style.lineWidth));
    painter.drawRect(QRectF(at - QPointF(r, r), QSizeF(2 * r, 2 * r)));
    entry(Words::tr("end"));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(style.highlight, 2 * style.lineWidth));
    painter.drawEllipse(at, r, r);
    entry(Words::tr("step %1").arg(m_context.selection.step));
}

void ScanPathFigure::paintPicture(QPainter& painter, const Layout& l, const FigureStyle& style) const
{
    const FigureOptions& options = m_context.options;
    paintPhoto(painter, toQImage(*m_context.image), shownPart(), l.photo);
    painter.save();
    painter.setTransform(l.toFigure, true);
    const double unit = style.lineWidth / l.scale;
    if (!options.cropToInput) {
        QColor veil = style.background;
        veil.setAlphaF(0.6F);
        m_overlay.paintUnseen(painter, QRectF(0, 0, m_context.image->width, m_context.image->height), veil);
    }
    m_overlay.paintHeatMap(painter, options.isGrowing ? knownMap() : m_map, options.colorMap, options.overlayOpacity);
    if (options.showPatchGrid && m_overlay.tokenRect(0).width() * l.scale >= kSmallestPatch * style.fontPixelSize)
        m_overlay.paintGrid(painter, QColor(255, 255, 255, 90), 0.8 * unit);
    if (hasPath() && options.showPath) {
        ScanPathStyle path;
        path.colorMap = options.colorMap;
        path.lineWidth = 0.2 * style.fontPixelSize / style.lineWidth;
        path.currentStep = m_context.selection.step;
        path.isGrowing = options.isGrowing;
        path.highlight = style.highlight;
        if (!m_map.values.empty()) {
            path.singleColor = Qt::white;
            path.lineWidth *= 0.45;
            path.opacity = 0.75;
        }
        if (options.showAllPaths) {
            for (int scan = 0; scan < m_detail->scanCount(); ++scan) {
                ScanPathStyle other = path;
                other.currentStep = -1;
                other.opacity = 0.35;
                other.lineWidth *= 0.6;
                if (scan != m_context.selection.scan)
                    m_overlay.paintScanPath(painter, visitedTokens(*m_detail, scan), other, unit);
            }
        }
        m_overlay.paintScanPath(painter, m_tokens, path, unit);
    } else if (m_context.selection.lane >= 0 && m_detail->record().id.isChannelMixer) {
        m_overlay.paintToken(painter, m_context.selection.lane, style.highlight, unit);
    }
    painter.restore();
}

void ScanPathFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), stepText());
    const Layout l = layout(rect, style);
    paintPicture(painter, l, style);
    const ColorMap& map = ColorMap::get(m_map.isSigned ? ColorMapId::Diverging : m_context.options.colorMap);
    if (!l.timeBar.isEmpty())
        ColorBar{&map, {0, static_cast<double>(std::max(1, m_overlay.tokenCount() - 1))}, Words::tr("step t"), false}
            .paintVertical(painter, l.timeBar, style);
    if (!l.overlayBar.isEmpty() && !m_map.parts.empty())
        ComponentBars{m_map}.paintVertical(painter, l.overlayBar, style);
    else if (!l.overlayBar.isEmpty())
        ColorBar{&map, m_map.range, m_map.label, m_map.isCut}.paintVertical(painter, l.overlayBar, style);
    if (!l.key.isNull())
        paintKey(painter, l, style);
    painter.restore();
}

std::vector<std::vector<float>> ScanPathFigure::overlayByToken() const
{
    std::vector<std::vector<float>> columns;
    for (const ColorPart& part : m_map.parts)
        columns.push_back(part.values);
    if (!columns.empty() || m_map.values.empty())
        return columns;
    columns.emplace_back();
    for (int token = 0; token < m_overlay.tokenCount(); ++token)
        columns.front().push_back(m_overlay.valueAt(m_map, m_overlay.tokenCentre(token)));
    return columns;
}

QString ScanPathFigure::caption() const
{
    if (m_map.values.empty())
        return Figure::caption();
    const QString what = m_map.note.isEmpty() ? m_map.label : Words::tr("%1 (%2)").arg(m_map.label, m_map.note);
    const QString details = m_map.details.isEmpty() ? QString() : QStringLiteral(": ") + m_map.details;
    return Words::tr("Over the image: %1.").arg(what + details) + QLatin1Char(' ') + Figure::caption();
}

FigureTable ScanPathFigure::table() const
{
    struct Data {
        std::vector<std::int32_t> tokens;  ///< by step; empty: rows are tokens
        std::vector<float> gate;
        std::vector<std::vector<float>> overlay;  ///< one column or three
        int width;
    };
    Data data{m_tokens, m_meanGate, overlayByToken(), m_overlay.width()};
    FigureTable table;
    if (hasPath())
        table.columns = {{QStringLiteral("step"), {}}};
    table.columns.push_back({QStringLiteral("token_y"), {}});
    table.columns.push_back({QStringLiteral("token_x"), {}});
    if (hasPath())
        table.columns.push_back({QStringLiteral("mean_gate"), {}});
    if (data.overlay.size() == 1)
        table.columns.push_back({m_map.label, {}});
    for (const ColorPart& part : m_map.parts)
        table.columns.push_back({part.label, {}});
    table.rowCount = hasPath() ? static_cast<qint64>(m_tokens.size()) : m_overlay.tokenCount();
    table.cell = [data](qint64 row, int column) -> QVariant {
        const auto r = static_cast<std::size_t>(row);
        const bool hasPath = !data.tokens.empty();
        const int token = hasPath ? data.tokens[r] : static_cast<int>(row);
        if (hasPath && column == 0)
            return static_cast<int>(row);
        const int index = column - (hasPath ? 1 : 0);
        if (hasPath && index == 2)
            return static_cast<double>(data.gate.at(r));
        if (token < 0)
            return {};  // a class token lies nowhere
        if (index == 0)
            return token / data.width;
        if (index == 1)
            return token % data.width;
        const auto part = static_cast<std::size_t>(index - (hasPath ? 3 : 2));
        return static_cast<double>(data.overlay.at(part).at(static_cast<std::size_t>(token)));
    };
    return table;
}

Array ScanPathFigure::array() const
{
    Array array({m_overlay.height(), m_overlay.width()});
    if (!m_map.values.empty() && (m_map.height != m_overlay.height() || m_map.width != m_overlay.width()))
        array = Array({m_map.height, m_map.width});
    if (!m_map.parts.empty()) {
        array = Array({static_cast<std::int64_t>(m_map.parts.size()), m_map.height, m_map.width});
        array.values = allValues(m_map);
    } else if (!m_map.values.empty())
        array.values = m_map.values;
    else
        for (std::size_t step = 0; step < m_tokens.size(); ++step)
            if (m_tokens[step] >= 0)
                array.values[static_cast<std::size_t>(m_tokens[step])] = static_cast<float>(step);
    return array;
}

QSizeF ScanPathFigure::preferredSize(const FigureStyle& style) const
{
    const double width = 36.0 * style.fontPixelSize;
    return {width, heightForWidth(width, style)};
}

double ScanPathFigure::heightForWidth(double width, const FigureStyle& style) const
{
    const Metrics metrics(style);
    const QRectF part = shownPart();
    // A tall picture would make a page of it: at most as high as wide.
    const double photo = std::max(1.0, width - 5.5 * metrics.line);
    return std::min(photo * part.height() / part.width(), width) + 5 * metrics.line;
}

}  // namespace mixer::vis
