// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/core/StrictJson.h"
#include "engine/report/JsonNumber.h"
#include "visualizers/Figure.h"
#include "visualizers/FigureRecipe.h"
#include "visualizers/OptionNames.h"
#include "visualizers/RecipeStore.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace mixer::vis {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr JsonLimits kLimits{std::size_t{kMaxRecipe}, 12};
constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kMostImages = 1000000;
constexpr int kMaxIndex = (1 << 30) - 1;

constexpr OptionNames<3> kResizeNames = {"crop", "stretch", "whole"};

// ---- writing

ordered_json markJson(const FileMark& mark)
{
    return {{"path", mark.path.toStdString()}, {"sha256", mark.sha256.toStdString()}};
}

ordered_json imageJson(const MarkedImage& image)
{
    ordered_json to = markJson(image.file);
    to["class"] = image.trueClass;
    return to;
}

ordered_json channelsJson(const std::array<float, 3>& values)
{
    return {shortest(values[0]), shortest(values[1]), shortest(values[2])};
}

ordered_json preprocessJson(const PreprocessOverrides& p)
{
    ordered_json to = ordered_json::object();
    if (p.size)
        to["size"] = {p.size->height, p.size->width};
    if (p.mean)
        to["mean"] = channelsJson(*p.mean);
    if (p.std)
        to["std"] = channelsJson(*p.std);
    if (p.cropFraction)
        to["crop"] = *p.cropFraction;
    if (p.mode)
        to["mode"] = nameOf(kResizeNames, *p.mode);
    if (p.maxSide)
        to["max_side"] = *p.maxSide;
    return to;
}

ordered_json optionsJson(const FigureOptions& o)
{
    ordered_json to = {{"top", o.topCount},
                       {"value", nameOf(kPredictionValueNames, o.predictionValue)},
                       {"sort", nameOf(kLaneSortNames, o.laneSort)},
                       {"gates", nameOf(kGateQuantityNames, o.gateQuantity)},
                       {"state", nameOf(kStateQuantityNames, o.stateQuantity)},
                       {"column", o.attention.isColumn},
                       {"all_scans", o.attention.isMerged},
                       {"magnitude", o.attention.isAbsolute},
                       {"show", nameOf(kShownRunNames, o.shownRun)},
                       {"map", nameOf(kOverlayNames, o.overlay)},
                       {"opacity", o.overlayOpacity},
                       {"crop_to_input", o.cropToInput},
                       {"path", o.showPath},
                       {"all_paths", o.showAllPaths},
                       {"grid", o.showPatchGrid},
                       {"growing", o.isGrowing},
                       {"colors", ColorMap::get(o.colorMap).name().toStdString()}};
    if (o.overlay == OverlayQuantity::FeaturePca)
        to["component"] = nameOf(kFeatureComponentNames, o.featureComponent);
    if (o.overlay == OverlayQuantity::FeaturePca && !o.featureImages.isEmpty())
        for (const QString& image : o.featureImages)
            to["axes_from"].push_back(image.toStdString());
    if (o.range)
        to["range"] = {o.range->low, o.range->high};
    if (o.heldRange && o.heldRange->quantity == o.overlay)
        to["map_range"] = {o.heldRange->range.low, o.heldRange->range.high};
    return to;
}

ordered_json selectionJson(const SelectionRequest& s)
{
    ordered_json to = {{"mixer", s.mixer}, {"scan", s.scan}, {"step", s.step}, {"lane", s.lane}, {"state", s.state}};
    if (!s.classText.empty())
        to["class"] = s.classText;
    return to;
}

ordered_json attributionJson(const AttributionRequest& a)
{
    return {{"method", nameOf(kAttributionNames, a.method)},
            {"class", a.classIndex},
            {"mixer", a.mixer.name()},
            {"position", a.position},
            {"faithfulness", a.withFaithfulness}};
}

ordered_json patchEffectsJson(const PatchEffectRequest& p)
{
    return {{"image", p.image.toStdString()},
            {"part", nameOf(kPatchedPartNames, p.part)},
            {"parts", p.parts},
            {"class", p.classIndex}};
}

