// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/FigureRecipe.h"

#include "engine/session/PatchRuns.h"
#include "visualizers/Figure.h"
#include "visualizers/RunPair.h"

#include <QFile>

namespace mixer::vis {

namespace {

QString pathOf(const std::string& path)
{
    return QFile::decodeName(path.c_str());
}

RecipeRuntime runtimeOf(const RecipeSource& source)
{
    const RuntimeInfo info = source.session->runtime();
    RecipeRuntime runtime;
    // "NVIDIA H100 80GB HBM3 (cuda:0)"
    const std::size_t open = info.device.rfind("(cuda:");
    if (open != std::string::npos && info.device.back() == ')')
        runtime.device = info.device.substr(open + 1, info.device.size() - open - 2);
    runtime.precision = source.options.precision;
    runtime.threads = info.threads;
    runtime.kernel = info.kernel;
    return runtime;
}

SelectionRequest wordsOf(const Selection& selection, const MixerDetail* detail)
{
    SelectionRequest words;
    words.mixer = selection.mixer.name();
    if (detail)
        words.scan = detail->scanName(selection.scan);
    words.step = selection.step;
    words.lane = selection.lane;
    words.state = selection.state;
    if (selection.classIndex >= 0)
        words.classText = std::to_string(selection.classIndex);
    return words;
}

}  // namespace

FigureRecipe recipeOf(const FigureContext& context, const QString& figure, const ExportOptions& page,
                      const RecipeSource& source, const CancelToken& cancel)
{
    FigureRecipe recipe;
    recipe.program = context.programVersion;
    recipe.model = markOf(source.session->checkpoint(), context.modelPath, cancel);
    if (!source.options.labels.empty())
        recipe.labels = markOf(pathOf(source.options.labels), cancel);
    recipe.image = {markOf(context.imagePath, cancel), context.trueClass};
    const bool isEffects = figure == QLatin1String("patch-effects") && context.patchEffects;
    const Interventions& edits = isEffects ? context.patchEffects->edits : context.interventions;
    for (const std::string& image : patchImages(edits))
        recipe.others.push_back(markOf(pathOf(image), cancel));
    recipe.runtime = runtimeOf(source);
    recipe.preprocess = source.options.preprocess;
    recipe.request.figure = figure;
    recipe.request.options = context.options;
    recipe.request.selection = wordsOf(context.selection, context.detail.get());
    recipe.request.edits = edits;
    if (isEffects) {
        recipe.request.patchEffects = context.patchEffects->request;
        recipe.request.options.shownRun = ShownRun::Edited;
        recipe.others.push_back(markOf(context.patchEffects->request.image, cancel));
    }
    if (context.options.overlay == OverlayQuantity::FeaturePca)
        for (const QString& image : context.options.featureImages)
            recipe.others.push_back(markOf(image, cancel));
    if (context.attribution && context.options.overlay == OverlayQuantity::Attribution)
        recipe.request.attribution = context.attribution->request;
    if (figure == QLatin1String("router-statistics"))
        for (const QString& image : context.studied)
            recipe.studied.push_back({markOf(image, cancel), classOfFolder(image, context.config)});
    if (context.pair && context.other && isComparison(figure)) {
        recipe.request.compare = context.pair->choice;
        if (context.pair->choice.with == CompareChoice::With::Model)
            recipe.compared = markOf(*context.other->checkpoint, context.pair->choice.path, cancel);
        else if (context.pair->choice.with == CompareChoice::With::Image)
            recipe.compared = markOf(context.pair->choice.path, cancel);
    }
    recipe.page = page;
    recipe.page.overwrite = false;
    recipe.font = FigureStyle::defaultFontFamily();
    return recipe;
}

}  // namespace mixer::vis
