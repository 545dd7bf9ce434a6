// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/ScansView.h"

#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/document/ScanEdits.h"
#include "ui/theme/Theme.h"
#include "ui/views/FigureView.h"
#include "ui/views/Transport.h"
#include "visualizers/ScanGlyph.h"

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mixer::ui {

namespace {
constexpr int kButtonsPerRow = 4;
constexpr QSize kLargestButton(86, 104);
}  // namespace

ScanButton::ScanButton(QWidget* parent)
    : QAbstractButton(parent)
{
    setCheckable(true);
    setAutoExclusive(false);
    setFocusPolicy(Qt::StrongFocus);
    setMaximumSize(kLargestButton);
}

void ScanButton::setScan(const QString& name, bool isChosen, const QString& share)
{
    setText(name);
    setObjectName(QStringLiteral("scan-") + name);
    m_isChosen = isChosen;
    m_share = share;
    setAccessibleName(isChosen ? tr("Scan %1, %2").arg(name, share) : tr("Scan %1, not chosen, %2").arg(name, share));
    setToolTip(isChosen ? tr("%1: chosen, %2. Click to follow it.").arg(name, share)
                        : tr("%1: not chosen, %2. Click to force it and see what changes.").arg(name, share));
    update();
}

void ScanButton::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = QRectF(rect()).adjusted(1.5, 1.5, -1.5, -1.5);
    if (isChecked() || underMouse()) {
        QColor ground = palette().color(QPalette::Highlight);
        ground.setAlpha(isChecked() ? 55 : 25);
        painter.setBrush(ground);
        painter.setPen(isChecked() ? QPen(palette().color(QPalette::Highlight), 1.5) : QPen(Qt::NoPen));
        painter.drawRoundedRect(frame, 5, 5);
    }
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1, Qt::DotLine));
        painter.drawRoundedRect(frame.adjusted(2, 2, -2, -2), 4, 4);
    }
    vis::FigureStyle style = figureStyleFor(*this);
    const QFont font = style.font(0.92);
    const double line = QFontMetricsF(font).height();
    const QRectF inner = frame.adjusted(3, 4, -3, -3);
    vis::ScanGlyph{text(), m_isChosen}.paint(painter, inner.adjusted(0, 0, 0, -2 * line), style);
    painter.setFont(font);
    painter.setPen(palette().color(m_isChosen ? QPalette::Active : QPalette::Disabled, QPalette::Text));
    const QRectF name(inner.left(), inner.bottom() - 2 * line, inner.width(), line);
    painter.drawText(name, Qt::AlignCenter, QFontMetricsF(font).elidedText(text(), Qt::ElideRight, name.width()));
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(name.translated(0, line), Qt::AlignCenter, m_share);
}

ScansView::ScansView(QWidget* parent)
    : QWidget(parent)
    , m_transport(new Transport(this))
    , m_heading(new QLabel(this))
    , m_allPaths(new QToolButton(this))
    , m_free(new QToolButton(this))
    , m_strip(new QWidget(this))
    , m_grid(new QGridLayout(m_strip))
    , m_routing(new FigureView(QStringLiteral("routing"), FigureView::Follow::Marks, this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_heading->setToolTip(definition(Term::Scan) + definition(Term::RouterProbability));
    m_grid->setContentsMargins(6, 0, 6, 6);
    m_grid->setSpacing(2);
    m_grid->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_routing->setAccessibleName(tr("Router probability of each scan in each mixer"));
    m_routing->setEmptyText(tr("Which scans the router chooses appears here"));
    m_allPaths->setObjectName(QStringLiteral("allPathsButton"));
    m_allPaths->setText(tr("All paths"));
    m_allPaths->setCheckable(true);
    m_allPaths->setToolTip(tr("Draw the paths of all chosen scans, the selected one in front"));
    m_free->setObjectName(QStringLiteral("freeScansButton"));
    m_free->setText(tr("Undo force"));
    m_free->setToolTip(tr("Leave the scans of this mixer to the router again"));
    for (QToolButton* button : {m_allPaths, m_free})
        button->setProperty("outlined", true);
    auto* headingRow = new QHBoxLayout;
    headingRow->setContentsMargins(8, 0, 4, 0);
    headingRow->setSpacing(2);
    headingRow->addWidget(m_heading, 1);
    headingRow->addWidget(m_free);
    headingRow->addWidget(m_allPaths);
    auto* left = new QVBoxLayout;
    left->setSpacing(2);
    left->addLayout(headingRow);
    left->addWidget(m_strip, 1);
    auto* below = new QHBoxLayout;
    below->setSpacing(4);
    below->addLayout(left);
    below->addWidget(m_routing, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 2, 0, 0);
    layout->setSpacing(2);
    layout->addWidget(m_transport);
    layout->addLayout(below, 1);
}

void ScansView::setDocument(InspectionDocument* document, Playback* playback)
{
    m_document = document;
    m_transport->setDocument(document, playback);
    m_routing->setDocument(document);
    connect(document, &InspectionDocument::detailChanged, this, &ScansView::refreshScans);
    connect(document, &InspectionDocument::selectionChanged, this, &ScansView::refreshSelection);
    connect(document, &InspectionDocument::viewSettingsChanged, this, &ScansView::refreshSelection);
    connect(document, &InspectionDocument::interventionsChanged, this, &ScansView::refreshSelection);
    connect(m_free, &QToolButton::clicked, this, [this] { freeScans(*m_document); });
    connect(m_allPaths, &QToolButton::clicked, this, [this](bool on) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.showAllPaths = on;
        m_document->setFigureOptions(options, tr("All paths"));
    });
    refreshScans();
}

