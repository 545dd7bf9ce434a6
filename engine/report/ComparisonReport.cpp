// SPDX-License-Identifier: MIT
#include "engine/report/ComparisonReport.h"

#include "engine/report/JsonNumber.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

namespace mixer {

namespace {

using Json = nlohmann::ordered_json;

std::string number(double value)
{
    if (std::isnan(value))
        return "-";
    char text[32];
    std::snprintf(text, sizeof text, value == 0 ? "0" : "%.2e", value);
    return text;
}

std::string padded(std::string text, std::size_t width)
{
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

std::string sideText(const ComparedRun& run)
{
    std::string text = run.session->checkpoint().path() + " (" + run.session->config().familyName() + ", "
        + precisionName(run.precision) + ", " + run.session->runtime().device + "), " + run.image;
    if (!run.trace->interventions().isBaseline()) {
        const auto count = run.trace->interventions().activeCount();
        text += ", " + std::to_string(count) + (count == 1 ? " edit" : " edits");
    }
    return text;
}

/// "S2 B1 T1 (number 7 of 24)"
std::string placeText(const TraceComparison& comparison, int index)
{
    const MixerId& id = comparison.mixers.at(static_cast<std::size_t>(index)).id;
    return id.name() + " (" + id.shortName() + ", mixer " + std::to_string(index + 1) + " of "
        + std::to_string(comparison.mixers.size()) + ")";
}

std::string verdict(const TraceComparison& comparison)
{
    std::string text;
    const int first = comparison.firstParting();
    if (comparison.comparable == 0)
        text = "No mixer of A can be compared with one of B.\n";
    else if (first < 0)
        text = "They do not part: no output differs by more than " + number(comparison.tolerance) + ".\n";
    else
        text = "They part at " + placeText(comparison, first) + ": relative difference "
            + number(comparison.mixers[static_cast<std::size_t>(first)].output.relative) + " (tolerance "
            + number(comparison.tolerance) + ").\n";
    if (const int choice = comparison.firstOtherChoice(); choice >= 0)
        text += "First other choice of scans: " + placeText(comparison, choice) + ".\n";
    if (!comparison.isComplete())
        text += std::to_string(comparison.comparable) + " of " + std::to_string(comparison.mixers.size())
            + " mixers of A can be compared; " + std::to_string(comparison.onlyInB.size())
            + " of B have no counterpart in A.\n";
    return text;
}

std::string percent(float probability)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", 100.0 * static_cast<double>(probability));
    return text;
}

Json sideJson(const ComparedRun& run, int top)
{
    Json json = {{"model", run.session->checkpoint().path()},
                 {"family", run.session->config().familyName()},
                 {"precision", precisionName(run.precision)},
                 {"device", run.session->runtime().device},
                 {"image", run.image}};
    json["edits"] = Json::array();
    for (const Edit& edit : run.trace->interventions().edits)
        if (edit.enabled)
            json["edits"].push_back(edit.description());
    json["top"] = Json::array();
    for (const int index : run.trace->topClasses(top))
        json["top"].push_back({{"index", index},
                               {"label", run.session->config().label(index)},
                               {"probability", shortest(run.trace->probabilities()[static_cast<std::size_t>(index)])}});
    return json;
}

Json placeJson(const TraceComparison& comparison, int index)
{
    if (index < 0)
        return {};
    return {{"mixer", comparison.mixers[static_cast<std::size_t>(index)].id.name()}, {"number", index + 1}};
}

}  // namespace

const char* precisionName(Precision precision)
{
    switch (precision) {
    case Precision::Float64:
        return "float64";
    case Precision::BFloat16:
        return "bfloat16";
    case Precision::Float16:
        return "float16";
    case Precision::Float32:
        break;
    }
    return "float32";
}

std::string comparisonText(const ComparedRun& a, const ComparedRun& b, const TraceComparison& comparison, int top)
{
    std::string text = "A: " + sideText(a) + "\nB: " + sideText(b) + "\n\n" + verdict(comparison) + '\n';
    std::size_t width = 5;
    for (const MixerDifference& m : comparison.mixers)
        width = std::max(width, m.id.name().size());
    text += "   #  " + padded("mixer", width) + "  relative  largest   correlation  scans\n";
    const int first = comparison.firstParting();
    for (std::size_t i = 0; i < comparison.mixers.size(); ++i) {
        const MixerDifference& m = comparison.mixers[i];
        char line[32];
        std::snprintf(line, sizeof line, "%c%3zu  ", static_cast<int>(i) == first ? '*' : ' ', i + 1);
        text += line + padded(m.id.name(), width) + "  ";
        if (!m.problem.empty()) {
            text += m.problem + '\n';
            continue;
        }
        char correlation[32];
        std::snprintf(correlation, sizeof correlation, "%.6f", m.output.correlation);
        text += padded(number(m.output.relative), 10) + padded(number(m.output.largest), 10)
            + padded(std::isnan(m.output.correlation) ? "-" : correlation, 13)
            + (!m.hasRouters      ? "-"
                   : m.choseAlike ? "same"
                                  : "other")
            + '\n';
    }
    text += "\nclass, largest change first\n";
    const std::vector<ClassPair> classes = compareClasses(*a.trace, a.session->config(), *b.trace, b.session->config());
    if (classes.empty())
        text += "  the networks share no class\n";
    for (std::size_t i = 0; i < classes.size() && i < static_cast<std::size_t>(top); ++i)
        text += "  " + padded(classes[i].label, 24) + "  " + padded(percent(classes[i].probabilityA), 8) + " -> "
            + percent(classes[i].probabilityB) + '\n';
    return text;
}

std::string comparisonJson(const ComparedRun& a, const ComparedRun& b, const TraceComparison& comparison, int top)
{
    Json document = {{"a", sideJson(a, top)},
                     {"b", sideJson(b, top)},
                     {"tolerance", comparison.tolerance},
                     {"parts_at", placeJson(comparison, comparison.firstParting())},
                     {"first_other_choice", placeJson(comparison, comparison.firstOtherChoice())}};
    document["mixers"] = Json::array();
    for (const MixerDifference& m : comparison.mixers) {
        Json row = {{"mixer", m.id.name()}};
        row["counterpart"] = m.other ? Json(m.other->name()) : Json();
        if (!m.problem.empty())
            row["problem"] = m.problem;
        else
            row.update({{"relative", m.output.relative},
                        {"largest", m.output.largest},
                        {"correlation", m.output.correlation}});
        if (m.hasRouters)
            row["same_scans"] = m.choseAlike;
        document["mixers"].push_back(std::move(row));
    }
    document["only_in_b"] = Json::array();
    for (const MixerId& id : comparison.onlyInB)
        document["only_in_b"].push_back(id.name());
    document["classes"] = Json::array();
    const std::vector<ClassPair> classes = compareClasses(*a.trace, a.session->config(), *b.trace, b.session->config());
    for (std::size_t i = 0; i < classes.size() && i < static_cast<std::size_t>(top); ++i)
        document["classes"].push_back({{"label", classes[i].label},
                                       {"index_a", classes[i].a},
                                       {"index_b", classes[i].b},
                                       {"probability_a", shortest(classes[i].probabilityA)},
                                       {"probability_b", shortest(classes[i].probabilityB)},
                                       {"logit_a", shortest(classes[i].logitA)},
                                       {"logit_b", shortest(classes[i].logitB)}});
    // Paths need not be UTF-8; JSON must be.
    return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mixer
