// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/Follower.h"
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

/// The scan path of a canvas, kept as pixels while the view rests: stroking thousands of steps takes most of a frame,
/// and a step of the timeline only moves the border between what was visited (bright) and what is to come (dim).
/// Each frame then shows the one layer in the visited tokens and the other one elsewhere. The worker paints them;
/// until they are there, and for short paths, the path is painted as it is.
class PathLayers : public QObject {
    Q_OBJECT
public:
    explicit PathLayers(QWidget* canvas);
    void setWorker(InferenceWorker* worker) { m_worker = worker; }

    /// Like ImageOverlay::paintScanPath(); the painter is the canvas's, with the view's transform.
    void paint(QPainter& painter, const vis::ImageOverlay& overlay, const std::vector<std::int32_t>& tokens,
               const vis::ScanPathStyle& style, double unit);
    /// The overlay is another one.
    void clear();
    bool areReady() const { return !m_layers[Dim].isNull(); }

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
    using Layers = std::array<QImage, 2>;
    void request();

    QWidget* m_canvas;
    InferenceWorker* m_worker = nullptr;
    QTimer m_rest;
    std::optional<Key> m_key;
    std::optional<vis::ImageOverlay> m_overlay;
    QSize m_size;  ///< device pixels
    Layers m_layers;
    Follower<Layers> m_follower;
};

}  // namespace mixer::ui
