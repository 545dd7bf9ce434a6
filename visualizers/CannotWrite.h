// SPDX-License-Identifier: GPL-3.0-or-later
// Private to visualizers/.
#pragma once

#include "engine/core/Error.h"

#include <QString>

namespace mixer::vis {

/// Throws Error(File): that a figure cannot be written, why, and what to do about it.
[[noreturn]] inline void cannotWrite(const QString& path, const QString& reason)
{
    throw Error(ErrorKind::File,
                "cannot write \"" + path.toStdString() + "\": " + reason.toStdString()
                    + "; choose another folder or free some space");
}

}  // namespace mixer::vis
