// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/Watchdog.h"

#include <QEvent>
#include <QMetaEnum>
#include <QThread>

#include <ctime>

namespace mixer::ui::testing {

namespace {

double threadMilliseconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

}  // namespace

bool WatchedApplication::notify(QObject* receiver, QEvent* event)
{
    // Of nested events the outermost one counts; other threads have no GUI to block.
    if (m_depth > 0 || thread() != QThread::currentThread())
        return QApplication::notify(receiver, event);
    const QEvent::Type type = event->type();
    const QString name = QString::fromLatin1(receiver->metaObject()->className());
    ++m_depth;
    const double start = threadMilliseconds();
    const bool result = QApplication::notify(receiver, event);
    const double spent = threadMilliseconds() - start;
    --m_depth;
    if (spent > m_slowest) {
        m_slowest = spent;
        const char* key = QMetaEnum::fromType<QEvent::Type>().valueToKey(type);
        m_name = QStringLiteral("%1 to %2").arg(QLatin1String(key ? key : "event"), name);
    }
    return result;
}

void WatchedApplication::reset()
{
    m_slowest = 0;
    m_name.clear();
}

}  // namespace mixer::ui::testing
