// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/FigureOutput.h"

#include "engine/core/Error.h"
#include "ui/Language.h"
#include "ui/Translate.h"
#include "ui/document/InspectionDocument.h"
#include "visualizers/Figure.h"
#include "visualizers/FigureRecipe.h"

#include <QFileInfo>

namespace mixer::ui {

namespace {

constexpr qint64 kMostCopiedCells = 1'000'000;  ///< of a table: more goes into a file

/// QtCharts is neither reentrant nor willing to leave the GUI thread; its figure is small.
bool isChart(const QString& figureId)
{
    return figureId == QLatin1String("predictions");
}

/// Makes the figure where it may be made; `before` runs on the worker either way, for what takes time.
template <class T, class B>
void produce(InspectionDocument& document, const QString& figureId, const QString& title,
             std::function<B(const vis::FigureContext&, const JobContext&)> before,
             std::function<T(const vis::Figure&, const B&)> make, std::function<void(const JobOutcome<T>&)> done)
{
    const vis::FigureContext context = document.figureContext();
    const QString tag = QStringLiteral("output");
    if (!isChart(figureId)) {
        const auto work = [figureId, context, before, make](const JobContext& job) {
            const EnglishFigures files;
            const B known = before(context, job);
            const auto figure = vis::makeFigure(figureId, context);
            job.cancel.check();
            return make(*figure, known);
        };
        document.worker().submit<T>(tag, title, work, std::move(done));
        return;
    }
    const auto work = [context, before](const JobContext& job) {
        const EnglishFigures files;
        return before(context, job);
    };
    document.worker().submit<B>(tag, title, work, [figureId, context, make, done](const JobOutcome<B>& known) {
        const EnglishFigures files;
        JobOutcome<T> outcome;
        outcome.end = known.end;
        outcome.message = known.message;
        try {
            if (known.end == JobEnd::Finished)
                outcome.value = make(*vis::makeFigure(figureId, context), known.value);
        } catch (const Error& error) {
            outcome.end = JobEnd::Failed;
            outcome.message = QString::fromUtf8(error.what());
        }
        done(outcome);
    });
}

bool isKept(InspectionDocument& document, Recipe recipe)
{
    return recipe == Recipe::Kept && document.picture() && !document.picture()->path.isEmpty();
}

/// The recipe of a figure of the document as it is now, or nothing; for the worker.
std::function<QByteArray(const vis::FigureContext&, const JobContext&)>
describing(InspectionDocument& document, const QString& figureId, const vis::ExportOptions& options, Recipe recipe)
{
    const vis::RecipeSource source{document.session(), document.sessionOptions()};
    return [keeps = isKept(document, recipe), source, figureId, options](const vis::FigureContext& context,
                                                                         const JobContext& job) {
        return keeps ? vis::recipeOf(context, figureId, options, source, job.cancel).toJson() : QByteArray();
    };
}

std::function<void(const JobOutcome<bool>&)> toldTo(std::function<void(const QString& problem)> done)
{
    return [done = std::move(done)](const JobOutcome<bool>& outcome) {
        if (outcome.end == JobEnd::Cancelled)
            done(tr("The export was cancelled; no file was written."));
        else
            done(outcome.message);
    };
}

QString writingTitle(const QString& path)
{
    return tr("Writing %1").arg(QFileInfo(path).fileName());
}

}  // namespace

void exportFigureOf(InspectionDocument& document, const QString& figureId, const QString& path,
                    const vis::ExportOptions& options, Recipe recipe, std::function<void(const QString& problem)> done)
{
    const auto describe = describing(document, figureId, options, recipe);
    const auto write = [path, options](const vis::Figure& figure, const QByteArray& made) {
        vis::exportFigure(figure, path, options, made);
        return true;
    };
    produce<bool, QByteArray>(document, figureId, writingTitle(path), describe, write, toldTo(std::move(done)));
}

void exportAnimationOf(InspectionDocument& document, const QString& path, const vis::ExportOptions& options,
                       Recipe recipe, std::function<void(const QString& problem)> done)
{
    vis::FigureContext context = document.figureContext();
    context.options.isGrowing = true;
    const vis::RecipeSource source{document.session(), document.sessionOptions()};
    const auto work = [context, source, path, options, keeps = isKept(document, recipe)](const JobContext& job) {
        const EnglishFigures files;
        const QString id = QStringLiteral("scan-path");
        const vis::AnimationOptions animation;
        QByteArray made;
        if (keeps) {
            vis::FigureRecipe described = vis::recipeOf(context, id, options, source, job.cancel);
            described.animation = animation;
            made = described.toJson();
        }
        vis::exportAnimation(*vis::makeFigure(id, context), path, options, animation, made, job.progress, job.cancel);
        return true;
    };
    document.worker().submit<bool>(QStringLiteral("output"), writingTitle(path), work, toldTo(std::move(done)));
}

void copyFigureOf(InspectionDocument& document, const QString& figureId, const vis::ExportOptions& options,
                  std::function<void(const FigureCopies& copies)> done)
{
    // A file that is gone costs the copy its recipe, no more.
    const auto describe = [made = describing(document, figureId, options, Recipe::Kept)](
                              const vis::FigureContext& context, const JobContext& job) -> QByteArray {
        try {
            return made(context, job);
        } catch (const Error&) {
            return {};
        }
    };
    const auto copy = [options](const vis::Figure& figure, const QByteArray& recipe) {
        FigureCopies copies;
        copies.image = vis::renderFigure(figure, options);
        copies.files
            = {{QStringLiteral("image/svg+xml"), vis::figureBytes(figure, QStringLiteral("svg"), options, recipe)},
               {QStringLiteral("application/pdf"), vis::figureBytes(figure, QStringLiteral("pdf"), options, recipe)}};
        const vis::FigureTable table = figure.table();
        if (table.rowCount * table.columnCount() <= kMostCopiedCells) {
            copies.files << std::pair(QStringLiteral("text/csv"),
                                      vis::figureBytes(figure, QStringLiteral("csv"), options));
            copies.files << std::pair(QStringLiteral("application/json"),
                                      vis::figureBytes(figure, QStringLiteral("json"), options, recipe));
        }
        return copies;
    };
    produce<FigureCopies, QByteArray>(document, figureId, tr("Painting a figure"), describe, copy,
                                      [&document, done = std::move(done)](const JobOutcome<FigureCopies>& outcome) {
                                          if (outcome.end == JobEnd::Failed)
                                              document.report(outcome.message);
                                          done(outcome.value);
                                      });
}

}  // namespace mixer::ui
