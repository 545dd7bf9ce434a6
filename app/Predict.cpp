// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "engine/image/LoadPicture.h"
#include "engine/report/PredictionWriter.h"
#include "engine/session/PatchRuns.h"

#include <CLI/CLI.hpp>

#include <iostream>

namespace mixer::app {
namespace {

struct PredictOptions {
    RunOptions run;
    PictureOptions pictures;
    PredictionFormat format;
    std::string edit;  ///< file of Interventions; empty: none
    bool json = false;
    bool csv = false;
};

/// All pictures but those that fail; true when none did.
bool predictAll(const PredictOptions& options, const InferenceSession& session, const Interventions& edits,
                const PatchSources& sources, PredictionWriter& writer)
{
    bool allDone = true;
    for (const std::string& path : options.pictures.expanded()) {
        interruptToken().check();
        try {
            const LoadedPicture picture = loadPicture(path, session.preprocessing());
            auto trace = session.run(picture.prepared, {}, interruptToken());
            noticeRuntime(session);
            if (!options.edit.empty())
                trace = session.edit(trace, edits, sources, {}, interruptToken());
            writer.add(path, picture.width, picture.height, *trace);
        } catch (const Error& error) {
            allDone = false;
            writer.addFailure(path, error.what());
            if (options.json || options.csv)
                complain(error.what());
        }
    }
    return allDone;
}

int predict(PredictOptions options)
{
    options.format.kind = options.json ? PredictionFormat::Kind::Json
        : options.csv                  ? PredictionFormat::Kind::Csv
                                       : PredictionFormat::Kind::Text;
    const auto session = options.run.open(options.pictures);
    const Interventions edits = options.edit.empty() ? Interventions() : Interventions::load(options.edit);
    const PatchSources sources = runPatchImages(*session, edits, interruptToken());
    const auto writer = PredictionWriter::make(std::cout, *session, options.format);
    writer->begin();
    try {
        const bool allDone = predictAll(options, *session, edits, sources, *writer);
        writer->finish();
        return allDone ? kDone : kFailed;
    } catch (const Cancelled&) {
        writer->finish();  // what was predicted so far is valid
        throw;
    }
}

}  // namespace

void addPredict(CLI::App& program, int* exitCode)
{
    auto options = std::make_shared<PredictOptions>();
    CLI::App* command = program.add_subcommand("predict", "Classify pictures");
    options->pictures.addTo(*command);
    options->run.addTo(*command);
    options->run.addPictureOptionsTo(*command);
    CLI::Option* json = command->add_flag("--json", options->json, "One JSON document");
    command->add_flag("--csv", options->csv, "A table, one line for each predicted class")->excludes(json);
    command->add_option("--edit", options->edit, "Do what this file of edits (JSON) says, and tell the change");
    command->add_option("--top", options->format.topCount, "Classes to list for each picture")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command->add_flag("--logits", options->format.logits, "All logits of each picture")->needs(json);
    command->add_flag("--routing", options->format.routing, "What each router weighed and chose")->needs(json);
    command->footer("Example:\n  mixerscope predict cat.jpg dog.jpg --model net.safetensors --json --routing");
    command->callback([options, exitCode] { *exitCode = predict(*options); });
}

}  // namespace mixer::app
