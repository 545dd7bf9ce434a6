// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QImage>
#include <QString>
#include <QStringList>

#include <array>
#include <cstddef>

namespace mixer::vis {

enum class ColorMapId {
    Viridis,
    Magma,
    Cividis,
    Diverging,  ///< blue - neutral - red, for signed data; dark or light in the middle after the theme
    DivergingDark,
};

/// Value to colour by a table of 256 entries: the one colour pipeline of screen and files. Sequential maps rise in
/// lightness all the way; diverging ones do on both sides of the middle, equally.
class ColorMap {
public:
    static constexpr int kSize = 256;

    static const ColorMap& get(ColorMapId id);
    /// "viridis", "magma", "cividis", "diverging", "diverging-dark". Throws Error(Usage) that lists them.
    static const ColorMap& byName(const QString& name);
    static QStringList names();

    ColorMapId id() const { return m_id; }
    QString name() const;
    /// `t` 0 to 1, clamped; NaN gives nanColor().
    QRgb at(double t) const;
    /// Opaque grey that no map contains.
    static QRgb nanColor();
    const std::array<QRgb, kSize>& table() const { return m_table; }

private:
    explicit ColorMap(ColorMapId id);

    ColorMapId m_id;
    std::array<QRgb, kSize> m_table;
};

/// Values that lie at the two ends of a colour map or an axis. low < high always holds after the named constructors.
struct ValueRange {
    double low = 0;
    double high = 1;

    /// Smallest to largest finite value; a single value is widened, none gives 0 to 1.
    static ValueRange of(const float* values, std::size_t count);
    /// From -m to m, m the largest finite magnitude.
    static ValueRange symmetric(const float* values, std::size_t count);

    double normalize(double value) const { return (value - low) / (high - low); }
};

/// Contrast that stays readable on a cell of that colour: black or white.
QColor readableOn(QRgb background);

}  // namespace mixer::vis
