// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/PathLayers.h"

#include <QPainter>
#include <QRegion>
#include <QWidget>

#include <utility>

namespace mixer::ui {

namespace {

constexpr std::size_t kShortPath = 600;  ///< steps that are stroked well within a frame
constexpr int kRestMs = 60;

/// The pixels of the cells that are, or are not, visited: runs of each row of the grid.
QRegion cellsWhere(const std::vector<bool>& isVisited, bool wanted, const vis::ImageOverlay& overlay,
                   const QTransform& view)
{
    std::vector<QRect> runs;
    const int width = overlay.width();
    for (int row = 0; row * width < overlay.tokenCount(); ++row) {
        for (int column = 0; column < width; ++column) {
            if (isVisited[static_cast<std::size_t>(row * width + column)] != wanted)
                continue;
            const int first = column;
            while (column + 1 < width && isVisited[static_cast<std::size_t>(row * width + column + 1)] == wanted)
                ++column;
            const QRectF from = view.mapRect(overlay.tokenRect(row * width + first));
            const QRectF to = view.mapRect(overlay.tokenRect(row * width + column));
            const QRect run(QPoint(qRound(from.left()), qRound(from.top())),
                            QPoint(qRound(to.right()) - 1, qRound(to.bottom()) - 1));
            if (run.isValid())
                runs.push_back(run);
        }
    }
    QRegion region;
    region.setRects(runs.data(), static_cast<int>(runs.size()));
    return region;
}

}  // namespace

bool PathLayers::Key::operator==(const Key& o) const
{
    return view == o.view && unit == o.unit && style.colorMap == o.style.colorMap
        && style.singleColor == o.style.singleColor && style.lineWidth == o.style.lineWidth
        && style.opacity == o.style.opacity && tokens == o.tokens;
}

PathLayers::PathLayers(QWidget* canvas)
    : QObject(canvas)
    , m_canvas(canvas)
{
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &PathLayers::request);
}

void PathLayers::clear()
{
    m_key.reset();
    m_layers = {};
    m_rest.stop();
    m_follower.forget();
}

void PathLayers::paint(QPainter& painter, const vis::ImageOverlay& overlay, const std::vector<std::int32_t>& tokens,
                       const vis::ScanPathStyle& style, double unit)
{
    if (tokens.size() <= kShortPath) {
        overlay.paintScanPath(painter, tokens, style, unit);
        return;
    }
    Key key{painter.worldTransform(), tokens, style, unit};
    const QSize size = m_canvas->size() * m_canvas->devicePixelRatioF();
    if (!m_key || !(*m_key == key) || size != m_size) {
        clear();
        m_key = std::move(key);
        m_overlay = overlay;
        m_size = size;
        m_rest.start();
    }
    if (!areReady()) {
        overlay.paintScanPath(painter, tokens, style, unit);
        return;
    }
    std::vector<bool> isVisited(static_cast<std::size_t>(overlay.tokenCount()));
    for (std::size_t step = 0; step < tokens.size(); ++step) {
        const auto token = static_cast<std::size_t>(tokens[step]);
        if (token < isVisited.size())
            isVisited[token] = static_cast<int>(step) < style.currentStep;
    }
    const QTransform view = painter.worldTransform();
    const QRegion visited = cellsWhere(isVisited, true, overlay, view);
    const QRegion coming = cellsWhere(isVisited, false, overlay, view);
    painter.save();
    painter.resetTransform();
    painter.setClipRegion(coming);
    painter.drawImage(0, 0, m_layers[Dim]);
    painter.setClipRegion(visited);
    painter.drawImage(0, 0, m_layers[Bright]);
    painter.restore();
    vis::ScanPathStyle marks = style;
    marks.line = false;
    overlay.paintScanPath(painter, tokens, marks, unit);
}

void PathLayers::request()
{
    if (!m_key || !m_worker || areReady())
        return;
    const auto work = [key = *m_key, overlay = *m_overlay, size = m_size,
                       ratio = m_canvas->devicePixelRatioF()](const JobContext& job) {
        Layers layers;
        for (const Layer layer : {Dim, Bright}) {
            job.cancel.check();
            QImage& image = layers[layer];
            image = QImage(size, QImage::Format_ARGB32_Premultiplied);
            image.setDevicePixelRatio(ratio);
            image.fill(Qt::transparent);
            vis::ScanPathStyle style = key.style;
            // All of the path lies before no step (dim), or there is no step (bright).
            style.currentStep = layer == Dim ? 0 : -1;
            style.marks = false;
            QPainter painter(&image);
            painter.setTransform(key.view);
            overlay.paintScanPath(painter, key.tokens, style, key.unit);
        }
        return layers;
    };
    m_follower.want(m_worker, QStringLiteral("canvas.path"), QString(), work,
                    [this](const JobOutcome<Layers>& outcome) {
                        if (outcome.end != JobEnd::Finished)
                            return;
                        m_layers = outcome.value;
                        m_canvas->update();
                    });
}

}  // namespace mixer::ui
