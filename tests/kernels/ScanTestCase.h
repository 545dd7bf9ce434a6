// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/scan.h"
#include "kernels/variants.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace mixer::kernels::test {

enum class Order { None, Random, Reversed };
enum class Per { None, Lane, Step };
enum class Layout {
    Contiguous,  ///< (B, L, D)
    Padded,      ///< (B, L, D) cut out of something wider and longer
    Transposed,  ///< (B, D, L): the lanes are not neighbours
};

struct CaseOptions {
    std::int64_t batch = 1, dim = 8, seqlen = 64, dstate = 16;
    Order order = Order::None;
    Layout layout = Layout::Contiguous;
    Per skip = Per::Lane, bias = Per::Lane;
    bool shared_A = false;
    bool softplus = true;
    bool accumulate = false;
    float weight = 1.0F;
    float A_scale = 1.0F;  ///< 1: A of state n about -(n + 1)
    bool chunk_states = false;
    unsigned seed = 1;
};

std::string describe(const CaseOptions& options);

/// Random inputs of one scan, an output in the midst of poison, and ScanParams over them.
template <typename T> class ScanTestCase {
public:
    explicit ScanTestCase(const CaseOptions& options);
    ScanTestCase(const ScanTestCase&) = delete;
    ScanTestCase& operator=(const ScanTestCase&) = delete;

    const CaseOptions& options() const { return m_options; }
    ScanParams<T>& params() { return m_params; }
    const ScanParams<T>& params() const { return m_params; }

    /// Output values in (B, L, D) order.
    std::vector<T> output() const;
    void resetOutput();

    /// True where every element of the output was written and nothing else was.
    bool wroteExactlyTheOutput() const;

    std::vector<T> u, delta, A, B, C, D, bias, out, chunk_states, backward_chunk_states;
    std::vector<std::int32_t> order;

private:
    std::int64_t outIndex(std::int64_t b, std::int64_t t, std::int64_t d) const;

    CaseOptions m_options;
    ScanParams<T> m_params;
};

/// The scan in double precision as a textbook writes it; independent of the code under test.
struct TextbookResult {
    std::vector<double> y;         ///< (B, L, D): with weight, without what was in the output before
    std::vector<double> h;         ///< (B, L, D, N), state after row t's step, indexed by step
    std::vector<double> k;         ///< the same, backwards (quasi-separable)
    std::vector<double> diagonal;  ///< (B, L, D): weight * (<C, delta u B> + D u), by row like y
    /// Largest sum of the magnitudes that make up one y, and largest state: what rounding errors are measured against
    /// (a small case may have no large y, by cancellation).
    double y_scale = 0.0, state_scale = 0.0;
};

template <typename T> TextbookResult textbook(const ScanTestCase<T>& c, bool bidirectional);

/// max |a - b|; infinity where a value is not finite or the sizes differ.
template <typename T> double largestError(const std::vector<T>& a, const std::vector<double>& b);
double largestMagnitude(const std::vector<double>& values);

/// One case for each reason to fail that we know of, and 60 at random.
std::vector<CaseOptions> parityCases();

}  // namespace mixer::kernels::test
