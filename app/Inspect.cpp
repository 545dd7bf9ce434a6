// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "engine/core/Error.h"
#include "ui/Application.h"
#include "ui/Language.h"
#include "visualizers/FigureExport.h"

#include <CLI/CLI.hpp>
#include <QApplication>
#include <QFileInfo>

#include <array>
#include <csignal>
#include <filesystem>

namespace mixer::app {
namespace {

struct InspectOptions {
    RunOptions run;
    std::vector<std::string> files;
    bool isNew = false;
    bool watch = false;
    std::string language;

    /// Says how to run: a window that is open already runs differently.
    bool asksForMore() const
    {
        const RunOptions plain;
        return run.device != plain.device || run.threads != plain.threads || run.precision != plain.precision
            || !run.labels.empty() || !run.size.empty() || !run.mean.empty() || !run.std.empty() || !run.crop.empty();
    }
};

bool hasDisplay()
{
    // A platform chosen by hand (offscreen, vnc ...) needs none.
    return !qEnvironmentVariableIsEmpty("DISPLAY") || !qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY")
        || !qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM");
}

ui::WindowOptions windowOptions(const InspectOptions& options)
{
    ui::WindowOptions window;
    window.session = options.run.session();
    std::string model = options.run.model;
    std::vector<std::string> models;
    for (const std::string& file : options.files) {
        if (namesModel(file))
            models.push_back(resolveModel(file));
        else if (std::filesystem::path(file).extension() == ".mixerscope")
            window.sessionPath = QString::fromStdString(file);
        else
            window.images.append(QString::fromStdString(file));
    }
    if (models.size() > 2)
        throw Error(ErrorKind::Usage, "the window compares two checkpoints, found " + std::to_string(models.size()));
    if (models.size() == 2)
        window.otherModelPath = QString::fromStdString(models[1]);
    if (!models.empty())
        model = models.front();
    if (!options.isNew && !options.watch && options.language.empty() && !options.asksForMore()) {
        for (const std::string& file : options.files)
            window.handOver.append(QString::fromStdString(resolveModel(file)));
        if (!options.run.model.empty())
            window.handOver.append(QString::fromStdString(resolveModel(options.run.model)));
    }
    window.watchesModel = options.watch;
    window.language = QString::fromStdString(options.language);
    model = resolveModel(model.empty() ? kDefaultModel : model);
    // Without the demonstration model the window starts empty and says how to open one.
    window.modelPath = model == kDefaultModel ? QString() : QString::fromStdString(model);
    return window;
}

/// The first of the files that is rather a mistyped command: a bare word that names nothing on the disk.
std::string mistypedCommand(const InspectOptions& options)
{
    const std::string word = options.files.empty() ? std::string() : options.files.front();
    const bool isKnown = namesModel(word) || QFileInfo::exists(QString::fromStdString(word));
    return isKnown || word.find_first_of("./") != std::string::npos ? std::string() : word;
}

int inspect(const InspectOptions& options)
{
    if (const std::string word = mistypedCommand(options); !word.empty())
        throw Error(ErrorKind::Usage,
                    "'" + word + "' is neither a command nor a file; mixerscope --help lists the commands");
    if (!hasDisplay()) {
        complain("no display for a window (neither DISPLAY nor WAYLAND_DISPLAY is set); without one, use predict, "
                 "export or info");
        return kFailed;
    }
    std::signal(SIGINT, SIG_DFL);  // nothing here to finish: Ctrl+C in the terminal closes the window
    vis::makeFilesRepeatable();
    int argumentCount = 1;
    std::array<char*, 2> arguments = {programName(), nullptr};
    QApplication application(argumentCount, arguments.data());
    return ui::runWindow(application, windowOptions(options));
}

void addOptions(CLI::App& command, InspectOptions& options)
{
    command.add_option("files", options.files,
                       "A checkpoint (.safetensors), or two to compare, pictures or folders of them, or a session "
                       "(.mixerscope)");
    command.add_flag("--new", options.isNew, "A window of its own, even where one is open that could take the files");
    command.add_flag("--watch", options.watch, "Reload the checkpoint whenever its file changes, and keep the view");
    std::vector<std::string> codes;
    for (const ui::Language& language : ui::languages())
        codes.push_back(language.code.toStdString());
    command.add_option("--language", options.language, "Language of the window; without it, as its preferences say")
        ->check(CLI::IsMember(codes));
    options.run.addTo(command);
    options.run.addPictureOptionsTo(command);
}

}  // namespace

void addInspect(CLI::App& program, int* exitCode)
{
    auto options = std::make_shared<InspectOptions>();
    CLI::App* command = program.add_subcommand("inspect", "Open the window (the default)");
    addOptions(*command, *options);
    command->footer("Example:\n  mixerscope inspect net.safetensors photo.jpg");
    command->callback([options, exitCode] { *exitCode = inspect(*options); });

    // The same without the command's name: mixerscope photo.jpg.
    auto bare = std::make_shared<InspectOptions>();
    addOptions(program, *bare);
    program.callback([&program, bare, exitCode] {
        if (program.get_subcommands().empty())
            *exitCode = inspect(*bare);
    });
}

}  // namespace mixer::app
