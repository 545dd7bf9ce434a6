// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace CLI {
class App;
}

namespace mixer::app {

/// What the program returns to the shell.
enum ExitCode : int {
    kDone = 0,
    kFailed = 1,
    kWrongUsage = 2,
};

/// Each adds its command to the program; the command runs while the command line is parsed, writes results to stdout
/// and everything else to stderr, and leaves its exit code in `exitCode`. May throw Error and Cancelled.
void addInspect(CLI::App& program, int* exitCode);
void addPredict(CLI::App& program, int* exitCode);
void addBatch(CLI::App& program, int* exitCode);
void addCompare(CLI::App& program, int* exitCode);
void addInfo(CLI::App& program, int* exitCode);
void addBench(CLI::App& program, int* exitCode);
void addConvert(CLI::App& program, int* exitCode);
void addExport(CLI::App& program, int* exitCode);
void addTrain(CLI::App& program, int* exitCode);
void addEval(CLI::App& program, int* exitCode);
void addSample(CLI::App& program, int* exitCode);

/// Argument 0 of the program, which Qt wants to see.
void setProgramName(char* name);
char* programName();

}  // namespace mixer::app
