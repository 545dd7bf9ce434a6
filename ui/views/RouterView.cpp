// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/RouterView.h"

#include "engine/analysis/RouterStatistics.h"
#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/views/FigureView.h"
#include "visualizers/FigureRun.h"
#include "visualizers/RouterStudy.h"

#include <QFile>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mixer::ui {

namespace {

constexpr int kCloseCalls = 20;
constexpr int kRowRole = Qt::UserRole;

}  // namespace

RouterView::RouterView(QWidget* parent)
    : QWidget(parent)
    , m_study(new QPushButton(tr("Study the images"), this))
    , m_divided(new QPushButton(this))
    , m_summary(new QLabel(this))
    , m_figure(new FigureView(QStringLiteral("router-statistics"), FigureView::Follow::Marks, this))
    , m_callsTitle(new QLabel(tr("Nearest to another choice"), this))
    , m_calls(new QListWidget(this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_study->setObjectName(QStringLiteral("studyButton"));
    m_study->setToolTip(definition(Term::RouterStatistics));
    m_study->setAutoDefault(false);
    m_divided->setObjectName(QStringLiteral("mostDividedButton"));
    m_divided->setToolTip(tr("Select the mixer whose router is the least sure over all images"));
    m_divided->setAutoDefault(false);
    m_summary->setMinimumWidth(40);
    m_summary->setForegroundRole(QPalette::PlaceholderText);
    m_figure->setAccessibleName(tr("Scans that each class gets"));
    m_figure->setEmptyText(tr("Which classes get which scans appears here"));
    m_calls->setObjectName(QStringLiteral("closeCalls"));
    m_calls->setAccessibleName(tr("Images nearest to another choice of scans"));
    m_calls->setToolTip(
        tr("Images nearest to another choice in the selected mixer, the nearest first. Click to open."));
    m_calls->setFixedWidth(190);
    m_callsTitle->setToolTip(m_calls->toolTip());
    m_callsTitle->setForegroundRole(QPalette::PlaceholderText);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(6, 4, 10, 2);
    bar->setSpacing(8);
    bar->addWidget(m_study);
    bar->addWidget(m_summary, 1);
    bar->addWidget(m_divided);
    auto* below = new QHBoxLayout;
    below->setSpacing(0);
    below->addWidget(m_figure, 1);
    auto* calls = new QVBoxLayout;
    calls->setContentsMargins(0, 4, 0, 0);
    calls->setSpacing(2);
    calls->addWidget(m_callsTitle);
    calls->addWidget(m_calls, 1);
    below->addLayout(calls);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addLayout(below, 1);
}

void RouterView::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_figure->setDocument(document);
    for (const auto signal : {&InspectionDocument::routerStatisticsChanged, &InspectionDocument::sessionChanged,
                              &InspectionDocument::detailChanged})
        connect(document, signal, this, &RouterView::refresh);
    connect(document->images(), &QAbstractItemModel::rowsInserted, this, &RouterView::refresh);
    connect(m_study, &QPushButton::clicked, this, &RouterView::study);
    connect(m_divided, &QPushButton::clicked, this, [this] {
        const auto& statistics = m_document->routerStatistics();
        if (statistics && statistics->mostDivided())
            m_document->requestMixer(statistics->mostDivided()->id);
    });
    connect(m_calls, &QListWidget::itemActivated, this,
            [this](const QListWidgetItem* item) { m_document->showImage(item->data(kRowRole).toInt()); });
    connect(m_calls, &QListWidget::itemClicked, this,
            [this](const QListWidgetItem* item) { m_document->showImage(item->data(kRowRole).toInt()); });
    refresh();
}

void RouterView::study()
{
    const auto session = m_document->session();
    if (!session)
        return;
    std::vector<vis::StudiedImage> images;
    std::vector<int> rows;
    for (int row = 0; row < m_document->images()->count(); ++row) {
        const ImageEntry& entry = m_document->images()->entry(row);
        if (!entry.error.isEmpty())
            continue;
        std::shared_ptr<const RgbImage> pixels;
        if (entry.pasted)
            pixels = std::shared_ptr<const RgbImage>(entry.pasted, &entry.pasted->pixels);
        images.push_back(
            {QFile::encodeName(entry.path).toStdString(), pixels, vis::classOfFolder(entry.path, session->config())});
        rows.push_back(row);
    }
    using Statistics = std::shared_ptr<const RouterStatistics>;
    const auto work = [session, images](const JobContext& context) -> Statistics {
        return vis::studyRouters(*session, images, context.progress, context.cancel);
    };
    m_document->worker().submit<Statistics>(QStringLiteral("router-study"),
                                            tr("Studying %n images", nullptr, static_cast<int>(images.size())), work,
                                            [this, session, rows](const JobOutcome<Statistics>& outcome) {
                                                if (outcome.end == JobEnd::Failed)
                                                    m_document->report(outcome.message);
                                                if (outcome.end == JobEnd::Finished && session == m_document->session())
                                                    m_document->setRouterStatistics(outcome.value, rows);
                                            });
}

void RouterView::refresh()
{
    const int count = m_document->images()->count();
    const auto& trace = m_document->trace();
    const bool hasRouter = !trace
        || std::any_of(trace->mixers().begin(), trace->mixers().end(),
                       [](const MixerRecord& mixer) { return mixer.routing.hasRouter; });
    m_study->setEnabled(m_document->session() && count > 0 && hasRouter);
    m_figure->setEmptyText(hasRouter ? tr("Which classes get which scans appears here")
                                     : tr("This network has no routers: every image runs all of its scans"));
    const auto& statistics = m_document->routerStatistics();
    const QString images = count == 1 ? tr("1 image") : tr("%n images", nullptr, count);
    m_summary->setText(!hasRouter       ? QString()
                           : statistics ? tr("%1 images studied").arg(statistics->imageCount())
                                        : tr("%1, each also flipped, cropped and noisy").arg(images));
    const RouterStatistics::Mixer* divided = statistics ? statistics->mostDivided() : nullptr;
    m_divided->setVisible(divided != nullptr);
    if (divided)
        m_divided->setText(tr("Most divided: %1").arg(QString::fromStdString(divided->id.shortName())));
    m_calls->clear();
    for (QWidget* widget : {static_cast<QWidget*>(m_callsTitle), static_cast<QWidget*>(m_calls)})
        widget->setVisible(statistics != nullptr);
    if (!statistics || !m_document->detail())
        return;
    for (const int image : statistics->closestCalls(m_document->selection().mixer, kCloseCalls)) {
        const int row = m_document->routerStatisticsRows().at(static_cast<std::size_t>(image));
        auto* item = new QListWidgetItem(m_document->images()->entry(row).name, m_calls);
        item->setToolTip(m_calls->toolTip());
        item->setData(kRowRole, row);
    }
}

}  // namespace mixer::ui