ordered_json compareJson(const CompareChoice& choice, const std::optional<FileMark>& file)
{
    ordered_json to = {{"with", nameOf(kCompareNames, choice.with)}};
    if (file)
        to["file"] = markJson(*file);
    if (choice.with == CompareChoice::With::Arithmetic) {
        to["precision"] = nameOf(kPrecisionNames, choice.precision);
        to["device"] = choice.device;
    }
    return to;
}

ordered_json pageJson(const ExportOptions& page)
{
    return {{"width", pageWidthInches(page)},
            {"height", page.heightInches},
            {"dpi", page.dpi},
            {"type", page.fontPixelSize},
            {"theme", nameOf(kThemeNames, page.theme)},
            {"transparent", page.transparent},
            {"title", page.title},
            {"caption", page.caption}};
}

/// JSON in ASCII whose texts hold nothing that is markup.
QByteArray plainText(const ordered_json& document)
{
    QByteArray text = QByteArray::fromStdString(document.dump(-1, ' ', true, ordered_json::error_handler_t::replace));
    text.replace('<', "\\u003c");
    text.replace('>', "\\u003e");
    text.replace('&', "\\u0026");
    return text;
}

// ---- reading

/// One object of the recipe: each key is asked for once, those that nobody asks for are refused.
class Reader {
public:
    Reader(const json& object, std::string where)
        : m_object(object)
        , m_where(std::move(where))
    {
        if (!object.is_object())
            fail("expected an object");
    }

    bool has(const char* key) const { return m_object.contains(key); }
    const json& value(const char* key)
    {
        m_known.insert(key);
        const auto found = m_object.find(key);
        if (found == m_object.end())
            fail(std::string("the key '") + key + "' is missing");
        return *found;
    }
    Reader object(const char* key) { return {value(key), m_where + ", " + key}; }
    const json& list(const char* key, std::size_t least, std::size_t most)
    {
        const json& found = value(key);
        if (!found.is_array() || found.size() < least || found.size() > most)
            fail(std::string(key) + ": expected a list of " + std::to_string(least) + " to " + std::to_string(most)
                 + " entries");
        return found;
    }
    std::string text(const char* key) { return textOf(value(key), key); }
    std::string textOf(const json& found, const std::string& key) const
    {
        if (!found.is_string() || found.get_ref<const std::string&>().size() > kLongestText
            || found.get_ref<const std::string&>().find('\0') != std::string::npos)
            fail(key + ": expected a text of at most " + std::to_string(kLongestText) + " bytes");
        return found.get<std::string>();
    }
    int integer(const char* key, int low, int high)
    {
        const json& found = value(key);
        if (!found.is_number_integer() || found.get<double>() < low || found.get<double>() > high)
            fail(std::string(key) + ": expected a whole number from " + std::to_string(low) + " to "
                 + std::to_string(high));
        return found.get<int>();
    }
    double number(const char* key, double low, double high) { return number(value(key), key, low, high); }
    double number(const json& found, const std::string& key, double low, double high) const
    {
        if (!found.is_number() || !(found.get<double>() >= low && found.get<double>() <= high))
            fail(key + ": expected a number from " + std::to_string(low) + " to " + std::to_string(high));
        return found.get<double>();
    }
    bool flag(const char* key)
    {
        const json& found = value(key);
        if (!found.is_boolean())
            fail(std::string(key) + ": expected true or false");
        return found.get<bool>();
    }
    template <class Enum, std::size_t N> Enum choice(const char* key, const OptionNames<N>& names)
    {
        const int index = indexOf(names, text(key));
        if (index < 0) {
            std::string expected;
            for (const char* name : names)
                expected += std::string(expected.empty() ? "" : ", ") + name;
            fail(std::string(key) + ": expected one of " + expected);
        }
        return static_cast<Enum>(index);
    }
    void finish() const
    {
        for (const auto& item : m_object.items())
            if (m_known.count(item.key()) == 0)
                fail("unknown key '" + item.key().substr(0, 100) + "'");
    }
    const std::string& where() const { return m_where; }
    [[noreturn]] void fail(const std::string& what) const { throw Error(ErrorKind::Format, m_where + ": " + what); }

private:
    const json& m_object;
    std::string m_where;
    std::set<std::string> m_known;
};

