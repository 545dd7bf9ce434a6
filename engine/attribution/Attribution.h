// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Progress.h"
#include "engine/trace/Trace.h"

#include <cstddef>
#include <string>
#include <vector>

namespace mixer {

/// What every attribution needs to know.
struct AttributionOptions {
    int classIndex = -1;                             ///< explained class; -1: the predicted one
    std::size_t memoryBytes = std::size_t{1} << 30;  ///< batches are as large as fit, one image at least
    ProgressCallback progress;
    CancelToken cancel;
};

/// A map over the network's input picture, of what speaks for (positive) or against (negative) a class. Raw values in
/// units of the logit, never normalized: maps of two images or classes can be compared.
struct AttributionResult {
    Array values;           ///< (rows, columns), signed
    double cellHeight = 1;  ///< cell (i,j) covers the input pixels [i * cellHeight, (i+1) * cellHeight) and likewise in
    double cellWidth
        = 1;  ///< x; from there to the original picture: ImageGeometry, original = (input + offset) / scale
    int classIndex = 0;
    double logit = 0;           ///< of the class for the picture
    double referenceLogit = 0;  ///< for the picture that it is compared with, where the method has one; else NaN
    /// Integrated gradients: |sum of values - (logit - referenceLogit)| / |logit - referenceLogit|, 0 when the path was
    /// sampled finely enough. NaN for other methods.
    double completenessGap = 0;
};

/// All attributions explain the run that the trace holds, its interventions included. They throw Error(Usage) for a
/// class or mixer that does not exist, Error(Memory), Cancelled; they take the session's lock batch by batch.

/// Gradient times input, summed over the colours, with respect to the mean colour of the normalization (0): (h, w).
/// (Shrikumar and others, arXiv 1605.01713.) The chosen scans are held; gradients flow through their weights.
AttributionResult gradientTimesInput(const Trace& trace, const AttributionOptions& options = {});

/// Integrated gradients (Sundararajan, Taly, Yan, arXiv 1703.01365) along the straight line from the mean colour (0) to
/// the picture, at the midpoints of `steps` equal parts: (h, w). Where a router changes its choice on the way, the
/// logit jumps and the gap says so.
AttributionResult integratedGradients(const Trace& trace, int steps = 32, const AttributionOptions& options = {});

/// Grad-CAM (Selvaraju and others, arXiv 1610.02391) on a mixer's output: its channels weighted by the mean gradient of
/// the logit, without the ReLU, so that what speaks against the class stays visible: (H, W) of its grid.
AttributionResult gradCam(const Trace& trace, const MixerId& mixer, const AttributionOptions& options = {});
/// The last mixer of a stage, whose output the stage hands on. Throws Error(Usage).
MixerId lastMixer(const Trace& trace, int stage);

/// Occlusion (Zeiler, Fergus, arXiv 1311.2901): a square of `side` input pixels is set to the mean colour (0), `stride`
/// pixels apart. Values are by cells of stride x stride: the mean drop of the logit over the squares that hide the
/// cell.
AttributionResult occlusion(const Trace& trace, int side = 16, int stride = 8, const AttributionOptions& options = {});

/// Effective receptive field of one output cell of a mixer: sum over colours of |gradient of the norm of the cell's
/// channels| with respect to the input (Luo and others, arXiv 1701.04128; any cell, any grid): (h, w), non-negative.
/// `position`: y * W + x of the mixer's grid.
AttributionResult receptiveField(const Trace& trace, const MixerId& mixer, int position,
                                 const AttributionOptions& options = {});

/// Effective receptive field of one token through each direction of a mixer apart: every scan that ran, and of a
/// quasi-separable one what comes from before (with the step itself and the skip) and what comes from behind. Sum over
/// colours of |gradient of the norm of omega y|, y what the scan puts out at the token (in a channel mixer: over the
/// channels) and omega its weight, held: values of directions can be compared.
struct DirectionFields {
    std::vector<std::string> names;  ///< "hilbert", "hilbert backward"; channel mixers: "forward", "backward"
    Array values;                    ///< (directions, h, w) over the network's input, non-negative
};
/// `token`: y * W + x of the mixer's grid. One pass to the mixer, and one back for each direction.
DirectionFields directionFields(const Trace& trace, const MixerId& mixer, int token,
                                const AttributionOptions& options = {});

/// How fast the class's probability falls when the cells that a map names most important are taken away first
/// (deletion: to the mean colour), and rises when they are shown first (insertion), against random orders (RISE:
/// Petsiuk, Das, Saenko, arXiv 1806.07421).
struct Faithfulness {
    std::vector<float> deletion, insertion;              ///< probability after each of the steps, the start included
    std::vector<float> randomDeletion, randomInsertion;  ///< mean over the random orders
    double deletionArea = 0, insertionArea = 0;          ///< under the curves, 0 to 1
    double randomDeletionArea = 0, randomInsertionArea = 0;
    /// (insertionArea - deletionArea) - (randomInsertionArea - randomDeletionArea): above 0 when the map knows more
    /// than chance.
    double score = 0;
};
Faithfulness faithfulness(const Trace& trace, const AttributionResult& map, int steps = 16, int randomOrders = 4,
                          unsigned seed = 1, const AttributionOptions& options = {});

}  // namespace mixer