void ScansView::onClicked(int button)
{
    const int scan = scanOfButton(button);
    if (scan >= 0)
        m_document->setScan(scan);
    else
        forceScan(*m_document, m_buttons[button]->text(), /*onlyThis=*/true);
    refreshSelection();  // a click on the checked one must not uncheck it
}

void ScansView::showMenu(int button, const QPoint& at)
{
    const Routing& routing = m_document->detail()->record().routing;
    if (m_document->selection().mixer.isChannelMixer || routing.scans.size() < 2)
        return;
    const QString scan = m_buttons[button]->text();
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("scanMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Force %1 alone").arg(scan), this, [this, scan] { forceScan(*m_document, scan, true); });
    if (!m_buttons[button]->isChosen())
        menu->addAction(tr("Force %1 beside the others").arg(scan), this,
                        [this, scan] { forceScan(*m_document, scan, false); });
    menu->addAction(tr("Forbid %1").arg(scan), this, [this, scan] { forbidScan(*m_document, scan); });
    if (m_buttons[button]->isChosen()) {
        QMenu* weights = menu->addMenu(tr("Weight of %1").arg(scan));
        const int chosen = scanOfButton(button);
        const double omega = routing.weights.at(static_cast<std::size_t>(chosen));
        for (const double factor : {0.0, 0.5, 2.0, 4.0})
            weights->addAction(tr("ω × %1").arg(factor), this,
                               [this, scan, weight = omega * factor] { weighScan(*m_document, scan, weight); });
    }
    menu->addSeparator();
    menu->addAction(tr("Leave the scans to the router"), this, [this] { freeScans(*m_document); })
        ->setEnabled(hasScanEdits(*m_document));
    menu->popup(at);
}

void ScansView::refreshScans()
{
    const auto& detail = m_document->detail();
    m_strip->setVisible(detail != nullptr);
    m_heading->setVisible(detail != nullptr);
    if (!detail) {
        m_free->hide();
        m_allPaths->hide();
        return;
    }
    const Routing& routing = detail->record().routing;
    const bool isToken = !detail->record().id.isChannelMixer;
    const int count = isToken ? static_cast<int>(routing.scans.size()) : detail->scanCount();
    while (m_buttons.size() < count) {
        auto* button = new ScanButton(m_strip);
        const auto index = static_cast<int>(m_buttons.size());
        connect(button, &ScanButton::clicked, this, [this, index] { onClicked(index); });
        button->setContextMenuPolicy(Qt::CustomContextMenu);
        connect(button, &QWidget::customContextMenuRequested, this,
                [this, index, button](const QPoint& at) { showMenu(index, button->mapToGlobal(at)); });
        m_grid->addWidget(button, index / kButtonsPerRow, index % kButtonsPerRow);
        m_buttons << button;
    }
    for (int i = 0; i < m_buttons.size(); ++i) {
        m_buttons[i]->setVisible(i < count);
        if (i >= count)
            continue;
        if (!isToken) {
            m_buttons[i]->setScan(QString::fromStdString(detail->scanName(i)), true, QString());
            continue;
        }
        const auto index = static_cast<std::size_t>(i);
        const int chosen = scanOfButton(i);
        QString share;
        if (chosen >= 0)
            share = tr("ω %1").arg(locale().toString(routing.weights[static_cast<std::size_t>(chosen)], 'f', 2));
        else if (routing.hasRouter)
            share = tr("p %1").arg(locale().toString(routing.probabilities[index], 'f', 2));
        m_buttons[i]->setScan(QString::fromStdString(routing.scans[index]), chosen >= 0, share);
    }
    refreshSelection();
}

int ScansView::scanOfButton(int button) const
{
    const MixerRecord& record = m_document->detail()->record();
    if (record.id.isChannelMixer)
        return button;
    const std::vector<int>& chosen = record.routing.chosen;
    const auto found = std::find(chosen.begin(), chosen.end(), button);
    return found == chosen.end() ? -1 : static_cast<int>(found - chosen.begin());
}

void ScansView::refreshSelection()
{
    if (!m_document->detail())
        return;
    const MixerRecord& record = m_document->detail()->record();
    const QString mixer = QString::fromStdString(record.id.shortName());
    if (record.id.isChannelMixer)
        m_heading->setText(tr("Directions of %1").arg(mixer));
    else if (record.routing.hasRouter)
        m_heading->setText(
            tr("%1: %2 of %3 scans").arg(mixer).arg(record.routing.chosen.size()).arg(record.routing.scans.size()));
    else
        m_heading->setText(tr("%1: all %2 scans").arg(mixer).arg(record.routing.scans.size()));
    m_free->setVisible(hasScanEdits(*m_document));
    m_allPaths->setChecked(m_document->viewSettings().figure.showAllPaths);
    m_allPaths->setVisible(!record.id.isChannelMixer && record.routing.chosen.size() > 1);
    for (int i = 0; i < m_buttons.size(); ++i) {
        if (m_buttons[i]->isVisibleTo(m_strip))
            m_buttons[i]->setChecked(scanOfButton(i) == m_document->selection().scan);
    }
}

}  // namespace mixer::ui