FileMark readMark(Reader& from)
{
    FileMark mark{QString::fromStdString(from.text("path")), QString::fromStdString(from.text("sha256"))};
    const auto isDigit = [](QChar c) { return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f'); };
    if (mark.sha256.size() != 64 || !std::all_of(mark.sha256.begin(), mark.sha256.end(), isDigit))
        from.fail("sha256: expected 64 hexadecimal digits");
    if (mark.path.isEmpty())
        from.fail("path: expected the name of a file");
    return mark;
}

FileMark readMark(Reader from, bool isWhole)
{
    const FileMark mark = readMark(from);
    if (isWhole)
        from.finish();
    return mark;
}

MarkedImage readImage(Reader from)
{
    MarkedImage image;
    image.file = readMark(from);
    image.trueClass = from.integer("class", -1, kMaxIndex);
    from.finish();
    return image;
}

RecipeRuntime readRuntime(Reader from)
{
    RecipeRuntime runtime;
    runtime.device = from.text("device");
    runtime.precision = from.choice<Precision>("precision", kPrecisionNames);
    runtime.threads = from.integer("threads", 1, 1024);
    runtime.kernel = from.text("kernel");
    from.finish();
    return runtime;
}

std::array<float, 3> readChannels(Reader& from, const char* key, double low)
{
    const json& list = from.list(key, 3, 3);
    std::array<float, 3> values{};
    for (std::size_t i = 0; i < 3; ++i)
        values[i] = static_cast<float>(from.number(list[i], key, low, 1e6));
    return values;
}

PreprocessOverrides readPreprocess(Reader from)
{
    constexpr double kSmallest = 1e-6;
    PreprocessOverrides p;
    if (from.has("size")) {
        const json& list = from.list("size", 2, 2);
        const auto side = [&](std::size_t i) {
            const double value = from.number(list[i], "size", 4, 16384);
            if (value != std::floor(value))
                from.fail("size: expected two whole numbers");
            return static_cast<int>(value);
        };
        p.size = PreprocessOverrides::Size{side(0), side(1)};
    }
    if (from.has("mean"))
        p.mean = readChannels(from, "mean", -1e6);
    if (from.has("std"))
        p.std = readChannels(from, "std", kSmallest);
    if (from.has("crop"))
        p.cropFraction = from.number("crop", 0.1, 1);
    if (from.has("mode"))
        p.mode = from.choice<ResizeMode>("mode", kResizeNames);
    if (from.has("max_side"))
        p.maxSide = from.integer("max_side", 32, 16384);
    from.finish();
    return p;
}

FigureOptions readOptions(Reader from)
{
    FigureOptions o;
    o.topCount = from.integer("top", 1, 1000000);
    o.predictionValue = from.choice<PredictionValue>("value", kPredictionValueNames);
    o.laneSort = from.choice<LaneSort>("sort", kLaneSortNames);
    o.gateQuantity = from.choice<GateQuantity>("gates", kGateQuantityNames);
    o.stateQuantity = from.choice<StateQuantity>("state", kStateQuantityNames);
    o.attention.isColumn = from.flag("column");
    o.attention.isMerged = from.flag("all_scans");
    o.attention.isAbsolute = from.flag("magnitude");
    o.shownRun = from.choice<ShownRun>("show", kShownRunNames);
    o.overlay = from.choice<OverlayQuantity>("map", kOverlayNames);
    o.overlayOpacity = from.number("opacity", 0, 1);
    o.cropToInput = from.flag("crop_to_input");
    o.showPath = from.flag("path");
    o.showAllPaths = from.flag("all_paths");
    o.showPatchGrid = from.flag("grid");
    o.isGrowing = from.flag("growing");
    const QString colors = QString::fromStdString(from.text("colors"));
    if (!ColorMap::names().contains(colors))
        from.fail("colors: expected one of " + ColorMap::names().join(QStringLiteral(", ")).toStdString());
    o.colorMap = ColorMap::byName(colors).id();
    const auto range = [&from](const char* key) {
        const json& list = from.list(key, 2, 2);
        const ValueRange ends{from.number(list[0], key, -1e30, 1e30), from.number(list[1], key, -1e30, 1e30)};
        if (!(ends.low < ends.high))
            from.fail(std::string(key) + ": expected its second number to be the larger");
        return ends;
    };
    if (from.has("component"))
        o.featureComponent = from.choice<int>("component", kFeatureComponentNames);
    if (from.has("axes_from"))
        for (const json& image : from.list("axes_from", 1, kMostFeatureImages))
            o.featureImages << QString::fromStdString(from.textOf(image, "axes_from"));
    if (from.has("range"))
        o.range = range("range");
    if (from.has("map_range"))
        o.heldRange = HeldRange{o.overlay, range("map_range")};
    from.finish();
    return o;
}

SelectionRequest readSelection(Reader from)
{
    SelectionRequest s;
    s.mixer = from.text("mixer");
    s.scan = from.text("scan");
    s.step = from.integer("step", 0, kMaxIndex);
    s.lane = from.integer("lane", -1, kMaxIndex);
    s.state = from.integer("state", -1, kMaxIndex);
    if (from.has("class"))
        s.classText = from.text("class");
    from.finish();
    return s;
}

AttributionRequest readAttribution(Reader from)
{
    AttributionRequest a;
    a.method = from.choice<AttributionMethod>("method", kAttributionNames);
    a.classIndex = from.integer("class", 0, kMaxIndex);
    try {
        a.mixer = MixerId::parse(from.text("mixer"));
    } catch (const Error& error) {
        from.fail(std::string("mixer: ") + error.what());
    }
    a.position = from.integer("position", 0, kMaxIndex);
    a.withFaithfulness = from.flag("faithfulness");
    from.finish();
    return a;
}

PatchEffectRequest readPatchEffects(Reader from)
{
    PatchEffectRequest p;
    p.image = QString::fromStdString(from.text("image"));
    p.part = from.choice<PatchedPart>("part", kPatchedPartNames);
    p.parts = from.integer("parts", 1, kMostPatchParts);
    p.classIndex = from.integer("class", 0, kMaxIndex);
    from.finish();
    return p;
}

void readCompare(Reader from, FigureRecipe& recipe)
{
    CompareChoice& choice = recipe.request.compare;
    choice.with = from.choice<CompareChoice::With>("with", kCompareNames);
    if (choice.with == CompareChoice::With::Nothing)
        from.fail("with: expected something to compare with");
    if (choice.with == CompareChoice::With::Model || choice.with == CompareChoice::With::Image) {
        recipe.compared = readMark(from.object("file"), true);
        choice.path = recipe.compared->path;
    }
    if (choice.with == CompareChoice::With::Arithmetic) {
        choice.precision = from.choice<Precision>("precision", kPrecisionNames);
        choice.device = from.text("device");
    }
    from.finish();
}

ExportOptions readPage(Reader from)
{
    ExportOptions page;
    page.widthInches = from.number("width", 1, 100);
    page.heightInches = from.number("height", 0, 100);
    if (page.heightInches > 0 && page.heightInches < 1)
        from.fail("height: expected 0 or 1 to 100 inches");
    page.dpi = from.integer("dpi", 36, 2400);
    page.fontPixelSize = from.integer("type", 4, 72);
    page.theme = from.choice<Theme>("theme", kThemeNames);
    page.transparent = from.flag("transparent");
    page.title = from.flag("title");
    page.caption = from.flag("caption");
    from.finish();
    return page;
}

AnimationOptions readAnimation(Reader from)
{
    AnimationOptions animation;
    animation.frames = from.integer("frames", 2, 10000);
    animation.perSecond = from.integer("per_second", 1, 50);
    animation.holdHundredths = from.integer("hold", 2, 6000);
    from.finish();
    return animation;
}

std::vector<FileMark> readMarks(Reader& from, const char* key)
{
    std::vector<FileMark> marks;
    for (const json& entry : from.list(key, 0, kMostImages))
        marks.push_back(readMark(Reader(entry, from.where() + ", " + key), true));
    return marks;
}

}  // namespace

