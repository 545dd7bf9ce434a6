// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/HeatMap.h"

#include <QPaintEngine>
#include <QPainter>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace mixer::vis {

namespace {

constexpr double kVectorDpi = 300;
constexpr double kUnitsPerInch = 72;
constexpr int kLargestEmbedded = 4096;  ///< pixels of a side, in vector files

/// First cell of pixel `i` when `cells` are spread over `pixels`; pixels <= cells.
int firstCell(int i, int cells, int pixels)
{
    return static_cast<int>(static_cast<qint64>(i) * cells / pixels);
}

/// Sums and counts, or extremes, of the columns of one pixel row.
class RowReducer {
public:
    RowReducer(int pixels, CellReduction reduction)
        : m_values(static_cast<std::size_t>(pixels))
        , m_counts(static_cast<std::size_t>(pixels))
        , m_reduction(reduction)
    {
    }

    void clear()
    {
        std::fill(m_values.begin(), m_values.end(), 0.0);
        std::fill(m_counts.begin(), m_counts.end(), 0);
    }

    void add(const float* row, int columns, std::ptrdiff_t stride)
    {
        const int pixels = static_cast<int>(m_values.size());
        for (int x = 0; x < pixels; ++x) {
            const int end = firstCell(x + 1, columns, pixels);
            for (int c = firstCell(x, columns, pixels); c < end; ++c)
                addValue(static_cast<std::size_t>(x), row[c * stride]);
        }
    }

    double value(std::size_t pixel) const
    {
        if (m_counts[pixel] == 0)
            return std::numeric_limits<double>::quiet_NaN();
        return m_reduction == CellReduction::Mean ? m_values[pixel] / m_counts[pixel] : m_values[pixel];
    }

private:
    void addValue(std::size_t pixel, float value)
    {
        if (!std::isfinite(value))
            return;
        ++m_counts[pixel];
        if (m_reduction == CellReduction::Mean)
            m_values[pixel] += value;
        else if (std::abs(value) > std::abs(m_values[pixel]))
            m_values[pixel] = value;
    }

    std::vector<double> m_values;
    std::vector<int> m_counts;
    CellReduction m_reduction;
};

}  // namespace

QImage heatMapImage(const MatrixView& matrix, const ColorMap& map, const ValueRange& range, const QSize& pixels,
                    CellReduction reduction)
{
    const int width = std::clamp(pixels.width(), 1, std::max(1, matrix.columns));
    const int height = std::clamp(pixels.height(), 1, std::max(1, matrix.rows));
    QImage image(width, height, QImage::Format_RGB32);
    image.fill(ColorMap::nanColor());
    if (matrix.rows == 0 || matrix.columns == 0)
        return image;
    RowReducer reducer(width, reduction);
    for (int y = 0; y < height; ++y) {
        reducer.clear();
        const int end = firstCell(y + 1, matrix.rows, height);
        for (int r = firstCell(y, matrix.rows, height); r < end; ++r)
            reducer.add(matrix.row(r), matrix.columns, matrix.columnStride);
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (int x = 0; x < width; ++x)
            line[x] = map.at(range.normalize(reducer.value(static_cast<std::size_t>(x))));
    }
    return image;
}

bool isVectorDevice(const QPainter& painter)
{
    if (painter.paintEngine() == nullptr)
        return false;
    switch (painter.paintEngine()->type()) {
    case QPaintEngine::SVG:
    case QPaintEngine::Pdf:
    case QPaintEngine::Picture:
        return true;
    default:
        return false;
    }
}

QSize devicePixels(const QPainter& painter, const QRectF& rect)
{
    QSizeF size = rect.size() * (kVectorDpi / kUnitsPerInch);
    if (!isVectorDevice(painter))
        size = painter.deviceTransform().mapRect(rect).size();
    const auto side = [](double length) { return std::clamp(static_cast<int>(std::lround(length)), 1, 1 << 15); };
    return {side(size.width()), side(size.height())};
}

void drawCells(QPainter& painter, const QRectF& target, const QImage& image)
{
    drawCells(painter, target, image, target);
}

void drawCells(QPainter& painter, const QRectF& target, const QImage& image, const QRectF& visible)
{
    const QRectF shown = target.intersected(visible);
    if (shown.isEmpty() || image.isNull())
        return;
    const auto part = [&](const QSize& size) {
        const double x = size.width() / target.width();
        const double y = size.height() / target.height();
        return QRectF((shown.left() - target.left()) * x, (shown.top() - target.top()) * y, shown.width() * x,
                      shown.height() * y);
    };
    painter.save();
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    if (isVectorDevice(painter)) {
        painter.setRenderHint(QPainter::LosslessImageRendering);  // PDF would take JPEG: colours are data here
        const QSize wanted = devicePixels(painter, target);
        const auto factor = [](int cells, int pixels) {
            return std::max(1, std::min((pixels + cells - 1) / cells, kLargestEmbedded / cells));
        };
        const QSize enlarged(image.width() * factor(image.width(), wanted.width()),
                             image.height() * factor(image.height(), wanted.height()));
        const QImage cells = image.scaled(enlarged, Qt::IgnoreAspectRatio, Qt::FastTransformation);
        painter.drawImage(shown, cells.copy(part(enlarged).toRect()));
    } else {
        painter.drawImage(shown, image, part(image.size()));
    }
    painter.restore();
}

}  // namespace mixer::vis
