// SPDX-License-Identifier: MIT
#include "engine/batch/BatchTable.h"

#include "engine/analysis/RouterStatistics.h"
#include "engine/checkpoint/ModelConfig.h"
#include "engine/report/Csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mixer {

namespace {

using Type = BatchColumn::Type;

void add(std::string& line, const std::string& text)
{
    line += ',';
    line += csvField(text);
}

/// Of numbers that are none, nothing is written.
template <typename T> void add(std::string& line, T value)
{
    line += ',';
    if constexpr (std::is_floating_point_v<T>)
        if (!std::isfinite(value))
            return;
    char text[32];
    line.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

double entropyBits(const float* probabilities, std::size_t count)
{
    double bits = 0;
    for (std::size_t i = 0; i < count; ++i)
        if (const double p = probabilities[i]; p > 0)
            bits -= p * std::log2(p);
    return bits;
}

std::string chosenNames(const Routing& routing)
{
    std::string names;
    for (const int scan : routing.chosen)
        names += (names.empty() ? "" : "+") + routing.scans[static_cast<std::size_t>(scan)];
    return names;
}

}  // namespace

BatchTable::BatchTable(const ModelConfig& config, int topCount, const BatchResult& example)
    : m_config(config)
    , m_topCount(std::clamp(topCount, 1, std::max(1, config.numClasses)))
    , m_columns{{"path", Type::Text},
                {"label", Type::Text},
                {"error", Type::Text},
                {"width", Type::Integer},
                {"height", Type::Integer}}
{
    for (int rank = 1; rank <= m_topCount; ++rank) {
        const std::string name = "top" + std::to_string(rank);
        m_columns.push_back({name + "_label", Type::Text});
        m_columns.push_back({name + "_index", Type::Integer});
        m_columns.push_back({name + "_probability", Type::Real});
    }
    m_columns.push_back({"margin", Type::Real});
    m_columns.push_back({"entropy", Type::Real});
    for (const BatchResult::Router& router : example.routers) {
        const std::string name = router.mixer.name();
        m_columns.push_back({name + ".chosen", Type::Text});
        m_columns.push_back({name + ".margin", Type::Real});
        for (const std::string& scan : router.scans)
            m_columns.push_back({name + ".p." + scan, Type::Real});
    }
    for (const BatchResult::Gates& gates : example.gates)
        for (const char* what : {".gate_mean", ".gate_open", ".gate_shut"})
            m_columns.push_back({gates.mixer.name() + what, Type::Real});
}

std::string BatchTable::header() const
{
    std::string line;
    for (const BatchColumn& column : m_columns)
        line += (line.empty() ? "" : ",") + csvField(column.name);
    return line + '\n';
}

std::string BatchTable::labelOf(const BatchPicture& picture) const
{
    return picture.trueClass < 0 ? std::string() : m_config.label(picture.trueClass);
}

void BatchTable::addPrediction(std::string& line, const BatchResult& result, std::size_t image) const
{
    const auto classes = static_cast<std::size_t>(result.logits.size(1));
    const float* const probabilities = result.probabilities.data() + image * classes;
    const std::vector<int> best
        = largestLogits(result.logits.values.data() + image * classes, classes, std::max(2, m_topCount));
    const auto probability = [&](std::size_t rank) { return probabilities[best[rank]]; };
    for (std::size_t rank = 0; rank < static_cast<std::size_t>(m_topCount); ++rank) {
        add(line, m_config.label(best[rank]));
        add(line, best[rank]);
        add(line, probability(rank));
    }
    add(line, best.size() > 1 ? probability(0) - probability(1) : probability(0));
    add(line, static_cast<float>(entropyBits(probabilities, classes)));
}

std::string BatchTable::row(const BatchPicture& picture, const BatchResult& result, std::size_t image) const
{
    std::string line = csvField(picture.path);
    add(line, labelOf(picture));
    add(line, std::string());
    add(line, picture.width);
    add(line, picture.height);
    addPrediction(line, result, image);
    for (const BatchResult::Router& router : result.routers) {
        const Routing routing = router.routing(image);
        add(line, chosenNames(routing));
        add(line, static_cast<float>(routerMargin(routing)));
        for (const double p : routing.probabilities)
            add(line, static_cast<float>(p));
    }
    for (const BatchResult::Gates& gates : result.gates) {
        const GateSummary& gate = gates.images[image];
        for (const float share : {gate.mean, gate.open, gate.shut})
            add(line, share);
    }
    return line + '\n';
}

std::string BatchTable::failure(const BatchPicture& picture, const std::string& message) const
{
    std::string line = csvField(picture.path);
    add(line, labelOf(picture));
    add(line, message.empty() ? "failed" : message);
    return line + std::string(m_columns.size() - 3, ',') + '\n';
}

}  // namespace mixer
