// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/core/Error.h"
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"
#include "visualizers/FigureRecipe.h"
#include "visualizers/NamedFigures.h"
#include "visualizers/PairedMapFigure.h"
#include "visualizers/RecipeStore.h"
#include "visualizers/Remake.h"
#include "visualizers/RouterStudy.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QImage>
#include <QTemporaryDir>

#include <algorithm>
#include <functional>
#include <random>

namespace mixer::vis {
namespace {

const QStringList kCarriers
    = {QStringLiteral("png"), QStringLiteral("svg"), QStringLiteral("pdf"), QStringLiteral("json")};

QByteArray contents(const QString& path)
{
    QFile file(path);
    EXPECT_TRUE(file.open(QIODevice::ReadOnly)) << path.toStdString();
    return file.readAll();
}

void put(const QString& path, const QByteArray& bytes)
{
    QFile file(path);
    ASSERT_TRUE(file.open(QIODevice::WriteOnly));
    ASSERT_EQ(file.write(bytes), bytes.size());
}

std::string problemOf(const std::function<void()>& work, ErrorKind kind)
{
    try {
        work();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), kind) << error.what();
        return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
}

/// Figures of a real network and a photo in a folder of their own.
class Recipe : public testing::Test {
protected:
    void SetUp() override
    {
        model = path(QStringLiteral("net & <net>.safetensors"));
        ASSERT_TRUE(QFile::copy(QStringLiteral(MIXER_FIXTURES "/viqs-default.safetensors"), model));
        image = path(QStringLiteral("Fotografía 猫.png"));
        const std::shared_ptr<const RgbImage> shared = test::fakeContext().image;
        const RgbImage& photo = *shared;
        ASSERT_TRUE(
            QImage(photo.pixels.data(), photo.width, photo.height, 3 * photo.width, QImage::Format_RGB888).save(image));
        source.options.threads = 2;
        source.session = InferenceSession::open(model.toStdString(), source.options);
        run = runPicture(source.session, model, QFile::encodeName(image).toStdString());
        run.programVersion = QStringLiteral("0.1.0");
    }

    QString path(const QString& name) const { return m_folder.filePath(name); }

    /// Writes a figure of that name with its recipe, and gives its path.
    QString write(const char* name, const QString& extension, FigureRequest request = {}, ExportOptions page = {})
    {
        page.overwrite = true;
        if (!request.attribution)
            request.attribution = AttributionRequest();
        request = requestOf(namedFigure(name), request);
        const FigureContext context = prepare(run, request);
        const QString file = path(QString::fromLatin1(name) + QLatin1Char('.') + extension);
        exportFigure(*makeFigure(request.figure, context), file, page,
                     recipeOf(context, request.figure, page, source).toJson());
        return file;
    }

    Remade remakeOf(const QString& file, const RemakeOptions& options = {}) const
    {
        return remake(FigureRecipe::fromJson(recipeIn(file), file.toStdString()), file, options,
                      QStringLiteral("0.1.0"));
    }

    /// The bytes of the figure made again from its file.
    QByteArray again(const QString& file, const RemakeOptions& options = {}) const
    {
        const Remade made = remakeOf(file, options);
        EXPECT_TRUE(made.warnings.isEmpty()) << made.warnings.join(QLatin1Char('\n')).toStdString();
        const QString other = path(QStringLiteral("again.") + QFileInfo(file).suffix());
        ExportOptions page = made.recipe.page;
        page.overwrite = true;
        exportFigure(*made.figure, other, page, made.recipe.toJson());
        return contents(other);
    }

