// SPDX-License-Identifier: MIT
#include "engine/scan/ScanStatistics.h"

#include "engine/core/Error.h"
#include "engine/scan/ScanOrder.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace mixer {

namespace {

/// Empty when every token of the grid is visited once.
std::string problemOf(const std::vector<std::int32_t>& order, std::int64_t tokens)
{
    if (static_cast<std::int64_t>(order.size()) != tokens)
        return std::to_string(order.size()) + " steps for " + std::to_string(tokens) + " tokens";
    std::vector<std::int32_t> visitedAt(order.size(), -1);
    for (std::size_t step = 0; step < order.size(); ++step) {
        if (order[step] < 0 || order[step] >= tokens)
            return "step " + std::to_string(step) + " visits token " + std::to_string(order[step])
                + ", which does not exist";
        std::int32_t& before = visitedAt[static_cast<std::size_t>(order[step])];
        if (before >= 0)
            return "step " + std::to_string(step) + " visits token " + std::to_string(order[step]) + ", as step "
                + std::to_string(before) + " did";
        before = static_cast<std::int32_t>(step);
    }
    return {};
}

void measureSteps(const std::vector<std::int32_t>& order, int width, ScanStatistics& result)
{
    int units = 0;
    for (std::size_t step = 1; step < order.size(); ++step) {
        const int dy = std::abs(order[step] / width - order[step - 1] / width);
        const int dx = std::abs(order[step] % width - order[step - 1] % width);
        const double length = std::hypot(dy, dx);
        result.meanStep += length;
        result.longestStep = std::max(result.longestStep, length);
        units += dy + dx == 1;
        result.jumps += std::max(dy, dx) > 1;
    }
    if (order.size() > 1) {
        result.meanStep /= static_cast<double>(order.size() - 1);
        result.unitShare = static_cast<double>(units) / static_cast<double>(order.size() - 1);
    }
}

void measureGaps(const std::vector<std::int32_t>& order, int height, int width, ScanStatistics& result)
{
    std::vector<std::int32_t> stepOf(order.size());
    for (std::size_t step = 0; step < order.size(); ++step)
        stepOf[static_cast<std::size_t>(order[step])] = static_cast<std::int32_t>(step);
    std::vector<int> gaps;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const auto token
                = static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
            if (x + 1 < width)
                gaps.push_back(std::abs(stepOf[token] - stepOf[token + 1]));
            if (y + 1 < height)
                gaps.push_back(std::abs(stepOf[token] - stepOf[token + static_cast<std::size_t>(width)]));
        }
    }
    if (gaps.empty())
        return;
    double sum = 0;
    for (const int gap : gaps)
        sum += gap;
    result.meanGap = sum / static_cast<double>(gaps.size());
    std::sort(gaps.begin(), gaps.end());
    const std::size_t half = gaps.size() / 2;
    result.medianGap = gaps.size() % 2 == 1 ? gaps[half] : 0.5 * (gaps[half - 1] + gaps[half]);
    result.largestGap = gaps.back();
}

}  // namespace

const std::vector<std::string>& recognizableScans()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all
            = {"row", "column", "serpentine-row", "serpentine-column", "diagonal", "hilbert", "spiral", "morton"};
        for (const char* kind : {"window-", "atrous-"})
            for (int k = 2; k <= 8; ++k)
                all.push_back(kind + std::to_string(k));
        const std::size_t forward = all.size();
        for (std::size_t i = 0; i < forward; ++i)
            all.push_back(all[i] + "-reverse");
        return all;
    }();
    return names;
}

ScanStatistics scanStatistics(const std::vector<std::int32_t>& order, int height, int width)
{
    ScanStatistics result;
    if (height < 1 || width < 1) {
        result.problem = "the grid is empty";
        return result;
    }
    result.problem = problemOf(order, std::int64_t{height} * width);
    result.isPermutation = result.problem.empty();
    if (!result.isPermutation)
        return result;
    measureSteps(order, width, result);
    measureGaps(order, height, width, result);
    for (const std::string& name : recognizableScans()) {
        if (ScanOrder::get(name, height, width)->order() == order) {
            result.name = name;
            break;
        }
    }
    return result;
}

}  // namespace mixer
