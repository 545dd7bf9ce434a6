// SPDX-License-Identifier: GPL-3.0-or-later
// Stands in for Inspect.cpp and Export.cpp in a build without Qt.
#include "app/Commands.h"
#include "app/CommonOptions.h"

#include <CLI/CLI.hpp>

namespace mixer::app {
namespace {

void refuse(int* exitCode)
{
    complain("this build has no window and no figures (MIXERSCOPE_UI=OFF); it has predict and info");
    *exitCode = kWrongUsage;
}

}  // namespace

void addInspect(CLI::App& program, int* exitCode)
{
    program.add_subcommand("inspect", "Open the window (not in this build)")->allow_extras()->callback([exitCode] {
        refuse(exitCode);
    });
    program.allow_extras();
    program.callback([&program, exitCode] {
        if (program.get_subcommands().empty())
            refuse(exitCode);
    });
}

void addExport(CLI::App& program, int* exitCode)
{
    program.add_subcommand("export", "Figures into files (not in this build)")->allow_extras()->callback([exitCode] {
        refuse(exitCode);
    });
}

}  // namespace mixer::app
