// SPDX-License-Identifier: GPL-3.0-or-later
// Feature PCA on real networks: what is painted and written is what the engine computed.
#include "visualizers/FeatureMap.h"

#include "engine/analysis/FeatureAxes.h"
#include "engine/session/InferenceSession.h"
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"
#include "visualizers/ComponentBars.h"
#include "visualizers/NamedFigures.h"
#include "visualizers/PairedMapFigure.h"
#include "visualizers/ScanPathFigure.h"

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mixer::vis {
namespace {

FigureRun runOf(const std::string& model, const RgbImage& image)
{
    FigureRun run;
    run.session = InferenceSession::open(std::string(MIXER_FIXTURES) + "/" + model);
    run.options.device = "cpu";
    run.modelPath = QStringLiteral("model.safetensors");
    run.imagePath = QStringLiteral("photo.png");
    run.image = std::make_shared<const RgbImage>(image);
    run.baseline = run.session->run(prepareImage(image, run.session->preprocessing()));
    return run;
}

FigureRequest featureRequest(int component = 0)
{
    FigureRequest request = requestOf(namedFigure("map-feature-pca"), {});
    request.options.featureComponent = component;
    request.options.overlayOpacity = 1;
    request.options.showPatchGrid = false;
    return request;
}

std::vector<float> sliceOf(const FeatureScores& scores, int axis)
{
    const auto tokens = scores.values.size(1) * scores.values.size(2);
    const auto from = scores.values.values.begin() + axis * tokens;
    return {from, from + tokens};
}

class FeatureMaps : public testing::TestWithParam<const char*> { };

TEST_P(FeatureMaps, AreTheEnginesScoresInEveryMixer)
{
    FigureRun run = runOf(GetParam(), *test::fakeContext().image);
    for (const MixerRecord& record : run.baseline->mixers()) {
        SCOPED_TRACE(record.id.name());
        FigureRequest request = featureRequest();
        request.selection.mixer = record.id.name();
        const FigureContext context = prepare(run, request);
        if (record.tokenCount() < 2) {
            EXPECT_FALSE(figureExists(namedFigure("map-feature-pca"), context));
            continue;
        }
        const FeatureScores scores = featureScores(*run.baseline, record.id, principalAxes(*run.baseline, record.id));
        const auto axes = static_cast<int>(scores.values.size(0));
        const TokenMap map = makeTokenMap(context);
        EXPECT_EQ(map.height, record.height);
        EXPECT_EQ(map.width, record.width);
        ASSERT_EQ(map.parts.size(), 3U);
        double sum = 0;
        for (int axis = 0; axis < 3; ++axis) {
            const ColorPart& part = map.parts[static_cast<std::size_t>(axis)];
            sum += part.share;
            if (axis < axes)
                EXPECT_EQ(part.values, sliceOf(scores, axis));
            else
                EXPECT_EQ(part.values, std::vector<float>(part.values.size(), 0.0F)) << "there is no such direction";
        }
        EXPECT_LE(sum, 1 + 1e-9);
        const QString percent = QString::number(100 * sum, 'f', 1);
        EXPECT_TRUE(map.note.contains(percent)) << map.note.toStdString();
        for (int component = 1; component <= axes; ++component) {
            FigureContext single = context;
            single.options.featureComponent = component;
            const TokenMap one = makeTokenMap(single);
            EXPECT_TRUE(one.parts.empty());
            EXPECT_TRUE(one.isSigned);
            EXPECT_EQ(one.values, sliceOf(scores, component - 1));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Families, FeatureMaps,
                         testing::Values("vim2-default.safetensors", "viqs-default.safetensors",
                                         "vmamba-v2.safetensors", "vim-default.safetensors"));

TEST(FeatureMap, ColoursAreThePartsAndGreyIsTheMean)
{
    TokenMap map;
    map.height = 1;
    map.width = 3;
    map.parts = {{{0, 2, -2}, 2, 0.5, QStringLiteral("PC 1")},
                 {{0, 1, 9}, 2, 0.3, QStringLiteral("PC 2")},
                 {{0, -1, std::nanf("")}, 2, 0.1, QStringLiteral("PC 3")}};
    map.values = map.parts[0].values;
    EXPECT_EQ(partsColor(map, 0), qRgb(128, 128, 128));
    EXPECT_EQ(partsColor(map, 1), qRgb(255, 191, 64));
    EXPECT_EQ(partsColor(map, 2), qRgb(0, 255, 128)) << "what lies beyond the reach has the last colour";
    EXPECT_EQ(partsText(map, 1).toStdString(), "PC 1: 2.00, PC 2: 1.00, PC 3: −1.00");
    EXPECT_TRUE(partsText(map, -1).isEmpty());
}

TEST(FeatureMap, IsPaintedAndWritten)
{
    FigureRun run = runOf("vim2-default.safetensors", *test::fakeContext().image);
    const FigureContext context = prepare(run, featureRequest());
    const ScanPathFigure figure(context);
    const FigureStyle style = FigureStyle::light();
    const QImage image = test::paintOf(figure, {900, 640}, style);
    const TokenMap& map = figure.tokenMap();
    const ImageOverlay& overlay = figure.overlay();
    for (int token = 0; token < overlay.tokenCount(); ++token) {
        const QPointF centre = overlay.tokenCentre(token);
        if (!overlay.inputRect().contains(centre))
            continue;
        const QColor shown = test::colorAt(image, figure.toFigure(centre, QRectF(image.rect()), style));
        EXPECT_LE(test::distance(shown, QColor(partsColor(map, static_cast<std::size_t>(token)))), 2) << token;
        const auto hit = figure.hitTest(figure.toFigure(centre, QRectF(image.rect()), style), image.rect(), style);
        ASSERT_TRUE(hit);
        EXPECT_TRUE(hit->text.contains(partsText(map, token))) << hit->text.toStdString();
    }
    const FigureTable table = figure.table();
    const int third = table.columnIndex(QStringLiteral("PC 3"));
    ASSERT_GT(third, 0);
    const Array array = figure.array();
    EXPECT_EQ(array.shape, (std::vector<std::int64_t>{3, overlay.height(), overlay.width()}));
    for (qint64 row = 0; row < table.rowCount; ++row) {
        const int token = context.detail->record().tokenAt(
            context.detail->positionAt(context.selection.scan, static_cast<int>(row)));
        EXPECT_FLOAT_EQ(table.cell(row, third).toFloat(), map.parts[2].values[static_cast<std::size_t>(token)]);
        EXPECT_EQ(array.values[static_cast<std::size_t>(2 * overlay.tokenCount() + token)],
                  map.parts[2].values[static_cast<std::size_t>(token)]);
    }
    for (const char* words : {"red, green and blue", "98 % of the tokens", "of the variance", "fitted on this image"})
        EXPECT_TRUE(figure.caption().contains(QLatin1String(words))) << figure.caption().toStdString();
}

/// The edited run, the baseline and their difference are seen along the baseline's axes.
TEST(FeatureMap, EditsAreSeenAlongTheAxesOfTheBaseline)
{
    FigureRun run = runOf("vim2-default.safetensors", *test::fakeContext().image);
    const MixerId mixer = run.baseline->mixers().front().id;
    ScaleDelta stronger;
    stronger.factor = 3;
    FigureRequest request = featureRequest();
    request.edits.edits = {{stronger, {}, true}};
    const FeatureAxes axes = principalAxes(*run.baseline, mixer);
    const FeatureScores before = featureScores(*run.baseline, mixer, axes);

    const TokenMap edited = makeTokenMap(prepare(run, request));
    const FeatureScores after = featureScores(*run.trace, mixer, axes);
    ASSERT_NE(run.trace, run.baseline);
    EXPECT_EQ(edited.parts.at(1).values, sliceOf(after, 1));
    EXPECT_NE(sliceOf(before, 1), sliceOf(after, 1));
    EXPECT_TRUE(edited.details.contains(QLatin1String("without the edits"))) << edited.details.toStdString();

    request.options.shownRun = ShownRun::Difference;
    const TokenMap distance = makeTokenMap(prepare(run, request));
    EXPECT_TRUE(distance.parts.empty());
    EXPECT_FALSE(distance.isSigned);
    request.options.featureComponent = 2;
    const TokenMap change = makeTokenMap(prepare(run, request));
    EXPECT_TRUE(change.isSigned);
    for (std::size_t token = 0; token < change.values.size(); ++token) {
        double sum = 0;
        for (int axis = 0; axis < 3; ++axis)
            sum += std::pow(static_cast<double>(sliceOf(after, axis)[token]) - sliceOf(before, axis)[token], 2);
        EXPECT_NEAR(distance.values[token], std::sqrt(sum), 1e-5);
        EXPECT_EQ(change.values[token], sliceOf(after, 1)[token] - sliceOf(before, 1)[token]);
    }
}

/// Two images under one model, side by side: one set of axes; two models: each its own, and no difference.
TEST(FeatureMap, PairsShareAxesWithinOneModel)
{
    FigureRun run = runOf("vim2-default.safetensors", *test::fakeContext().image);
    const MixerId mixer = run.baseline->mixers().front().id;
    RgbImage other = *run.image;
    std::reverse(other.pixels.begin(), other.pixels.end());
    const auto pairWith = [&](CompareChoice::With with, const std::string& model) {
        auto second = std::make_shared<FigureRun>(runOf(model, other));
        if (with == CompareChoice::With::Image)
            second->session = run.session;
        second->compared.with = with;
        run.second = second;
        run.pair = nullptr;
        FigureRequest request = featureRequest();
        request.compare.with = with;
        return prepare(run, request);
    };
    const PairedMapFigure images(pairWith(CompareChoice::With::Image, "vim2-default.safetensors"));
    const FeatureAxes axes = principalAxes(*run.baseline, mixer);
    EXPECT_EQ(images.mapOfB().parts.at(0).values, sliceOf(featureScores(*run.second->baseline, mixer, axes), 0));
    EXPECT_EQ(images.mapOfA().parts.at(0).reach, images.mapOfB().parts.at(0).reach);
    EXPECT_FALSE(images.difference().values.empty());
    EXPECT_TRUE(images.caption().contains(QLatin1String("axes of A"))) << images.caption().toStdString();
    EXPECT_GE(images.table().columnIndex(QStringLiteral("b, PC 3")), 0);
    EXPECT_GT(test::countNear(test::paintOf(images, {900, 420}, FigureStyle::light()), {0, 0, 900, 420}, Qt::white, 0),
              1000);

    const PairedMapFigure models(pairWith(CompareChoice::With::Model, "vim2-default.safetensors"));
    EXPECT_TRUE(models.difference().values.empty());
    EXPECT_TRUE(models.caption().contains(QLatin1String("axes of its own"))) << models.caption().toStdString();
    const FeatureAxes own = principalAxes(*run.second->baseline, mixer);
    EXPECT_EQ(models.mapOfB().parts.at(0).values, sliceOf(featureScores(*run.second->baseline, mixer, own), 0));
}

/// Axes of other images, read from their files: colours mean the same in every figure on them.
TEST(FeatureMap, AxesOfOtherImagesAreHeld)
{
    QTemporaryDir folder;
    FigureRun run = runOf("vim2-default.safetensors", *test::fakeContext().image);
    const MixerId mixer = run.baseline->mixers().front().id;
    FigureRequest request = featureRequest(1);
    FeatureRuns runs;
    for (const QColor color : {Qt::darkCyan, Qt::darkRed}) {
        QImage picture(90, 80, QImage::Format_RGB888);
        picture.fill(color);
        QPainter(&picture).fillRect(QRect(20, 10, 30, 40), Qt::yellow);
        request.options.featureImages << folder.filePath(color.name().mid(1) + QStringLiteral(".png"));
        ASSERT_TRUE(picture.save(request.options.featureImages.back()));
        const std::string path = QFile::encodeName(request.options.featureImages.back()).toStdString();
        runs.push_back(runPicture(run.session, run.modelPath, path).baseline);
    }
    const FeatureAxes axes = principalAxes(runs, mixer);
    const ScanPathFigure figure(prepare(run, request));
    EXPECT_EQ(figure.tokenMap().values, sliceOf(featureScores(*run.baseline, mixer, axes), 0));
    EXPECT_GE(figure.tokenMap().range.high, axes.reach[0]);
    const QString first = QFileInfo(request.options.featureImages.front()).fileName();
    EXPECT_TRUE(figure.caption().contains(first + QStringLiteral(" and 1 more"))) << figure.caption().toStdString();
    // Its own again.
    request.options.featureImages.clear();
    const FeatureAxes own = principalAxes(*run.baseline, mixer);
    EXPECT_EQ(makeTokenMap(prepare(run, request)).values, sliceOf(featureScores(*run.baseline, mixer, own), 0));
    request.options.featureImages << folder.filePath(QStringLiteral("gone.png"));
    EXPECT_THROW(makeTokenMap(prepare(run, request)), Error);
}

TEST(FeatureMap, SaysWhatItHasNot)
{
    FigureContext made = test::fakeContext();
    made.detail = made.trace->detail(made.selection.mixer, {});
    made.options.overlay = OverlayQuantity::FeaturePca;
    EXPECT_NE(test::errorOf(ErrorKind::Usage, [&] { makeTokenMap(made); }).find("no features"), std::string::npos);
}

}  // namespace
}  // namespace mixer::vis
