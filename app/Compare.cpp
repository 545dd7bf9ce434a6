// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "engine/core/Error.h"
#include "engine/image/LoadPicture.h"
#include "engine/report/ComparisonReport.h"
#include "engine/session/PatchRuns.h"

#include <CLI/CLI.hpp>

#include <array>
#include <iostream>
#include <optional>

namespace mixer::app {
namespace {

using Pair = std::array<std::string, 2>;

struct CompareOptions {
    RunOptions run;
    std::vector<std::string> files;
    std::string precision = "float32";
    std::string device = "auto";
    std::string edit;
    std::optional<double> tolerance;
    int top = 5;
    bool json = false;
};

/// "float32,bfloat16" or one word for both.
Pair pairOf(const std::string& text, const char* option)
{
    const std::size_t comma = text.find(',');
    const Pair pair = {text.substr(0, comma), comma == std::string::npos ? text : text.substr(comma + 1)};
    if (pair[0].empty() || pair[1].empty() || pair[1].find(',') != std::string::npos)
        throw Error(ErrorKind::Usage,
                    std::string(option) + ": expected one word, or two with a comma between, found '" + text + "'");
    return pair;
}

std::string precisionProblem(const std::string& text)
{
    for (const std::string& word : pairOf(text, "--precision"))
        if (word != "float32" && word != "float64" && word != "bfloat16" && word != "float16")
            return "expected float32, float64, bfloat16 or float16, or two of them with a comma between, found '" + text
                + "'";
    return {};
}

/// What is compared: at most two models and two images; the same twice where one was named.
struct Sides {
    Pair models, images, precisions, devices;
};

void sort(const std::vector<std::string>& files, std::vector<std::string>& models, std::vector<std::string>& images)
{
    for (const std::string& file : files)
        (namesModel(file) ? models : images).push_back(file);
}

Pair twice(const std::vector<std::string>& names, const char* what)
{
    if (names.empty() || names.size() > 2)
        throw Error(ErrorKind::Usage,
                    std::string("compare takes one or two ") + what + ", found " + std::to_string(names.size()));
    return {names.front(), names.back()};
}

Sides sidesOf(const CompareOptions& options)
{
    std::vector<std::string> models, images;
    sort(options.files, models, images);
    if (models.empty())
        models.push_back(options.run.model.empty() ? kDefaultModel : options.run.model);
    Sides sides = {twice(models, "checkpoints"), twice(images, "images"), pairOf(options.precision, "--precision"),
                   pairOf(options.device, "--device")};
    const bool differ = models.size() > 1 || images.size() > 1 || sides.precisions[0] != sides.precisions[1]
        || sides.devices[0] != sides.devices[1] || !options.edit.empty();
    if (!differ)
        throw Error(
            ErrorKind::Usage,
            "nothing to compare: name two checkpoints or two images, two of --precision or --device with a comma "
            "between, or --edit");
    return sides;
}

ComparedRun runSide(const CompareOptions& options, const Sides& sides, std::size_t side, const ComparedRun* other)
{
    RunOptions run = options.run;
    run.model = sides.models[side];
    run.precision = sides.precisions[side];
    run.device = sides.devices[side];
    ComparedRun made;
    made.precision = run.session().precision;
    made.image = sides.images[side];
    const bool isShared = other && sides.models[0] == sides.models[1] && sides.precisions[0] == sides.precisions[1]
        && sides.devices[0] == sides.devices[1];
    made.session = isShared ? other->session : run.open({});
    if (isShared && sides.images[0] == sides.images[1])
        made.trace = other->trace;
    else
        made.trace
            = made.session->run(loadPicture(made.image, made.session->preprocessing()).prepared, {}, interruptToken());
    noticeRuntime(*made.session);
    return made;
}

int compare(const CompareOptions& options)
{
    const Sides sides = sidesOf(options);
    const ComparedRun a = runSide(options, sides, 0, nullptr);
    ComparedRun b = runSide(options, sides, 1, &a);
    if (!options.edit.empty()) {
        const Interventions edits = Interventions::load(options.edit);
        const PatchSources sources = runPatchImages(*b.session, edits, interruptToken());
        b.trace = b.session->edit(b.trace, edits, sources, {}, interruptToken());
    }
    const bool isSameWork
        = sides.models[0] == sides.models[1] && sides.images[0] == sides.images[1] && options.edit.empty();
    const double tolerance
        = options.tolerance.value_or(isSameWork ? roundingTolerance(a.arithmetic(), b.arithmetic()) : 0);
    const TraceComparison comparison = compareTraces(*a.trace, *b.trace, tolerance, {}, interruptToken());
    if (options.json)
        std::cout << comparisonJson(a, b, comparison, options.top) << '\n';
    else
        std::cout << comparisonText(a, b, comparison, options.top);
    return kDone;
}

}  // namespace

void addCompare(CLI::App& program, int* exitCode)
{
    auto options = std::make_shared<CompareOptions>();
    CLI::App* command = program.add_subcommand("compare", "Two runs, mixer by mixer: the first layer where they part");
    command
        ->add_option("files", options->files,
                     "One or two checkpoints and one or two pictures; a checkpoint that is not named is vim2-demo")
        ->required();
    command->add_option("--precision", options->precision, "Of the arithmetic, or of both sides: float32,bfloat16")
        ->check(CLI::Validator(precisionProblem, "WORD[,WORD]"))
        ->capture_default_str();
    command->add_option("--device", options->device, "auto, cpu or cuda, or those of both sides: cpu,cuda")
        ->capture_default_str();
    command->add_option("--threads", options->run.threads, "Threads; 0: one for each core")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    options->run.addPictureOptionsTo(*command);
    command->add_option("--edit", options->edit, "B does what this file of edits (JSON) says");
    command
        ->add_option("--tolerance", options->tolerance,
                     "Relative difference up to which outputs count as the same; default: what rounding makes, 0 for "
                     "other models, images and edits")
        ->check(CLI::NonNegativeNumber);
    command->add_option("--top", options->top, "Classes to list")->check(CLI::Range(1, 1000000))->capture_default_str();
    command->add_flag("--json", options->json, "One JSON document");
    command->footer("Examples:\n  mixerscope compare old.safetensors new.safetensors cat.jpg\n"
                    "  mixerscope compare net.safetensors cat.jpg --precision float32,float64\n"
                    "  mixerscope compare net.safetensors cat.jpg dog.jpg --json");
    command->callback([options, exitCode] { *exitCode = compare(*options); });
}

}  // namespace mixer::app
