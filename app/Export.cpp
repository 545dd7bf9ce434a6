// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/Commands.h"
#include "app/CommonOptions.h"
#include "app/FigureFlags.h"
#include "app/WindowlessApplication.h"
#include "engine/image/LoadPicture.h"
#include "engine/session/ReferencePack.h"
#include "visualizers/Figure.h"
#include "visualizers/FigureRecipe.h"
#include "visualizers/NamedFigures.h"
#include "visualizers/OutputNames.h"
#include "visualizers/RecipeStore.h"
#include "visualizers/Remake.h"
#include "visualizers/RouterStudy.h"

#include <CLI/CLI.hpp>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <iostream>

namespace mixer::app {
namespace {

struct ExportCommand {
    RunOptions run;
    PictureOptions pictures;
    FigureFlags flags;
    std::vector<std::string> figures;
    bool isAll = false;
    std::string output;
    std::string format = "png";
    bool noRecipe = false;
    std::string recipe;  ///< a figure to make again
    bool allowChanged = false;
    std::string pack;  ///< archive of reference activations
};

QString fileName(const std::string& path)
{
    return QFile::decodeName(path.c_str());
}

QStringList extensions()
{
    return vis::exportExtensions() + vis::animationExtensions();
}

/// Writes the figure as the ending of the path says.
void writeFigure(vis::Figure& figure, const QString& path, const vis::ExportOptions& page,
                 const vis::AnimationOptions& animation, const QByteArray& recipe)
{
    if (vis::isAnimation(path))
        vis::exportAnimation(figure, path, page, animation, recipe, {}, interruptToken());
    else
        vis::exportFigure(figure, path, page, recipe);
    std::cout << path.toStdString() << std::endl;
}

/// One file to write.
struct Output {
    std::size_t picture;
    const vis::NamedFigure* figure;
    QString path;
};

/// The figures of a command, each picture's in order.
class Exporter {
public:
    explicit Exporter(const ExportCommand& command)
        : m_command(command)
        , m_pictures(command.pictures.expanded())
        , m_names(fileName(command.output), QString::fromStdString(command.format), extensions())
        , m_request(command.flags.request())
    {
        if (m_pictures.empty())
            throw Error(ErrorKind::Usage, "there is no picture to make figures of");
        for (const std::string& name : command.figures)
            if (name == "all")
                m_isAll = true;
            else
                m_figures.push_back(&vis::namedFigure(name));
        m_isAll = m_isAll || command.isAll;
        for (const vis::NamedFigure& figure : vis::namedFigures())
            if (m_isAll && !figure.isOverImages && !contains(figure))
                m_figures.push_back(&figure);
        if (m_figures.empty())
            throw Error(ErrorKind::Usage, "name a figure with --figure, or --all of them");
    }

    /// True when no picture failed.
    bool run()
    {
        m_source.session = m_command.run.open(m_command.pictures);
        m_source.options = m_command.run.session();
        if (!m_request.options.featureImages.isEmpty())
            m_heldFeatures = vis::featuresOf(m_source.session, m_request.options.featureImages);
        m_command.pictures.override(m_source.options);
        m_model = fileName(resolveModel(m_command.run.model.empty() ? kDefaultModel : m_command.run.model));
        plan();
        bool allDone = true;
        for (std::size_t picture = 0; picture < m_pictures.size(); ++picture) {
            interruptToken().check();
            try {
                exportPicture(picture);
            } catch (const Error& error) {
                if (error.kind() == ErrorKind::Usage)  // wrong for every picture
                    throw;
                allDone = false;
                complain(error.what());
            }
        }
        return allDone;
    }

private:
    bool contains(const vis::NamedFigure& figure) const
    {
        return std::find(m_figures.begin(), m_figures.end(), &figure) != m_figures.end();
    }

    /// Only scans over the photo move. Throws Error(Usage) where another was named.
    bool mayBe(const vis::NamedFigure& figure) const
    {
        if (!vis::isAnimation(m_names.path({})) || std::string(figure.figure) == "scan-path")
            return true;
        if (m_isAll)
            return false;
        throw Error(ErrorKind::Usage,
                    std::string("there is no animation of ") + figure.name
                        + ": GIF and MP4 show scan-path, map-… and attributions growing with the scan");
    }

    /// All names before anything is computed: nobody waits for an hour to learn that two figures have the same.
    void plan()
    {
        const std::string mixer = m_request.selection.mixer.empty() ? m_source.session->mixers().front().id.name()
                                                                    : m_request.selection.mixer;
        std::vector<vis::OutputName> names;
        for (std::size_t picture = 0; picture < m_pictures.size(); ++picture)
            for (const vis::NamedFigure* figure : m_figures) {
                if (figure->isOverImages && picture > 0)
                    continue;
                if (!mayBe(*figure))
                    continue;
                vis::OutputName name;
                name.image = figure->isOverImages ? QStringLiteral("images")
                                                  : QFileInfo(fileName(m_pictures[picture])).completeBaseName();
                name.model = QFileInfo(m_model).completeBaseName();
                name.mixer = QString::fromStdString(mixer);
                name.figure = QString::fromLatin1(figure->name);
                name.index = static_cast<int>(picture) + 1;
                names.push_back(name);
                m_outputs.push_back({picture, figure, {}});
            }
        const QStringList paths = m_names.paths(names);
        for (std::size_t i = 0; i < m_outputs.size(); ++i) {
            m_outputs[i].path = paths[static_cast<qsizetype>(i)];
            vis::requireWritable(m_outputs[i].path, m_command.flags.page(false).overwrite);
        }
        m_names.makeFolders(paths);
    }

