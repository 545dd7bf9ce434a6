// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/checkpoint/ModelConfig.h"
#include "engine/trace/Selection.h"
#include "engine/trace/Trace.h"
#include "visualizers/ColorMap.h"

#include <QString>
#include <QStringList>

#include <memory>
#include <optional>

namespace mixer::vis {

enum class LaneSort { Natural, MeanGate, Variance };  ///< the last two: falling
enum class PredictionValue { Probability, Logit };

/// What a heat map over the picture shows, one value to a token.
enum class OverlayQuantity {
    None,
    Gate,       ///< token mixer: gate of the selected lane (none selected: the mean over lanes);
                ///< channel mixer: gate of the channel visited at the selected step
    MeanGate,   ///< mean gate over the other axis
    StateNorm,  ///< token mixer: norm of the state when the token was visited;
                ///< channel mixer: norm of each token's state at the selected step
};

/// What a person may change about a figure; each figure reads the fields that concern it.
struct FigureOptions {
    int topCount = 5;  ///< predictions: bars, at least 1
    PredictionValue predictionValue = PredictionValue::Probability;
    LaneSort laneSort = LaneSort::Natural;
    OverlayQuantity overlay = OverlayQuantity::None;
    double overlayOpacity = 0.6;                ///< 0 to 1
    bool cropToInput = true;                    ///< scan path: only the part of the photo that the network sees
    bool showPath = true;                       ///< scan path
    bool showPatchGrid = true;                  ///< scan path
    ColorMapId colorMap = ColorMapId::Viridis;  ///< probabilities, gates, norms
    std::optional<ValueRange> range;            ///< ends of the colours of gates and overlays; none: from the data
};

/// Everything a figure is made from. `trace` is needed by all; `image` by the scan path.
struct FigureContext {
    std::shared_ptr<const Trace> trace;
    /// Of `selection.mixer`. Null: figures that need it ask the trace, which may compute for a while: in the window,
    /// ask on the worker and put it here.
    std::shared_ptr<const MixerDetail> detail;
    ModelConfig config;
    QString modelPath;
    QString imagePath;
    std::shared_ptr<const RgbImage> image;  ///< the original, as decoded
    Selection selection;
    FigureOptions options;
    QString programVersion;  ///< "0.1.0"
    /// Where pictures were prepared otherwise than the configuration says; empty: as it says.
    QStringList preprocessing;
};

}  // namespace mixer::vis
