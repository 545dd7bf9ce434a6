// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/cuda/scan_cuda.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mixer::kernels::cuda::test {

enum class Per { None, Lane, Row };

struct ProblemOptions {
    std::int64_t dim = 8, seqlen = 64, dstate = 16;
    std::int64_t batch = 1, scans = 1, scan_count = 1;
    ElementType type = ElementType::Float32;
    bool orders = false;                 ///< random; scan 1 of several is scan 0 reversed
    bool choose = false;                 ///< scan_ids and weights by image
    bool slots_have_data = false;        ///< delta, B and C of their own for each slot
    bool scans_have_parameters = false;  ///< A, D and delta_bias of their own for each scan
    bool shared_A = false;               ///< one row of A for all lanes
    Per skip = Per::Lane, bias = Per::Lane;
    bool softplus = true;
    bool accumulate = false;
    bool padded = false;  ///< rows wider than they need be, at odd addresses: no 16-byte accesses
    bool save_states = false;
    int multiprocessors = 1;  ///< of the device to plan for; many: narrow blocks, scans side by side
    unsigned seed = 1;
};

std::string describe(const ProblemOptions& options);

/// All inputs of a call as double, already rounded to the element type; dense.
struct Problem {
    explicit Problem(const ProblemOptions& options);

    ProblemOptions options;
    std::vector<double> u;               ///< (B, L, D)
    std::vector<double> delta;           ///< (B, K or 1, L, D)
    std::vector<double> B, C;            ///< (B, K or 1, L, N)
    std::vector<double> A;               ///< (S or 1, D or 1, N)
    std::vector<double> D, bias;         ///< (S or 1, D or L)
    std::vector<double> weights;         ///< (B, K); empty: 1
    std::vector<double> out_before;      ///< (B, L, D)
    std::vector<double> dout;            ///< (B, L, D)
    std::vector<std::int32_t> orders;    ///< (S, L); empty: natural
    std::vector<std::int32_t> scan_ids;  ///< (B, K); empty: slot k runs scan k
};

/// A textbook's scan and its gradients, in double.
struct Result {
    std::vector<double> out;
    std::vector<double> chunk_states, backward_chunk_states;          ///< (B, K, chunks, D, N)
    std::vector<double> du, ddelta, dB, dC, dA, dD, dbias, dweights;  ///< shaped like what they belong to
    double dweights_scale = 0.0;  ///< sum of the magnitudes that make up one of dweights, on average
};
Result solve(const Problem& problem, bool bidirectional);

/// Rounds to the element type and back.
double roundTo(ElementType type, double x);

}  // namespace mixer::kernels::cuda::test
