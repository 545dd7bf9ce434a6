// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/GifWriter.h"

#include <QIODevice>

#include <algorithm>
#include <cmath>
#include <limits>

namespace mixer::vis {

namespace {

constexpr std::size_t kBins = 1 << 15;
constexpr std::uint8_t kUnchanged = GifPalette::kColors;
constexpr int kCodeBits = 8;  ///< of a pixel
constexpr int kMaxCode = 4095;
constexpr int kPieceBytes = 255;

/// Pixels of one bin, or of several: count, and for each colour the sum and the sum of squares.
struct Sum {
    double count = 0;
    std::array<double, 3> first{}, second{};

    void add(QRgb color)
    {
        const std::array<double, 3> c = {double(qRed(color)), double(qGreen(color)), double(qBlue(color))};
        count += 1;
        for (std::size_t i = 0; i < 3; ++i) {
            first[i] += c[i];
            second[i] += c[i] * c[i];
        }
    }
    void add(const Sum& o)
    {
        count += o.count;
        for (std::size_t i = 0; i < 3; ++i) {
            first[i] += o.first[i];
            second[i] += o.second[i];
        }
    }
    void scale(double factor)
    {
        count *= factor;
        for (std::size_t i = 0; i < 3; ++i) {
            first[i] *= factor;
            second[i] *= factor;
        }
    }
    double mean(std::size_t i) const { return first[i] / count; }
    /// Squared error of giving all of them their mean.
    double error(std::size_t i) const { return std::max(0.0, second[i] - first[i] * first[i] / count); }
    double error() const { return error(0) + error(1) + error(2); }
};

struct Box {
    std::vector<std::uint32_t> bins;
    Sum sum;
};

std::size_t widestAxis(const Box& box)
{
    std::size_t widest = 0;
    for (std::size_t i = 1; i < 3; ++i)
        if (box.sum.error(i) > box.sum.error(widest))
            widest = i;
    return widest;
}

/// Cuts at the mean along the axis with the largest error. `sums`: of each bin.
Box split(Box& box, const std::vector<Sum>& sums)
{
    const std::size_t axis = widestAxis(box);
    const double middle = box.sum.mean(axis);
    const auto isLow = [&](std::uint32_t bin) { return sums[bin].mean(axis) <= middle; };
    const auto cut = std::stable_partition(box.bins.begin(), box.bins.end(), isLow);
    Box high;
    high.bins.assign(cut, box.bins.end());
    box.bins.erase(cut, box.bins.end());
    box.sum = {};
    for (const std::uint32_t bin : box.bins)
        box.sum.add(sums[bin]);
    for (const std::uint32_t bin : high.bins)
        high.sum.add(sums[bin]);
    return high;
}

std::vector<Sum> sumsOf(const std::vector<QImage>& samples, std::size_t (*binOf)(QRgb))
{
    std::vector<Sum> sums(kBins);
    for (const QImage& sample : samples) {
        const QImage image = sample.convertToFormat(QImage::Format_RGB32);
        for (int y = 0; y < image.height(); ++y) {
            const auto* row = reinterpret_cast<const QRgb*>(image.constScanLine(y));
            for (int x = 0; x < image.width(); ++x)
                sums[binOf(row[x])].add(row[x]);
        }
    }
    return sums;
}

void append16(QByteArray& bytes, int value)
{
    bytes += static_cast<char>(value & 0xFF);
    bytes += static_cast<char>(value >> 8 & 0xFF);
}

/// The variable-length codes of GIF (LZW; Welch, Computer 1984), in pieces of at most 255 bytes.
class CodeStream {
public:
    explicit CodeStream(QByteArray& out)
        : m_out(out)
    {
        m_out += static_cast<char>(kCodeBits);
        restart();
    }

    void pixel(std::uint8_t value)
    {
        if (m_prefix < 0) {
            m_prefix = value;
            return;
        }
        std::int16_t& next = m_next[static_cast<std::size_t>(m_prefix) * 256 + value];
        if (next >= 0) {
            m_prefix = next;
            return;
        }
        code(m_prefix);
        m_prefix = value;
        if (m_count > kMaxCode) {
            restart();
            return;
        }
        next = static_cast<std::int16_t>(m_count);
        if (m_count == 1 << m_bits)
            ++m_bits;
        ++m_count;
    }

