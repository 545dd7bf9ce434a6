// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/core/Error.h"
#include "visualizers/Figure.h"

#include <QColor>
#include <QImage>
#include <QPainter>

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace mixer::test {

/// One pixel to a figure unit.
inline QImage paintOf(const vis::Figure& figure, const QSize& size, const vis::FigureStyle& style)
{
    QImage image(size, QImage::Format_RGB32);
    image.fill(Qt::magenta);
    QPainter painter(&image);
    figure.paint(painter, QRectF(QPointF(), QSizeF(size)), style);
    return image;
}

inline QColor colorAt(const QImage& image, const QPointF& point)
{
    return image.pixelColor(static_cast<int>(std::floor(point.x())), static_cast<int>(std::floor(point.y())));
}

inline int distance(const QColor& a, const QColor& b)
{
    return std::max({std::abs(a.red() - b.red()), std::abs(a.green() - b.green()), std::abs(a.blue() - b.blue())});
}

/// Pixels of an area that are near a colour.
inline int countNear(const QImage& image, const QRect& area, const QColor& color, int tolerance = 12)
{
    int count = 0;
    for (int y = std::max(0, area.top()); y <= std::min(image.height() - 1, area.bottom()); ++y) {
        for (int x = std::max(0, area.left()); x <= std::min(image.width() - 1, area.right()); ++x)
            count += distance(image.pixelColor(x, y), color) <= tolerance ? 1 : 0;
    }
    return count;
}

/// Runs `action`, expects an Error of that kind and returns its message.
template <typename Action> std::string errorOf(ErrorKind kind, const Action& action)
{
    try {
        action();
    } catch (const Error& error) {
        EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(kind)) << error.what();
        return error.what();
    }
    ADD_FAILURE() << "no Error was thrown";
    return {};
}

}  // namespace mixer::test
