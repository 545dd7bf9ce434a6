// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Playback.h"

#include "ui/document/InspectionDocument.h"

#include <algorithm>
#include <cmath>

namespace mixer::ui {

namespace {
constexpr int kTickMs = 16;  // a frame of a 60 Hz screen; faster scans take several steps at once
}

Playback::Playback(InspectionDocument* document, QObject* parent)
    : QObject(parent)
    , m_document(document)
{
    m_timer.setInterval(kTickMs);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &Playback::onTick);
}

int Playback::lastStep() const
{
    return m_document->detail() ? m_document->detail()->positionCount() - 1 : -1;
}

void Playback::setPlaying(bool playing)
{
    playing = playing && lastStep() > 0;
    if (playing == isPlaying())
        return;
    if (playing) {
        if (m_document->selection().step >= lastStep())
            m_document->setStep(0);
        m_due = 0;
        m_since.start();
        m_timer.start();
    } else {
        m_timer.stop();
    }
    Q_EMIT playingChanged(playing);
}

void Playback::setStepsPerSecond(double speed)
{
    if (speed == m_stepsPerSecond || !(speed > 0))
        return;
    m_stepsPerSecond = speed;
    Q_EMIT speedChanged(speed);
}

void Playback::stepBy(int steps)
{
    stepTo(m_document->selection().step + steps);
}

void Playback::stepTo(int step)
{
    setPlaying(false);
    m_document->setStep(std::clamp(step, 0, std::max(0, lastStep())));
}

void Playback::onTick()
{
    m_due += static_cast<double>(m_since.restart()) * 1e-3 * m_stepsPerSecond;
    const double whole = std::floor(m_due);
    if (whole < 1)
        return;
    m_due -= whole;
    const double next = m_document->selection().step + whole;
    m_document->setStep(static_cast<int>(std::min<double>(next, lastStep())));
    if (next >= lastStep())
        setPlaying(false);
}

}  // namespace mixer::ui
