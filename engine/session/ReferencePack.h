// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"
#include "engine/session/InferenceSession.h"

#include <memory>
#include <string>
#include <vector>

namespace mixer {

/// Which intermediates go into a pack.
struct PackOptions {
    std::vector<MixerId> mixers;  ///< those whose inside is packed; empty: all of them
    ProgressCallback progress;
    CancelToken cancel;
};

/// What is known of one array of a pack.
struct PackedArray {
    std::string name;  ///< "stages.0.blocks.0.token_mixers.0/scans/hilbert/delta"
    std::vector<std::int64_t> shape;
    double largest = 0;  ///< magnitude
    /// Largest |float32 - float64|, both rounded to float32; NaN where the other run has no such array, because its
    /// router chose another scan.
    double absolute = 0;
    double relative = 0;  ///< ||float32 - float64|| / ||float64||; NaN likewise
};

/// Reference activations for people who port a model: every intermediate of one forward pass as an NPZ of float32
/// (orders: int32), read with numpy.load, and how far arithmetic in float32 is from that in float64, array by array,
/// measured on this very input. Names and shapes: image (3,h,w); logits and probabilities (classes); for each mixer
/// MIXER/input, MIXER/output as the network hands them on; MIXER/router_logits, router_probabilities (S), weights (K)
/// of the chosen scans; MIXER/output_gate; for each scan MIXER/scans/NAME/ delta, gate, u, y (lanes, positions), A, B,
/// C, D and order (position at each step).
///
/// `single` and `twin` are sessions of one checkpoint in float32 and float64. The archive is written array by array:
/// memory holds two mixers in detail. Equal runs give equal bytes; the file appears whole or not at all. Throws
/// Error(Usage) for other sessions or above 4 GB, Error(File), Error(Memory), Cancelled.
std::vector<PackedArray> writeReferencePack(const std::string& path, const InferenceSession& single,
                                            const InferenceSession& twin, const PreparedImage& image,
                                            const PackOptions& options = {});

/// The tolerances as one JSON document: `program`, `model`, `image`, `arrays[]` with name, shape, largest, absolute,
/// relative (null: not comparable). `modelPath`, `imagePath`: for the reader. Whole or not at all. Throws Error(File).
void writeTolerances(const std::string& path, const std::vector<PackedArray>& arrays, const std::string& modelPath,
                     const std::string& imagePath, const std::string& program);

}  // namespace mixer
