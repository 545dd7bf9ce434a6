// SPDX-License-Identifier: MIT
// Attributions that hide parts of the picture, and how much a map is worth by that measure.
#include "engine/attribution/NetworkRunner.h"
#include "engine/core/Error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace mixer {

namespace {

struct Square {
    std::int64_t top, left, height, width;
};

/// Squares `stride` apart, cut at the picture's edges, that hide every pixel at least once.
std::vector<Square> squares(std::int64_t height, std::int64_t width, std::int64_t side, std::int64_t stride)
{
    const std::int64_t reach = (side - stride) / 2;  // a square lies around the cell that it begins with
    std::vector<Square> result;
    for (std::int64_t y = -reach; y < height; y += stride)
        for (std::int64_t x = -reach; x < width; x += stride) {
            const std::int64_t top = std::max<std::int64_t>(y, 0);
            const std::int64_t left = std::max<std::int64_t>(x, 0);
            result.push_back({top, left, std::min(y + side, height) - top, std::min(x + side, width) - left});
        }
    return result;
}

double area(const std::vector<float>& curve)
{
    double sum = 0;
    for (std::size_t i = 1; i < curve.size(); ++i)
        sum += 0.5 * (static_cast<double>(curve[i - 1]) + static_cast<double>(curve[i]));
    return sum / static_cast<double>(curve.size() - 1);
}

/// The curves of one order of cells: mask by mask, the class's probability.
class Curves {
public:
    Curves(const NetworkRunner& runner, const AttributionResult& map, int steps)
        : m_runner(runner)
        , m_map(map)
        , m_steps(steps)
        , m_image(runner.image())
    {
    }

    /// Cells in the order in which they are taken away, or shown on an empty picture.
    std::vector<float> run(const std::vector<int>& order, bool insert) const
    {
        const std::vector<double> p = m_runner.classLogits(
            m_steps + 1,
            [&](std::int64_t first, std::int64_t count) {
                std::vector<at::Tensor> images;
                for (std::int64_t step = first; step < first + count; ++step) {
                    const at::Tensor taken = mask(order, step);
                    images.push_back(m_image * (insert ? taken : 1 - taken));
                }
                return at::cat(images);
            },
            /*asProbability=*/true);
        return {p.begin(), p.end()};
    }

private:
    /// 1 at the input pixels of the first step/steps of the cells.
    at::Tensor mask(const std::vector<int>& order, std::int64_t step) const
    {
        const auto count = static_cast<std::size_t>(step) * order.size() / static_cast<std::size_t>(m_steps);
        at::Tensor cells = at::zeros({static_cast<std::int64_t>(order.size())}, at::kFloat);
        for (std::size_t i = 0; i < count; ++i)
            cells.data_ptr<float>()[order[i]] = 1;
        const std::int64_t height = m_image.size(2);
        const std::int64_t width = m_image.size(3);
        // Each pixel takes the cell that its middle falls into.
        const auto cellOf = [](std::int64_t pixels, double cell, std::int64_t cellCount) {
            return ((at::arange(pixels, at::kDouble) + 0.5) / cell).floor().to(at::kLong).clamp(0, cellCount - 1);
        };
        const at::Tensor rows = cellOf(height, m_map.cellHeight, m_map.values.size(0));
        const at::Tensor columns = cellOf(width, m_map.cellWidth, m_map.values.size(1));
        return cells.view({m_map.values.size(0), m_map.values.size(1)})
            .index_select(0, rows)
            .index_select(1, columns)
            .to(m_image.scalar_type());
    }

    const NetworkRunner& m_runner;
    const AttributionResult& m_map;
    int m_steps;
    at::Tensor m_image;
};

}  // namespace