QByteArray FigureRecipe::toJson() const
{
    ordered_json to = {{"recipe", kVersion}, {"program", program.toStdString()}, {"model", markJson(model)}};
    if (labels)
        to["labels"] = markJson(*labels);
    to["image"] = imageJson(image);
    if (!others.empty())
        for (const FileMark& other : others)
            to["others"].push_back(markJson(other));
    for (const MarkedImage& one : studied)
        to["studied"].push_back(imageJson(one));
    to["run"] = {{"device", runtime.device},
                 {"precision", nameOf(kPrecisionNames, runtime.precision)},
                 {"threads", runtime.threads},
                 {"kernel", runtime.kernel}};
    if (!preprocess.isEmpty())
        to["preprocessing"] = preprocessJson(preprocess);
    to["figure"] = request.figure.toStdString();
    to["selection"] = selectionJson(request.selection);
    to["options"] = optionsJson(request.options);
    if (request.attribution)
        to["attribution"] = attributionJson(*request.attribution);
    if (request.patchEffects)
        to["patch_effects"] = patchEffectsJson(*request.patchEffects);
    if (!request.edits.edits.empty())
        to["edits"] = ordered_json::parse(request.edits.toJson());
    if (request.compare.isActive())
        to["compare"] = compareJson(request.compare, compared);
    to["page"] = pageJson(page);
    if (animation)
        to["animation"] = {
            {"frames", animation->frames}, {"per_second", animation->perSecond}, {"hold", animation->holdHundredths}};
    to["font"] = font.toStdString();
    return plainText(to);
}