    void finish()
    {
        if (m_prefix >= 0)
            code(m_prefix);
        code(kEnd);
        while (m_held > 0)
            byte();
        flush();
        m_out += '\0';
    }

private:
    static constexpr int kClear = 1 << kCodeBits;
    static constexpr int kEnd = kClear + 1;

    void restart()
    {
        if (m_count > 0)
            code(kClear);
        m_next.assign(static_cast<std::size_t>(kMaxCode + 1) * 256, -1);
        m_bits = kCodeBits + 1;
        if (m_count == 0)
            code(kClear);
        m_count = kEnd + 1;
    }
    void code(int value)
    {
        m_hold |= static_cast<std::uint32_t>(value) << m_held;
        m_held += m_bits;
        while (m_held >= 8)
            byte();
    }
    void byte()
    {
        m_piece += static_cast<char>(m_hold & 0xFFU);
        m_hold >>= 8U;
        m_held = std::max(0, m_held - 8);
        if (m_piece.size() == kPieceBytes)
            flush();
    }
    void flush()
    {
        if (m_piece.isEmpty())
            return;
        m_out += static_cast<char>(m_piece.size());
        m_out += m_piece;
        m_piece.clear();
    }

    QByteArray& m_out;
    QByteArray m_piece;
    std::vector<std::int16_t> m_next;  ///< code of a known sequence and one pixel more; -1: not known
    std::uint32_t m_hold = 0;
    int m_held = 0;  ///< bits in m_hold
    int m_bits = 0;
    int m_count = 0;  ///< next new code
    int m_prefix = -1;
};

}  // namespace

GifPalette::GifPalette(const std::vector<QImage>& samples)
    : m_index(kBins, 0)
{
    std::vector<Sum> sums = sumsOf(samples, &GifPalette::bin);
    // Colour bars, paths and marks are small beside the photo, and matter more: the root evens them out.
    for (Sum& sum : sums)
        sum.scale(sum.count > 0 ? 1 / std::sqrt(sum.count) : 0);
    std::vector<Box> boxes(1);
    for (std::uint32_t bin = 0; bin < kBins; ++bin)
        if (sums[bin].count > 0) {
            boxes.front().bins.push_back(bin);
            boxes.front().sum.add(sums[bin]);
        }
    if (boxes.front().bins.empty())
        boxes.clear();
    while (!boxes.empty() && boxes.size() < kColors) {
        const auto worst = std::max_element(boxes.begin(), boxes.end(), [](const Box& a, const Box& b) {
            return (a.bins.size() > 1 ? a.sum.error() : -1) < (b.bins.size() > 1 ? b.sum.error() : -1);
        });
        if (worst->bins.size() < 2)
            break;
        Box high = split(*worst, sums);
        if (high.bins.empty() || worst->bins.empty())
            break;
        boxes.push_back(std::move(high));
    }
    const auto rounded = [](double value) { return static_cast<int>(std::lround(value)); };
    for (const Box& box : boxes)
        m_colors.push_back(qRgb(rounded(box.sum.mean(0)), rounded(box.sum.mean(1)), rounded(box.sum.mean(2))));
    if (m_colors.empty())
        m_colors.push_back(qRgb(0, 0, 0));
    // Every bin its nearest colour: that of its own box is not always it.
    for (std::uint32_t bin = 0; bin < kBins; ++bin) {
        const bool isSeen = sums[bin].count > 0;
        const auto centre = [&](std::size_t i, unsigned shift) {
            return isSeen ? sums[bin].mean(i) : static_cast<double>((bin >> shift & 31U) << 3U) + 3.5;
        };
        const double red = centre(0, 10), green = centre(1, 5), blue = centre(2, 0);
        double least = std::numeric_limits<double>::max();
        for (std::size_t i = 0; i < m_colors.size(); ++i) {
            const double r = qRed(m_colors[i]) - red, g = qGreen(m_colors[i]) - green, b = qBlue(m_colors[i]) - blue;
            const double distance = r * r + g * g + b * b;
            if (distance < least) {
                least = distance;
                m_index[bin] = static_cast<std::uint8_t>(i);
            }
        }
    }
}

GifWriter::GifWriter(QIODevice& device, const QSize& size, const GifPalette& palette, const QByteArray& comment)
    : m_device(device)
    , m_size(size)
    , m_palette(palette)
{
    writeHead(comment);
}

void GifWriter::writeHead(const QByteArray& comment)
{
    m_buffer = "GIF89a";
    append16(m_buffer, m_size.width());
    append16(m_buffer, m_size.height());
    m_buffer += '\xF7';  // a table of 256 colours of 8 bits for all frames
    m_buffer += '\0';    // background
    m_buffer += '\0';    // pixels are square
    for (std::size_t i = 0; i < 256; ++i) {
        const QRgb color = i < m_palette.colors().size() ? m_palette.colors()[i] : qRgb(0, 0, 0);
        for (const int part : {qRed(color), qGreen(color), qBlue(color)})
            m_buffer += static_cast<char>(part);
    }
    m_buffer += QByteArray("\x21\xFF\x0BNETSCAPE2.0\x03\x01\x00\x00\x00", 19);  // for ever
    if (!comment.isEmpty()) {
        m_buffer += "\x21\xFE";
        for (qsizetype at = 0; at < comment.size(); at += kPieceBytes) {
            const QByteArray piece = comment.mid(at, kPieceBytes);
            m_buffer += static_cast<char>(piece.size());
            m_buffer += piece;
        }
        m_buffer += '\0';
    }
}

QRect GifWriter::changedPart(const std::vector<std::uint8_t>& pixels) const
{
    if (m_last.empty())
        return {QPoint(), m_size};
    int left = m_size.width(), right = -1, top = m_size.height(), bottom = -1;
    for (int y = 0; y < m_size.height(); ++y)
        for (int x = 0; x < m_size.width(); ++x) {
            const auto i
                = static_cast<std::size_t>(y) * static_cast<std::size_t>(m_size.width()) + static_cast<std::size_t>(x);
            if (pixels[i] == m_last[i])
                continue;
            left = std::min(left, x);
            right = std::max(right, x);
            top = std::min(top, y);
            bottom = y;
        }
    return right < 0 ? QRect(0, 0, 1, 1) : QRect(QPoint(left, top), QPoint(right, bottom));
}

void GifWriter::writePixels(const std::vector<std::uint8_t>& pixels, const QRect& part, bool isFirst)
{
    CodeStream codes(m_buffer);
    for (int y = part.top(); y <= part.bottom(); ++y)
        for (int x = part.left(); x <= part.right(); ++x) {
            const auto i
                = static_cast<std::size_t>(y) * static_cast<std::size_t>(m_size.width()) + static_cast<std::size_t>(x);
            codes.pixel(!isFirst && pixels[i] == m_last[i] ? kUnchanged : pixels[i]);
        }
    codes.finish();
}

bool GifWriter::add(const QImage& frame, int hundredths)
{
    const QImage image = frame.convertToFormat(QImage::Format_RGB32);
    if (image.size() != m_size)
        return m_ok = false;
    std::vector<std::uint8_t> pixels;
    pixels.reserve(static_cast<std::size_t>(m_size.width()) * static_cast<std::size_t>(m_size.height()));
    for (int y = 0; y < image.height(); ++y) {
        const auto* row = reinterpret_cast<const QRgb*>(image.constScanLine(y));
        for (int x = 0; x < image.width(); ++x)
            pixels.push_back(m_palette.indexOf(row[x]));
    }
    const bool isFirst = m_last.empty();
    const QRect part = changedPart(pixels);
    m_buffer += QByteArray("\x21\xF9\x04\x05", 4);  // stays for the next frame; there is a transparent colour
    append16(m_buffer, std::max(2, hundredths));
    m_buffer += static_cast<char>(kUnchanged);
    m_buffer += '\0';
    m_buffer += '\x2C';
    for (const int value : {part.left(), part.top(), part.width(), part.height()})
        append16(m_buffer, value);
    m_buffer += '\0';
    writePixels(pixels, part, isFirst);
    m_last = std::move(pixels);
    m_ok = m_ok && m_device.write(m_buffer) == m_buffer.size();
    m_buffer.clear();
    return m_ok;
}

bool GifWriter::finish()
{
    m_ok = m_ok && m_device.write("\x3B", 1) == 1;
    return m_ok;
}

}  // namespace mixer::vis
