// SPDX-License-Identifier: MIT
#include "engine/batch/BatchRun.h"

#include "engine/batch/PictureList.h"
#include "engine/image/LoadPicture.h"
#include "engine/report/JsonNumber.h"
#include "engine/training/Workers.h"

#include <nlohmann/json.hpp>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

namespace mixer {

namespace {

/// Pixels that run through the network together: more gain no speed, and cost memory.
constexpr std::int64_t kBatchPixels = std::int64_t(1) << 16;
constexpr std::int64_t kBatchPixelsOnGpu = std::int64_t(1) << 21;
constexpr std::int64_t kMostTogether = 256;

BatchResult exampleOf(const InferenceSession& session, bool gates, const CancelToken& cancel)
{
    const PreprocessOptions options = session.configuredPreprocessing();
    return session.runBatch(Array({1, 3, options.height, options.width}), cancel, gates);
}

class Checksum {
public:
    void add(const void* bytes, std::size_t size)
    {
        m_crc = ::crc32_z(m_crc, static_cast<const unsigned char*>(bytes), size);
    }
    /// With its end, so that "ab", "c" is not "a", "bc".
    void add(const std::string& text) { add(text.c_str(), text.size() + 1); }
    std::string text() const
    {
        char digits[16];
        std::snprintf(digits, sizeof digits, "%08lx", m_crc);
        return digits;
    }

private:
    unsigned long m_crc = 0;
};

std::string checksumOf(const Checkpoint& checkpoint)
{
    Checksum sum;
    for (const TensorInfo& tensor : checkpoint.file->tensors()) {
        sum.add(tensor.name);
        sum.add(tensor.data, tensor.bytes);
    }
    sum.add(checkpoint.config.toJson());
    for (const std::string& label : checkpoint.config.labels)
        sum.add(label);
    return sum.text();
}

nlohmann::ordered_json preprocessingJson(const PreprocessOptions& options)
{
    nlohmann::ordered_json json = {{"height", options.height},
                                   {"width", options.width},
                                   {"mode", static_cast<int>(options.mode)},
                                   {"crop", options.cropFraction},
                                   {"max_side", options.maxSide}};
    for (const auto& [key, values] : {std::pair{"mean", options.mean}, std::pair{"std", options.std}})
        for (const float value : values)
            json[key].push_back(shortest(value));
    return json;
}

/// How fast this process is, from its first picture on.
class Pace {
public:
    Pace(std::int64_t first, std::int64_t total)
        : m_first(first)
        , m_total(total)
    {
    }

    BatchProgress at(const BatchJournal& journal) const
    {
        BatchProgress progress;
        progress.done = journal.rowCount();
        progress.failed = journal.failedCount();
        progress.total = m_total;
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count();
        if (progress.done > m_first && seconds > 0) {
            progress.imagesPerSecond = static_cast<double>(progress.done - m_first) / seconds;
            progress.secondsLeft = static_cast<double>(m_total - progress.done) / progress.imagesPerSecond;
        }
        return progress;
    }

private:
    std::int64_t m_first, m_total;
    std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
};

/// Batches are taken by any thread and handed in as they are done; they come out in their order. No thread gets further
/// ahead than `ahead` batches, so that what waits is bounded.
class BatchLine {
public:
    BatchLine(std::size_t count, std::size_t ahead, std::function<void(const BatchJournal::Rows&)> take)
        : m_count(count)
        , m_ahead(ahead)
        , m_take(std::move(take))
    {
    }

    /// The next batch to make; m_count: there is none, or the line has stopped.
    std::size_t next()
    {
        std::unique_lock lock(m_mutex);
        m_moved.wait(lock, [&] { return m_isStopped || m_given == m_count || m_given < m_out + m_ahead; });
        return m_isStopped ? m_count : m_given == m_count ? m_count : m_given++;
    }

    void handIn(std::size_t batch, BatchJournal::Rows rows)
    {
        const std::lock_guard lock(m_mutex);
        m_waiting.emplace(batch, std::move(rows));
        for (; !m_isStopped && !m_waiting.empty() && m_waiting.begin()->first == m_out; ++m_out) {
            m_take(m_waiting.begin()->second);
            m_waiting.erase(m_waiting.begin());
        }
        m_moved.notify_all();
    }

