// SPDX-License-Identifier: MIT
#include "engine/report/BenchmarkReport.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <string_view>

namespace mixer {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kFirstColumn = 16;

/// Three significant digits, and no more than two behind the point.
std::string shortNumber(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value);
    return text;
}

std::string cell(std::string_view text, std::size_t width)
{
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + std::string(text);
}

template <typename Value> std::string row(const char* name, double total, Value value)
{
    std::string line = std::string("  ") + name;
    line.resize(kFirstColumn, ' ');
    line += cell(shortNumber(total), 8);
    for (std::size_t i = 0; i < kForwardWorks; ++i) {
        const auto work = static_cast<ForwardWork>(i);
        line += cell(shortNumber(value(work)), 2 + std::string_view(workName(work)).size());
    }
    return line + '\n';
}

double rounded(double milliseconds)
{
    return std::round(milliseconds * 1000) / 1000;
}

Json partsOf(const ForwardTimes& times)
{
    Json parts = Json::object();
    for (std::size_t s = 0; s < kForwardSections; ++s) {
        const auto section = static_cast<ForwardSection>(s);
        Json works = {{"total", rounded(times.of(section))}};
        for (std::size_t w = 0; w < kForwardWorks; ++w)
            works[workName(static_cast<ForwardWork>(w))] = rounded(times.of(section, static_cast<ForwardWork>(w)));
        parts[sectionName(section)] = std::move(works);
    }
    return parts;
}

}  // namespace

std::string benchmarkHeading(const InferenceSession& session)
{
    const RuntimeInfo info = session.runtime();
    char parameters[32];
    std::snprintf(parameters, sizeof parameters, "%.1f M", double(session.checkpoint().parameterCount()) / 1e6);
    return session.config().familyName() + ", " + parameters + " parameters, " + info.device + ", "
        + std::to_string(info.threads) + (info.threads == 1 ? " thread" : " threads") + ", scan kernel " + info.kernel
        + ", " + info.blas + '\n';
}

std::string benchmarkText(const ForwardCost& cost)
{
    const ForwardTimes& times = cost.median;
    std::string text = '\n' + std::to_string(cost.height) + " x " + std::to_string(cost.width) + ", batch "
        + std::to_string(cost.batch) + ": " + shortNumber(times.milliseconds) + " ms (median of "
        + std::to_string(cost.repeats) + ", " + shortNumber(cost.fastest) + " to " + shortNumber(cost.slowest) + "), "
        + shortNumber(cost.imagesPerSecond()) + " images/s";
    if (cost.peakBytes >= 0)
        text += ", " + shortNumber(double(cost.peakBytes) / 1e6) + " MB above the weights";
    text += '\n';
    std::string head = "  ms";
    head.resize(kFirstColumn, ' ');
    head += cell("total", 8);
    for (std::size_t i = 0; i < kForwardWorks; ++i)
        head += std::string("  ") + workName(static_cast<ForwardWork>(i));
    text += head + '\n';
    for (std::size_t i = 0; i < kForwardSections; ++i) {
        const auto section = static_cast<ForwardSection>(i);
        text += row(sectionName(section), times.of(section), [&](ForwardWork work) { return times.of(section, work); });
    }
    return text + row("all", times.milliseconds, [&](ForwardWork work) { return times.of(work); });
}

std::string benchmarkJson(const InferenceSession& session, const std::vector<ForwardCost>& costs)
{
    const RuntimeInfo info = session.runtime();
    Json json;
    json["model"] = {{"path", session.checkpoint().path()},
                     {"family", session.config().familyName()},
                     {"parameters", session.checkpoint().parameterCount()}};
    json["runtime"] = {{"device", info.device},
                       {"threads", info.threads},
                       {"kernel", info.kernel},
                       {"torch", info.torchVersion},
                       {"blas", info.blas}};
    json["sizes"] = Json::array();
    for (const ForwardCost& cost : costs) {
        Json size = {{"height", cost.height},
                     {"width", cost.width},
                     {"batch", cost.batch},
                     {"repeats", cost.repeats},
                     {"milliseconds", rounded(cost.median.milliseconds)},
                     {"fastest", rounded(cost.fastest)},
                     {"slowest", rounded(cost.slowest)},
                     {"images_per_second", rounded(cost.imagesPerSecond())}};
        size["peak_bytes_above_weights"] = cost.peakBytes >= 0 ? Json(cost.peakBytes) : Json();
        size["parts"] = partsOf(cost.median);
        json["sizes"].push_back(std::move(size));
    }
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mixer
