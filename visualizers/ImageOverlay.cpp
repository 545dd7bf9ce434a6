// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ImageOverlay.h"

#include "engine/core/Error.h"
#include "visualizers/HeatMap.h"
#include "visualizers/PlotAxes.h"

#include <QPainter>
#include <QPainterPath>
#include <QPolygonF>

#include <algorithm>
#include <cmath>

namespace mixer::vis {

namespace {

void requireIndex(const char* what, int index, int count)
{
    if (index < 0 || index >= count)
        throw Error(ErrorKind::Usage,
                    std::string(what) + " " + std::to_string(index) + " does not exist: expected 0 to "
                        + std::to_string(count - 1));
}

/// Norm of each lane's state after a step.
std::vector<float> laneNorms(const MixerDetail& detail, int scan, int step)
{
    const Array state = detail.state(scan, 0, detail.laneCount(), step);
    std::vector<float> norms(static_cast<std::size_t>(detail.laneCount()));
    const std::size_t n = static_cast<std::size_t>(detail.stateSize());
    for (std::size_t lane = 0; lane < norms.size(); ++lane) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i)
            sum += static_cast<double>(state.values[lane * n + i]) * state.values[lane * n + i];
        norms[lane] = static_cast<float>(std::sqrt(sum));
    }
    return norms;
}

/// A token mixer's positions are the tokens, and class tokens, which the map leaves out.
void fillFromTokenMixer(const MixerDetail& detail, const Selection& selection, OverlayQuantity quantity, TokenMap& map)
{
    const MixerRecord& record = detail.record();
    const int count = record.tokenCount();
    if (quantity == OverlayQuantity::StateNorm) {
        const Array& norm = detail.stateNorm(selection.scan);
        for (int token = 0; token < count; ++token)
            map.values.push_back(
                norm.values[static_cast<std::size_t>(detail.stepOf(selection.scan, record.positionOf(token)))]);
        map.label = Words::tr("state norm ‖h‖");
    } else if (quantity == OverlayQuantity::Gate && selection.lane >= 0) {
        requireIndex("channel", selection.lane, detail.laneCount());
        const Array& delta = detail.delta(selection.scan);
        for (int token = 0; token < count; ++token)
            map.values.push_back(-std::expm1(-delta.at(selection.lane, record.positionOf(token))));
        map.label = Words::tr("gate g of channel %1").arg(selection.lane);
    } else {
        const Array gate = detail.meanGate(selection.scan);
        for (int token = 0; token < count; ++token)
            map.values.push_back(gate.values[static_cast<std::size_t>(record.positionOf(token))]);
        map.label = Words::tr("mean gate g");
    }
}

/// A channel mixer's lanes are the tokens.
void fillFromChannelMixer(const MixerDetail& detail, const Selection& selection, OverlayQuantity quantity,
                          TokenMap& map)
{
    if (quantity == OverlayQuantity::MeanGate) {
        map.values = detail.laneGate(selection.scan).values;
        map.label = Words::tr("mean gate g");
        return;
    }
    requireIndex("step", selection.step, detail.positionCount());
    const int channel = detail.positionAt(selection.scan, selection.step);
    if (quantity == OverlayQuantity::StateNorm) {
        map.values = laneNorms(detail, selection.scan, selection.step);
        map.label = Words::tr("state norm ‖h‖ after channel %1").arg(channel);
        return;
    }
    const Array& delta = detail.delta(selection.scan);
    for (int token = 0; token < detail.laneCount(); ++token)
        map.values.push_back(-std::expm1(-delta.at(token, channel)));
    map.label = Words::tr("gate g of channel %1").arg(channel);
}

/// A line drawn twice, dark below and wider, is seen on any photo.
QColor casing(double opacity)
{
    QColor color(0, 0, 0);
    color.setAlphaF(static_cast<float>(0.55 * opacity));
    return color;
}

}  // namespace

TokenMap makeTokenMap(const MixerDetail& detail, const Selection& selection, OverlayQuantity quantity)
{
    TokenMap map;
    if (quantity == OverlayQuantity::None)
        return map;
    requireIndex("scan", selection.scan, detail.scanCount());
    map.height = detail.record().height;
    map.width = detail.record().width;
    if (detail.record().id.isChannelMixer)
        fillFromChannelMixer(detail, selection, quantity, map);
    else
        fillFromTokenMixer(detail, selection, quantity, map);
    map.range = rangeOfPositives(map.values);
    return map;
}

