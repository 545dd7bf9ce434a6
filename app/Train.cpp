// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "app/CurveFigure.h"
#include "app/ProgressLine.h"
#include "engine/training/Presets.h"
#include "engine/training/Trainer.h"

#include <CLI/CLI.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

namespace mixer::app {
namespace {

struct TrainCommand {
    TrainOptions options;
    std::string arch = "vim2";
    std::string preset = "micro";
    std::string config;
    bool resume = false;
    bool force = false;
};

std::string duration(double seconds)
{
    const long long all = std::llround(seconds);
    char text[40];
    if (all >= 3600)
        std::snprintf(text, sizeof text, "%lld:%02lld h", all / 3600, all / 60 % 60);
    else
        std::snprintf(text, sizeof text, "%lld:%02lld min", all / 60, all % 60);
    return text;
}

std::string percent(double share)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
    return text;
}

std::string epochText(const CurvePoint& point)
{
    char text[120];
    std::snprintf(text, sizeof text, "epoch %d  loss %.4f", point.epoch, point.trainLoss);
    std::string line = text;
    if (!std::isnan(point.top1))
        line += "  top-1 " + percent(point.top1);
    if (!std::isnan(point.top5) && point.top5 < 1)
        line += "  top-5 " + percent(point.top5);
    std::snprintf(text, sizeof text, "  %.1f images/s", point.imagesPerSecond);
    return line + text;
}

TrainObserver observe(ProgressLine& line, const CurveFigure& figure, const TrainOptions& options)
{
    TrainObserver observer;
    observer.preparing = [&line](const std::string& stage, double fraction) { line.show(stage, fraction); };
    observer.note = [&line](const std::string& text) { line.say(text); };
    observer.step = [&line](const TrainProgress& p) {
        char text[200];
        std::snprintf(text, sizeof text, "epoch %d of %d, step %lld of %lld, loss %.3f, %.1f images/s, %s left",
                      p.epoch, p.epochs, static_cast<long long>(p.step), static_cast<long long>(p.steps), p.loss,
                      p.imagesPerSecond, duration(p.secondsLeft).c_str());
        line.show(text);
    };
    observer.epoch = [&line, &figure, &options](const CurvePoint& point, const std::vector<CurvePoint>& curve) {
        line.say(epochText(point));
        figure.write(curve, options.figurePath());
    };
    return observer;
}

void report(const TrainResult& result, const TrainOptions& options)
{
    std::cout << "file           " << options.output << '\n'
              << "parameters     " << result.parameters << '\n'
              << "trained on     " << result.trainPictures << " pictures, " << result.steps << " steps, "
              << duration(result.seconds) << '\n';
    if (result.validation) {
        std::cout << "measured on    " << result.validation->pictures << " pictures\n"
                  << "top-1          " << percent(result.validation->top1) << '\n';
        if (result.validation->classes.size() > 5)
            std::cout << "top-5          " << percent(result.validation->top5) << '\n';
    }
    std::cout << "curve          " << options.curvePath() << '\n';
    if (std::filesystem::exists(options.figurePath()))
        std::cout << "figure         " << options.figurePath() << '\n';
}

ModelConfig configOf(const TrainCommand& command)
{
    if (command.config.empty())
        return presetConfig(command.arch == "viqs" ? Family::Viqs : Family::Vim2, command.preset);
    std::ifstream file(command.config);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file)
        throw Error(ErrorKind::File, command.config + ": cannot be read");
    Remarks remarks;
    const ModelConfig config = ModelConfig::fromJson(text, command.config, &remarks);
    for (const Remark& remark : remarks)
        complain(remark.text);
    return config;
}

