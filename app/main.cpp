// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "engine/core/Error.h"

#include <CLI/CLI.hpp>

#include <iostream>
#include <string>

namespace mixer::app {
namespace {

char* s_programName = nullptr;

/// CLI11 looks for what is missing before it looks at what it does not know; a mistyped option is both.
std::string unknownOption(const CLI::App& program)
{
    for (const std::string& argument : program.remaining(/*recurse=*/true))
        if (argument.size() > 1 && argument.front() == '-')
            return argument;
    return {};
}

int run(int argumentCount, char** arguments)
{
    CLI::App program(
        "MixerScope looks inside vision state-space models: which scans the router chose, what each channel "
        "let in, what the state held, and what was predicted.");
    program.name("mixerscope");
    program.set_version_flag("--version", "mixerscope " MIXERSCOPE_VERSION);
    program.set_help_all_flag("--help-all", "The help of all commands");
    program.require_subcommand(0, 1);
    program.footer("Examples:\n"
                   "  mixerscope                                   the demonstration model in the window\n"
                   "  mixerscope net.safetensors photo.jpg         a checkpoint and a photo in the window\n"
                   "  mixerscope predict *.jpg --json > out.json   predictions\n"
                   "  mixerscope COMMAND --help                    everything else\n"
                   "Exit codes: 0 done, 1 failed, 2 wrong usage.");
    int exitCode = kDone;
    addInspect(program, &exitCode);
    addPredict(program, &exitCode);
    addBatch(program, &exitCode);
    addCompare(program, &exitCode);
    addExport(program, &exitCode);
    addInfo(program, &exitCode);
    addBench(program, &exitCode);
    addConvert(program, &exitCode);
    addTrain(program, &exitCode);
    addEval(program, &exitCode);
#ifdef MIXERSCOPE_HAS_IMAGES
    addSample(program, &exitCode);
#endif
    try {
        program.parse(argumentCount, arguments);
    } catch (const CLI::RequiredError& error) {
        const std::string unknown = unknownOption(program);
        if (unknown.empty())
            return program.exit(error) == 0 ? kDone : kWrongUsage;
        complain("unknown option '" + unknown
                 + "'; --help lists those there are, and a file of that name goes behind --");
        return kWrongUsage;
    } catch (const CLI::ParseError& request) {  // --help and --version come this way too
        return program.exit(request) == 0 ? kDone : kWrongUsage;
    } catch (const Error& error) {
        complain(error.what());
        return error.kind() == ErrorKind::Usage ? kWrongUsage : kFailed;
    } catch (const Cancelled&) {
        complain("cancelled");
        return kFailed;
    } catch (const std::exception& error) {
        complain(error.what());
        return kFailed;
    }
    if (!std::cout.flush()) {
        complain("the results could not be written to stdout");
        return kFailed;
    }
    return exitCode;
}

}  // namespace

void setProgramName(char* name)
{
    s_programName = name;
}

char* programName()
{
    return s_programName;
}

}  // namespace mixer::app

int main(int argc, char** argv)
{
    mixer::app::watchInterrupts();
    mixer::app::setProgramName(argv[0]);
    return mixer::app::run(argc, argv);
}