std::vector<std::int32_t> visitedTokens(const MixerDetail& detail, int scan)
{
    std::vector<std::int32_t> tokens;
    for (int step = 0; step < detail.positionCount(); ++step)
        tokens.push_back(detail.record().tokenAt(detail.positionAt(scan, step)));
    return tokens;
}

ImageOverlay::ImageOverlay(const ImageGeometry& geometry, const MixerRecord& mixer)
    : ImageOverlay(geometry, mixer.id.stage, mixer.height, mixer.width)
{
    m_cell = mixer.tokenCell();
}

ImageOverlay::ImageOverlay(const ImageGeometry& geometry, int stage, int height, int width)
    : m_geometry(geometry)
    , m_cell{ImageGeometry::tokenPixels(stage), 0}
    , m_height(std::max(0, height))
    , m_width(std::max(0, width))
{
}

QRectF ImageOverlay::tokenRect(int token) const
{
    const ImageGeometry::Rect r = m_geometry.tokenRect(m_cell, token / m_width, token % m_width);
    return {r.x, r.y, r.width, r.height};
}

QPointF ImageOverlay::tokenCentre(int token) const
{
    return tokenRect(token).center();
}

QRectF ImageOverlay::inputRect() const
{
    const ImageGeometry::Rect r = m_geometry.inputRect();
    return {r.x, r.y, r.width, r.height};
}

int ImageOverlay::tokenAt(const QPointF& original) const
{
    if (!inputRect().contains(original))
        return -1;
    const double x = std::floor((original.x() * m_geometry.scaleX - m_geometry.offsetX - m_cell.offset) / m_cell.side);
    const double y = std::floor((original.y() * m_geometry.scaleY - m_geometry.offsetY - m_cell.offset) / m_cell.side);
    if (x < 0 || y < 0 || x >= m_width || y >= m_height)
        return -1;
    return static_cast<int>(y) * m_width + static_cast<int>(x);
}

void ImageOverlay::paintHeatMap(QPainter& painter, const TokenMap& map, ColorMapId colorMap, double opacity) const
{
    if (map.values.empty() || map.height != m_height || map.width != m_width)
        return;
    const MatrixView view{m_height, m_width,
                          [&](int row) { return map.values.data() + static_cast<std::ptrdiff_t>(row) * m_width; }, 1};
    const QImage image
        = heatMapImage(view, ColorMap::get(colorMap), map.range, {m_width, m_height}, CellReduction::Mean);
    painter.save();
    painter.setOpacity(painter.opacity() * std::clamp(opacity, 0.0, 1.0));
    drawCells(painter, tokenRect(0).united(tokenRect(tokenCount() - 1)), image, inputRect());
    painter.restore();
}

void ImageOverlay::paintGrid(QPainter& painter, const QColor& color, double unit) const
{
    if (tokenCount() == 0)
        return;
    const QRectF first = tokenRect(0);
    const QRectF all = first.united(tokenRect(tokenCount() - 1)).intersected(inputRect());
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, unit, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
    for (int x = 1; x < m_width; ++x) {
        const double at = first.left() + x * first.width();
        painter.drawLine(QPointF(at, all.top()), QPointF(at, all.bottom()));
    }
    for (int y = 1; y < m_height; ++y) {
        const double at = first.top() + y * first.height();
        painter.drawLine(QPointF(all.left(), at), QPointF(all.right(), at));
    }
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(all.adjusted(0.5 * unit, 0.5 * unit, -0.5 * unit, -0.5 * unit));
    painter.restore();
}

void ImageOverlay::paintToken(QPainter& painter, int token, const QColor& color, double unit) const
{
    if (token < 0 || token >= tokenCount())
        return;
    const QRectF box = tokenRect(token);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setClipRect(inputRect().adjusted(-2 * unit, -2 * unit, 2 * unit, 2 * unit), Qt::IntersectClip);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(casing(1), 4 * unit, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.drawRect(box);
    painter.setPen(QPen(color, 2 * unit, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.drawRect(box);
    painter.restore();
}

void ImageOverlay::paintUnseen(QPainter& painter, const QRectF& picture, const QColor& veil) const
{
    QPainterPath path;
    path.setFillRule(Qt::OddEvenFill);
    path.addRect(picture);
    path.addRect(inputRect().intersected(picture));
    painter.fillPath(path, veil);
}

QImage toQImage(const RgbImage& image)
{
    if (image.width <= 0 || image.height <= 0
        || image.pixels.size() < static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3)
        return {};
    return {image.pixels.data(), image.width, image.height, static_cast<qsizetype>(image.width) * 3,
            QImage::Format_RGB888};
}

}  // namespace mixer::vis