FigureRecipe FigureRecipe::fromJson(const std::string& text, const std::string& origin)
{
    const std::string where = origin + ": recipe";
    const json document = parseStrictJson(text, where, kLimits);
    Reader from(document, where);
    FigureRecipe recipe;
    if (from.integer("recipe", 1, std::numeric_limits<int>::max()) != kVersion)
        from.fail("expected version " + std::to_string(kVersion) + "; it is of a newer program");
    recipe.program = QString::fromStdString(from.text("program"));
    recipe.model = readMark(from.object("model"), true);
    if (from.has("labels"))
        recipe.labels = readMark(from.object("labels"), true);
    recipe.image = readImage(from.object("image"));
    if (from.has("others"))
        recipe.others = readMarks(from, "others");
    if (from.has("studied"))
        for (const json& entry : from.list("studied", 0, kMostImages))
            recipe.studied.push_back(readImage(Reader(entry, where + ", studied")));
    recipe.runtime = readRuntime(from.object("run"));
    if (from.has("preprocessing"))
        recipe.preprocess = readPreprocess(from.object("preprocessing"));
    recipe.request.figure = QString::fromStdString(from.text("figure"));
    if (!figureIds().contains(recipe.request.figure))
        from.fail("figure: expected one of " + figureIds().join(QStringLiteral(", ")).toStdString());
    recipe.request.selection = readSelection(from.object("selection"));
    recipe.request.options = readOptions(from.object("options"));
    if (from.has("attribution"))
        recipe.request.attribution = readAttribution(from.object("attribution"));
    if (from.has("patch_effects"))
        recipe.request.patchEffects = readPatchEffects(from.object("patch_effects"));
    if (from.has("edits"))
        recipe.request.edits = Interventions::fromJson(from.value("edits").dump(), where);
    if (from.has("compare"))
        readCompare(from.object("compare"), recipe);
    recipe.page = readPage(from.object("page"));
    if (from.has("animation"))
        recipe.animation = readAnimation(from.object("animation"));
    recipe.font = QString::fromStdString(from.text("font"));
    from.finish();
    return recipe;
}

}  // namespace mixer::vis