    QTemporaryDir m_folder;
    QString model, image;
    RecipeSource source;
    FigureRun run;
};

TEST_F(Recipe, MakesEveryFigureAgainByteForByte)
{
    ExportOptions page;
    page.dpi = 72;
    int count = 0;
    FigureContext all = prepare(run, {});
    for (const NamedFigure& named : namedFigures()) {
        if (named.isOverImages || !figureExists(named, all))
            continue;
        // The formats in turn; every choice in every format is below.
        const QString file = write(named.name, kCarriers[count++ % kCarriers.size()], {}, page);
        EXPECT_TRUE(again(file) == contents(file)) << file.toStdString();
    }
    EXPECT_GE(count, 24);
}

/// The other image is marked too, and the edits are those that were there when it was measured.
TEST_F(Recipe, MakesAnEffectMapAgain)
{
    const QString other = path(QStringLiteral("other.png"));
    ASSERT_TRUE(QImage(image).mirrored(true, false).save(other));
    FigureRequest request;
    request.patchEffects = PatchEffectRequest{other, PatchedPart::State, 3, -1};
    request.edits.edits.push_back({SkipMixer{}, {run.baseline->mixers()[1].id}, true});
    ExportOptions page;
    page.dpi = 72;
    const QString file = write("patch-effects", QStringLiteral("pdf"), request, page);
    EXPECT_TRUE(again(file) == contents(file));
    const FigureRecipe recipe = FigureRecipe::fromJson(recipeIn(file), "recipe");
    ASSERT_TRUE(recipe.request.patchEffects);
    EXPECT_EQ(recipe.request.patchEffects->image, other);
    EXPECT_EQ(recipe.request.edits.activeCount(), 1);
    ASSERT_TRUE(QImage(image).mirrored(true, true).save(other));
    problemOf([&] { remakeOf(file); }, ErrorKind::Usage);
}

/// Vim scans its class tokens too: they shift positions, not the token whose field is meant.
TEST(SelectedToken, IsWhereTheStepIsOnTheImage)
{
    const auto session = InferenceSession::open(MIXER_FIXTURES "/vim-default.safetensors");
    const auto trace = session->run(prepareImage(*test::fakeContext().image, session->preprocessing()));
    const MixerRecord& record = trace->mixers().front();
    ASSERT_FALSE(record.classTokens.empty());
    const auto detail = trace->detail(record.id);
    Selection selection;
    selection.mixer = record.id;
    int found = 0;
    for (selection.step = 0; selection.step < detail->positionCount(); ++selection.step) {
        const int token = selectedToken(*detail, selection);
        const int position = detail->positionAt(0, selection.step);
        const bool isClass = std::count(record.classTokens.begin(), record.classTokens.end(), position) > 0;
        EXPECT_EQ(token < 0, isClass);
        if (isClass)
            continue;
        EXPECT_EQ(record.positionOf(token), position);
        ++found;
    }
    EXPECT_EQ(found, record.tokenCount());
}

TEST_F(Recipe, ComparisonsAreMadeAgainWithTheSameSecondRun)
{
    const QString other = path(QStringLiteral("other.png"));
    QImage picture(90, 80, QImage::Format_RGB888);
    picture.fill(Qt::darkCyan);
    picture.setPixelColor(40, 40, Qt::yellow);
    ASSERT_TRUE(picture.save(other));
    using With = CompareChoice::With;
    FigureRequest request;
    request.options.overlay = OverlayQuantity::MeanGate;
    request.compare.with = With::Image;
    request.compare.path = other;
    ExportOptions page;
    page.dpi = 72;
    for (const QString& extension : kCarriers) {
        const QString file = write("comparison-map", extension, request, page);
        EXPECT_TRUE(again(file) == contents(file)) << file.toStdString();
    }
    // The numbers are those of the two runs by themselves.
    const FigureContext context = prepare(run, request);
    const FigureRun alone = runPicture(source.session, model, QFile::encodeName(other).toStdString());
    const TraceComparison wanted = compareTraces(*run.trace, *alone.baseline, 0);
    ASSERT_EQ(context.pair->comparison.mixers.size(), wanted.mixers.size());
    for (std::size_t i = 0; i < wanted.mixers.size(); ++i)
        EXPECT_EQ(context.pair->comparison.mixers[i].output.relative, wanted.mixers[i].output.relative);
    const PairedMapFigure figure(context);
    ASSERT_FALSE(figure.difference().values.empty());
    EXPECT_EQ(figure.mapOfA().range.high, figure.mapOfB().range.high);
    EXPECT_EQ(figure.mapOfA().range.low, figure.mapOfB().range.low);
    for (std::size_t i = 0; i < figure.difference().values.size(); ++i)
        EXPECT_EQ(figure.difference().values[i], figure.mapOfB().values[i] - figure.mapOfA().values[i]);

    request.options.overlay = OverlayQuantity::FeaturePca;
    for (const int component : {0, 2}) {
        request.options.featureComponent = component;
        request.options.featureImages = component == 2 ? QStringList(other) : QStringList();
        const QString features = write("comparison-map", QStringLiteral("json"), request, page);
        EXPECT_TRUE(again(features) == contents(features));
        const FigureOptions& remade = remakeOf(features).figure->context().options;
        EXPECT_EQ(remade.featureComponent, component);
        EXPECT_EQ(remade.featureImages, request.options.featureImages);
    }
    request.options.featureImages.clear();

    const QString file = write("comparison", QStringLiteral("svg"), request, page);
    picture.setPixelColor(40, 40, Qt::red);
    ASSERT_TRUE(picture.save(other));
    EXPECT_NE(test::errorOf(ErrorKind::Usage, [&] { remakeOf(file); }).find("the other image"), std::string::npos);
    ASSERT_TRUE(QFile::remove(other));
    test::errorOf(ErrorKind::File, [&] { remakeOf(file); });

    request.compare = {};
    request.compare.with = With::Arithmetic;
    request.compare.precision = Precision::Float64;
    request.compare.device = "cpu";
    const QString precise = write("comparison", QStringLiteral("svg"), request, page);
    EXPECT_TRUE(again(precise) == contents(precise));
    request.compare = {};
    request.compare.with = With::Model;
    request.compare.path = QStringLiteral(MIXER_FIXTURES "/vim2-default.safetensors");
    const QString models = write("comparison", QStringLiteral("json"), request, page);
    EXPECT_TRUE(again(models) == contents(models));
    request.compare = {};
    request.compare.with = With::Baseline;
    request.edits.edits.push_back({SkipMixer(), {source.session->mixers()[2].id}, true});
    const QString edited = write("comparison", QStringLiteral("svg"), request, page);
    EXPECT_TRUE(again(edited) == contents(edited));
    const FigureContext last = prepare(run, request);
    EXPECT_TRUE(last.pair->isOtherFirst);
    EXPECT_EQ(last.pair->comparison.firstParting(), 2);
}

TEST_F(Recipe, KeepsEveryChoice)
{
    FigureRequest request;
    request.selection.mixer = source.session->mixers()[1].id.name();
    request.selection.step = 3;
    request.selection.lane = 2;
    request.selection.state = 1;
    request.selection.classText = "1";
    request.options.laneSort = LaneSort::Variance;
    request.options.colorMap = ColorMapId::Magma;
    request.options.range = ValueRange{0.125, 0.7};
    request.options.shownRun = ShownRun::Difference;
    SkipMixer skip;
    request.edits.edits = {{skip, {source.session->mixers()[0].id}, true}};
    ExportOptions page;
    page.widthInches = 3.35;
    page.heightInches = 2.5;
    page.fontPixelSize = 9;
    page.theme = Theme::Dark;
    page.transparent = true;
    page.caption = false;
    for (const QString& extension : kCarriers) {
        const QString file = write("gates", extension, request, page);
        const QByteArray chosen = contents(file);
        EXPECT_TRUE(again(file) == chosen) << extension.toStdString();
        EXPECT_TRUE(contents(write("gates", extension)) != chosen) << "the choices must show";
    }
}

TEST_F(Recipe, KeepsAttributionsWhereTheyWereMade)
{
    FigureRequest request;
    request.selection.step = 5;
    write("receptive-field", QStringLiteral("npy"), request);
    const Array first
        = makeFigure(QStringLiteral("scan-path"), prepare(run, requestOf(namedFigure("receptive-field"), request)))
              ->array();
    request.selection.step = 9;  // the selection moves on, the map stays
    FigureRequest shown = requestOf(namedFigure("receptive-field"), request);
    shown.attribution = run.attribution->request;
    const FigureContext context = prepare(run, shown);
    const QString file = path(QStringLiteral("field.json"));
    exportFigure(*makeFigure(shown.figure, context), file, {}, recipeOf(context, shown.figure, {}, source).toJson());
    EXPECT_EQ(remakeOf(file).figure->array().values, first.values);
    EXPECT_EQ(remakeOf(file).figure->selection().step, 9);
}

TEST_F(Recipe, LeavesTheFilesReadable)
{
    const QString png = write("routing", QStringLiteral("png"));
    EXPECT_FALSE(QImage(png).isNull());
    EXPECT_EQ(QImage(png).text(QStringLiteral("mixerscope:recipe")).toStdString(), recipeIn(png));
    const auto json = nlohmann::json::parse(contents(write("routing", QStringLiteral("json"))).toStdString());
    EXPECT_EQ(json.at("recipe").at("figure"), "routing");
    EXPECT_EQ(json.at("recipe").at("model").at("path"), model.toStdString());
    EXPECT_EQ(json.at("recipe").at("image").at("path"), image.toStdString());
    EXPECT_EQ(json.at("recipe").at("image").at("sha256"),
              QCryptographicHash::hash(contents(image), QCryptographicHash::Sha256).toHex().toStdString());
}

TEST_F(Recipe, AnotherImageIsRefusedWithBothHashes)
{
    const QString file = write("routing", QStringLiteral("svg"));
    const QString before = markOf(image).sha256;
    QImage changed(image);
    changed.setPixel(0, 0, changed.pixel(0, 0) ^ 0xFFU);
    ASSERT_TRUE(changed.save(image));
    const QString after = markOf(image).sha256;
    const std::string problem = problemOf([&] { remakeOf(file); }, ErrorKind::Usage);
    EXPECT_NE(problem.find(before.toStdString()), std::string::npos) << problem;
    EXPECT_NE(problem.find(after.toStdString()), std::string::npos) << problem;
    RemakeOptions options;
    options.allowChanged = true;
    const Remade made = remakeOf(file, options);
    ASSERT_EQ(made.warnings.size(), 1);
    EXPECT_TRUE(made.warnings.front().contains(before));
    EXPECT_EQ(made.recipe.image.file.sha256, after) << "the new figure's recipe tells the truth";
}

TEST_F(Recipe, AnotherModelIsRefused)
{
    const QString file = write("routing", QStringLiteral("pdf"));
    RemakeOptions options;
    options.model = QStringLiteral(MIXER_FIXTURES "/vim2-default.safetensors");
    EXPECT_NE(problemOf([&] { remakeOf(file, options); }, ErrorKind::Usage).find("the model"), std::string::npos);
    ASSERT_TRUE(QFile::remove(model));
    EXPECT_NE(problemOf([&] { remakeOf(file); }, ErrorKind::File).find("SHA-256"), std::string::npos);
    options.model = QStringLiteral(MIXER_FIXTURES "/viqs-default.safetensors");  // the same, elsewhere
    EXPECT_EQ(again(file, options), contents(file));
}

TEST_F(Recipe, FindsFilesThatMovedAlong)
{
    const QString file = write("routing", QStringLiteral("png"));
    const QByteArray first = contents(file);
    QTemporaryDir other;
    const auto moved = [&](const QString& from) { return other.filePath(QFileInfo(from).fileName()); };
    for (const QString& from : {file, model, image})
        ASSERT_TRUE(QFile::rename(from, moved(from)));
    EXPECT_EQ(again(moved(file)), first);
}

/// Numbers have no room for one: it lies beside them, and goes with them.
TEST_F(Recipe, LiesBesideNumbers)
{
    for (const QString& kind : {QStringLiteral("csv"), QStringLiteral("npy")}) {
        const QString file = write("gates", kind);
        EXPECT_TRUE(QFile::exists(file + QStringLiteral(".recipe.json")));
        EXPECT_TRUE(again(file) == contents(file)) << kind.toStdString();
        ExportOptions page;
        page.overwrite = true;
        exportFigure(*makeFigure(QStringLiteral("gates"), prepare(run, {})), file, page);
        EXPECT_FALSE(QFile::exists(file + QStringLiteral(".recipe.json"))) << "it would tell of another figure";
        problemOf([&] { recipeIn(file); }, ErrorKind::Format);
        put(file + QStringLiteral(".recipe.json"), "{");
        problemOf([&] { remakeOf(file); }, ErrorKind::Format);
    }
}

TEST_F(Recipe, TellsThatThereIsNone)
{
    const QString csv = path(QStringLiteral("a.csv"));
    put(csv, "a,b\n1,2\n");
    problemOf([&] { recipeIn(csv); }, ErrorKind::Format);
    EXPECT_NE(problemOf([&] { recipeIn(image); }, ErrorKind::Format).find("no recipe"), std::string::npos);
    problemOf([&] { recipeIn(path(QStringLiteral("missing.png"))); }, ErrorKind::File);
    problemOf([&] { recipeIn(m_folder.path()); }, ErrorKind::File);
    put(csv, {});
    problemOf([&] { recipeIn(csv); }, ErrorKind::Format);
}

/// Whatever becomes of the bytes, there is a recipe or an Error.
TEST_F(Recipe, SurvivesDamagedFiles)
{
    std::mt19937 random(7);
    const auto attempt = [&](const QString& file) {
        try {
            FigureRecipe::fromJson(recipeIn(file), "x");
        } catch (const Error&) {
        }
    };
    ExportOptions page;
    page.dpi = 36;
    for (const QString& extension : kCarriers) {
        const QByteArray whole = contents(write("routing", extension, {}, page));
        const QString file = path(QStringLiteral("broken.") + extension);
        for (int i = 0; i < 300; ++i) {
            QByteArray bytes = whole;
            for (int changes = 1 + i % 4; changes > 0; --changes)
                bytes[static_cast<qsizetype>(random() % static_cast<unsigned>(bytes.size()))]
                    = static_cast<char>(random());
            if (i % 3 == 0)
                bytes.truncate(static_cast<qsizetype>(random() % static_cast<unsigned>(bytes.size())));
            put(file, bytes);
            attempt(file);
        }
    }
}

TEST_F(Recipe, RefusesWhatIsNoRecipe)
{
    using nlohmann::json;
    const json good = json::parse(recipeIn(write("integrated-gradients", QStringLiteral("json"))));
    ASSERT_NO_THROW(FigureRecipe::fromJson(good.dump(), "x"));
    const auto refuses = [&](const std::string& pointer, const json& value) {
        json bad = good;
        bad[json::json_pointer(pointer)] = value;
        EXPECT_THROW(FigureRecipe::fromJson(bad.dump(), "x"), Error) << pointer << ' ' << value;
    };
    refuses("/recipe", 2);
    refuses("/more", 1);
    refuses("/options/more", 1);
    refuses("/figure", "portrait");
    refuses("/model/sha256", "abc");
    refuses("/model/path", "");
    refuses("/model/path", std::string("a\0b", 3));
    refuses("/image/class", -2);
    refuses("/run/threads", 0);
    refuses("/run/threads", 1e300);
    refuses("/run/precision", "float8");
    refuses("/selection/step", -1);
    refuses("/selection/step", 1.5);
    refuses("/selection/lane", std::int64_t{1} << 40);
    refuses("/options/opacity", 2);
    refuses("/options/colors", "jet");
    refuses("/options/range", json::array({1, 1}));
    refuses("/options/range", json::array({1}));
    refuses("/options/top", 0);
    refuses("/options/path", 1);
    refuses("/attribution/mixer", "nonsense");
    refuses("/attribution/class", -1);
    refuses("/preprocessing", json{{"size", {3, 3}}});
    refuses("/preprocessing", json{{"size", {64.5, 64}}});
    refuses("/preprocessing", json{{"std", {0, 1, 1}}});
    refuses("/page/width", 0);
    refuses("/page/width", 1e9);
    refuses("/page/height", 0.5);
    refuses("/page/dpi", 1000000);
    refuses("/studied", 7);
    refuses("/others", json::array({7}));
    for (const auto& item : good.items()) {
        json bad = good;
        bad.erase(item.key());
        if (item.key() != "attribution") {
            EXPECT_THROW(FigureRecipe::fromJson(bad.dump(), "x"), Error) << item.key();
        }
        refuses("/" + item.key(), nullptr);
    }
    EXPECT_THROW(FigureRecipe::fromJson(std::string(100000, '['), "x"), Error);
    EXPECT_THROW(FigureRecipe::fromJson("", "x"), Error);
}

TEST_F(Recipe, RouterStatisticsRememberTheirImages)
{
    const QString second = path(QStringLiteral("second.png"));
    ASSERT_TRUE(QImage(image).mirrored(true, false).save(second));
    run.studied = {image, second};
    run.routerStatistics = studyRouters(
        *source.session, {{QFile::encodeName(image).toStdString(), nullptr, -1}, {second.toStdString(), nullptr, -1}});
    const QString file = write("router-statistics", QStringLiteral("pdf"));
    EXPECT_EQ(again(file), contents(file));
    ASSERT_TRUE(QImage(image).save(second));
    problemOf([&] { remakeOf(file); }, ErrorKind::Usage);
}

}  // namespace
}  // namespace mixer::vis
