// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

/// The order in which a scan visits the tokens of an H x W grid: `order()[t] = y*W + x` of the token visited at step t.
/// A permutation of 0 .. H*W-1. Immutable, made once per (name, H, W) and shared by kernels, figures and exports.
///
/// Names: row, column, serpentine-row, serpentine-column, diagonal, hilbert, spiral, morton, window-k, atrous-k
/// (k from 2 to kMaxWindow, written without leading zeros; it may exceed the grid), each also with the suffix -reverse.
/// `hilbert` is the generalized Hilbert curve for any rectangle (J. Cerveny's construction); `row, column, row-reverse,
/// column-reverse` is VMamba's cross-scan (arXiv 2401.10166).
class ScanOrder {
public:
    /// Largest k of window-k and atrous-k: beyond any grid's side that a network here meets.
    static constexpr int kMaxWindow = 1024;

    /// From the cache; any thread. Orders are shared as long as anybody holds them; the cache itself holds the last
    /// used ones, at most 64 MiB (8 bytes a token) and 1024 orders. Throws Error(Usage) for an unknown name or a grid
    /// that is empty or over 2^31-1 tokens, Error(Memory).
    static std::shared_ptr<const ScanOrder> get(const std::string& name, int height, int width);

    static bool isKnown(const std::string& name);

    const std::string& name() const noexcept { return m_name; }
    int height() const noexcept { return m_height; }
    int width() const noexcept { return m_width; }
    int size() const noexcept { return static_cast<int>(m_order.size()); }

    /// Token visited at each step.
    const std::vector<std::int32_t>& order() const noexcept { return m_order; }
    /// Step at which each token is visited.
    const std::vector<std::int32_t>& inverse() const noexcept { return m_inverse; }

private:
    ScanOrder(std::string name, int height, int width, std::vector<std::int32_t> order);

    std::string m_name;
    int m_height;
    int m_width;
    std::vector<std::int32_t> m_order;
    std::vector<std::int32_t> m_inverse;
};

}  // namespace mixer
