// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/MemoryRoom.h"

#include "engine/core/Error.h"
#include "engine/session/ProcessMemory.h"

#include <QLocale>

namespace mixer::ui {

MemoryRoom memoryRoom(const InferenceSession& session, int inputHeight, int inputWidth, int elementBytes)
{
    return {planMemory(session.config(), session.mixers(), inputHeight, inputWidth, elementBytes), availableBytes()};
}

QString MemoryRoom::refusal() const
{
    if (fits())
        return {};
    try {
        requireMemory(plan, static_cast<std::uint64_t>(available));
    } catch (const Error& error) {
        const QString reason = QString::fromUtf8(error.what());
        return reason.left(1).toUpper() + reason.mid(1) + QLatin1Char('.');
    }
    return {};
}

QString MemoryRoom::text() const
{
    const QString needed = bytesText(static_cast<double>(plan.needed()));
    return available < 0 ? tr("about %1").arg(needed)
                         : tr("about %1 of %2 that are free").arg(needed, bytesText(static_cast<double>(available)));
}

int elementBytes(Precision precision)
{
    return precision == Precision::Float64 ? 8 : 4;
}

QString bytesText(double bytes)
{
    const char* const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    int unit = 0;
    while (bytes >= 999.5 && unit < 5) {
        bytes /= 1000;
        ++unit;
    }
    const int decimals = unit == 0 || bytes >= 99.95 ? 0 : bytes >= 9.995 ? 1 : 2;
    return QStringLiteral("%1 %2").arg(QLocale().toString(bytes, 'f', decimals), QLatin1String(units[unit]));
}

}  // namespace mixer::ui
