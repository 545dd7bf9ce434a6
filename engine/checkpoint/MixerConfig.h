// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mixer {

enum class Family { Vim2, Viqs };          ///< MambaMixer's ViM2 (S6) and QSMixer's ViQS (quasi-separable S6)
enum class GateKind { Linear, Multires };  ///< how a token mixer makes its output gate z

/// A ViM2 or ViQS network.
struct MixerConfig {
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

    int stageCount() const { return static_cast<int>(dims.size()); }
    int inner(int stage) const { return expand * dims.at(static_cast<std::size_t>(stage)); }      ///< E
    int dtRank(int stage) const { return (dims.at(static_cast<std::size_t>(stage)) + 15) / 16; }  ///< R = ceil(D/16)
    int routerWidth(int stage) const;                                      ///< max(16, floor(D/4))
    int scanDirections() const { return family == Family::Viqs ? 1 : 2; }  ///< Q of the channel mixers
    int parameterGroups() const { return perScanParameters ? static_cast<int>(scans.size()) : 1; }  ///< G
    bool quasiSeparable() const { return family == Family::Viqs; }
    std::string familyName() const { return family == Family::Vim2 ? "ViM2" : "ViQS"; }

    /// The paper's sets (ViM2: 8 scans, ViQS: 6) and VMamba's cross-scan.
    static std::vector<std::string> defaultScans(Family family);
    static std::vector<std::string> crossScan();

    /// The first number out of its range, with the key of the JSON form; none: all is well.
    std::optional<std::string> problem() const;

    bool operator==(const MixerConfig& other) const;
};

constexpr int kChannelDtRank = 4;  ///< R_c: rank of the channel mixers' step size
constexpr int kChannelPool = 4;    ///< side of the pooled map that a channel's B, C and step size are read from
constexpr int kPatchSize = 4;      ///< stem: 4x4 pixels to a token

}  // namespace mixer
