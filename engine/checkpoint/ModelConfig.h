// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Remark.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mixer {

enum class Family { Vim2, Viqs };          ///< MambaMixer's ViM2 (S6) and QSMixer's ViQS (quasi-separable S6)
enum class GateKind { Linear, Multires };  ///< how a token mixer makes its output gate z

/// Says all that a network is: a value, read from JSON or inferred from tensor shapes (see Checkpoint).
/// The JSON form is the key `mixer_config` of a checkpoint; see README "Checkpoints".
struct ModelConfig {
    Family family = Family::Vim2;
    std::vector<int> dims;  ///< channels of each stage (1 to 8 stages)
    std::vector<std::vector<int>>
        tokenMixers;                 ///< per stage and block: token mixers in a row; one channel mixer follows
    std::vector<int> channelInner;   ///< P, inner width of each stage's channel mixers
    int dState = 16;                 ///< N
    int expand = 2;                  ///< E = expand * D
    std::vector<std::string> scans;  ///< the scan set
    std::optional<int> topK;         ///< K of the Switch of Scans; none: all scans, weight 1 each, no router
    bool perScanParameters = false;  ///< x_proj, dt_proj, A_log, D per scan instead of shared
    GateKind gate = GateKind::Linear;
    int numClasses = 0;
    int imageHeight = 224;
    int imageWidth = 224;
    std::array<float, 3> mean = {0.485F, 0.456F, 0.406F};
    std::array<float, 3> std = {0.229F, 0.224F, 0.225F};
    std::vector<std::string> labels;  ///< empty, or one per class

    int stageCount() const { return static_cast<int>(dims.size()); }
    int inner(int stage) const { return expand * dims.at(static_cast<std::size_t>(stage)); }      ///< E
    int dtRank(int stage) const { return (dims.at(static_cast<std::size_t>(stage)) + 15) / 16; }  ///< R = ceil(D/16)
    int routerWidth(int stage) const;                                      ///< max(16, floor(D/4))
    int scanDirections() const { return family == Family::Viqs ? 1 : 2; }  ///< Q of the channel mixers
    int parameterGroups() const { return perScanParameters ? static_cast<int>(scans.size()) : 1; }  ///< G
    bool quasiSeparable() const { return family == Family::Viqs; }
    /// "ViM2" or "ViQS".
    std::string familyName() const;
    /// The label of a class, or "class 7" where there is none.
    std::string label(int classIndex) const;

    /// Every number within its range, lists of equal length, scans known and distinct, 1 <= K <= S.
    /// Throws Error(Model) that names the key, what was expected and what was found.
    void validate() const;

    /// From JSON text; `origin` (file and place) begins every message. Unknown keys (Ignored) and values taken from the
    /// family's defaults (Guess) are appended to `remarks`. Throws Error(Format or Model). The result is validated.
    static ModelConfig fromJson(const std::string& text, const std::string& origin, Remarks* remarks);
    std::string toJson(int indent = -1) const;

    /// Where this differs from the defaults of its family: "d_state is 4; the default of ViM2 is 16" ...
    std::vector<std::string> deviations() const;

    /// The paper's sets (ViM2: 8 scans, ViQS: 6) and VMamba's cross-scan.
    static std::vector<std::string> defaultScans(Family family);
    static std::vector<std::string> crossScan();

    bool operator==(const ModelConfig& other) const;
};

constexpr int kChannelDtRank = 4;  ///< R_c: rank of the channel mixers' step size
constexpr int kChannelPool = 4;    ///< side of the pooled map that a channel's B, C and step size are read from
constexpr int kPatchSize = 4;      ///< stem: 4x4 pixels to a token

}  // namespace mixer