    bool exists(const vis::NamedFigure& figure, const vis::FigureContext& what) const
    {
        const bool isToBePatched = std::string(figure.figure) == "patch-effects" && m_request.patchEffects;
        return isToBePatched || vis::figureExists(figure, what);
    }

    void exportPicture(std::size_t picture)
    {
        vis::FigureRun run = vis::runPicture(m_source.session, m_model, m_pictures[picture], interruptToken());
        noticeRuntime(*m_source.session);
        run.programVersion = QStringLiteral(MIXERSCOPE_VERSION);
        run.options = m_source.options;
        // One set of axes for all pictures: their images are run once.
        run.heldFeatures = m_heldFeatures;
        run.heldImages = m_request.options.featureImages;
        vis::FigureRequest plain = m_request;
        plain.options.overlay = vis::OverlayQuantity::None;
        const vis::FigureContext what = vis::prepare(run, plain, {}, interruptToken());
        for (const Output& output : m_outputs) {
            if (output.picture != picture || (m_isAll && !exists(*output.figure, what)))
                continue;
            interruptToken().check();
            if (output.figure->isOverImages)
                study(run);
            write(run, output);
        }
    }

    void write(vis::FigureRun& run, const Output& output) const
    {
        const bool isAnimation = vis::isAnimation(output.path);
        const vis::ExportOptions page = m_command.flags.page(isAnimation);
        const vis::AnimationOptions animation = m_command.flags.animation();
        vis::FigureRequest request = vis::requestOf(*output.figure, m_request);
        request.options.isGrowing = isAnimation;
        const vis::FigureContext context = vis::prepare(run, request, {}, interruptToken());
        const auto figure = vis::makeFigure(request.figure, context);
        QByteArray text;
        if (!m_command.noRecipe) {
            vis::FigureRecipe recipe = vis::recipeOf(context, request.figure, page, m_source, interruptToken());
            if (isAnimation)
                recipe.animation = animation;
            text = recipe.toJson();
        }
        writeFigure(*figure, output.path, page, animation, text);
    }

    void study(vis::FigureRun& run) const
    {
        std::vector<vis::StudiedImage> images;
        for (const std::string& path : m_pictures) {
            images.push_back({path, nullptr, vis::classOfFolder(fileName(path), m_source.session->config())});
            run.studied << fileName(path);
        }
        run.routerStatistics = vis::studyRouters(*m_source.session, images, {}, interruptToken());
    }