    void stop()
    {
        const std::lock_guard lock(m_mutex);
        m_isStopped = true;
        m_moved.notify_all();
    }

private:
    const std::size_t m_count, m_ahead;
    const std::function<void(const BatchJournal::Rows&)> m_take;
    std::mutex m_mutex;
    std::condition_variable m_moved;
    std::map<std::size_t, BatchJournal::Rows> m_waiting;
    std::size_t m_given = 0, m_out = 0;
    bool m_isStopped = false;
};

}  // namespace

/// A picture on its way to its row.
struct BatchRun::Pending {
    BatchPicture picture;
    Array tensor;
    std::string error;
    std::string row;
};

BatchRun::BatchRun(std::shared_ptr<const InferenceSession> session, std::vector<std::string> pictures,
                   const BatchOptions& options, const CancelToken& cancel)
    : m_session(std::move(session))
    , m_pictures(std::move(pictures))
    , m_options(options)
    , m_classes(m_session->config())
    , m_table(m_session->config(), options.topCount, exampleOf(*m_session, options.gates, cancel))
{
}

std::size_t BatchRun::batchSize() const
{
    if (m_options.batch > 0)
        return static_cast<std::size_t>(m_options.batch);
    const PreprocessOptions options = m_session->preprocessing();
    const std::int64_t pixels = options.mode == ResizeMode::Whole ? std::int64_t(options.maxSide) * options.maxSide
                                                                  : std::int64_t(options.height) * options.width;
    const std::int64_t most = m_session->runtime().device == "CPU" ? kBatchPixels : kBatchPixelsOnGpu;
    return static_cast<std::size_t>(
        std::clamp<std::int64_t>(most / std::max<std::int64_t>(1, pixels), 1, kMostTogether));
}

std::string BatchRun::description() const
{
    Checksum names;
    for (const std::string& name : m_pictures)
        names.add(name);
    nlohmann::ordered_json json = {{"program", m_options.program},
                                   {"model", checksumOf(m_session->checkpoint())},
                                   {"precision", m_options.precision},
                                   {"pictures", m_pictures.size()},
                                   {"list", names.text()},
                                   {"preprocessing", preprocessingJson(m_session->preprocessing())},
                                   {"top", m_options.topCount},
                                   {"batch", batchSize()},
                                   {"gates", m_options.gates}};
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void BatchRun::run(BatchJournal& journal, const std::function<void(const BatchProgress&)>& progress,
                   const CancelToken& cancel) const
{
    // Every thread makes batches of its own, from the file to the row: small networks gain nothing from several threads
    // at one picture, and what comes out does not depend on how many there are.
    const auto first = static_cast<std::size_t>(journal.rowCount());
    const std::size_t together = batchSize();
    const std::size_t count = (m_pictures.size() - first + together - 1) / together;
    const auto threads = static_cast<std::size_t>(std::max(1, m_options.threads));
    const Pace pace(journal.rowCount(), pictureCount());
    BatchLine line(count, 2 * threads, [&](const BatchJournal::Rows& rows) {
        journal.append(rows);
        if (progress)
            progress(pace.at(journal));
    });
    forEachIndex(threads, m_options.threads, [&](std::size_t) {
        try {
            for (std::size_t batch = line.next(); batch < count; batch = line.next()) {
                const std::size_t start = first + batch * together;
                line.handIn(batch, rowsOf(start, std::min(start + together, m_pictures.size()), cancel));
            }
        } catch (...) {
            line.stop();
            throw;
        }
    });
}

BatchRun::Pending BatchRun::load(const std::string& name) const
{
    Pending pending;
    pending.picture.path = name;
    pending.picture.trueClass = m_classes.of(name);
    try {
        LoadedPicture loaded = loadPicture(name, m_session->preprocessing());
        pending.picture.width = loaded.width;
        pending.picture.height = loaded.height;
        pending.tensor = std::move(loaded.prepared.tensor);
    } catch (const Error& error) {
        pending.error = error.what();
    }
    return pending;
}

BatchJournal::Rows BatchRun::rowsOf(std::size_t first, std::size_t last, const CancelToken& cancel) const
{
    std::vector<Pending> pictures;
    for (std::size_t i = first; i < last; ++i) {
        cancel.check();
        pictures.push_back(load(m_pictures[i]));
    }
    std::map<std::vector<std::int64_t>, std::vector<Pending*>> bySize;
    for (Pending& pending : pictures)
        if (pending.error.empty())
            bySize[pending.tensor.shape].push_back(&pending);
    for (const auto& [shape, together] : bySize)
        runTogether(together, cancel);
    BatchJournal::Rows rows;
    for (const Pending& pending : pictures) {
        ++rows.count;
        rows.failed += !pending.error.empty();
        rows.text += pending.error.empty() ? pending.row : m_table.failure(pending.picture, pending.error);
    }
    return rows;
}

void BatchRun::runTogether(const std::vector<Pending*>& pictures, const CancelToken& cancel) const
{
    Array images;
    images.shape = pictures.front()->tensor.shape;
    images.shape.insert(images.shape.begin(), static_cast<std::int64_t>(pictures.size()));
    for (const Pending* pending : pictures)
        images.values.insert(images.values.end(), pending->tensor.values.begin(), pending->tensor.values.end());
    try {
        const BatchResult result = m_session->runBatch(images, cancel, m_options.gates);
        for (std::size_t i = 0; i < pictures.size(); ++i) {
            try {
                pictures[i]->row = m_table.row(pictures[i]->picture, result, i);
            } catch (const Error& error) {
                pictures[i]->error = error.what();
            }
        }
    } catch (const Error& error) {
        if (pictures.size() == 1) {
            pictures.front()->error = error.what();
            return;
        }
        for (Pending* alone : pictures)  // whose fault it is, and what the others have to say
            runTogether({alone}, cancel);
    }
}

}  // namespace mixer
