// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/checkpoint/CheckpointNames.h"

#include <QStringList>

namespace mixer::ui {

/// "*.safetensors *.pth ...", for the filter of a file dialog.
inline QString checkpointPatterns()
{
    QStringList patterns;
    for (const std::string_view ending : kCheckpointEndings)
        patterns << QLatin1Char('*') + QString::fromLatin1(ending.data(), static_cast<qsizetype>(ending.size()));
    return patterns.join(QLatin1Char(' '));
}

}  // namespace mixer::ui
