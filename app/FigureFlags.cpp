// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/FigureFlags.h"

#include "app/CommonOptions.h"
#include "engine/checkpoint/CheckpointNames.h"
#include "engine/core/Error.h"
#include "visualizers/OptionNames.h"

#include <CLI/CLI.hpp>
#include <QFile>
#include <QFileInfo>
#include <QString>
#include <QStringList>

#include <algorithm>

namespace mixer::app {
namespace {

template <class Enum, std::size_t N> Enum valueOf(const vis::OptionNames<N>& names, const std::string& name)
{
    return static_cast<Enum>(vis::indexOf(names, name));  // CLI::IsMember has checked it
}

/// Maps of the run, and attributions by their method.
std::vector<std::string> mapNames()
{
    std::vector<std::string> names = vis::namesOf(vis::kOverlayNames);
    names.erase(std::find(names.begin(), names.end(), "attribution"));
    const std::vector<std::string> methods = vis::namesOf(vis::kAttributionNames);
    names.insert(names.end(), methods.begin(), methods.end());
    return names;
}

void setMap(vis::FigureRequest& request, const std::string& name)
{
    const int overlay = vis::indexOf(vis::kOverlayNames, name);
    request.options.overlay
        = overlay < 0 ? vis::OverlayQuantity::Attribution : static_cast<vis::OverlayQuantity>(overlay);
    if (overlay < 0)
        request.attribution->method = valueOf<vis::AttributionMethod>(vis::kAttributionNames, name);
}

vis::ValueRange rangeOf(const std::string& text)
{
    const QStringList parts = QString::fromStdString(text).split(QLatin1Char(','));
    bool isLow = false, isHigh = false;
    const double low = parts.value(0).toDouble(&isLow);
    const double high = parts.value(1).toDouble(&isHigh);
    if (parts.size() != 2 || !isLow || !isHigh || !(low < high))
        throw Error(ErrorKind::Usage,
                    "--range: expected two numbers, the smaller first, such as 0,0.5; found '" + text + "'");
    return {low, high};
}

}  // namespace

void FigureFlags::addSelectionTo(CLI::App& command)
{
    SelectionRequest& selection = m_request.selection;
    command.add_option("--mixer", selection.mixer,
                       "Mixer, e.g. stages.0.blocks.0.token_mixers.0 (see predict --routing); default: the first");
    command.add_option("--scan", selection.scan, "A scan that the mixer used; default: the first of them");
    command.add_option("--step", selection.step, "Step of the scan, from 0; default: the middle")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--lane", selection.lane, "Channel (token mixers) or token (channel mixers); default: all")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--state", selection.state, "State n of N; default: none")->check(CLI::NonNegativeNumber);
    command.add_option("--class", selection.classText, "Class by number or label; default: the predicted one");
    command.add_option("--edit", m_edit, "Do what this file of edits (JSON) says");
    command.add_option("--show", m_show, "With --edit: the edited run, the baseline or the difference")
        ->check(CLI::IsMember(vis::namesOf(vis::kShownRunNames)))
        ->capture_default_str();
    command.add_option(
        "--compare", m_compare,
        "For comparison and comparison-map: another checkpoint or picture, float32, float64, bfloat16 or "
        "float16 (the 16-bit ones on a GPU), gpu, or baseline (with --edit)");
}

vis::CompareChoice FigureFlags::compare() const
{
    using With = vis::CompareChoice::With;
    vis::CompareChoice choice;
    if (m_compare.empty())
        return choice;
    const int precision = vis::indexOf(vis::kPrecisionNames, m_compare);
    if (m_compare == "baseline") {
        if (m_edit.empty())
            throw Error(ErrorKind::Usage, "--compare baseline needs --edit: without, the run is the baseline");
        choice.with = With::Baseline;
    } else if (m_compare == "gpu" || precision >= 0) {
        choice.with = With::Arithmetic;
        choice.precision = precision >= 0 ? static_cast<Precision>(precision) : Precision::Float32;
        const bool isOnCpu
            = precision >= 0 && choice.precision != Precision::BFloat16 && choice.precision != Precision::Float16;
        choice.device = isOnCpu ? "cpu" : "cuda";
    } else {
        const std::string model = resolveModel(m_compare);
        choice.with = isCheckpointName(model) ? With::Model : With::Image;
        choice.path = QFile::decodeName(model.c_str());
    }
    return choice;
}