AttributionResult occlusion(const Trace& trace, int side, int stride, const AttributionOptions& options)
{
    if (stride < 1 || side < stride)
        throw Error(ErrorKind::Usage,
                    "occlusion needs a stride of at least 1 pixel and squares no smaller than it; found side "
                        + std::to_string(side) + ", stride " + std::to_string(stride));
    const NetworkRunner runner(trace, options);
    const at::Tensor image = runner.image();
    const std::int64_t height = image.size(2);
    const std::int64_t width = image.size(3);
    const std::vector<Square> hidden = squares(height, width, side, stride);
    const std::vector<double> logits
        = runner.classLogits(static_cast<std::int64_t>(hidden.size()), [&](std::int64_t first, std::int64_t count) {
              const at::Tensor images = image.repeat({count, 1, 1, 1});
              for (std::int64_t i = 0; i < count; ++i) {
                  const Square& square = hidden[static_cast<std::size_t>(first + i)];
                  images[i].narrow(1, square.top, square.height).narrow(2, square.left, square.width).zero_();
              }
              return images;
          });

    AttributionResult result;
    result.classIndex = runner.classIndex();
    result.logit = static_cast<double>(trace.logits()[static_cast<std::size_t>(runner.classIndex())]);
    result.referenceLogit = result.completenessGap = std::numeric_limits<double>::quiet_NaN();
    result.cellHeight = result.cellWidth = stride;
    const std::int64_t rows = (height + stride - 1) / stride;
    const std::int64_t columns = (width + stride - 1) / stride;
    result.values = Array({rows, columns});
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t column = 0; column < columns; ++column) {
            // Weighted by how much of the cell a square hides.
            double sum = 0;
            double weights = 0;
            const std::int64_t bottom = std::min((row + 1) * stride, height);
            const std::int64_t right = std::min((column + 1) * stride, width);
            for (std::size_t i = 0; i < hidden.size(); ++i) {
                const Square& s = hidden[i];
                const std::int64_t overlapY = std::min(bottom, s.top + s.height) - std::max(row * stride, s.top);
                const std::int64_t overlapX = std::min(right, s.left + s.width) - std::max(column * stride, s.left);
                if (overlapY <= 0 || overlapX <= 0)
                    continue;
                const auto weight = static_cast<double>(overlapY * overlapX);
                sum += weight * (result.logit - logits[i]);
                weights += weight;
            }
            result.values.at(row, column) = static_cast<float>(weights > 0 ? sum / weights : 0);
        }
    }
    return result;
}

Faithfulness faithfulness(const Trace& trace, const AttributionResult& map, int steps, int randomOrders, unsigned seed,
                          const AttributionOptions& options)
{
    const auto cells = static_cast<int>(map.values.values.size());
    if (steps < 1 || steps > cells || randomOrders < 1)
        throw Error(ErrorKind::Usage,
                    "a faithfulness curve over " + std::to_string(cells) + " cells takes 1 to " + std::to_string(cells)
                        + " steps and at least one random order");
    AttributionOptions wanted = options;
    wanted.classIndex = map.classIndex;
    wanted.progress = nullptr;
    const NetworkRunner runner(trace, wanted);
    const Curves curves(runner, map, steps);
    const int runs = 2 * (1 + randomOrders);
    int done = 0;
    const auto progress = [&] {
        if (options.progress)
            options.progress("measuring the map", static_cast<double>(++done) / runs);
    };
    std::vector<int> order(static_cast<std::size_t>(cells));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return map.values.values[static_cast<std::size_t>(a)] > map.values.values[static_cast<std::size_t>(b)];
    });
    Faithfulness result;
    result.deletion = curves.run(order, false);
    progress();
    result.insertion = curves.run(order, true);
    progress();
    std::mt19937 generator(seed);
    result.randomDeletion.assign(result.deletion.size(), 0);
    result.randomInsertion.assign(result.insertion.size(), 0);
    for (int i = 0; i < randomOrders; ++i) {
        for (std::size_t last = order.size() - 1; last > 0; --last)  // std::shuffle differs between libraries
            std::swap(order[last], order[generator() % (last + 1)]);
        for (const bool insert : {false, true}) {
            const std::vector<float> curve = curves.run(order, insert);
            std::vector<float>& mean = insert ? result.randomInsertion : result.randomDeletion;
            for (std::size_t step = 0; step < curve.size(); ++step)
                mean[step] += curve[step] / static_cast<float>(randomOrders);
            progress();
        }
    }
    result.deletionArea = area(result.deletion);
    result.insertionArea = area(result.insertion);
    result.randomDeletionArea = area(result.randomDeletion);
    result.randomInsertionArea = area(result.randomInsertion);
    result.score
        = (result.insertionArea - result.deletionArea) - (result.randomInsertionArea - result.randomDeletionArea);
    return result;
}

}  // namespace mixer