/// Fails now rather than after hours.
void requireWritable(const TrainCommand& command)
{
    namespace fs = std::filesystem;
    const TrainOptions& options = command.options;
    std::error_code failure;
    const fs::path folder = fs::absolute(options.output).parent_path();
    if (!fs::is_directory(folder, failure))
        throw Error(ErrorKind::File, folder.string() + ": there is no such folder to write " + options.output + " to");
    if (command.force || command.resume)
        return;
    if (fs::exists(options.output, failure))
        throw Error(ErrorKind::Usage, options.output + " exists; --force replaces it");
    if (fs::exists(options.statePath(), failure))
        throw Error(ErrorKind::Usage,
                    options.statePath()
                        + " is there: a run that is not finished. --resume goes on with it, --force "
                          "begins anew");
}

/// What decides the result comes from the saved run alone; saying otherwise would be ignored without a word.
void requireResumable(const CLI::App& app)
{
    static const std::set<std::string> allowed
        = {"--help",   "--resume",         "--output",       "--data",    "--val",
           "--memory", "--loader-threads", "--save-minutes", "--threads", "--device"};
    for (const CLI::Option* option : app.get_options())
        if (option->count() > 0 && allowed.count(option->get_name()) == 0)
            throw Error(ErrorKind::Usage,
                        "--resume goes on with the options that the run began with; leave out " + option->get_name());
}

int trainCommand(TrainCommand command, const CLI::App& app)
{
    TrainOptions& options = command.options;
    if (options.output.empty())
        throw Error(ErrorKind::Usage, "training needs a file to write: -o OUT.safetensors");
    requireWritable(command);
    ProgressLine line;
    const CurveFigure figure;
    const TrainObserver observer = observe(line, figure, options);
    try {
        if (command.resume) {
            requireResumable(app);
            const auto given = [&](const char* name) { return app.get_option(name)->count() > 0; };
            const auto change = [&](TrainOptions& saved) {
                if (given("--data"))
                    saved.data = options.data;
                if (given("--val"))
                    saved.validation = options.validation;
                if (given("--device"))
                    saved.device = options.device;
                if (given("--threads"))
                    saved.threads = options.threads;
                if (given("--loader-threads"))
                    saved.loaderThreads = options.loaderThreads;
                if (given("--memory"))
                    saved.memoryMegabytes = options.memoryMegabytes;
                if (given("--save-minutes"))
                    saved.saveMinutes = options.saveMinutes;
            };
            report(resumeTraining(options.output, change, observer, interruptToken()), options);
        } else {
            options.config = configOf(command);
            report(train(options, observer, interruptToken()), options);
        }
    } catch (const Cancelled&) {
        line.clear();
        std::cerr << "Stopped and saved. To go on: mixerscope train --resume -o " << options.output << '\n';
        throw;
    }
    return kDone;
}

void addDataOptions(CLI::App& command, TrainCommand& train)
{
    TrainOptions& o = train.options;
    command.add_option("--data", o.data,
                       "Training pictures: a folder for each class, or a tar archive (.tar.gz …) of them");
    command.add_option("--val", o.validation, "The same, for the reported accuracy");
    command
        .add_option("--hold-out", o.holdOut,
                    "Without --val: every N-th picture of a class is kept back for the accuracy; 0: none")
        ->capture_default_str();
    command.add_option("-o,--output", o.output, "Checkpoint to write (.safetensors); state and curve lie beside it")
        ->required();
    command.add_flag("--force", train.force, "Replace an existing checkpoint, or an unfinished run");
    command.add_flag("--resume", train.resume,
                     "Go on with the unfinished run of -o, exactly as if it had never stopped");
}

