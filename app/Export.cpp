// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "engine/image/LoadPicture.h"
#include "engine/report/SelectionRequest.h"
#include "visualizers/FigureExport.h"

#include <CLI/CLI.hpp>
#include <QApplication>
#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <iostream>

namespace mixer::app {
namespace {

struct ExportCommand {
    RunOptions run;
    PictureOptions pictures;
    SelectionRequest selection;
    std::vector<std::string> figures;
    std::string output;
    std::string format = "png";
    vis::ExportOptions file;
    bool isDark = false;
    bool noCaption = false;

    bool isAll() const { return std::find(figures.begin(), figures.end(), "all") != figures.end(); }
    bool writesFolder() const { return output.back() == '/' || QFileInfo(QString::fromStdString(output)).isDir(); }
};

QStringList figuresOf(const ExportCommand& command)
{
    QStringList ids;
    for (const std::string& name : command.figures)
        if (name == "all")
            ids += vis::figureIds();
        else
            ids += QString::fromStdString(name);
    return ids;
}

QString fileFor(const ExportCommand& command, const std::string& picture, const QString& figure)
{
    const QString output = QString::fromStdString(command.output);
    if (!command.writesFolder())
        return output;
    const QString stem = QFileInfo(QString::fromStdString(picture)).completeBaseName();
    return QDir(output).filePath(stem % QLatin1Char('-') % figure % QLatin1Char('.')
                                 % QString::fromStdString(command.format));
}

/// Everything a figure needs but its own name.
vis::FigureContext contextFor(const ExportCommand& command, const InferenceSession& session, const std::string& picture)
{
    const LoadedPicture loaded = loadPicture(picture, session.preprocessing());
    vis::FigureContext context;
    context.trace = session.run(loaded.prepared, {}, interruptToken());
    noticeRuntime(session);
    context.config = session.config();
    context.checkpoint = std::make_shared<const Checkpoint>(session.checkpoint());
    context.modelPath = QString::fromStdString(session.checkpoint().path());
    context.imagePath = QString::fromStdString(picture);
    context.image = loaded.image;
    context.selection = resolve(command.selection, *context.trace, context.config, interruptToken());
    context.detail = context.trace->detail(context.selection.mixer, interruptToken());
    for (const std::string& difference : session.preprocessDifferences())
        context.preprocessing << QString::fromStdString(difference);
    context.programVersion = QStringLiteral(MIXERSCOPE_VERSION);
    return context;
}

/// All pictures but those that fail; true when none did.
bool exportAll(const ExportCommand& command, const InferenceSession& session, const QStringList& figures,
               const std::vector<std::string>& pictures)
{
    bool allDone = true;
    for (const std::string& picture : pictures) {
        interruptToken().check();
        try {
            const vis::FigureContext context = contextFor(command, session, picture);
            for (const QString& figure : figures) {
                if (command.isAll() && !vis::figureExists(figure, context))
                    continue;
                const QString path = fileFor(command, picture, figure);
                vis::exportFigure(*vis::makeFigure(figure, context), path, command.file);
                std::cout << path.toStdString() << std::endl;
            }
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::Usage)  // wrong for every picture
                throw;
            allDone = false;
            complain(error.what());
        }
    }
    return allDone;
}

void requireUsable(const ExportCommand& command, const QStringList& figures, std::size_t pictureCount)
{
    for (const QString& figure : figures)
        if (!vis::figureIds().contains(figure))
            throw Error(ErrorKind::Usage,
                        "there is no figure '" + figure.toStdString() + "'; expected all, "
                            + vis::figureIds().join(QStringLiteral(", ")).toStdString());
    const bool isSingle = figures.size() == 1 && pictureCount == 1;
    if (!isSingle && !command.writesFolder())
        throw Error(ErrorKind::Usage, "several figures or pictures need a folder: end the name behind -o with /");
    if (command.writesFolder() && !QDir().mkpath(QString::fromStdString(command.output)))
        throw Error(ErrorKind::File, command.output + ": the folder cannot be made");
}

int exportFigures(ExportCommand command)
{
    command.file.theme = command.isDark ? vis::Theme::Dark : vis::Theme::Light;
    command.file.caption = !command.noCaption;
    // Files do not depend on a display; and a display that cannot be reached must not end the program.
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    int argumentCount = 1;
    std::array<char*, 2> arguments = {programName(), nullptr};
    const QApplication application(argumentCount, arguments.data());

    const QStringList figures = figuresOf(command);
    const std::vector<std::string> pictures = command.pictures.expanded();
    requireUsable(command, figures, pictures.size());
    const auto session = command.run.open(command.pictures);
    return exportAll(command, *session, figures, pictures) ? kDone : kFailed;
}

void addFileOptions(CLI::App& command, ExportCommand& options)
{
    command
        .add_option("-o,--output", options.output,
                    "File (.png .svg .pdf .csv .json .npy), or a folder that ends with / for several")
        ->required()
        ->check([](const std::string& text) { return text.empty() ? std::string("is empty") : std::string(); });
    command.add_option("--format", options.format, "Of the files in a folder")
        ->check(CLI::IsMember({"png", "svg", "pdf", "csv", "json", "npy"}))
        ->capture_default_str();
    command.add_option("--width", options.file.widthInches, "Inches; default: 7, two columns of a page")
        ->check(CLI::Range(1.0, 100.0));
    command.add_option("--height", options.file.heightInches, "Inches; default: what suits the figure")
        ->check(CLI::Range(1.0, 100.0));
    command.add_option("--dpi", options.file.dpi, "Of PNG")->check(CLI::Range(36, 2400))->capture_default_str();
    command.add_flag("--dark", options.isDark, "Light on dark");
    command.add_flag("--transparent", options.file.transparent, "No background");
    command.add_flag("--no-caption", options.noCaption, "Without the lines that say where the figure comes from");
    command.add_flag("--force", options.file.overwrite, "Replace existing files");
}

void addSelectionOptions(CLI::App& command, SelectionRequest& selection)
{
    command.add_option("--mixer", selection.mixer,
                       "Mixer, e.g. stages.0.blocks.0.token_mixers.0 (see predict --routing); default: the first");
    command.add_option("--scan", selection.scan, "A scan that the mixer used; default: the first of them");
    command.add_option("--step", selection.step, "Step of the scan, from 0; default: the middle")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--lane", selection.lane, "Channel (token mixers) or token (channel mixers); default: all")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--class", selection.classText, "Class by number or label; default: the predicted one");
}

}  // namespace

void addExport(CLI::App& program, int* exitCode)
{
    auto options = std::make_shared<ExportCommand>();
    CLI::App* command = program.add_subcommand("export", "Figures into files, without a display");
    command
        ->add_option(
            "-f,--figure", options->figures,
            "predictions, routing, scan-path, gates, gate-distribution, state, attention, split, mixing; several with "
            "commas between, or all")
        ->required()
        ->delimiter(',')
        ->allow_extra_args(false);
    options->pictures.addTo(*command);
    options->run.addTo(*command);
    options->run.addPictureOptionsTo(*command);
    addSelectionOptions(*command, options->selection);
    addFileOptions(*command, *options);
    command->footer("Example:\n  mixerscope export --figure gates cat.jpg --mixer stages.1.blocks.0.token_mixers.0 "
                    "-o gates.svg");
    command->callback([options, exitCode] { *exitCode = exportFigures(*options); });
}

}  // namespace mixer::app
