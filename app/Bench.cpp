// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "engine/report/BenchmarkReport.h"

#include <CLI/CLI.hpp>

#include <charconv>
#include <iostream>
#include <optional>

namespace mixer::app {
namespace {

struct InputSize {
    int height, width;
};

struct BenchOptions {
    RunOptions run;
    std::vector<std::string> sizes;  ///< "HxW"; empty: the model's own
    std::vector<int> batches{1};
    int repeats = 5;
    bool json = false;
};

constexpr int kLargestSide = 16384;

std::optional<InputSize> parseSize(const std::string& text)
{
    InputSize size{};
    const char* end = text.data() + text.size();
    const auto height = std::from_chars(text.data(), end, size.height);
    if (height.ec != std::errc() || height.ptr == end || *height.ptr != 'x')
        return std::nullopt;
    const auto width = std::from_chars(height.ptr + 1, end, size.width);
    if (width.ec != std::errc() || width.ptr != end)
        return std::nullopt;
    const auto possible = [](int side) { return side >= 4 && side <= kLargestSide; };
    return possible(size.height) && possible(size.width) ? std::optional(size) : std::nullopt;
}

std::string sizeProblem(const std::string& text)
{
    return parseSize(text)
        ? std::string()
        : "expected HEIGHTxWIDTH, each 4 to " + std::to_string(kLargestSide) + ", e.g. 224x224, found '" + text + "'";
}

int bench(const BenchOptions& options)
{
    const auto session = options.run.open({});
    std::vector<InputSize> sizes;
    for (const std::string& text : options.sizes)
        sizes.push_back(*parseSize(text));
    if (sizes.empty())
        sizes.push_back({session->preprocessing().height, session->preprocessing().width});
    const ForwardBenchmark benchmark(session);
    if (!options.json)
        std::cout << benchmarkHeading(*session);
    std::vector<ForwardCost> costs;
    for (const InputSize size : sizes) {
        for (const int batch : options.batches) {
            costs.push_back(benchmark.run(size.height, size.width, batch, options.repeats, interruptToken()));
            if (!options.json)
                std::cout << benchmarkText(costs.back()) << std::flush;
        }
    }
    if (options.json)
        std::cout << benchmarkJson(*session, costs) << '\n';
    return kDone;
}

}  // namespace

void addBench(CLI::App& program, int* exitCode)
{
    auto options = std::make_shared<BenchOptions>();
    CLI::App* command = program.add_subcommand("bench", "Time a network's forward pass, part by part");
    options->run.addTo(*command);
    command->add_option("checkpoint", options->run.model, "The same as --model");
    command->add_option("--size", options->sizes, "Input sizes, HEIGHTxWIDTH; default: the model's own")
        ->check(CLI::Validator(sizeProblem, "HxW"));
    command->add_option("--batch", options->batches, "Images at a time")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    command->add_option("--repeat", options->repeats, "Timed passes of each size, after one to warm up")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str();
    command->add_flag("--json", options->json, "One JSON document");
    command->footer("Example:\n  mixerscope bench net.safetensors --size 224x224 448x448 --batch 1 8 --repeat 11");
    command->callback([options, exitCode] { *exitCode = bench(*options); });
}

}  // namespace mixer::app
