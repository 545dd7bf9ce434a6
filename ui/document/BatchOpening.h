// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/batch/BatchReader.h"
#include "ui/document/ImageListModel.h"
#include "ui/document/InferenceWorker.h"

#include <QString>

#include <memory>
#include <vector>

namespace mixer::ui {

/// What `mixerscope batch` wrote, opened as the images that it is about: predictions and router statistics are there at
/// once, without a run.
struct OpenedBatch {
    std::vector<ImageEntry> entries;
    int failed = 0;                                      ///< of them
    std::shared_ptr<const RouterStatistics> statistics;  ///< null: the network has no routers
    std::vector<int> statisticsEntries;                  ///< for each image of the statistics, its index in `entries`
};

/// Whether a file is such a table.
bool isBatchTable(const QString& path);

/// Names in the table that do not begin at the root are looked for from the working folder, then from the table's.
/// Throws Error, Cancelled.
OpenedBatch openBatchJob(const QString& path, const InferenceSession& session, const JobContext& context);

}  // namespace mixer::ui
