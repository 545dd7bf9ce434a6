// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/core/Error.h"
#include "tests/visualizers/FakeTrace.h"
#include "visualizers/FigureAnimation.h"
#include "visualizers/GifWriter.h"

#include <gtest/gtest.h>

#include <QBuffer>
#include <QDir>
#include <QFile>
#include <QImageReader>
#include <QPainter>
#include <QTemporaryDir>

#include <random>

namespace mixer::vis {
namespace {

/// Frames of a GIF as another program, Qt's reader, decodes them.
std::vector<QImage> decoded(QByteArray gif)
{
    QBuffer buffer(&gif);
    buffer.open(QIODevice::ReadOnly);
    QImageReader reader(&buffer, "gif");
    std::vector<QImage> frames;
    for (QImage image = reader.read(); !image.isNull(); image = reader.read())
        frames.push_back(image.convertToFormat(QImage::Format_RGB32));
    return frames;
}

QByteArray gifOf(const std::vector<QImage>& frames, const QByteArray& comment = {})
{
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    const GifPalette palette(frames);
    GifWriter writer(buffer, frames.front().size(), palette, comment);
    for (const QImage& frame : frames)
        EXPECT_TRUE(writer.add(frame, 5));
    EXPECT_TRUE(writer.finish());
    return buffer.data();
}

int largestDifference(const QImage& a, const QImage& b)
{
    int largest = 0;
    for (int y = 0; y < a.height(); ++y)
        for (int x = 0; x < a.width(); ++x) {
            const QRgb p = a.pixel(x, y), q = b.pixel(x, y);
            for (const int d : {qRed(p) - qRed(q), qGreen(p) - qGreen(q), qBlue(p) - qBlue(q)})
                largest = std::max(largest, std::abs(d));
        }
    return largest;
}

TEST(Gif, FewColoursComeBackExactly)
{
    std::vector<QImage> frames;
    for (int i = 0; i < 4; ++i) {
        QImage frame(61, 37, QImage::Format_RGB32);
        frame.fill(Qt::white);
        QPainter painter(&frame);
        painter.fillRect(QRect(7 * i, 5, 10, 20), QColor(200, 16, 48));
        painter.fillRect(QRect(3, 30 - i, 40, 3), QColor(8, 120, 240));
        painter.end();
        frames.push_back(frame);
    }
    frames.push_back(frames.back());  // one in which nothing changes
    const std::vector<QImage> back = decoded(gifOf(frames, "note"));
    ASSERT_EQ(back.size(), frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i)
        EXPECT_EQ(back[i], frames[i]) << i;
}

/// Long runs, noise, every size of code and the table's restart: whatever the pixels, the codes are right.
TEST(Gif, NoiseComesBackNearly)
{
    std::mt19937 random(3);
    QImage noise(211, 127, QImage::Format_RGB32);
    for (int y = 0; y < noise.height(); ++y)
        for (int x = 0; x < noise.width(); ++x) {
            // 180 colours, far apart: each gets an entry of the palette.
            const auto v = static_cast<int>(random() % 180);
            noise.setPixel(x, y, qRgb(v % 6 * 48, v / 6 % 6 * 48, v / 36 * 48));
        }
    const std::vector<QImage> back = decoded(gifOf({noise, noise.mirrored()}));
    ASSERT_EQ(back.size(), 2U);
    EXPECT_EQ(back[0], noise);
    EXPECT_EQ(back[1], noise.mirrored());
    QImage flat(1000, 600, QImage::Format_RGB32);
    flat.fill(QColor(1, 2, 3));
    EXPECT_EQ(decoded(gifOf({flat})).at(0), flat);
}

TEST(Gif, PhotosLoseLittle)
{
    QImage photo(320, 240, QImage::Format_RGB32);
    for (int y = 0; y < photo.height(); ++y)
        for (int x = 0; x < photo.width(); ++x)
            photo.setPixel(x, y, qRgb(x * 255 / 319, y * 255 / 239, (x + y) * 255 / 558));
    const std::vector<QImage> back = decoded(gifOf({photo}));
    ASSERT_EQ(back.size(), 1U);
    EXPECT_LE(largestDifference(back[0], photo), 24);
}

class Animation : public testing::Test {
protected:
    static FigureContext context()
    {
        test::FakeOptions options;
        options.inputSide = 64;
        FigureContext context = test::fakeContext(options);
        context.selection.mixer = {1, 0, 0, false};
        context.options.overlay = OverlayQuantity::MeanGate;
        context.options.isGrowing = true;
        return context;
    }
    QString path(const QString& name) const { return m_folder.filePath(name); }
    QByteArray read(const QString& name) const
    {
        QFile file(path(name));
        EXPECT_TRUE(file.open(QIODevice::ReadOnly));
        return file.readAll();
    }

