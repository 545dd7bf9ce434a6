// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/Figure.h"

#include "engine/core/Error.h"
#include "visualizers/AttentionFigure.h"
#include "visualizers/ComparisonFigure.h"
#include "visualizers/GateDistributionFigure.h"
#include "visualizers/GatesFigure.h"
#include "visualizers/MixingFigure.h"
#include "visualizers/PairedMapFigure.h"
#include "visualizers/PatchEffectsFigure.h"
#include "visualizers/PlotAxes.h"
#include "visualizers/PredictionsFigure.h"
#include "visualizers/ReceptiveFieldsFigure.h"
#include "visualizers/RouterStatisticsFigure.h"
#include "visualizers/RoutingFigure.h"
#include "visualizers/ScanPathFigure.h"
#include "visualizers/SplitFigure.h"
#include "visualizers/StateFigure.h"

#include <QFileInfo>

#include <array>
#include <functional>
#include <string>
#include <utility>

namespace mixer::vis {

namespace {

template <typename T> std::unique_ptr<Figure> make(const FigureContext& context)
{
    return std::make_unique<T>(context);
}

struct Entry {
    const char* id;
    std::unique_ptr<Figure> (*make)(const FigureContext&);
};

constexpr std::array<Entry, 14> kFigures = {{{"predictions", &make<PredictionsFigure>},
                                             {"routing", &make<RoutingFigure>},
                                             {"scan-path", &make<ScanPathFigure>},
                                             {"gates", &make<GatesFigure>},
                                             {"gate-distribution", &make<GateDistributionFigure>},
                                             {"state", &make<StateFigure>},
                                             {"attention", &make<AttentionFigure>},
                                             {"split", &make<SplitFigure>},
                                             {"receptive-fields", &make<ReceptiveFieldsFigure>},
                                             {"patch-effects", &make<PatchEffectsFigure>},
                                             {"mixing", &make<MixingFigure>},
                                             {"router-statistics", &make<RouterStatisticsFigure>},
                                             {"comparison", &make<ComparisonFigure>},
                                             {"comparison-map", &make<PairedMapFigure>}}};

void requireIndex(const std::string& what, int index, int count)
{
    if (index >= 0 && index < count)
        return;
    const std::string expected
        = count > 0 ? "expected 0 to " + std::to_string(count - 1) : std::string("there are none");
    throw Error(ErrorKind::Usage, what + " " + std::to_string(index) + " does not exist: " + expected);
}

constexpr int kMostEdits = 4;  ///< that a caption tells one by one

/// "Edits: S1 B1 T1: only hilbert; shown: edited minus baseline."; empty without edits.
QString editsCaption(const FigureContext& context)
{
    if (context.interventions.isBaseline())
        return {};
    QStringList texts;
    for (const Edit& edit : context.interventions.edits)
        if (edit.enabled)
            texts << QString::fromStdString(edit.description());
    if (texts.size() > kMostEdits)
        texts = texts.mid(0, kMostEdits) << Words::tr("and %1 more").arg(texts.size() - kMostEdits);
    QString text = QLatin1Char(' ') + Words::tr("Edits: %1").arg(texts.join(QStringLiteral("; ")));
    if (context.options.shownRun == ShownRun::Difference)
        text += QStringLiteral("; ") + Words::tr("shown: edited minus baseline, where it can be");
    return text + QLatin1Char('.');
}

}  // namespace

int FigureTable::columnIndex(const QString& name) const
{
    for (int i = 0; i < columnCount(); ++i) {
        if (columns[static_cast<std::size_t>(i)].name == name)
            return i;
    }
    return -1;
}

Figure::Figure(FigureContext context)
    : m_context(std::move(context))
{
    if (!m_context.trace)
        throw Error(ErrorKind::Usage, "a figure needs a trace: run the network on an image first");
}

double Figure::heightForWidth(double width, const FigureStyle& style) const
{
    const QSizeF size = preferredSize(style);
    return width * size.height() / size.width();
}

std::optional<FigureHit> Figure::hitTest(const QPointF&, const QRectF&, const FigureStyle&) const
{
    return std::nullopt;
}

void Figure::paintHover(QPainter&, const QPointF&, const QRectF&, const FigureStyle&) const { }

std::optional<Selection> Figure::rowBeside(int) const
{
    return std::nullopt;
}

bool Figure::select(const Selection& selection)
{
    if (selection.mixer != m_context.selection.mixer || selection.scan != m_context.selection.scan)
        return false;
    if (const MixerDetail* detail = m_context.detail.get()) {
        if (selection.step < 0 || selection.step >= detail->positionCount() || selection.lane >= detail->laneCount()
            || selection.state >= detail->stateSize())
            return false;
    }
    m_context.selection = selection;
    return true;
}

std::shared_ptr<const MixerDetail> Figure::requireDetail(const FigureContext& context)
{
    if (!context.trace)
        throw Error(ErrorKind::Usage, "a figure needs a trace: run the network on an image first");
    const Selection& s = context.selection;
    std::shared_ptr<const MixerDetail> detail = context.detail;
    if (!detail || detail->record().id != s.mixer)
        detail = context.trace->detail(s.mixer);
    const std::string place = " of " + s.mixer.name();
    requireIndex("scan" + place, s.scan, detail->scanCount());
    requireIndex("step" + place, s.step, detail->positionCount());
    if (s.lane >= 0)
        requireIndex((s.mixer.isChannelMixer ? "token" : "channel") + place, s.lane, detail->laneCount());
    if (s.state >= 0)
        requireIndex("state" + place, s.state, detail->stateSize());
    return detail;
}

QString Figure::runCaption() const
{
    const ImageGeometry& g = m_context.trace->geometry();
    const QString model
        = m_context.modelPath.isEmpty() ? Words::tr("unnamed") : QFileInfo(m_context.modelPath).fileName();
    const QString image
        = m_context.imagePath.isEmpty() ? Words::tr("unnamed") : QFileInfo(m_context.imagePath).fileName();
    return Words::tr("Model: %1 (%2).").arg(model, QString::fromStdString(m_context.config.familyName()))
        + QLatin1Char(' ')
        + Words::tr("Image: %1, %2 × %3 px, seen at %4 × %5.")
              .arg(image)
              .arg(g.originalWidth)
              .arg(g.originalHeight)
              .arg(g.inputWidth)
              .arg(g.inputHeight)
        + (m_context.preprocessing.isEmpty() ? QString()
                                             : QLatin1Char(' ')
                   + Words::tr("Preprocessing: %1.").arg(m_context.preprocessing.join(QStringLiteral(", "))))
        + editsCaption(m_context);
}

QString Figure::programCaption() const
{
    return m_context.programVersion.isEmpty() ? QStringLiteral("MixerScope.")
                                              : Words::tr("MixerScope %1.").arg(m_context.programVersion);
}

QString Figure::caption() const
{
    const Selection& s = m_context.selection;
    QString scan = QString::number(s.scan);
    if (m_context.detail)
        scan = QString::fromStdString(m_context.detail->scanName(s.scan));
    const int steps = m_context.detail ? m_context.detail->positionCount() : 0;
    return runCaption() + QLatin1Char(' ')
        + Words::tr("Mixer: %1 (%2), scan %3, step %4 (counted from 0) of %5.")
              .arg(QString::fromStdString(s.mixer.name()), QString::fromStdString(s.mixer.shortName()), scan)
              .arg(s.step)
              .arg(steps)
        + QLatin1Char(' ') + programCaption();
}

QStringList figureIds()
{
    QStringList ids;
    for (const Entry& entry : kFigures)
        ids << QString::fromLatin1(entry.id);
    return ids;
}

bool isComparison(const QString& id)
{
    return id == QLatin1String("comparison") || id == QLatin1String("comparison-map");
}

bool figureExists(const QString& id, const FigureContext& context)
{
    if (id == QLatin1String("router-statistics"))
        return RouterStatisticsFigure::exists(context);
    if (id == QLatin1String("patch-effects"))
        return context.patchEffects != nullptr;
    if (id == QLatin1String("receptive-fields"))
        return ReceptiveFieldsFigure::exists(context);
    if (id == QLatin1String("comparison"))
        return ComparisonFigure::exists(context);
    if (id == QLatin1String("comparison-map"))
        return PairedMapFigure::exists(context);
    return id != QLatin1String("mixing") || MixingFigure::exists(context);
}

std::unique_ptr<Figure> makeFigure(const QString& id, const FigureContext& context)
{
    for (const Entry& entry : kFigures) {
        if (id == QLatin1String(entry.id))
            return entry.make(context);
    }
    throw Error(ErrorKind::Usage,
                "unknown figure \"" + id.toStdString() + "\": expected one of "
                    + figureIds().join(QStringLiteral(", ")).toStdString());
}

}  // namespace mixer::vis
