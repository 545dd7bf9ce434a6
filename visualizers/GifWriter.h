// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QImage>
#include <QSize>

#include <array>
#include <cstdint>
#include <vector>

class QIODevice;

namespace mixer::vis {

/// At most 255 colours for pictures that look alike, chosen by cutting the box of colours with the largest squared
/// error until there are enough (variance-based form of Heckbert's median cut, SIGGRAPH 1982).
class GifPalette {
public:
    static constexpr int kColors = 255;  ///< one more is left for "unchanged"

    /// From samples of the pictures. Colours are told apart by their upper five bits.
    explicit GifPalette(const std::vector<QImage>& samples);

    const std::vector<QRgb>& colors() const { return m_colors; }
    std::uint8_t indexOf(QRgb color) const { return m_index[bin(color)]; }

private:
    static std::size_t bin(QRgb color)
    {
        return static_cast<std::size_t>((qRed(color) >> 3) << 10 | (qGreen(color) >> 3) << 5 | qBlue(color) >> 3);
    }

    std::vector<QRgb> m_colors;
    std::vector<std::uint8_t> m_index;  ///< of each of the 32768 bins
};

/// An animation that plays for ever, written frame by frame (GIF89a): one frame is held in memory. Of each frame only
/// what changed is stored. Equal frames give equal bytes.
class GifWriter {
public:
    /// `comment`: ASCII, or nothing.
    GifWriter(QIODevice& device, const QSize& size, const GifPalette& palette, const QByteArray& comment);

    /// `hundredths`: how long the frame is shown, in 1/100 s, at least 2. False when the device does not take it.
    bool add(const QImage& frame, int hundredths);
    bool finish();

private:
    void writeHead(const QByteArray& comment);
    QRect changedPart(const std::vector<std::uint8_t>& pixels) const;
    void writePixels(const std::vector<std::uint8_t>& pixels, const QRect& part, bool isFirst);

    QIODevice& m_device;
    QSize m_size;
    const GifPalette& m_palette;
    std::vector<std::uint8_t> m_last;  ///< the frame before, by palette
    QByteArray m_buffer;
    bool m_ok = true;
};

}  // namespace mixer::vis