    QTemporaryDir m_folder;
};

TEST_F(Animation, FramesAreTheFigureStepByStep)
{
    const auto figure = makeFigure(QStringLiteral("scan-path"), context());
    ExportOptions page;
    page.dpi = 72;
    AnimationOptions options;
    options.frames = 5;
    exportAnimation(*figure, path(QStringLiteral("a.gif")), page, options);
    const std::vector<QImage> frames = decoded(read(QStringLiteral("a.gif")));
    ASSERT_EQ(frames.size(), 5U);
    const std::vector<int> steps = animatedSteps(64, options);
    EXPECT_EQ(steps, (std::vector<int>{0, 16, 32, 47, 63}));
    for (std::size_t i = 0; i < frames.size(); ++i) {
        Selection selection = figure->selection();
        selection.step = steps[i];
        ASSERT_TRUE(figure->select(selection));
        const QImage wanted = renderFigure(*figure, page).convertToFormat(QImage::Format_RGB32);
        ASSERT_EQ(frames[i].size(), wanted.size());
        double sum = 0;
        for (int y = 0; y < wanted.height(); ++y)
            for (int x = 0; x < wanted.width(); ++x)
                sum += std::abs(qGreen(wanted.pixel(x, y)) - qGreen(frames[i].pixel(x, y)));
        EXPECT_LT(sum / wanted.width() / wanted.height(), 3.0) << "frame " << i;
    }
    // What the scan has not reached shows the photo alone.
    FigureContext all = context();
    all.options.isGrowing = false;
    const auto still = makeFigure(QStringLiteral("scan-path"), all);
    Selection first = figure->selection();
    first.step = 0;
    figure->select(first);
    still->select(first);
    EXPECT_NE(renderFigure(*figure, page), renderFigure(*still, page));
    first.step = 63;
    figure->select(first);
    still->select(first);
    EXPECT_EQ(renderFigure(*figure, page), renderFigure(*still, page)) << "at the end all of it is there";
}

TEST_F(Animation, EqualAnimationsHaveEqualBytes)
{
    ExportOptions page;
    page.dpi = 50;
    AnimationOptions options;
    options.frames = 4;
    for (const QString& name : {QStringLiteral("a.gif"), QStringLiteral("b.gif")})
        exportAnimation(*makeFigure(QStringLiteral("scan-path"), context()), path(name), page, options);
    EXPECT_TRUE(read(QStringLiteral("a.gif")) == read(QStringLiteral("b.gif")));
}

TEST_F(Animation, AVideoIsWritten)
{
    if (!animationExtensions().contains(QStringLiteral("mp4")))
        GTEST_SKIP() << "built without videos";
    ExportOptions page;
    page.dpi = 61;  // an odd width
    AnimationOptions options;
    options.frames = 6;
    exportAnimation(*makeFigure(QStringLiteral("scan-path"), context()), path(QStringLiteral("a.mp4")), page, options);
    const QByteArray video = read(QStringLiteral("a.mp4"));
    EXPECT_EQ(video.mid(4, 4), "ftyp");
    EXPECT_TRUE(video.contains("moov"));
    EXPECT_GT(video.size(), 2000);
    EXPECT_EQ(QDir(m_folder.path()).entryList(QDir::Files | QDir::Hidden).size(), 1) << "nothing is left beside it";
}

TEST_F(Animation, LeavesNothingWhenItFails)
{
    const auto figure = makeFigure(QStringLiteral("scan-path"), context());
    ExportOptions page;
    page.dpi = 50;
    CancelToken cancelled;
    cancelled.cancel();
    for (const QString& extension : animationExtensions()) {
        const QString file = path(QStringLiteral("a.") + extension);
        EXPECT_THROW(exportAnimation(*figure, file, page, {}, {}, {}, cancelled), Cancelled);
        EXPECT_THROW(exportAnimation(*figure, path(QStringLiteral("no/a.") + extension), page, {}), Error);
        EXPECT_THROW(exportAnimation(*makeFigure(QStringLiteral("gates"), context()), file, page, {}), Error);
        AnimationOptions one;
        one.frames = 1;
        EXPECT_THROW(exportAnimation(*figure, file, page, one), Error);
        ExportOptions huge;
        huge.widthInches = 100;
        huge.dpi = 2400;
        EXPECT_THROW(exportAnimation(*figure, file, huge, {}), Error);
    }
    EXPECT_TRUE(QDir(m_folder.path()).entryList(QDir::Files | QDir::Hidden).isEmpty());
}

}  // namespace
}  // namespace mixer::vis
