// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "engine/image/SamplePicture.h"

#include <CLI/CLI.hpp>

namespace mixer::app {

void addSample(CLI::App& program, int* exitCode)
{
    auto output = std::make_shared<std::string>();
    CLI::App* command = program.add_subcommand("sample", "Draw a picture to try the program with");
    command->add_option("-o,--output", *output, "PNG file; replaced when it exists")->required();
    command->footer("Example:\n  mixerscope sample -o picture.png");
    command->callback([output, exitCode] {
        writeSamplePicture(*output);
        *exitCode = kDone;
    });
}

}  // namespace mixer::app
