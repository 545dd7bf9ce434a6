// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/ImageOverlay.h"

#include <QImage>
#include <QObject>
#include <QTimer>
#include <QTransform>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace mixer::ui {

/// The scan path of a canvas, kept as pixels while the view rests: stroking thousands of steps takes longer than a
/// frame, and a step of the timeline only moves the border between what was visited (bright) and what is to come (dim).
/// Each frame then shows the one layer in the visited tokens and the other one elsewhere. Short paths, and paths of a
/// view that moves, are painted as they are.
class PathLayers : public QObject {
    Q_OBJECT
public:
    explicit PathLayers(QWidget* canvas);

    /// Like ImageOverlay::paintScanPath(); the painter is the canvas's, with the view's transform.
    void paint(QPainter& painter, const vis::ImageOverlay& overlay, const std::vector<std::int32_t>& tokens,
               const vis::ScanPathStyle& style, double unit);
    /// The overlay is another one.
    void clear();
    bool areReady() const { return m_layers[Dim].size() == m_size && m_layers[Bright].size() == m_size; }

private:
    enum Layer { Dim, Bright };
    /// What the layers are of: all but the step.
    struct Key {
        QTransform view;
        std::vector<std::int32_t> tokens;
        vis::ScanPathStyle style;
        double unit = 1;

        bool operator==(const Key& o) const;
    };
    void makeNext();

    QWidget* m_canvas;
    QTimer m_rest;
    std::optional<Key> m_key;
    std::optional<vis::ImageOverlay> m_overlay;
    QSize m_size;  ///< device pixels
    std::array<QImage, 2> m_layers;
};

}  // namespace mixer::ui
