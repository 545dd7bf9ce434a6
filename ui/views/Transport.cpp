// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/Transport.h"

#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/document/Playback.h"
#include "ui/theme/Theme.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>

namespace mixer::ui {

namespace {
constexpr int kSpeeds[] = {2, 10, 30, 100, 300, 1000};  // steps per second
}

Transport::Transport(QWidget* parent)
    : QWidget(parent)
    , m_toStart(addButton(QStringLiteral("toStartButton"), tr("First step"), tr("Home")))
    , m_back(addButton(QStringLiteral("stepBackButton"), tr("One step back"), tr("Left")))
    , m_play(addButton(QStringLiteral("playButton"), tr("Play or pause the scan"), tr("Space")))
    , m_forward(addButton(QStringLiteral("stepForwardButton"), tr("One step forward"), tr("Right")))
    , m_timeline(new QSlider(Qt::Horizontal, this))
    , m_step(new QLabel(this))
    , m_speed(new QComboBox(this))
{
    m_timeline->setObjectName(QStringLiteral("timeline"));
    m_timeline->setAccessibleName(tr("Timeline: step of the scan"));
    m_timeline->setToolTip(definition(Term::Step));
    m_step->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_step->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("step 00000 / 00000")));
    m_speed->setObjectName(QStringLiteral("speedCombo"));
    m_speed->setAccessibleName(tr("Speed"));
    m_speed->setToolTip(tr("Steps per second while playing"));
    for (const int speed : kSpeeds)
        m_speed->addItem(tr("%1 steps/s").arg(speed), speed);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(6, 2, 6, 2);
    layout->setSpacing(2);
    for (QToolButton* button : {m_toStart, m_back, m_play, m_forward})
        layout->addWidget(button);
    layout->addSpacing(6);
    layout->addWidget(m_timeline, 1);
    layout->addWidget(m_step);
    layout->addSpacing(6);
    layout->addWidget(m_speed);
    refreshIcons();
}

QToolButton* Transport::addButton(const QString& objectName, const QString& text, const QString& keys)
{
    auto* button = new QToolButton(this);
    button->setObjectName(objectName);
    button->setAccessibleName(text);
    button->setToolTip(tr("%1 (%2)").arg(text, keys));
    button->setIconSize(QSize(18, 18));
    return button;
}

void Transport::setDocument(InspectionDocument* document, Playback* playback)
{
    m_document = document;
    m_playback = playback;
    connect(document, &InspectionDocument::detailChanged, this, &Transport::refreshAll);
    connect(document, &InspectionDocument::selectionChanged, this, &Transport::refreshStep);
    connect(playback, &Playback::playingChanged, this, &Transport::refreshIcons);
    connect(playback, &Playback::speedChanged, this, &Transport::refreshAll);
    connect(m_toStart, &QToolButton::clicked, playback, [playback] { playback->stepTo(0); });
    connect(m_back, &QToolButton::clicked, playback, [playback] { playback->stepBy(-1); });
    connect(m_forward, &QToolButton::clicked, playback, [playback] { playback->stepBy(1); });
    connect(m_play, &QToolButton::clicked, playback, &Playback::toggle);
    connect(m_timeline, &QSlider::valueChanged, playback, &Playback::stepTo);
    connect(m_speed, &QComboBox::activated, playback,
            [this](int index) { m_playback->setStepsPerSecond(m_speed->itemData(index).toDouble()); });
    refreshAll();
}

void Transport::refreshAll()
{
    const bool hasScan = m_document->detail() != nullptr;
    for (QWidget* widget :
         {static_cast<QWidget*>(m_toStart), static_cast<QWidget*>(m_back), static_cast<QWidget*>(m_play),
          static_cast<QWidget*>(m_forward), static_cast<QWidget*>(m_timeline)})
        widget->setEnabled(hasScan);
    {
        const QSignalBlocker blocker(m_timeline);
        const int steps = hasScan ? m_document->detail()->positionCount() : 1;
        m_timeline->setRange(0, steps - 1);
        m_timeline->setPageStep(std::max(1, steps / 10));
    }
    const int speed = m_speed->findData(static_cast<int>(m_playback->stepsPerSecond()));
    if (speed >= 0)
        m_speed->setCurrentIndex(speed);
    refreshStep();
}

void Transport::refreshStep()
{
    const QSignalBlocker blocker(m_timeline);
    m_timeline->setValue(m_document->selection().step);
    m_step->setText(m_document->detail()
                        ? tr("step %1 / %2").arg(m_document->selection().step).arg(m_timeline->maximum())
                        : QString());
}

void Transport::refreshIcons()
{
    const bool isPlaying = m_playback && m_playback->isPlaying();
    m_toStart->setIcon(themedIcon(QStringLiteral("to-start"), palette()));
    m_back->setIcon(themedIcon(QStringLiteral("step-back"), palette()));
    m_forward->setIcon(themedIcon(QStringLiteral("step-forward"), palette()));
    m_play->setIcon(themedIcon(isPlaying ? QStringLiteral("pause") : QStringLiteral("play"), palette()));
}

void Transport::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange)
        refreshIcons();
    QWidget::changeEvent(event);
}

}  // namespace mixer::ui