void addModelOptions(CLI::App& command, TrainCommand& train)
{
    TrainOptions& o = train.options;
    command.add_option("--arch", train.arch, "Family")->check(CLI::IsMember({"vim2", "viqs"}))->capture_default_str();
    CLI::Option* preset = command.add_option("--preset", train.preset, "Size of the network")
                              ->check(CLI::IsMember(presetNames()))
                              ->capture_default_str();
    CLI::Option* config = command.add_option("--config", train.config, "Configuration of the network (JSON)");
    CLI::Option* init
        = command.add_option("--init", o.init,
                             "Fine-tune this checkpoint (a path, vim2-demo or viqs-demo); a head for other "
                             "classes is a new one");
    config->excludes(preset)->excludes(init);
    init->excludes(preset);
    command.add_option("--size", o.size, "Side of the square input, pixels; default: the network's");
    command.add_flag("--head-only", o.headOnly, "Train nothing but the head");
    command.add_option("--body-rate", o.bodyRate, "Learning rate of all but the head, times this")
        ->capture_default_str();
    command.add_flag("--half", o.half, "float16 weights in the file");
}

void addRecipeOptions(CLI::App& command, TrainOptions& o)
{
    command.add_option("--epochs", o.epochs, "Passes over the pictures")->capture_default_str();
    command.add_option("--batch", o.batch, "Pictures in a step")->capture_default_str();
    command.add_option("--rate", o.rate, "Peak learning rate")->capture_default_str();
    command.add_option("--last-rate", o.lastRate, "Learning rate at the end, share of the peak")->capture_default_str();
    command.add_option("--warmup", o.warmup, "Share of the run over which the rate rises")->capture_default_str();
    command.add_option("--weight-decay", o.weightDecay, "Of matrices; norms, biases, dynamics and routers have none")
        ->capture_default_str();
    command.add_option("--clip", o.clip, "Largest norm of the gradient; 0: any")->capture_default_str();
    command.add_option("--smoothing", o.smoothing, "Of labels")->capture_default_str();
    command.add_option("--drop-path", o.dropPath, "Stochastic depth at the last mixer")->capture_default_str();
    command.add_option("--average", o.average, "Share that averaged weights keep at a step; 0: no averaging")
        ->capture_default_str();
    command.add_option("--balance", o.balance, "Weight of the routers' load-balancing loss")->capture_default_str();
    command.add_option("--router-noise", o.routerNoise, "On the routers' input")->capture_default_str();
    command.add_option("--strength", o.strength, "Of the augmentation; 0: plain pictures")->capture_default_str();
    command.add_option("--seed", o.seed, "Of all random numbers")->capture_default_str();
}

void addMachineOptions(CLI::App& command, TrainOptions& o)
{
    command.add_option("--device", o.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    command.add_option("--precision", o.precision, "float32; bfloat16: mixed precision, on a GPU only")
        ->check(CLI::IsMember({"float32", "bfloat16"}))
        ->capture_default_str();
    command.add_option("--threads", o.threads, "Threads; 0: one for each core")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command.add_option("--loader-threads", o.loaderThreads, "Threads that prepare pictures; 0: chosen")
        ->check(CLI::Range(0, 256))
        ->capture_default_str();
    command.add_option("--memory", o.memoryMegabytes, "MiB of pictures to keep in memory")->capture_default_str();
    command.add_option("--save-minutes", o.saveMinutes, "Minutes between saved states within an epoch")
        ->capture_default_str();
}

}  // namespace

void addTrain(CLI::App& program, int* exitCode)
{
    auto train = std::make_shared<TrainCommand>();
    CLI::App* command = program.add_subcommand("train", "Train or fine-tune a classifier");
    addDataOptions(*command, *train);
    addModelOptions(*command, *train);
    addRecipeOptions(*command, train->options);
    addMachineOptions(*command, train->options);
    command->footer(
        "Examples:\n"
        "  mixerscope train --data photos/ --init vim2-demo --epochs 20 --batch 20 -o mine.safetensors\n"
        "  mixerscope train --data train.tar.gz --val val.tar.gz --arch viqs --preset nano -o net.safetensors\n"
        "  mixerscope train --resume -o net.safetensors");
    command->callback([train, command, exitCode] {
        train->options.init = train->options.init.empty() ? "" : resolveModel(train->options.init);
        *exitCode = trainCommand(*train, *command);
    });
}

}  // namespace mixer::app
