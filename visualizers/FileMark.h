// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/checkpoint/Checkpoint.h"
#include "engine/core/Progress.h"

#include <QString>

#include <memory>

namespace mixer::vis {

/// Which file something was made from: where it lay, and its SHA-256 in hexadecimal digits.
struct FileMark {
    QString path;
    QString sha256;

    bool operator==(const FileMark& o) const { return path == o.path && sha256 == o.sha256; }
};

/// The mark of a plain file. Throws Error(File), Cancelled.
FileMark markOf(const QString& path, const CancelToken& cancel = {});

/// The mark of a checkpoint as it was opened. One that is made of several files (shards, a configuration beside it)
/// has the SHA-256 of theirs, each as 64 digits and a line feed: that of `sha256sum FILES | cut -c1-64 | sha256sum`.
/// Kept for as long as the file is open: asking again is free. `path`: as people named it.
FileMark markOf(const Checkpoint& checkpoint, const QString& path, const CancelToken& cancel = {});

}  // namespace mixer::vis
