// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Activation.h"

#include <optional>
#include <string>
#include <vector>

namespace mixer {

/// A VMamba classification network (arXiv 2401.10166): what the configurations of its public code, MzeroMiko/VMamba,
/// can choose. Its first release ("vssm", v0) and all later ones are points of this space. Channels first or last,
/// LayerNorm or LayerNorm2d make no difference to the numbers, so they are no part of it.
struct VMambaConfig {
    struct Stage {
        int dim = 0;        ///< D, channels
        int depth = 0;      ///< blocks
        int inner = 0;      ///< E, channels that are scanned (`ssm_ratio` * D)
        int dtRank = 0;     ///< R
        int mlpHidden = 0;  ///< inner width of the block's MLP; 0: no MLP (v0)

        bool operator==(const Stage& o) const
        {
            return dim == o.dim && depth == o.depth && inner == o.inner && dtRank == o.dtRank
                && mlpHidden == o.mlpHidden;
        }
    };
    enum class Gate { None, Linear, Activated };  ///< `noz`; `nozact`: z; otherwise act(z)
    /// What y goes through before the gate: LayerNorm; `onnone`; `ondwconv3`; `oncnorm`: both; `onsoftmax`, over the
    /// tokens; `onsigmoid`.
    enum class OutNorm { Layer, None, Convolution, LayerConvolution, Softmax, Sigmoid };
    enum class Scan { Cross, OneWay, TwoWays };       ///< four directions; `1d`: four times row; `2d`: row and back
    enum class PatchEmbed { Patches, Convolutions };  ///< v1: one convolution; v2: two overlapping ones
    enum class Downsample { Merge, Patches, Convolution };  ///< v1: patch merging; v2: 2x2; v3: 3x3, overlapping

    std::vector<Stage> stages;
    int dState = 16;     ///< N
    int convKernel = 3;  ///< of the depth-wise convolution; 0: none
    bool convBias = true;
    bool projBias = false;  ///< of in_proj and out_proj
    Gate gate = Gate::Activated;
    Activation activation = Activation::Silu;
    OutNorm outNorm = OutNorm::Layer;
    bool outGelu = false;  ///< `oact`
    Scan scan = Scan::Cross;
    bool gatedMlp = false;  ///< `gmlp`
    Activation mlpActivation = Activation::Gelu;
    bool postNorm = false;  ///< x + norm(f(x)) instead of x + f(norm(x))
    PatchEmbed patchEmbed = PatchEmbed::Patches;
    int patchSize = 4;
    bool patchNorm = true;
    Downsample downsample = Downsample::Merge;
    int posHeight = 0, posWidth = 0;  ///< grid of the position embedding; 0: none

    std::string familyName() const { return "VMamba"; }
    /// "v0" or "v2": v0 has no MLP, a gate, a biased convolution and patch merging.
    std::string version() const;
    /// Distinct names of the scans, in order: "row", "column" ...
    std::vector<std::string> scanNames() const;

    /// The first number out of its range, with the key of the JSON form; none: all is well.
    std::optional<std::string> problem() const;

    bool operator==(const VMambaConfig& other) const;
};

}  // namespace mixer
