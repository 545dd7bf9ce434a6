// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/NamedFigures.h"

#include "engine/core/Error.h"
#include "visualizers/Figure.h"

#include <algorithm>

namespace mixer::vis {

namespace {

template <StateQuantity quantity> void state(FigureRequest& request)
{
    request.options.stateQuantity = quantity;
}

/// A map over the photo, without the path that the scan takes.
template <OverlayQuantity quantity> void map(FigureRequest& request)
{
    request.options.overlay = quantity;
    request.options.showPath = false;
}

template <AttributionMethod method> void attribution(FigureRequest& request)
{
    map<OverlayQuantity::Attribution>(request);
    AttributionRequest wanted = request.attribution.value_or(AttributionRequest());
    wanted.method = method;
    request.attribution = wanted;
}

void outputGates(FigureRequest& request)
{
    request.options.gateQuantity = GateQuantity::OutputGate;
}

void column(FigureRequest& request)
{
    request.options.attention.isColumn = true;
}

void columnMap(FigureRequest& request)
{
    map<OverlayQuantity::Attention>(request);
    column(request);
}

bool needsOutputGate(const FigureOptions& options, const QString& figure)
{
    return options.overlay == OverlayQuantity::OutputGate
        || (figure == QLatin1String("gates") && options.gateQuantity == GateQuantity::OutputGate);
}

}  // namespace

const std::vector<NamedFigure>& namedFigures()
{
    static const std::vector<NamedFigure> all = {
        {"predictions", "predictions", "the likeliest classes"},
        {"routing", "routing", "scans chosen in each mixer"},
        {"scan-path", "scan-path", "the scan over the photo; with --map, over a map"},
        {"gates", "gates", "gate of each lane and step"},
        {"output-gates", "gates", "SiLU(z) of each lane", &outputGates},
        {"gate-distribution", "gate-distribution", "how the gates are spread"},
        {"state", "state", "h at the step"},
        {"state-kept", "state", "what the step kept of h", &state<StateQuantity::Kept>},
        {"state-added", "state", "what the step added to h", &state<StateQuantity::Added>},
        {"retention", "state", "exp(ΔA) at the step", &state<StateQuantity::Retention>},
        {"memory-horizon", "state", "1 / (Δ|A|) at the step", &state<StateQuantity::Horizon>},
        {"state-backward", "state", "k of a quasi-separable scan", &state<StateQuantity::Backward>},
        {"attention", "attention", "row of the implicit matrix: where the output comes from"},
        {"attention-column", "attention", "column: where the input goes", &column},
        {"split", "split", "parts of the scan's output"},
        {"receptive-fields", "receptive-fields", "receptive field of a token, by scan and direction"},
        {"patch-effects", "patch-effects", "what single patches from another image (--patch-from) change"},
        {"mixing", "mixing", "weights that average earlier features"},
        {"router-statistics", "router-statistics", "scans that each class gets, over all images", nullptr, true},
        {"comparison", "comparison", "with --compare: difference of each mixer's output"},
        {"comparison-map", "comparison-map", "with --compare: --map of both, and the difference"},
        {"map-gate", "scan-path", "gate of the lane, or the mean, over the photo", &map<OverlayQuantity::Gate>},
        {"map-mean-gate", "scan-path", "mean gate", &map<OverlayQuantity::MeanGate>},
        {"map-state-norm", "scan-path", "norm of the state", &map<OverlayQuantity::StateNorm>},
        {"map-attention", "scan-path", "attention row", &map<OverlayQuantity::Attention>},
        {"map-attention-column", "scan-path", "attention column", &columnMap},
        {"map-half-life", "scan-path", "steps until half is forgotten", &map<OverlayQuantity::HalfLife>},
        {"map-output-gate", "scan-path", "SiLU(z)", &map<OverlayQuantity::OutputGate>},
        {"map-feature-pca", "scan-path", "features' principal components", &map<OverlayQuantity::FeaturePca>},
        {"gradient-x-input", "scan-path", "attribution", &attribution<AttributionMethod::GradientTimesInput>},
        {"integrated-gradients", "scan-path", "attribution", &attribution<AttributionMethod::IntegratedGradients>},
        {"grad-cam", "scan-path", "attribution", &attribution<AttributionMethod::GradCam>},
        {"occlusion", "scan-path", "attribution", &attribution<AttributionMethod::Occlusion>},
        {"receptive-field", "scan-path", "attribution of a token", &attribution<AttributionMethod::ReceptiveField>},
    };
    return all;
}

const NamedFigure& namedFigure(const std::string& name)
{
    std::string names;
    for (const NamedFigure& named : namedFigures()) {
        if (name == named.name)
            return named;
        names += std::string(names.empty() ? "" : ", ") + named.name;
    }
    throw Error(ErrorKind::Usage, "there is no figure '" + name + "'; expected all, " + names);
}

FigureRequest requestOf(const NamedFigure& named, FigureRequest request)
{
    request.figure = QString::fromLatin1(named.figure);
    if (named.set)
        named.set(request);
    return request;
}

bool figureExists(const NamedFigure& named, const FigureContext& context)
{
    const FigureRequest request = requestOf(named, {});
    const FigureOptions& options = request.options;
    if (!figureExists(request.figure, context) || !context.detail)
        return false;
    const bool isOfTokens = !context.selection.mixer.isChannelMixer;
    if (options.overlay == OverlayQuantity::HalfLife || options.overlay == OverlayQuantity::Attention)
        return isOfTokens;
    if (options.overlay == OverlayQuantity::FeaturePca && context.detail->record().tokenCount() < 2)
        return false;
    if (options.stateQuantity == StateQuantity::Backward)
        return context.detail->isQuasiSeparable();
    if (needsOutputGate(options, request.figure))
        return !context.detail->outputGate().isEmpty();
    if (request.figure == QLatin1String("scan-path"))
        return context.image != nullptr;
    return true;
}

}  // namespace mixer::vis
