// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/LaneClusters.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mixer::vis {

namespace {

constexpr int kIterations = 16;  ///< of the power method
/// Divisions one below the other; what is left then is in the order of its last direction. Bounds the work where rows
/// split off one by one.
constexpr int kDepth = 14;

struct Bins {
    std::size_t width = 0;
    std::vector<float> values;  ///< (rows, width)

    const float* row(int index) const { return values.data() + static_cast<std::size_t>(index) * width; }
};

/// Mean 0 and length 1: when a row rises and falls counts, not how high it is. A row that does neither becomes 0.
void standardize(float* row, std::size_t width)
{
    const double mean = std::accumulate(row, row + width, 0.0) / static_cast<double>(width);
    double squares = 0;
    for (std::size_t i = 0; i < width; ++i)
        squares += std::pow(row[i] - mean, 2);
    const double length = std::sqrt(squares);
    for (std::size_t i = 0; i < width; ++i)
        row[i] = length > 1e-6 * (std::abs(mean) + 1e-12) ? static_cast<float>((row[i] - mean) / length) : 0;
}

Bins binned(const Array& matrix)
{
    const auto rows = static_cast<std::size_t>(matrix.size(0));
    const auto columns = static_cast<std::size_t>(matrix.size(1));
    Bins bins;
    bins.width = std::min<std::size_t>(columns, kClusterBins);
    bins.values.assign(rows * bins.width, 0);
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t bin = 0; bin < bins.width; ++bin) {
            const std::size_t begin = bin * columns / bins.width;
            const std::size_t end = (bin + 1) * columns / bins.width;
            double sum = 0;
            for (std::size_t column = begin; column < end; ++column) {
                const float value = matrix.values[row * columns + column];
                sum += std::isfinite(value) ? value : 0;
            }
            bins.values[row * bins.width + bin] = static_cast<float>(sum / static_cast<double>(end - begin));
        }
        standardize(bins.values.data() + row * bins.width, bins.width);
    }
    return bins;
}

/// Where the rows lie along the direction in which they differ most; its sign: the larger end is the one with the
/// larger values. All 0 where they do not differ.
std::vector<double> alongMainDirection(const Bins& bins, const int* rows, std::size_t count)
{
    std::vector<double> mean(bins.width, 0);
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t b = 0; b < bins.width; ++b)
            mean[b] += bins.row(rows[i])[b] / static_cast<double>(count);
    }
    // Begins at the row that is farthest from the mean: never orthogonal to all of them.
    std::vector<double> direction(bins.width, 0);
    double farthest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        double distance = 0;
        for (std::size_t b = 0; b < bins.width; ++b)
            distance += std::pow(bins.row(rows[i])[b] - mean[b], 2);
        if (distance > farthest) {
            farthest = distance;
            for (std::size_t b = 0; b < bins.width; ++b)
                direction[b] = bins.row(rows[i])[b] - mean[b];
        }
    }
    std::vector<double> along(count, 0);
    if (farthest == 0)
        return along;
    for (int iteration = 0; iteration < kIterations; ++iteration) {
        const double length = std::sqrt(std::inner_product(direction.begin(), direction.end(), direction.begin(), 0.0));
        std::vector<double> next(bins.width, 0);
        for (std::size_t i = 0; i < count; ++i) {
            along[i] = 0;
            for (std::size_t b = 0; b < bins.width; ++b)
                along[i] += (bins.row(rows[i])[b] - mean[b]) * direction[b] / length;
            for (std::size_t b = 0; b < bins.width; ++b)
                next[b] += along[i] * (bins.row(rows[i])[b] - mean[b]);
        }
        direction = std::move(next);
    }
    if (std::accumulate(direction.begin(), direction.end(), 0.0) < 0) {
        for (double& value : along)
            value = -value;
    }
    return along;
}

}  // namespace

std::vector<int> clusteredRows(const Array& matrix)
{
    std::vector<int> order(static_cast<std::size_t>(matrix.size(0)));
    std::iota(order.begin(), order.end(), 0);
    const Bins bins = binned(matrix);
    struct Part {
        std::size_t begin, count;
        int depth;
    };
    std::vector<Part> parts = {{0, order.size(), 0}};
    while (!parts.empty()) {
        const auto [begin, count, depth] = parts.back();
        parts.pop_back();
        if (count < 2)
            continue;
        const std::vector<double> along = alongMainDirection(bins, order.data() + begin, count);
        std::vector<std::size_t> rank(count);
        std::iota(rank.begin(), rank.end(), std::size_t{0});
        std::stable_sort(rank.begin(), rank.end(), [&](std::size_t a, std::size_t b) { return along[a] > along[b]; });
        std::vector<int> sorted(count);
        for (std::size_t i = 0; i < count; ++i)
            sorted[i] = order[begin + rank[i]];
        std::copy(sorted.begin(), sorted.end(), order.begin() + static_cast<std::ptrdiff_t>(begin));
        const auto high = static_cast<std::size_t>(
            std::count_if(along.begin(), along.end(), [](double value) { return value > 0; }));
        if (high == 0 || high == count || depth == kDepth)
            continue;  // all alike, or deep enough
        parts.push_back({begin, high, depth + 1});
        parts.push_back({begin + high, count - high, depth + 1});
    }
    return order;
}

}  // namespace mixer::vis
