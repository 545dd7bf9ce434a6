// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/InferenceWorker.h"

#include "engine/core/Error.h"

#include <QCoreApplication>
#include <QLoggingCategory>
#include <QThread>

#include <algorithm>
#include <new>
#include <vector>

namespace mixer::ui {

namespace {
Q_LOGGING_CATEGORY(logWorker, "mixerscope.worker")
}

InferenceWorker::InferenceWorker(QObject* parent)
    : QObject(parent)
    , m_thread([this] { runLoop(); })
{
}

InferenceWorker::~InferenceWorker()
{
    blockSignals(true);
    shutdown();
}

void InferenceWorker::enqueue(Job job)
{
    Q_ASSERT(QThread::currentThread() == thread());
    job.generation = ++m_generation;
    ++m_pending;
    ++m_pendingByTag[job.tag];
    if (job.isShown())
        ++m_pendingShown;
    if (!m_accepting) {
        deliver(job, {});
        return;
    }
    m_newest[job.tag] = job.generation;
    const auto shared = std::make_shared<const Job>(std::move(job));
    std::vector<std::shared_ptr<const Job>> replaced;
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        const auto isOlder = [&](const std::shared_ptr<const Job>& other) { return other->tag == shared->tag; };
        std::copy_if(m_queue.begin(), m_queue.end(), std::back_inserter(replaced), isOlder);
        m_queue.erase(std::remove_if(m_queue.begin(), m_queue.end(), isOlder), m_queue.end());
        const bool isInteractive = shared->priority == JobPriority::Interactive;
        if (m_running
            && (m_running->tag == shared->tag || (isInteractive && m_running->priority == JobPriority::Background)))
            m_running->cancel.cancel();
        // Interactive requests in the order they came, before all background ones.
        auto place = m_queue.end();
        if (isInteractive)
            place = std::find_if(m_queue.begin(), m_queue.end(), [](const std::shared_ptr<const Job>& other) {
                return other->priority == JobPriority::Background;
            });
        m_queue.insert(place, shared);
    }
    m_wake.notify_one();
    updateBusy();
    for (const auto& old : replaced)
        deliver(*old, {});
}

template <class Predicate> void InferenceWorker::cancelWhere(Predicate matches)
{
    std::vector<std::shared_ptr<const Job>> dropped;
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        const auto isMatch = [&](const std::shared_ptr<const Job>& job) { return matches(*job); };
        std::copy_if(m_queue.begin(), m_queue.end(), std::back_inserter(dropped), isMatch);
        m_queue.erase(std::remove_if(m_queue.begin(), m_queue.end(), isMatch), m_queue.end());
        if (m_running && matches(*m_running))
            m_running->cancel.cancel();
        for (const auto& job : m_undelivered)
            if (matches(*job))
                job->cancel.cancel();
    }
    for (const auto& job : dropped)
        deliver(*job, {});
}

void InferenceWorker::cancel(const QString& tag)
{
    cancelWhere([&](const Job& job) { return job.tag == tag; });
}

void InferenceWorker::cancelInteractive()
{
    cancelWhere([](const Job& job) { return job.isShown(); });
}

bool InferenceWorker::isPending(const QString& tag) const
{
    const auto found = m_pendingByTag.find(tag);
    return found != m_pendingByTag.end() && found->second > 0;
}

bool InferenceWorker::isIdle() const
{
    return m_pending == 0;
}

JobStatus InferenceWorker::status() const
{
    JobStatus status;
    status.isBusy = m_busy;
    status.elapsedMs = m_busy ? m_busySince.elapsed() : 0;
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_running && m_running->isShown()) {
        status.title = m_running->title;
        status.stage = m_stage;
        status.fraction = m_fraction;
    }
    return status;
}

void InferenceWorker::shutdown()
{
    if (!m_accepting)
        return;
    m_accepting = false;
    cancelWhere([](const Job&) { return true; });
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_stopping = true;
    }
    m_wake.notify_all();
    m_thread.join();
    // What the engine thread posted before it ended: its jobs end here and now, not in some later event loop.
    QCoreApplication::sendPostedEvents(this, QEvent::MetaCall);
}

void InferenceWorker::runLoop()
{
    for (;;) {
        std::shared_ptr<const Job> job;
        {
            std::unique_lock<std::mutex> lock(m_mutex);
            m_wake.wait(lock, [this] { return m_stopping || !m_queue.empty(); });
            if (m_queue.empty())
                return;
            job = m_queue.front();
            m_queue.pop_front();
            m_running = job;
            m_stage.clear();
            m_fraction = -1;
        }
        Result result = runJob(*job);
        {
            const std::lock_guard<std::mutex> lock(m_mutex);
            m_running.reset();
            m_undelivered.push_back(job);
        }
        QMetaObject::invokeMethod(
            this,
            [this, job, result = std::move(result)] {
                {
                    const std::lock_guard<std::mutex> lock(m_mutex);
                    m_undelivered.erase(std::remove(m_undelivered.begin(), m_undelivered.end(), job),
                                        m_undelivered.end());
                }
                deliver(*job, result);
            },
            Qt::QueuedConnection);
    }
}

InferenceWorker::Result InferenceWorker::runJob(const Job& job)
{
    JobContext context;
    context.cancel = job.cancel;
    context.progress = [this](const std::string& stage, double fraction) {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_stage = QString::fromStdString(stage);
        m_fraction = fraction;
    };
    Result result;
    result.end = JobEnd::Failed;
    try {
        job.cancel.check();
        result.value = job.work(context);
        result.end = JobEnd::Finished;
    } catch (const Cancelled&) {
        result.end = JobEnd::Cancelled;
    } catch (const std::bad_alloc&) {
        result.message = tr("There is not enough memory for this. Close other images, or use a smaller input.");
    } catch (const std::exception& error) {
        result.message = QString::fromUtf8(error.what());
    } catch (...) {
        result.message = tr("An unknown error occurred in \u201c%1\u201d.").arg(job.title);
    }
    if (result.end == JobEnd::Failed)
        qCWarning(logWorker).noquote() << job.tag << result.message;
    return result;
}

void InferenceWorker::deliver(const Job& job, Result result)
{
    if (job.isShown())
        --m_pendingShown;
    --m_pending;
    --m_pendingByTag[job.tag];
    const auto newest = m_newest.find(job.tag);
    const bool isOvertaken = newest != m_newest.end() && newest->second > job.generation;
    // A background job is cancelled to make way, not because nobody wants its result.
    const bool isUnwanted = job.priority == JobPriority::Interactive && job.cancel.isCancelled();
    if (isOvertaken || isUnwanted)
        result = {};
    job.deliver(result.end, std::move(result.value), std::move(result.message));
    updateBusy();
    if (m_pending == 0)
        Q_EMIT idled();
}

void InferenceWorker::updateBusy()
{
    const bool busy = m_pendingShown > 0;
    if (busy == m_busy)
        return;
    m_busy = busy;
    if (busy)
        m_busySince.start();
    Q_EMIT busyChanged(busy);
}

}  // namespace mixer::ui