void FigureFlags::addViewTo(CLI::App& command)
{
    vis::FigureOptions& view = m_request.options;
    command.add_option("--map", m_map, "Over the photo of scan-path")
        ->check(CLI::IsMember(mapNames()))
        ->capture_default_str();
    command.add_option("--opacity", view.overlayOpacity, "Of maps")->check(CLI::Range(0.0, 1.0))->capture_default_str();
    command.add_option("--colors", m_colors, "Of gates and maps")
        ->check(CLI::IsMember({"viridis", "magma", "cividis"}))
        ->capture_default_str();
    command.add_option("--component", m_component, "Feature PCA: the first three as red, green and blue, or one alone")
        ->check(CLI::IsMember(vis::namesOf(vis::kFeatureComponentNames)))
        ->capture_default_str();
    command
        .add_option("--axes-from", m_axesFrom,
                    "Feature PCA: an image whose principal axes are taken; again for more images; default: its own")
        ->allow_extra_args(false);
    command.add_option("--range", m_range, "LOW,HIGH: values at the ends of the colours; default: from the data");
    command.add_flag("--all-scans", view.attention.isMerged, "Attention of all scans with their weights");
    command.add_flag("--magnitude", view.attention.isAbsolute, "Attention: mean of |M|, which signs cannot cancel");
    command.add_flag("--faithfulness", m_withFaithfulness, "Measure that of attributions: some 170 runs each");
    command.add_option("--patch-from", m_patchFrom, "patch-effects: the image that patches are taken from");
    command.add_option("--patch", m_patchPart, "patch-effects: outputs by block of tokens, or states by step")
        ->check(CLI::IsMember(vis::namesOf(vis::kPatchedPartNames)))
        ->capture_default_str();
    command.add_option("--patch-parts", m_patch.parts, "patch-effects: blocks along each side, or steps")
        ->check(CLI::Range(1, kMostPatchParts))
        ->capture_default_str();
    command.add_flag("--no-path", m_noPath, "scan-path: without the path");
    command.add_flag("--all-paths", view.showAllPaths, "scan-path: those of the other chosen scans too, faint");
    command.add_flag("--no-grid", m_noGrid, "Without the patch grid");
    command.add_flag("--uncropped", m_uncropped, "The photo with what the network does not see of it");
    command.add_option("--top", view.topCount, "predictions: classes")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command.add_option("--value", m_value, "predictions: what is drawn")
        ->check(CLI::IsMember(vis::namesOf(vis::kPredictionValueNames)))
        ->capture_default_str();
    command.add_option("--sort", m_sort, "gates: order of the lanes, falling; contribution: to the class, measured")
        ->check(CLI::IsMember(vis::namesOf(vis::kLaneSortNames)))
        ->capture_default_str();
}

void FigureFlags::addPageTo(CLI::App& command)
{
    CLI::Option* column = command.add_option("--column", m_column, "Width of a column (3.35 in) or two (7 in)")
                              ->check(CLI::IsMember({"single", "double"}))
                              ->capture_default_str();
    command.add_option("--width", m_page.widthInches, "Inches")->check(CLI::Range(1.0, 100.0))->excludes(column);
    command.add_option("--height", m_page.heightInches, "Inches; default: what suits the figure")
        ->check(CLI::Range(1.0, 100.0));
    command.add_option("--dpi", m_dpi, "Of PNG (default: 300), GIF and MP4 (100)")->check(CLI::Range(36, 2400));
    command.add_option("--type", m_page.fontPixelSize, "Size of tick labels, points")
        ->check(CLI::Range(4, 72))
        ->capture_default_str();
    command.add_option("--frames", m_animation.frames, "GIF, MP4: at most so many, spread over the steps of the scan")
        ->check(CLI::Range(2, 10000))
        ->capture_default_str();
    command.add_option("--fps", m_animation.perSecond, "GIF, MP4: frames in a second")
        ->check(CLI::Range(1, 50))
        ->capture_default_str();
    command.add_flag("--dark", m_isDark, "Light on dark");
    command.add_flag("--transparent", m_page.transparent, "No background");
    command.add_flag("--no-title", m_noTitle, "Without the title");
    command.add_flag("--no-caption", m_noCaption, "Without the lines that say where the figure comes from");
    command.add_flag("--force", m_page.overwrite, "Replace existing files");
}

void FigureFlags::addTo(CLI::App& command)
{
    addSelectionTo(command);
    addViewTo(command);
    addPageTo(command);
}

vis::FigureRequest FigureFlags::request() const
{
    vis::FigureRequest request = m_request;
    if (!m_edit.empty())
        request.edits = Interventions::load(m_edit);
    vis::FigureOptions& view = request.options;
    view.shownRun = valueOf<vis::ShownRun>(vis::kShownRunNames, m_show);
    view.predictionValue = valueOf<vis::PredictionValue>(vis::kPredictionValueNames, m_value);
    view.laneSort = valueOf<vis::LaneSort>(vis::kLaneSortNames, m_sort);
    if (m_axesFrom.size() > static_cast<std::size_t>(vis::kMostFeatureImages))
        throw Error(ErrorKind::Usage,
                    "--axes-from: at most " + std::to_string(vis::kMostFeatureImages) + " images, found "
                        + std::to_string(m_axesFrom.size()));
    for (const std::string& image : m_axesFrom)
        view.featureImages << QFileInfo(QFile::decodeName(image.c_str())).absoluteFilePath();
    view.featureComponent = valueOf<int>(vis::kFeatureComponentNames, m_component);
    view.colorMap = vis::ColorMap::byName(QString::fromStdString(m_colors)).id();
    view.showPath = !m_noPath;
    view.showPatchGrid = !m_noGrid;
    view.cropToInput = !m_uncropped;
    if (!m_range.empty())
        view.range = rangeOf(m_range);
    request.compare = compare();
    request.attribution = vis::AttributionRequest();
    request.attribution->withFaithfulness = m_withFaithfulness;
    setMap(request, m_map);
    if (!m_patchFrom.empty()) {
        request.patchEffects = m_patch;
        request.patchEffects->image = QFile::decodeName(m_patchFrom.c_str());
        request.patchEffects->part = valueOf<PatchedPart>(vis::kPatchedPartNames, m_patchPart);
    }
    return request;
}

vis::ExportOptions FigureFlags::page(bool isAnimation) const
{
    constexpr int kPrint = 300, kScreen = 100;
    vis::ExportOptions page = m_page;
    page.dpi = m_dpi > 0 ? m_dpi : isAnimation ? kScreen : kPrint;
    page.preset = m_column == "single" ? vis::FigureWidth::SingleColumn : vis::FigureWidth::DoubleColumn;
    page.theme = m_isDark ? vis::Theme::Dark : vis::Theme::Light;
    page.title = !m_noTitle;
    page.caption = !m_noCaption;
    return page;
}

}  // namespace mixer::app
