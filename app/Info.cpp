// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "engine/report/ModelReport.h"

#include <CLI/CLI.hpp>

#include <iostream>

namespace mixer::app {

namespace {

// What opening the file in Python would import, without looking at what network it holds.
std::string securityText(const TensorFile& file)
{
    std::string text = file.path() + ": " + containerName(file.container()) + "\n";
    if (file.pickleGlobals().empty())
        return text + "No pickle in it refers to any name; opening it in Python runs no code of its own.\n";
    std::size_t foreign = 0;
    for (const PickleGlobal& global : file.pickleGlobals()) {
        foreign += global.harmless ? 0 : 1;
        text += (global.harmless ? "  data       " : "  RUNS CODE  ") + global.name + ", called "
            + std::to_string(global.calls) + " times\n";
    }
    return text
        + (foreign == 0 ? "All of these only make data.\n"
                        : std::to_string(foreign)
                   + " of these would have been imported and run by Python's unpickler. Here none was.\n");
}

/// Builds the network, to see that it can be built and what becomes of every tensor.
int describe(const Checkpoint& checkpoint, bool asJson, bool withTensors)
{
    const auto print = [&](const LoadReceipt& receipt) {
        if (asJson)
            std::cout << modelJson(checkpoint, receipt) << '\n';
        else
            std::cout << modelText(checkpoint, receipt, withTensors);
    };
    try {
        print(InferenceSession::open(checkpoint.path(), {}, {}, interruptToken())->receipt());
        return kDone;
    } catch (const LoadError& error) {
        print(error.receipt());
        complain(error.what());
        return kFailed;
    }
}

}  // namespace

void addInfo(CLI::App& program, int* exitCode)
{
    struct Options {
        std::string model;
        bool json = false;
        bool tensors = false;
        bool security = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("info", "What a checkpoint holds");
    command->add_option("model", options->model, "Checkpoint (.safetensors, .pth), or vim2-demo or viqs-demo")
        ->required();
    command->add_flag("--json", options->json, "One JSON document, tensors included");
    command->add_flag("--tensors", options->tensors, "List every tensor");
    command->add_flag("--security", options->security,
                      "Only the names that a pickle in the file refers to, and which run code");
    command->footer("Example:\n  mixerscope info net.safetensors --tensors");
    command->callback([options, exitCode] {
        const std::string path = resolveModel(options->model);
        if (options->security) {
            std::cout << securityText(*TensorFile::open(path));
            *exitCode = kDone;
            return;
        }
        *exitCode = describe(Checkpoint::open(path), options->json, options->tensors);
    });
}

}  // namespace mixer::app
