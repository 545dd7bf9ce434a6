// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/ActivityWidget.h"

#include "ui/Translate.h"
#include "ui/document/InspectionDocument.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

namespace mixer::ui {

namespace {
constexpr int kSampleMs = 100;
constexpr int kBarSteps = 1000;
}  // namespace

ActivityWidget::ActivityWidget(QWidget* parent)
    : QWidget(parent)
    , m_text(new QLabel(this))
    , m_bar(new QProgressBar(this))
    , m_cancel(new QPushButton(tr("Cancel"), this))
{
    setObjectName(QStringLiteral("activity"));
    m_bar->setMinimumWidth(60);
    m_bar->setMaximumWidth(150);
    m_text->setMinimumWidth(1);  // a long text is cut: it does not push the panels of the window aside
    m_bar->setMaximumHeight(14);
    m_bar->setTextVisible(false);
    m_bar->setAccessibleName(tr("Progress"));
    m_cancel->setObjectName(QStringLiteral("cancelButton"));
    m_cancel->setToolTip(tr("Stop; everything stays as it is"));
    m_cancel->setAutoDefault(false);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 0, 8, 0);
    layout->addWidget(m_bar);
    layout->addWidget(m_cancel);
    layout->addWidget(m_text);
    m_timer.setInterval(kSampleMs);
    connect(&m_timer, &QTimer::timeout, this, &ActivityWidget::refresh);
    hide();
}

void ActivityWidget::setDocument(InspectionDocument* document)
{
    m_document = document;
    connect(&document->worker(), &InferenceWorker::busyChanged, this, &ActivityWidget::onBusyChanged);
    connect(m_cancel, &QPushButton::clicked, document, &InspectionDocument::cancel);
    onBusyChanged(document->worker().status().isBusy);
}

void ActivityWidget::onBusyChanged(bool busy)
{
    if (busy) {
        m_timer.start();
        return;
    }
    m_timer.stop();
    hide();
}

void ActivityWidget::refresh()
{
    const JobStatus status = m_document->worker().status();
    if (status.elapsedMs < kPatienceMs)
        return;
    const bool isKnown = status.fraction >= 0;
    m_bar->setRange(0, isKnown ? kBarSteps : 0);
    m_bar->setValue(isKnown ? static_cast<int>(status.fraction * kBarSteps) : 0);
    m_text->setText(status.stage.isEmpty() ? status.title : tr("%1: %2").arg(status.title, engineText(status.stage)));
    show();
}

}  // namespace mixer::ui
