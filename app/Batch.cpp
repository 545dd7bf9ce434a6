// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "app/ProgressLine.h"
#include "engine/batch/BatchRun.h"
#include "engine/batch/PictureList.h"

#include <CLI/CLI.hpp>

#include <cmath>
#include <filesystem>
#include <iostream>

namespace mixer::app {
namespace {

constexpr std::size_t kFailuresListed = 20;

struct BatchCommand {
    RunOptions run;
    PictureOptions pictures;
    BatchOptions batch;
    std::string output, shard = "1/1";
    bool noGates = false;
    bool force = false;
};

std::string duration(double seconds)
{
    const auto whole = static_cast<long long>(std::lround(seconds));
    const auto text = [](long long number, const char* unit) { return std::to_string(number) + unit; };
    if (whole < 60)
        return text(whole, " s");
    if (whole < 3600)
        return text(whole / 60, " min ") + text(whole % 60, " s");
    return text(whole / 3600, " h ") + text(whole % 3600 / 60, " min");
}

std::string rate(double imagesPerSecond)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.*f images/s", imagesPerSecond < 10 ? 2 : 0, imagesPerSecond);
    return text;
}

std::string progressText(const BatchProgress& progress)
{
    std::string text = std::to_string(progress.done) + " of " + std::to_string(progress.total) + "  "
        + rate(progress.imagesPerSecond) + "  " + duration(progress.secondsLeft) + " left";
    if (progress.failed > 0)
        text += "  " + std::to_string(progress.failed) + " failed";
    return text;
}

void listFailures(const BatchJournal& journal, const std::string& output)
{
    const std::vector<std::string> failures = batchFailures(journal, kFailuresListed);
    for (const std::string& failure : failures)
        complain(failure);
    const std::int64_t rest = journal.failedCount() - static_cast<std::int64_t>(failures.size());
    if (rest > 0)
        complain("and " + std::to_string(rest) + " more: see the column error of " + output);
}

void checkOutput(const BatchCommand& command, const std::string& journal)
{
    requireBatchFormat(command.output);
    std::error_code unknown;
    if (!command.force && !BatchJournal::exists(journal) && std::filesystem::exists(command.output, unknown))
        throw Error(ErrorKind::Usage, command.output + " exists; --force replaces it");
}

std::vector<std::string> shardOf(const BatchCommand& command)
{
    const Shard shard = Shard::parse(command.shard);
    std::vector<std::string> all = listPictures(command.pictures.paths, std::cin, interruptToken());
    const auto [first, last] = shard.range(all.size());
    return {std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(first)),
            std::make_move_iterator(all.begin() + static_cast<std::ptrdiff_t>(last))};
}

int runBatchCommand(BatchCommand command)
{
    const std::string journalPath = command.output + ".journal";
    checkOutput(command, journalPath);
    const auto session = command.run.open(command.pictures);
    std::vector<std::string> pictures = shardOf(command);
    command.batch.threads = session->runtime().threads;
    command.batch.gates = !command.noGates;
    command.batch.precision = command.run.precision;
    command.batch.program = "MixerScope " MIXERSCOPE_VERSION;
    const BatchRun run(session, std::move(pictures), command.batch, interruptToken());
    const auto journal = BatchJournal::open(journalPath, run.description(), command.force);

    ProgressLine line;
    if (journal->rowCount() > 0)
        line.say("Going on after " + std::to_string(journal->rowCount()) + " of " + std::to_string(run.pictureCount())
                 + " pictures");
    BatchProgress last;
    const auto show = [&](const BatchProgress& progress) {
        last = progress;
        line.show(progressText(progress));
        noticeRuntime(*session);
    };
    bool isWhole = true;
    try {
        run.run(*journal, show, interruptToken());
    } catch (const Cancelled&) {
        isWhole = false;
    }
    line.clear();
    writeBatchResult(command.output, run.table(), *journal);
    listFailures(*journal, command.output);
    std::string summary = command.output + ": " + std::to_string(journal->rowCount())
        + (isWhole ? "" : " of " + std::to_string(run.pictureCount())) + " pictures, "
        + std::to_string(journal->failedCount()) + " failed";
    if (last.imagesPerSecond > 0)
        summary += ", " + rate(last.imagesPerSecond);
    line.say(isWhole ? summary : summary + "; interrupted, the same command goes on");
    if (isWhole)
        journal->remove();
    return isWhole && journal->failedCount() == 0 ? kDone : kFailed;
}

}  // namespace

void addBatch(CLI::App& program, int* exitCode)
{
    auto options = std::make_shared<BatchCommand>();
    CLI::App* command = program.add_subcommand(
        "batch", "A table of what the model says and does about each of many pictures: predictions, routers, gates");
    options->pictures.addTo(*command, "Folders, pictures, or text files of their names; - reads names from stdin");
    options->run.addTo(*command);
    options->run.addPictureOptionsTo(*command);
    command->add_option("-o,--output", options->output, "Table to write: .csv or .parquet")->required();
    command->add_option("--shard", options->shard, "Only part I of N of the pictures: I/N, from 1/N to N/N")
        ->capture_default_str();
    command->add_option("--top", options->batch.topCount, "Classes to tell for each picture")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_option("--batch", options->batch.batch, "Pictures at a time; 0: by their size")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str();
    command->add_flag("--no-gates", options->noGates, "Leave out the gates: a little faster");
    command->add_flag("--force", options->force, "Replace the table and forget what an interrupted batch left");
    command->footer("Interrupted, by kill -9 too, it goes on when the same command is given again.\n"
                    "Example:\n  mixerscope batch photos/ --model net.safetensors -o photos.csv");
    command->callback([options, exitCode] { *exitCode = runBatchCommand(*options); });
}

}  // namespace mixer::app
