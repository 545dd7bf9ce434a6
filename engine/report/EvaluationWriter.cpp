// SPDX-License-Identifier: MIT
#include "engine/report/EvaluationWriter.h"

#include "engine/report/Csv.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace mixer {

namespace {

std::string formatted(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::string formatted(const char* format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return std::string(text, static_cast<std::size_t>(std::clamp<int>(length, 0, sizeof text - 1)));
}

/// Share of a class's pictures that a router gave a scan, 0 to 1.
double share(const Evaluation& evaluation, const Evaluation::Router& router, std::size_t classIndex, std::size_t scan)
{
    const std::int64_t pictures = evaluation.picturesOfClass[classIndex];
    return pictures == 0
        ? 0.0
        : static_cast<double>(router.chosen[classIndex * router.scans.size() + scan]) / static_cast<double>(pictures);
}

double shareOfAll(const Evaluation& evaluation, const Evaluation::Router& router, std::size_t scan)
{
    std::int64_t chosen = 0;
    for (std::size_t c = 0; c < evaluation.classes.size(); ++c)
        chosen += router.chosen[c * router.scans.size() + scan];
    return static_cast<double>(chosen) / static_cast<double>(std::max<std::int64_t>(1, evaluation.pictures));
}

std::string mistakesText(const Evaluation& evaluation)
{
    struct Mistake {
        std::int64_t count;
        std::size_t truth, predicted;
    };
    std::vector<Mistake> mistakes;
    const std::size_t classes = evaluation.classes.size();
    for (std::size_t t = 0; t < classes; ++t)
        for (std::size_t p = 0; p < classes; ++p)
            if (t != p && evaluation.confused(t, p) > 0)
                mistakes.push_back({evaluation.confused(t, p), t, p});
    std::stable_sort(mistakes.begin(), mistakes.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(5, mistakes.size()); ++i)
        text += formatted("  %5lld  %s taken for %s\n", static_cast<long long>(mistakes[i].count),
                          evaluation.classes[mistakes[i].truth].c_str(),
                          evaluation.classes[mistakes[i].predicted].c_str());
    return text.empty() ? text : "most confused\n" + text;
}

std::string calibrationText(const Evaluation& evaluation)
{
    std::string text = formatted("calibration    error %.1f %%\n", 100 * evaluation.calibrationError);
    text += "  confidence       pictures  said   were right\n";
    for (const Evaluation::Bin& bin : evaluation.calibration)
        if (bin.count > 0)
            text += formatted("  %4.0f to %3.0f %%  %8lld  %5.1f %%  %5.1f %%\n", 100 * bin.low, 100 * bin.high,
                              static_cast<long long>(bin.count), 100 * bin.confidence, 100 * bin.accuracy);
    return text;
}

/// For each router the shares, and the scan in which the classes differ most.
std::string routersText(const Evaluation& evaluation)
{
    std::string text;
    for (const Evaluation::Router& router : evaluation.routers) {
        text += router.mixer + '\n';
        std::size_t widest = 0;
        std::size_t least = 0;
        std::size_t most = 0;
        double width = -1;
        for (std::size_t s = 0; s < router.scans.size(); ++s) {
            std::size_t low = evaluation.classes.size();
            std::size_t high = low;
            for (std::size_t c = 0; c < evaluation.classes.size(); ++c) {
                if (evaluation.picturesOfClass[c] == 0)
                    continue;
                if (low == evaluation.classes.size()
                    || share(evaluation, router, c, s) < share(evaluation, router, low, s))
                    low = c;
                if (high == evaluation.classes.size()
                    || share(evaluation, router, c, s) > share(evaluation, router, high, s))
                    high = c;
            }
            text += formatted("  %s %.0f %%", router.scans[s].c_str(), 100 * shareOfAll(evaluation, router, s));
            const double spread = share(evaluation, router, high, s) - share(evaluation, router, low, s);
            if (spread > width) {
                width = spread;
                widest = s;
                least = low;
                most = high;
            }
        }
        text += formatted("\n  classes differ most in %s: %s %.0f %%, %s %.0f %%\n", router.scans[widest].c_str(),
                          evaluation.classes[least].c_str(), 100 * share(evaluation, router, least, widest),
                          evaluation.classes[most].c_str(), 100 * share(evaluation, router, most, widest));
    }
    return text.empty() ? text : "scans chosen (of all pictures)\n" + text;
}

}  // namespace

std::string evaluationText(const Evaluation& evaluation)
{
    std::string text = formatted("pictures       %lld\ntop-1          %.2f %%\n",
                                 static_cast<long long>(evaluation.pictures), 100 * evaluation.top1);
    if (evaluation.classes.size() > 5)
        text += formatted("top-5          %.2f %%\n", 100 * evaluation.top5);
    text += formatted("cross-entropy  %.4f\n", evaluation.loss);
    return text + calibrationText(evaluation) + mistakesText(evaluation) + routersText(evaluation);
}

std::string evaluationJson(const Evaluation& evaluation, const std::string& model, const std::string& data)
{
    using Json = nlohmann::ordered_json;
    const std::size_t classes = evaluation.classes.size();
    Json json = {{"model", model},
                 {"data", data},
                 {"pictures", evaluation.pictures},
                 {"top_1", evaluation.top1},
                 {"top_5", evaluation.top5},
                 {"loss", evaluation.loss},
                 {"classes", evaluation.classes},
                 {"pictures_of_class", evaluation.picturesOfClass}};
    Json bins = Json::array();
    for (const Evaluation::Bin& bin : evaluation.calibration)
        bins.push_back({{"low", bin.low},
                        {"high", bin.high},
                        {"count", bin.count},
                        {"confidence", bin.confidence},
                        {"accuracy", bin.accuracy}});
    json["calibration"] = {{"error", evaluation.calibrationError}, {"bins", bins}};
    Json confusion = Json::array();
    for (std::size_t t = 0; t < classes; ++t)
        confusion.push_back(
            std::vector<std::int64_t>(evaluation.confusion.begin() + static_cast<std::ptrdiff_t>(t * classes),
                                      evaluation.confusion.begin() + static_cast<std::ptrdiff_t>((t + 1) * classes)));
    json["confusion"] = confusion;
    json["routers"] = Json::array();
    for (const Evaluation::Router& router : evaluation.routers) {
        Json rows = Json::array();
        for (std::size_t c = 0; c < classes; ++c) {
            Json row = Json::array();
            for (std::size_t s = 0; s < router.scans.size(); ++s)
                row.push_back(share(evaluation, router, c, s));
            rows.push_back(row);
        }
        json["routers"].push_back({{"mixer", router.mixer}, {"scans", router.scans}, {"chosen", rows}});
    }
    return json.dump();
}

std::string confusionCsv(const Evaluation& evaluation)
{
    std::string text = "true \\ predicted";
    for (const std::string& name : evaluation.classes)
        text += ',' + csvField(name);
    text += '\n';
    for (std::size_t t = 0; t < evaluation.classes.size(); ++t) {
        text += csvField(evaluation.classes[t]);
        for (std::size_t p = 0; p < evaluation.classes.size(); ++p)
            text += ',' + std::to_string(evaluation.confused(t, p));
        text += '\n';
    }
    return text;
}

std::string routersCsv(const Evaluation& evaluation)
{
    std::vector<std::string> scans;
    for (const Evaluation::Router& router : evaluation.routers)
        for (const std::string& scan : router.scans)
            if (std::find(scans.begin(), scans.end(), scan) == scans.end())
                scans.push_back(scan);
    std::string text = "mixer,class,pictures";
    for (const std::string& scan : scans)
        text += ',' + csvField(scan);
    text += '\n';
    for (const Evaluation::Router& router : evaluation.routers) {
        for (std::size_t c = 0; c < evaluation.classes.size(); ++c) {
            text += router.mixer + ',' + csvField(evaluation.classes[c]) + ','
                + std::to_string(evaluation.picturesOfClass[c]);
            for (const std::string& scan : scans) {
                const auto found = std::find(router.scans.begin(), router.scans.end(), scan);
                text += ',';
                if (found != router.scans.end())
                    text += formatted(
                        "%.6g", share(evaluation, router, c, static_cast<std::size_t>(found - router.scans.begin())));
            }
            text += '\n';
        }
    }
    return text;
}

}  // namespace mixer
