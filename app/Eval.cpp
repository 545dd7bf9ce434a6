// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "app/ProgressLine.h"
#include "engine/report/EvaluationWriter.h"
#include "engine/session/Runtime.h"

#include <CLI/CLI.hpp>

#include <fstream>
#include <iostream>

namespace mixer::app {
namespace {

struct EvalCommand {
    RunOptions run;
    std::string data;
    int batch = 64;
    int size = 0;
    std::int64_t memoryMegabytes = 4096;
    bool json = false;
    std::string confusion, routers;
};

void writeText(const std::string& path, const std::string& text)
{
    if (path.empty())
        return;
    std::ofstream file(path, std::ios::binary);
    if (!(file << text) || !file.flush())
        throw Error(ErrorKind::File,
                    path + ": cannot be written; check the folder, its permissions and the space left");
}

int evaluateCommand(const EvalCommand& command)
{
    const auto session = command.run.open({});
    const int threads = resolveThreads(command.run.threads);
    ProgressLine line;
    const auto progress = [&](const std::string& stage, double fraction) { line.show(stage, fraction); };
    const auto warn = [&](const std::string& text) { line.say("left out: " + text); };

    DataSetOptions dataOptions;
    dataOptions.memoryBytes = command.memoryMegabytes << 20;
    dataOptions.threads = threads;
    const auto data = DataSet::open(command.data, dataOptions, progress, interruptToken());
    for (const std::string& skipped : data->skipped())
        warn(skipped);

    const ModelConfig& config = session->config();
    EvaluationOptions options;
    options.preprocess = session->preprocessing();
    if (command.size > 0)
        options.preprocess.height = options.preprocess.width = command.size;
    for (int c = 0; c < config.numClasses; ++c)
        options.classes.push_back(config.label(c));
    options.classOf = matchClasses(*data, config.labels, config.numClasses);
    options.batch = command.batch;
    options.threads = threads;
    const auto run = [&](const Array& images) { return session->runBatch(images, interruptToken()); };
    const Evaluation evaluation = evaluate(*data, run, options, progress, interruptToken(), warn);
    line.clear();

    writeText(command.confusion, confusionCsv(evaluation));
    writeText(command.routers, routersCsv(evaluation));
    if (command.json)
        std::cout << evaluationJson(evaluation, session->checkpoint().path(), command.data) << '\n';
    else
        std::cout << evaluationText(evaluation);
    return kDone;
}

}  // namespace

void addEval(CLI::App& program, int* exitCode)
{
    auto options = std::make_shared<EvalCommand>();
    CLI::App* command = program.add_subcommand(
        "eval", "Measure a classifier on labelled pictures: accuracy, confusion, calibration, routers by class");
    options->run.addTo(*command);
    command->add_option("--data", options->data, "A folder for each class, or a tar archive (.tar.gz …) of them")
        ->required();
    command->add_flag("--json", options->json, "One JSON document with everything");
    command->add_option("--confusion", options->confusion, "CSV file: pictures by true and predicted class");
    command->add_option("--routers", options->routers, "CSV file: which scans each router gave to each class");
    command->add_option("--batch", options->batch, "Pictures at a time")
        ->check(CLI::Range(1, 65536))
        ->capture_default_str();
    command->add_option("--size", options->size, "Side of the square input, pixels; default: the network's")
        ->check(CLI::Range(4, 4096));
    command->add_option("--memory", options->memoryMegabytes, "MiB of pictures to keep in memory")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->footer("Example:\n  mixerscope eval --model vim2-demo --data val.tar.gz --confusion confusion.csv");
    command->callback([options, exitCode] { *exitCode = evaluateCommand(*options); });
}

}  // namespace mixer::app
