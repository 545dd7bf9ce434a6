// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/FigureOutput.h"

#include "engine/core/Error.h"
#include "ui/document/InspectionDocument.h"
#include "visualizers/Figure.h"

#include <QCoreApplication>
#include <QFileInfo>

namespace mixer::ui {

namespace {

/// QtCharts is neither reentrant nor willing to leave the GUI thread; its figure is small.
bool isChart(const QString& figureId)
{
    return figureId == QLatin1String("predictions");
}

QString text(const char* source)
{
    return QCoreApplication::translate("FigureOutput", source);
}

template <class T>
void produce(InspectionDocument& document, const QString& figureId, const QString& title,
             std::function<T(const vis::Figure&)> make, std::function<void(const JobOutcome<T>&)> done)
{
    const vis::FigureContext context = document.figureContext();
    if (!isChart(figureId)) {
        const auto work = [figureId, context, make](const JobContext& job) {
            const auto figure = vis::makeFigure(figureId, context);
            job.cancel.check();
            return make(*figure);
        };
        document.worker().submit<T>(QStringLiteral("output"), title, work, std::move(done));
        return;
    }
    JobOutcome<T> outcome;
    try {
        outcome.value = make(*vis::makeFigure(figureId, context));
        outcome.end = JobEnd::Finished;
    } catch (const Error& error) {
        outcome.end = JobEnd::Failed;
        outcome.message = QString::fromUtf8(error.what());
    }
    done(outcome);
}

}  // namespace

void exportFigureOf(InspectionDocument& document, const QString& figureId, const QString& path,
                    const vis::ExportOptions& options, std::function<void(const QString& problem)> done)
{
    const auto write = [path, options](const vis::Figure& figure) {
        vis::exportFigure(figure, path, options);
        return true;
    };
    const QString title = text("Writing %1").arg(QFileInfo(path).fileName());
    produce<bool>(document, figureId, title, write, [done = std::move(done)](const JobOutcome<bool>& outcome) {
        if (outcome.end == JobEnd::Cancelled)
            done(text("The export was cancelled; no file was written."));
        else
            done(outcome.message);
    });
}

void renderFigureOf(InspectionDocument& document, const QString& figureId, const vis::ExportOptions& options,
                    std::function<void(const QImage& image)> done)
{
    const auto render = [options](const vis::Figure& figure) { return vis::renderFigure(figure, options); };
    produce<QImage>(document, figureId, text("Painting a figure"), render,
                    [&document, done = std::move(done)](const JobOutcome<QImage>& outcome) {
                        if (outcome.end == JobEnd::Failed)
                            document.report(outcome.message);
                        done(outcome.value);
                    });
}

}  // namespace mixer::ui
