// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/core/Progress.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>

#include <any>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mixer::ui {

enum class JobEnd { Finished, Cancelled, Failed };

/// Background work runs when nothing else waits; an interactive request cancels a running background job.
enum class JobPriority { Interactive, Background };

/// How a job ended. `value` holds something only when `end` is Finished, `message` (for people) only when Failed.
template <class T> struct JobOutcome {
    JobEnd end = JobEnd::Cancelled;
    T value{};
    QString message;
};

/// What a job may touch besides its own copy of the request.
struct JobContext {
    CancelToken cancel;
    ProgressCallback progress;
};

/// What the worker is doing, sampled from the GUI thread.
struct JobStatus {
    bool isBusy = false;         ///< a titled interactive job is queued or running
    QString title;               ///< of the running interactive job: "Opening vim2.safetensors"
    QString stage;               ///< as the engine names it; may be empty
    double fraction = -1;        ///< 0 to 1; negative: not known yet
    std::int64_t elapsedMs = 0;  ///< since the worker became busy
};

/// The one thread that asks the engine for anything slow. Requests are values; a job's function reads nothing else.
/// A newer request of a tag takes the place of the queued ones and cancels the running one. Each request ends exactly
/// once, on the GUI thread, as Finished, Cancelled or Failed; a result that a newer request of its tag overtook
/// is delivered as Cancelled. All public functions: GUI thread (the thread that made the worker).
class InferenceWorker : public QObject {
    Q_OBJECT
public:
    explicit InferenceWorker(QObject* parent = nullptr);
    /// Cancels everything, waits for the running job and delivers nothing any more.
    ~InferenceWorker() override;

    /// Runs `work(context)` on the engine thread, then `done(outcome)` here. A request with a title shows in status()
    /// and can be cancelled by the person; one without is too short for that (a view that follows the selection).
    template <class T>
    void submit(const QString& tag, const QString& title, std::function<T(const JobContext&)> work,
                std::function<void(JobOutcome<T>)> done, JobPriority priority = JobPriority::Interactive);

    void cancel(const QString& tag);
    /// Everything that a person waits for: interactive requests with a title. Views and background work go on.
    void cancelInteractive();
    /// A request of this tag is queued or running.
    bool isPending(const QString& tag) const;
    /// Nothing is queued, running or waiting to be delivered.
    bool isIdle() const;
    JobStatus status() const;

    /// False once shutdown() has begun: a request then ends as Cancelled before submit() returns.
    bool isAccepting() const { return m_accepting; }

    /// Stops accepting, cancels, joins. Queued requests still end (as Cancelled), before this returns.
    void shutdown();

Q_SIGNALS:
    /// Titled interactive work began, or the last of it was delivered.
    void busyChanged(bool busy);
    /// The last request, background ones included, was delivered.
    void idled();

private:
    using Work = std::function<std::any(const JobContext&)>;
    using Deliver = std::function<void(JobEnd, std::any, QString)>;
    struct Job {
        QString tag;
        QString title;
        std::uint64_t generation = 0;
        JobPriority priority = JobPriority::Interactive;
        Work work;
        Deliver deliver;
        CancelToken cancel;

        bool isShown() const { return priority == JobPriority::Interactive && !title.isEmpty(); }
    };
    struct Result {
        JobEnd end = JobEnd::Cancelled;
        std::any value;
        QString message;
    };

    template <class Predicate> void cancelWhere(Predicate matches);
    void enqueue(Job job);
    void runLoop();                 // engine thread
    Result runJob(const Job& job);  // engine thread
    void deliver(const Job& job, Result result);
    void updateBusy();

    mutable std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<std::shared_ptr<const Job>> m_queue;  // guarded by m_mutex
    std::shared_ptr<const Job> m_running;            // guarded by m_mutex
    /// Done, but not yet delivered: a person who cancels now has seen nothing of them. Guarded by m_mutex.
    std::vector<std::shared_ptr<const Job>> m_undelivered;
    QString m_stage;          // guarded by m_mutex
    double m_fraction = -1;   // guarded by m_mutex
    bool m_stopping = false;  // guarded by m_mutex

    // GUI thread only.
    std::uint64_t m_generation = 0;
    std::map<QString, std::uint64_t> m_newest;  // generation of each tag's latest request
    int m_pendingShown = 0;
    int m_pending = 0;
    std::map<QString, int> m_pendingByTag;
    bool m_busy = false;
    bool m_accepting = true;
    QElapsedTimer m_busySince;
    std::thread m_thread;
};

template <class T>
void InferenceWorker::submit(const QString& tag, const QString& title, std::function<T(const JobContext&)> work,
                             std::function<void(JobOutcome<T>)> done, JobPriority priority)
{
    Job job;
    job.tag = tag;
    job.title = title;
    job.priority = priority;
    job.work = [work = std::move(work)](const JobContext& context) { return std::any(work(context)); };
    job.deliver = [done = std::move(done)](JobEnd end, std::any value, QString message) {
        JobOutcome<T> outcome;
        outcome.end = end;
        outcome.message = std::move(message);
        if (end == JobEnd::Finished)
            outcome.value = std::any_cast<T>(std::move(value));
        done(std::move(outcome));
    };
    enqueue(std::move(job));
}

}  // namespace mixer::ui
