// SPDX-License-Identifier: MIT
#pragma once

#include "engine/batch/BatchJournal.h"
#include "engine/batch/BatchTable.h"
#include "engine/batch/PictureList.h"
#include "engine/core/Progress.h"
#include "engine/session/InferenceSession.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

struct BatchOptions {
    int topCount = 5;
    int batch = 0;                      ///< pictures that run through the network together; 0: by their size
    int threads = 1;                    ///< each makes batches of its own
    bool gates = true;                  ///< look at the gates too
    std::string precision = "float32";  ///< of the session
    std::string program;                ///< name and version: what another one wrote is not gone on with
};

struct BatchProgress {
    std::int64_t done = 0, total = 0;
    std::int64_t failed = 0;
    double imagesPerSecond = 0;  ///< of this process; what an earlier one did is not counted
    double secondsLeft = 0;
};

/// Runs a network over any number of pictures and tells of each (BatchTable). Memory does not depend on their number,
/// but for their names. What is written depends on the pictures, the network and the options alone: neither on the
/// number of threads nor on where the run was interrupted.
class BatchRun {
public:
    /// Runs an empty picture through the network to learn what it has to tell. `pictures`: see listPictures().
    BatchRun(std::shared_ptr<const InferenceSession> session, std::vector<std::string> pictures,
             const BatchOptions& options, const CancelToken& cancel = {});

    /// JSON: all that its rows depend on. For BatchJournal.
    std::string description() const;
    const BatchTable& table() const { return m_table; }
    std::int64_t pictureCount() const { return static_cast<std::int64_t>(m_pictures.size()); }

    /// From where the journal ends to the last picture; `progress` is called by one thread at a time. A picture that
    /// fails gets a row that says why. Throws Cancelled; Error when the journal cannot be written.
    void run(BatchJournal& journal, const std::function<void(const BatchProgress&)>& progress,
             const CancelToken& cancel) const;

private:
    struct Pending;
    Pending load(const std::string& name) const;
    BatchJournal::Rows rowsOf(std::size_t first, std::size_t last, const CancelToken& cancel) const;
    void runTogether(const std::vector<Pending*>& pictures, const CancelToken& cancel) const;
    std::size_t batchSize() const;

    std::shared_ptr<const InferenceSession> m_session;
    std::vector<std::string> m_pictures;
    BatchOptions m_options;
    FolderClasses m_classes;
    BatchTable m_table;
};

/// Writes what the journal holds to `path`, whole or not at all: as a Parquet file where the name ends with .parquet,
/// as CSV otherwise. Throws Error(File); Error(Usage) for Parquet in a build without it.
void writeBatchResult(const std::string& path, const BatchTable& table, const BatchJournal& journal);
/// Throws Error(Usage), for people, when writeBatchResult() cannot write a file of this name.
void requireBatchFormat(const std::string& path);

/// "path: why" of the first pictures that failed, at most `most`.
std::vector<std::string> batchFailures(const BatchJournal& journal, std::size_t most);

}  // namespace mixer