    const ExportCommand& m_command;
    std::vector<std::string> m_pictures;
    vis::OutputNames m_names;
    vis::FigureRequest m_request;
    std::vector<const vis::NamedFigure*> m_figures;
    bool m_isAll = false;
    vis::RecipeSource m_source;
    std::shared_ptr<const FeatureSpace> m_heldFeatures;  ///< of the images that the request names; null: of none
    QString m_model;
    std::vector<Output> m_outputs;
};

/// The figure that a file's recipe describes.
int remake(const ExportCommand& command)
{
    const QString origin = fileName(command.recipe);
    const QString path = command.output.empty() ? QFileInfo(origin).fileName() : fileName(command.output);
    const std::vector<std::string> pictures = command.pictures.expanded();
    if (!command.figures.empty() || command.isAll || pictures.size() > 1)
        throw Error(ErrorKind::Usage, "--recipe makes one figure of one picture: the recipe says which");
    const bool isForced = command.flags.page(false).overwrite;
    vis::requireWritable(path, isForced);
    const auto recipe = vis::FigureRecipe::fromJson(vis::recipeIn(origin), command.recipe);
    vis::RemakeOptions options;
    if (!command.run.model.empty())
        options.model = fileName(resolveModel(command.run.model));
    if (!pictures.empty())
        options.image = fileName(pictures.front());
    options.allowChanged = command.allowChanged;
    vis::Remade made = vis::remake(recipe, origin, options, QStringLiteral(MIXERSCOPE_VERSION), interruptToken());
    for (const QString& warning : made.warnings)
        std::cerr << "warning: " << warning.toStdString() << '\n';
    vis::ExportOptions page = made.recipe.page;
    page.overwrite = isForced;
    writeFigure(*made.figure, path, page, made.recipe.animation.value_or(vis::AnimationOptions()),
                command.noRecipe ? QByteArray() : made.recipe.toJson());
    return kDone;
}

/// Reference activations, and how exact they are in a file beside.
int pack(const ExportCommand& command)
{
    const std::vector<std::string> pictures = command.pictures.expanded();
    const QFileInfo npz(fileName(command.pack));
    if (pictures.size() != 1 || !command.figures.empty() || command.isAll || !command.output.empty())
        throw Error(ErrorKind::Usage,
                    "--pack takes one picture and makes no figure: mixerscope export --pack OUT.npz PICTURE");
    if (npz.suffix().toLower() != QLatin1String("npz"))
        throw Error(ErrorKind::Usage, "--pack: expected a name that ends in .npz, found '" + command.pack + "'");
    if (command.run.precision != "float32")
        throw Error(ErrorKind::Usage, "--pack measures float32 against float64: leave out --precision");
    const QString tolerances
        = npz.path() + QLatin1Char('/') + npz.completeBaseName() + QStringLiteral(".tolerances.json");
    for (const QString& path : {npz.filePath(), tolerances})
        vis::requireWritable(path, command.flags.page(false).overwrite);
    PackOptions options;
    options.cancel = interruptToken();
    const SelectionRequest selection = command.flags.request().selection;
    if (!selection.mixer.empty())
        options.mixers = {MixerId::parse(selection.mixer)};
    const auto single = command.run.open(command.pictures);
    SessionOptions exact = command.run.session();
    command.pictures.override(exact);
    exact.precision = Precision::Float64;
    exact.device = "cpu";
    const std::string model = single->checkpoint().path();
    const auto twin = InferenceSession::open(model, exact, {}, interruptToken());
    const LoadedPicture picture = loadPicture(pictures.front(), single->preprocessing());
    const auto arrays = writeReferencePack(command.pack, *single, *twin, picture.prepared, options);
    writeTolerances(QFile::encodeName(tolerances).toStdString(), arrays, model, pictures.front(), MIXERSCOPE_VERSION);
    std::cout << command.pack << '\n' << tolerances.toStdString() << std::endl;
    return kDone;
}

int exportFigures(const ExportCommand& command)
{
    vis::makeFilesRepeatable();
    const WindowlessApplication application;
    if (!command.recipe.empty())
        return remake(command);
    if (!command.pack.empty())
        return pack(command);
    if (command.output.empty())
        throw Error(ErrorKind::Usage, "--output is required: name a file, or a folder that ends with /");
    return Exporter(command).run() ? kDone : kFailed;
}

std::string figureHelp()
{
    std::string text = "Several with commas between, or all:";
    for (const vis::NamedFigure& figure : vis::namedFigures())
        text += std::string(text.back() == ':' ? " " : ", ") + figure.name;
    return text;
}

std::string figureList()
{
    std::string text = "Figures:\n";
    for (const vis::NamedFigure& figure : vis::namedFigures())
        text += "  " + std::string(figure.name) + std::string(24 - std::string(figure.name).size(), ' ') + figure.about
            + '\n';
    return text;
}

}  // namespace

void addExport(CLI::App& program, int* exitCode)
{
    auto options = std::make_shared<ExportCommand>();
    CLI::App* command = program.add_subcommand("export", "Figures into files, without a display");
    command->add_option("-f,--figure", options->figures, figureHelp())->delimiter(',')->allow_extra_args(false);
    command->add_flag("-a,--all", options->isAll, "All of them, as far as network and mixer have them");
    options->pictures.addTo(*command);
    command->get_option("images")->required(false);
    command->add_option("-o,--output", options->output,
                        "File (.png .svg .pdf .csv .json .npy; scan-path and maps also .gif .mp4), its name perhaps "
                        "with {image} {model} {mixer} {figure} "
                        "{index:03}; or a folder that ends with /");
    command->add_option("--format", options->format, "Of the files in a folder")
        ->check(CLI::IsMember({"png", "svg", "pdf", "csv", "json", "npy", "gif", "mp4"}))
        ->capture_default_str();
    CLI::Option* recipe = command->add_option("--recipe", options->recipe,
                                              "Make this figure again, of the model and picture that its recipe names "
                                              "(or that --model and the command line do)");
    command->add_flag("--allow-changed", options->allowChanged, "--recipe: also of files with another SHA-256")
        ->needs(recipe);
    command->add_flag("--no-recipe", options->noRecipe,
                      "Do not keep in the file how it was made: names and SHA-256 of model and picture, all options");
    command
        ->add_option(
            "--pack", options->pack,
            "Instead of figures: an archive (.npz) of every intermediate of the forward pass, of --mixer alone or "
            "all, and beside it (.tolerances.json) how far float32 is from float64 in each")
        ->excludes(recipe);
    options->flags.addTo(*command);
    options->run.addTo(*command);
    options->run.addPictureOptionsTo(*command);
    command->footer(figureList()
                    + "Examples:\n  mixerscope export --figure gates cat.jpg --mixer "
                      "stages.1.blocks.0.token_mixers.0 -o gates.svg\n  mixerscope export --all cat.jpg -o figures/\n"
                      "  mixerscope export --recipe gates.svg -o again.svg");
    command->callback([options, exitCode] { *exitCode = exportFigures(*options); });
}

}  // namespace mixer::app
