// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"

#include <QPainter>

namespace mixer::vis {
namespace {

FigureContext contextFor(bool quasiSeparable, bool channelMixer)
{
    test::FakeOptions options;
    options.quasiSeparable = quasiSeparable;
    options.inputSide = 64;
    FigureContext context = test::fakeContext(options);
    test::addFakePair(context, options, {1, 0, channelMixer ? 0 : 1, channelMixer}, 5);
    context.selection.lane = 3;
    context.options.overlay = OverlayQuantity::StateNorm;
    return context;
}

class EveryFigure : public testing::TestWithParam<const char*> {
protected:
    QString id() const { return QString::fromLatin1(GetParam()); }
};

TEST_P(EveryFigure, PaintsInsideItsRectangleAtEverySize)
{
    for (const bool channelMixer : {false, true}) {
        const auto figure = makeFigure(id(), contextFor(channelMixer, channelMixer));
        for (const QSize size : {QSize(24, 16), QSize(120, 80), QSize(200, 480), QSize(480, 320), QSize(1200, 300)}) {
            for (const Theme theme : {Theme::Light, Theme::Dark}) {
                const QPoint offset(23, 31);
                QImage image(size + QSize(60, 70), QImage::Format_RGB32);
                image.fill(Qt::magenta);
                QPainter painter(&image);
                figure->paint(painter, QRectF(offset, size), FigureStyle::of(theme));
                painter.end();
                const int outside = image.width() * image.height() - size.width() * size.height();
                const int magenta = test::countNear(image, image.rect(), Qt::magenta, 0);
                // At sizes that nobody can read anything at, text may stick out; nothing may crash.
                if (size.width() >= 120) {
                    EXPECT_EQ(magenta, outside) << size.width() << " x " << size.height();
                }
            }
        }
    }
}

TEST_P(EveryFigure, BackgroundFollowsThemeAndTransparency)
{
    const auto figure = makeFigure(id(), contextFor(false, false));
    const QSize size(480, 320);
    EXPECT_EQ(test::paintOf(*figure, size, FigureStyle::light()).pixelColor(1, 1), FigureStyle::light().background);
    EXPECT_EQ(test::paintOf(*figure, size, FigureStyle::dark()).pixelColor(1, 1), FigureStyle::dark().background);
    FigureStyle style = FigureStyle::light();
    style.transparent = true;
    EXPECT_EQ(test::paintOf(*figure, size, style).pixelColor(1, 1), QColor(Qt::magenta));
}

TEST_P(EveryFigure, PaintingLeavesThePainterAsItWas)
{
    const auto figure = makeFigure(id(), contextFor(false, false));
    QImage image(480, 320, QImage::Format_RGB32);
    QPainter painter(&image);
    painter.setPen(QPen(Qt::green, 3));
    painter.translate(2, 3);
    const QTransform before = painter.transform();
    figure->paint(painter, QRectF(0, 0, 470, 310), FigureStyle::light());
    EXPECT_EQ(painter.transform(), before);
    EXPECT_EQ(painter.pen().color(), QColor(Qt::green));
    EXPECT_FALSE(painter.hasClipping());
}

TEST_P(EveryFigure, TableIsCompleteAndOutlivesTheFigure)
{
    auto figure = makeFigure(id(), contextFor(true, false));
    const FigureTable table = figure->table();
    EXPECT_EQ(figure->id(), id());
    EXPECT_FALSE(figure->title().isEmpty());
    figure.reset();
    ASSERT_GT(table.columnCount(), 2);
    ASSERT_GT(table.rowCount, 0);
    for (int column = 0; column < table.columnCount(); ++column) {
        EXPECT_FALSE(table.columns[static_cast<std::size_t>(column)].name.isEmpty());
        EXPECT_TRUE(table.cell(0, column).isValid()) << column;
        EXPECT_TRUE(table.cell(table.rowCount - 1, column).isValid()) << column;
    }
    EXPECT_EQ(table.columnIndex(QStringLiteral("no such column")), -1);
}

TEST_P(EveryFigure, CaptionNamesModelImageAndVersion)
{
    const QString caption = makeFigure(id(), contextFor(false, false))->caption();
    for (const char* text : {"demo-vim2.safetensors", "ViM2", "chelsea.png", "451 × 300", "64 × 64", "0.1.0"})
        EXPECT_TRUE(caption.contains(QString::fromUtf8(text))) << text << " in " << caption.toStdString();
    EXPECT_FALSE(caption.contains(QStringLiteral("/photos")));
}

TEST_P(EveryFigure, NeedsATrace)
{
    test::errorOf(ErrorKind::Usage, [&] { makeFigure(id(), FigureContext()); });
}

TEST_P(EveryFigure, HitsOnlyInsideTheData)
{
    const auto figure = makeFigure(id(), contextFor(false, false));
    const QRectF rect(10, 20, 480, 320);
    EXPECT_FALSE(figure->hitTest({0, 0}, rect, FigureStyle::light()));
    EXPECT_FALSE(figure->hitTest(rect.topLeft() + QPointF(2, 2), rect, FigureStyle::light()));
    EXPECT_FALSE(figure->hitTest({1e9, -1e9}, rect, FigureStyle::light()));
    int hits = 0;
    for (int y = 20; y < 340; y += 4) {
        for (int x = 10; x < 490; x += 4) {
            const auto hit = figure->hitTest({x + 0.5, y + 0.5}, rect, FigureStyle::light());
            if (!hit)
                continue;
            ++hits;
            EXPECT_FALSE(hit->text.isEmpty());
        }
    }
    EXPECT_GT(hits, 500);
}

INSTANTIATE_TEST_SUITE_P(Ids, EveryFigure,
                         testing::Values("predictions", "routing", "scan-path", "gates", "gate-distribution", "state",
                                         "attention", "split", "patch-effects", "mixing", "comparison"));

TEST(MakeFigure, UnknownIdListsTheKnownOnes)
{
    const std::string message
        = test::errorOf(ErrorKind::Usage, [] { makeFigure(QStringLiteral("pie"), contextFor(false, false)); });
    EXPECT_NE(message.find("pie"), std::string::npos);
    for (const QString& id : figureIds())
        EXPECT_NE(message.find(id.toStdString()), std::string::npos);
}

TEST(MakeFigure, RefusesWhatTheSelectionCannotMean)
{
    const auto message = [](const QString& figure, auto change) {
        FigureContext context = contextFor(false, false);
        change(context.selection);
        return test::errorOf(ErrorKind::Usage, [&] { makeFigure(figure, context); });
    };
    const QString gates = QStringLiteral("gates");
    EXPECT_NE(message(gates, [](Selection& s) { s.scan = 4; }).find("expected 0 to 3"), std::string::npos);
    EXPECT_NE(message(gates, [](Selection& s) { s.step = 64; }).find("expected 0 to 63"), std::string::npos);
    EXPECT_NE(message(gates, [](Selection& s) { s.step = -1; }).find("step"), std::string::npos);
    EXPECT_NE(message(gates, [](Selection& s) { s.lane = 48; }).find("channel"), std::string::npos);
    EXPECT_NE(message(QStringLiteral("state"), [](Selection& s) { s.state = 16; }).find("state"), std::string::npos);
    EXPECT_NE(message(QStringLiteral("predictions"), [](Selection& s) { s.classIndex = 10; }).find("class 10"),
              std::string::npos);
    message(gates, [](Selection& s) { s.mixer.stage = 9; });
}

TEST(Figure, SelectMovesMarksButNotToAnotherMixerOrScan)
{
    for (const char* id : {"gates", "state", "scan-path", "attention", "gate-distribution"}) {
        const auto figure = makeFigure(QString::fromLatin1(id), contextFor(false, false));
        Selection selection = figure->selection();
        selection.step = 40;
        EXPECT_TRUE(figure->select(selection)) << id;
        EXPECT_EQ(figure->selection().step, 40);
        const QString caption = figure->caption();
        EXPECT_TRUE(caption.contains(QStringLiteral("step 40"))) << caption.toStdString();
        const auto refused = [&](auto change) {
            Selection other = selection;
            change(other);
            return !figure->select(other) && figure->selection() == selection;
        };
        EXPECT_TRUE(refused([](Selection& s) { s.scan = 1; })) << id;
        EXPECT_TRUE(refused([](Selection& s) { s.mixer.stage = 0; })) << id;
        EXPECT_TRUE(refused([](Selection& s) { s.step = 64; })) << id;
        EXPECT_TRUE(refused([](Selection& s) { s.step = -1; })) << id;
        EXPECT_TRUE(refused([](Selection& s) { s.lane = 48; })) << id;
    }
}

}  // namespace
}  // namespace mixer::vis
