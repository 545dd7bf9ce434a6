// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/Remake.h"

#include "visualizers/PlotAxes.h"
#include "visualizers/RouterStudy.h"
#include "visualizers/SecondRun.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>

namespace mixer::vis {

namespace {

/// Finds files and compares them with their marks.
class Files {
public:
    Files(const QString& origin, bool allowChanged, QStringList& warnings, const CancelToken& cancel)
        : m_folder(QFileInfo(origin).absoluteDir())
        , m_allowChanged(allowChanged)
        , m_warnings(warnings)
        , m_cancel(cancel)
    {
    }

    QString find(const QString& what, const FileMark& mark, const QString& named) const
    {
        if (!named.isEmpty())
            return named;
        for (const QString& path :
             {mark.path, m_folder.filePath(mark.path), m_folder.filePath(QFileInfo(mark.path).fileName())})
            if (QFileInfo(path).isFile())
                return path;
        throw Error(ErrorKind::File,
                    what.toStdString() + " of the recipe is not where it was: " + mark.path.toStdString() + " (SHA-256 "
                        + mark.sha256.toStdString() + "); name where it is now");
    }

    /// The file's own hash where another was agreed to.
    void compare(const QString& what, FileMark& expected, const FileMark& found) const
    {
        if (found.sha256 == expected.sha256)
            return;
        const QString text = QStringLiteral("%1: not %2 that the figure was made from: expected SHA-256 %3, found %4")
                                 .arg(found.path, what, expected.sha256, found.sha256);
        if (!m_allowChanged)
            throw Error(ErrorKind::Usage, text.toStdString() + "; --allow-changed goes on with it");
        m_warnings << text;
        expected = found;
    }

    QString locate(const QString& what, FileMark& mark, const QString& named = {}) const
    {
        const QString path = find(what, mark, named);
        compare(what, mark, markOf(path, m_cancel));
        return path;
    }

private:
    QDir m_folder;
    bool m_allowChanged;
    QStringList& m_warnings;
    CancelToken m_cancel;
};

std::string encoded(const QString& path)
{
    return QFile::encodeName(path).toStdString();
}

void warnOfDifferences(Remade& made, const FigureRecipe& recipe, const RuntimeInfo& runtime)
{
    const auto warn = [&](const QString& what, const QString& then, const QString& now) {
        if (then != now)
            made.warnings
                << QStringLiteral("%1 was %2, is %3 here: the figure may differ in bytes").arg(what, then, now);
    };
    warn(QStringLiteral("the program's version"), recipe.program, made.recipe.program);
    warn(QStringLiteral("the font"), recipe.font, made.recipe.font);
    warn(QStringLiteral("the scan kernel"), QString::fromStdString(recipe.runtime.kernel),
         QString::fromStdString(runtime.kernel));
}

}  // namespace

Remade remake(const FigureRecipe& recipe, const QString& origin, const RemakeOptions& options, const QString& program,
              const CancelToken& cancel)
{
    Remade made;
    FigureRecipe& now = made.recipe;
    now = recipe;
    const Files files(origin, options.allowChanged, made.warnings, cancel);
    const QString modelPath = files.find(QStringLiteral("the model"), recipe.model, options.model);
    files.compare(QStringLiteral("the model"), now.model,
                  markOf(Checkpoint::open(encoded(modelPath)), modelPath, cancel));
    const QString imagePath = files.locate(QStringLiteral("the image"), now.image.file, options.image);
    SessionOptions session;
    session.device = recipe.runtime.device;
    session.threads = recipe.runtime.threads;
    session.precision = recipe.runtime.precision;
    session.preprocess = recipe.preprocess;
    if (now.labels)
        session.labels = encoded(files.locate(QStringLiteral("the file of labels"), *now.labels));
    for (FileMark& other : now.others)
        files.compare(QStringLiteral("an image"), other, markOf(other.path, cancel));
    std::vector<StudiedImage> studied;
    for (MarkedImage& image : now.studied)
        studied.push_back({encoded(files.locate(QStringLiteral("an image"), image.file)), nullptr, image.trueClass});

    const auto opened = InferenceSession::open(encoded(modelPath), session, {}, cancel);
    FigureRun run = runPicture(opened, now.model.path, encoded(imagePath), cancel);
    run.imagePath = now.image.file.path;  // captions name it as they did
    run.trueClass = now.image.trueClass;
    run.programVersion = program;
    run.options = session;
    if (recipe.request.compare.isActive()) {
        QString other;
        if (now.compared && recipe.request.compare.with == CompareChoice::With::Model) {
            other = files.find(QStringLiteral("the other model"), *now.compared, {});
            files.compare(QStringLiteral("the other model"), *now.compared,
                          markOf(Checkpoint::open(encoded(other)), other, cancel));
        } else if (now.compared) {
            other = files.locate(QStringLiteral("the other image"), *now.compared);
        }
        // Names in the figure are those of the recipe, wherever the files are now.
        FigureRun there = run;
        there.imagePath = imagePath;
        run.second = openSecondRun(there, recipe.request.compare, other, cancel);
        if (recipe.request.compare.with != CompareChoice::With::Image)
            run.second->imagePath = run.imagePath;
    }
    if (!studied.empty())
        run.routerStatistics = studyRouters(*opened, studied, {}, cancel);
    for (const MarkedImage& image : now.studied)
        run.studied << image.file.path;
    const FigureContext context = prepare(run, recipe.request, {}, cancel);
    now.program = program;
    now.font = FigureStyle::defaultFontFamily();
    now.runtime.kernel = opened->runtime().kernel;
    warnOfDifferences(made, recipe, opened->runtime());
    made.figure = makeFigure(recipe.request.figure, context);
    return made;
}

}  // namespace mixer::vis
