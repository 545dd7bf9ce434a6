// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/ImageOverlay.h"

#include "visualizers/ComponentBars.h"
#include "visualizers/HeatMap.h"

#include <QPainter>
#include <QPainterPath>
#include <QPolygonF>

#include <algorithm>
#include <cmath>

namespace mixer::vis {

namespace {

/// The middle of a signed map says nothing: there the photo is seen.
void fadeAroundZero(QImage& image, const TokenMap& map)
{
    image = image.convertToFormat(QImage::Format_ARGB32);
    for (int y = 0; y < image.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < image.width(); ++x) {
            const float value = map.values[static_cast<std::size_t>(y) * static_cast<std::size_t>(map.width)
                                           + static_cast<std::size_t>(x)];
            const double share = std::isfinite(value) ? std::min(1.0, std::abs(value) / map.range.high) : 0;
            line[x] = qRgba(qRed(line[x]), qGreen(line[x]), qBlue(line[x]), static_cast<int>(255 * std::sqrt(share)));
        }
    }
}

/// A line drawn twice, dark below and wider, is seen on any photo.
QColor casing(double opacity)
{
    QColor color(0, 0, 0);
    color.setAlphaF(static_cast<float>(0.55 * opacity));
    return color;
}

QImage coloredImage(const TokenMap& map)
{
    QImage image(map.width, map.height, QImage::Format_RGB32);
    std::size_t cell = 0;
    for (int y = 0; y < map.height; ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < map.width; ++x)
            line[x] = partsColor(map, cell++);
    }
    return image;
}

QImage valuesImage(const TokenMap& map, ColorMapId colorMap)
{
    const MatrixView view{map.height, map.width,
                          [&](int row) { return map.values.data() + static_cast<std::ptrdiff_t>(row) * map.width; }, 1};
    QImage image = heatMapImage(view, ColorMap::get(map.isSigned ? ColorMapId::Diverging : colorMap), map.range,
                                {map.width, map.height}, CellReduction::Mean);
    if (map.isSigned)
        fadeAroundZero(image, map);
    return image;
}

void hideCells(QImage& image, const TokenMap& map)
{
    image = image.convertToFormat(QImage::Format_ARGB32_Premultiplied);
    for (int y = 0; y < map.height; ++y)
        for (int x = 0; x < map.width; ++x)
            if (map.isHidden[static_cast<std::size_t>(y * map.width + x)])
                image.setPixel(x, y, 0);
}

}  // namespace

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
    const bool isOfStage = map.height == m_height && map.width == m_width;
    if (map.values.empty() || tokenCount() == 0 || (!isOfStage && !map.fillsInput))
        return;
    QImage image = map.parts.empty() ? valuesImage(map, colorMap) : coloredImage(map);
    if (!map.isHidden.empty())
        hideCells(image, map);
    const QRectF target = isOfStage ? tokenRect(0).united(tokenRect(tokenCount() - 1)) : inputRect();
    painter.save();
    painter.setOpacity(painter.opacity() * std::clamp(opacity, 0.0, 1.0));
    drawCells(painter, target, image, inputRect());
    painter.restore();
}

int ImageOverlay::cellAt(const TokenMap& map, const QPointF& original) const
{
    const QRectF seen = inputRect();
    if (map.values.empty() || !seen.contains(original))
        return -1;
    if (map.height == m_height && map.width == m_width)
        return tokenAt(original);
    if (!map.fillsInput)
        return -1;
    const int x = static_cast<int>((original.x() - seen.left()) / seen.width() * map.width);
    const int y = static_cast<int>((original.y() - seen.top()) / seen.height() * map.height);
    return std::clamp(y, 0, map.height - 1) * map.width + std::clamp(x, 0, map.width - 1);
}

float ImageOverlay::valueAt(const TokenMap& map, const QPointF& original) const
{
    const int cell = cellAt(map, original);
    return cell < 0 ? std::nanf("") : map.values[static_cast<std::size_t>(cell)];
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

void paintPhoto(QPainter& painter, const QImage& photo, const QRectF& part, const QRectF& target)
{
    const QRect pixels = part.toAlignedRect().intersected(photo.rect());
    const QRectF shown(target.left() + (pixels.left() - part.left()) * target.width() / part.width(),
                       target.top() + (pixels.top() - part.top()) * target.height() / part.height(),
                       pixels.width() * target.width() / part.width(),
                       pixels.height() * target.height() / part.height());
    QImage piece = photo.copy(pixels);
    const QSize device = devicePixels(painter, shown);
    if (device.width() < piece.width())
        piece = piece.scaled(device, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    drawCells(painter, shown, piece, target);
}

}  // namespace mixer::vis
