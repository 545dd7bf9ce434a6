// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/RouterStatisticsFigure.h"

#include "engine/core/Error.h"
#include "visualizers/PlotAxes.h"

#include <QPainter>

#include <algorithm>
#include <cmath>
#include <utility>

namespace mixer::vis {

namespace {

const RouterStatistics::Mixer* mixerOf(const FigureContext& context)
{
    if (!context.routerStatistics)
        return nullptr;
    const auto& mixers = context.routerStatistics->mixers();
    const auto found = std::find_if(mixers.begin(), mixers.end(), [&](const RouterStatistics::Mixer& mixer) {
        return mixer.id == context.selection.mixer;
    });
    return found == mixers.end() ? nullptr : &*found;
}

}  // namespace

bool RouterStatisticsFigure::exists(const FigureContext& context)
{
    return mixerOf(context) != nullptr;
}

RouterStatisticsFigure::RouterStatisticsFigure(FigureContext context)
    : Figure(std::move(context))
    , m_mixer(mixerOf(m_context))
{
    if (!m_mixer)
        throw Error(ErrorKind::Usage,
                    m_context.routerStatistics
                        ? m_context.selection.mixer.name() + " has no router: choose a token mixer"
                        : std::string("router statistics are of a set of images: study the images first"));
    const std::vector<int>& counts = m_context.routerStatistics->imagesOfClass();
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] > 0)
            m_classes.push_back(static_cast<int>(i));
    }
}

double RouterStatisticsFigure::share(int row, int column) const
{
    const int classIndex = m_classes[static_cast<std::size_t>(row)];
    const int count = m_context.routerStatistics->imagesOfClass()[static_cast<std::size_t>(classIndex)];
    return m_mixer->chosen.at(classIndex, column) / count;
}

CellGrid RouterStatisticsFigure::grid() const
{
    CellGrid grid;
    for (const int classIndex : m_classes)
        grid.rows << QString::fromStdString(m_context.config.label(classIndex));
    for (const std::string& scan : m_mixer->scans)
        grid.columns << QString::fromStdString(scan);
    grid.value = [this](int row, int column) { return share(row, column); };
    grid.bar = {&ColorMap::get(m_context.options.colorMap), {0, 1}, Words::tr("share of images"), false};
    return grid;
}

QString RouterStatisticsFigure::title() const
{
    return Words::tr("Scans by class, %1").arg(QString::fromStdString(m_mixer->id.shortName()));
}

QString RouterStatisticsFigure::stabilityText() const
{
    const QString names[] = {Words::tr("flipped"), Words::tr("cropped"), Words::tr("noisy")};
    QStringList parts;
    for (int i = 0; i < kPerturbations; ++i) {
        const double kept = m_mixer->stability(static_cast<Perturbation>(i));
        if (!std::isnan(kept))
            parts << Words::tr("%1 %2 %").arg(names[i], tickText(100 * kept, 1));
    }
    return parts.isEmpty() ? QString() : Words::tr("same scans when ") + parts.join(QStringLiteral(", "));
}

QString RouterStatisticsFigure::caption() const
{
    return runCaption() + QLatin1Char(' ')
        + Words::tr("%1 images. %2.").arg(m_context.routerStatistics->imageCount()).arg(stabilityText())
        + QLatin1Char(' ') + programCaption();
}

QRectF RouterStatisticsFigure::gridRect(const QRectF& rect, const FigureStyle& style) const
{
    const Metrics metrics(style);
    return belowTitle(rect, style, true).adjusted(0, 0, 0, -metrics.line);
}

void RouterStatisticsFigure::paint(QPainter& painter, const QRectF& rect, const FigureStyle& style) const
{
    painter.save();
    beginFigure(painter, rect, style);
    paintTitle(painter, rect, style, title(), Words::tr("%1 images").arg(m_context.routerStatistics->imageCount()));
    const QRectF area = gridRect(rect, style);
    grid().paint(painter, area, style);
    painter.setFont(style.noteFont());
    painter.setPen(style.mutedText);
    drawText(painter, {area.left(), area.bottom() + 0.5 * Metrics(style).line}, Qt::AlignLeft | Qt::AlignVCenter,
             QFontMetricsF(painter.font()).elidedText(stabilityText(), Qt::ElideRight, area.width()));
    painter.restore();
}

std::optional<FigureHit> RouterStatisticsFigure::hitTest(const QPointF& point, const QRectF& rect,
                                                         const FigureStyle& style) const
{
    const auto cell = grid().cellAt(point, gridRect(rect, style), style);
    if (!cell)
        return std::nullopt;
    FigureHit hit{m_context.selection, {}};
    const int classIndex = m_classes[static_cast<std::size_t>(cell->y())];
    hit.selection.classIndex = classIndex;
    hit.text = Words::tr("%1 · %2\n%3 % of %4 images\nmean probability %5")
                   .arg(QString::fromStdString(m_context.config.label(classIndex)),
                        QString::fromStdString(m_mixer->scans[static_cast<std::size_t>(cell->x())]),
                        tickText(100 * share(cell->y(), cell->x()), 1))
                   .arg(m_context.routerStatistics->imagesOfClass()[static_cast<std::size_t>(classIndex)])
                   .arg(numberText(m_mixer->probability.at(classIndex, cell->x())));
    return hit;
}

bool RouterStatisticsFigure::select(const Selection& selection)
{
    if (selection.mixer != m_context.selection.mixer)
        return false;
    m_context.selection = selection;
    return true;
}

FigureTable RouterStatisticsFigure::table() const
{
    FigureTable table;
    table.columns = {{QStringLiteral("class"), {}},
                     {QStringLiteral("scan"), {}},
                     {QStringLiteral("images"), {}},
                     {QStringLiteral("share"), {}},
                     {QStringLiteral("probability"), {}}};
    const auto scans = static_cast<qint64>(m_mixer->scans.size());
    table.rowCount = scans * static_cast<qint64>(m_classes.size());
    table.cell = [statistics = m_context.routerStatistics, mixer = *m_mixer, classes = m_classes,
                  config = m_context.config, scans](qint64 row, int column) -> QVariant {
        const int classIndex = classes.at(static_cast<std::size_t>(row / scans));
        const int scan = static_cast<int>(row % scans);
        const int images = statistics->imagesOfClass()[static_cast<std::size_t>(classIndex)];
        switch (column) {
        case 0:
            return QString::fromStdString(config.label(classIndex));
        case 1:
            return QString::fromStdString(mixer.scans[static_cast<std::size_t>(scan)]);
        case 2:
            return images;
        case 3:
            return static_cast<double>(mixer.chosen.at(classIndex, scan)) / images;
        default:
            return static_cast<double>(mixer.probability.at(classIndex, scan));
        }
    };
    return table;
}

Array RouterStatisticsFigure::array() const
{
    Array result({static_cast<std::int64_t>(m_classes.size()), static_cast<std::int64_t>(m_mixer->scans.size())});
    for (int row = 0; row < static_cast<int>(m_classes.size()); ++row) {
        for (int column = 0; column < static_cast<int>(m_mixer->scans.size()); ++column)
            result.at(row, column) = static_cast<float>(share(row, column));
    }
    return result;
}

QSizeF RouterStatisticsFigure::preferredSize(const FigureStyle& style) const
{
    return QSizeF(46, 8 + 1.5 * static_cast<double>(std::max<std::size_t>(8, m_classes.size()))) * style.fontPixelSize;
}

}  // namespace mixer::vis
