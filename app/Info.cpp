// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "engine/report/ModelReport.h"

#include <CLI/CLI.hpp>

#include <iostream>

namespace mixer::app {

void addInfo(CLI::App& program, int* exitCode)
{
    struct Options {
        std::string model;
        bool json = false;
        bool tensors = false;
    };
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_subcommand("info", "What a checkpoint holds");
    command->add_option("model", options->model, "Checkpoint (.safetensors), or vim2-demo or viqs-demo")->required();
    command->add_flag("--json", options->json, "One JSON document, tensors included");
    command->add_flag("--tensors", options->tensors, "List every tensor");
    command->footer("Example:\n  mixerscope info net.safetensors --tensors");
    command->callback([options, exitCode] {
        const Checkpoint checkpoint = Checkpoint::open(resolveModel(options->model));
        if (options->json)
            std::cout << modelJson(checkpoint) << '\n';
        else
            std::cout << modelText(checkpoint, options->tensors);
        *exitCode = kDone;
    });
}

}  // namespace mixer::app
