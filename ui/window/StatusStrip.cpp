// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/StatusStrip.h"

#include "ui/document/InspectionDocument.h"
#include "ui/document/MemoryRoom.h"
#include "ui/theme/Theme.h"
#include "ui/window/ActivityWidget.h"

#include <QLabel>
#include <QLocale>
#include <QStatusBar>
#include <QToolButton>

namespace mixer::ui {

StatusStrip::StatusStrip(QStatusBar* bar)
    : QObject(bar)
    , m_bar(bar)
    , m_activity(new ActivityWidget(bar))
    , m_facts(new QLabel(bar))
    , m_edits(new QToolButton(bar))
    , m_warnings(new QToolButton(bar))
{
    m_edits->setObjectName(QStringLiteral("editsButton"));
    m_edits->setToolTip(tr("What is done differently from the network as it was trained"));
    m_warnings->setObjectName(QStringLiteral("warningsButton"));
    m_warnings->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_warnings->setIconSize(QSize(14, 14));
    m_warnings->setToolTip(tr("Show all warnings"));
    bar->setSizeGripEnabled(false);
    bar->setContentsMargins(6, 0, 4, 0);
    bar->addWidget(m_edits);
    bar->addWidget(m_activity);
    m_facts->setObjectName(QStringLiteral("statusFacts"));
    m_facts->setContentsMargins(8, 0, 8, 0);
    bar->addPermanentWidget(m_facts);
    bar->addPermanentWidget(m_warnings);
    connect(m_edits, &QToolButton::clicked, this, &StatusStrip::editsRequested);
    connect(m_warnings, &QToolButton::clicked, this, &StatusStrip::warningsRequested);
}

void StatusStrip::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_activity->setDocument(document);
    for (const auto signal :
         {&InspectionDocument::sessionChanged, &InspectionDocument::pictureChanged, &InspectionDocument::traceChanged,
          &InspectionDocument::detailChanged, &InspectionDocument::warningsChanged})
        connect(document, signal, this, &StatusStrip::refresh);
    for (const auto signal : {&InspectionDocument::interventionsChanged, &InspectionDocument::traceChanged,
                              &InspectionDocument::viewSettingsChanged})
        connect(document, signal, this, &StatusStrip::refreshEdits);
    refresh();
    refreshEdits();
}

void StatusStrip::refreshIcons()
{
    m_warnings->setIcon(themedIcon(QStringLiteral("warning"), m_bar->palette()));
}

void StatusStrip::refresh()
{
    QStringList facts;
    if (const auto& trace = m_document->trace())
        facts << tr("%1 ms forward").arg(QLocale().toString(trace->milliseconds(), 'f', 1))
              << tr("%1 kept").arg(bytesText(static_cast<double>(trace->recordedBytes())));
    if (const auto& picture = m_document->picture())
        facts << tr("%1 × %2 px").arg(picture->size().width()).arg(picture->size().height());
    if (m_document->detail()) {
        const MixerRecord& record = m_document->detail()->record();
        facts << tr("%1 × %2 tokens").arg(record.height).arg(record.width);
    }
    if (const auto& session = m_document->session()) {
        const RuntimeInfo runtime = session->runtime();
        facts << QString::fromStdString(runtime.device) << QString::fromStdString(runtime.kernel)
              << (runtime.threads == 1 ? tr("1 thread") : tr("%n threads", nullptr, runtime.threads));
    } else {
        facts << tr("no model");
    }
    m_facts->setText(facts.join(QStringLiteral("  ·  ")));
    const auto warnings = static_cast<int>(m_document->warnings().size());
    m_warnings->setVisible(warnings > 0);
    m_warnings->setText(warnings == 1 ? tr("1 warning") : tr("%n warnings", nullptr, warnings));
    refreshIcons();
}

void StatusStrip::refreshEdits()
{
    const int active = m_document->interventions().activeCount();
    m_edits->setVisible(active > 0);
    QString text = active == 1 ? tr("1 edit active") : tr("%n edits active", nullptr, active);
    const vis::ShownRun shown = m_document->viewSettings().figure.shownRun;
    if (shown == vis::ShownRun::Baseline)
        text += tr(", the baseline is shown");
    else if (shown == vis::ShownRun::Difference)
        text += tr(", the difference is shown");
    else if (!m_document->editProblem().isEmpty())
        text += tr(", but they do not fit");
    m_edits->setText(text);
}

}  // namespace mixer::ui
