// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checkpoint/Convert.h"
#include "app/Commands.h"
#include "app/CommonOptions.h"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <map>

namespace mixer::app {
namespace {

struct ConvertCommand {
    std::string input;
    std::string output;
    std::string type = "keep";
    ConvertOptions options;
};

const std::map<std::string, std::optional<DataType>>& types()
{
    static const std::map<std::string, std::optional<DataType>> all = {{"keep", std::nullopt},
                                                                       {"float32", DataType::Float32},
                                                                       {"fp16", DataType::Float16},
                                                                       {"bf16", DataType::BFloat16}};
    return all;
}

/// A line on the terminal that counts up; nothing where stderr goes into a file.
ProgressCallback progressLine()
{
    if (::isatty(STDERR_FILENO) == 0)
        return {};
    return [shown = -1](const std::string&, double fraction) mutable {
        const int percent = static_cast<int>(100 * fraction);
        if (percent != shown)
            std::cerr << "\r" << percent << " %" << std::flush;
        shown = percent;
    };
}

int convert(ConvertCommand command)
{
    command.options.floats = types().at(command.type);
    command.options.progress = progressLine();
    command.options.cancel = interruptToken();
    const Remarks remarks = convertCheckpoint(resolveModel(command.input), command.output, command.options);
    if (command.options.progress)
        std::cerr << "\r      \r";
    for (const Remark& remark : remarks)
        std::cerr << remarkKindName(remark.kind) << ": " << remark.text << '\n';
    std::cout << command.output << '\n';
    return kDone;
}

}  // namespace

void addConvert(CLI::App& program, int* exitCode)
{
    auto options = std::make_shared<ConvertCommand>();
    CLI::App* command = program.add_subcommand("convert", "Write a checkpoint as another kind of file");
    command->add_option("input", options->input, "Checkpoint of any kind")->required();
    command->add_option("output", options->output, "Name that ends in .safetensors, .pth or .pt")->required();
    command->add_option("--dtype", options->type, "Of floating-point tensors: keep, float32, fp16, bf16")
        ->check(CLI::IsMember({"keep", "float32", "fp16", "bf16"}))
        ->capture_default_str();
    command->add_option("--labels", options->options.labels, "Names of the classes to embed (.txt, .json, .csv)");
    command->add_flag("--strip-prefix", options->options.stripPrefix,
                      "Leave out what stands before all names: module., _orig_mod., model. and their like");
    command->add_flag("--force", options->options.overwrite, "Replace an existing file");
    command->footer("Example:\n  mixerscope convert net.pth net.safetensors --dtype bf16");
    command->callback([options, exitCode] { *exitCode = convert(*options); });
}

}  // namespace mixer::app
