// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/InferenceWorker.h"

#include <functional>
#include <memory>
#include <optional>

namespace mixer::ui {

/// Keeps a view's derived data up with something that changes faster than it can be computed. One request runs at a
/// time and is allowed to finish, so that scrubbing shows frames; of the wishes that came meanwhile only the
/// newest runs next. (Newest-wins by cancelling would show nothing until the mouse rests.) Forgets everything when
/// destroyed. GUI thread.
template <class T> class Follower {
public:
    using Work = std::function<T(const JobContext&)>;
    using Done = std::function<void(JobOutcome<T>)>;

    Follower() = default;
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    void want(InferenceWorker* worker, const QString& tag, const QString& title, Work work, Done done)
    {
        m_state->worker = worker;
        m_state->tag = tag;
        m_state->title = title;
        m_state->next = std::move(work);
        m_state->done = std::move(done);
        if (!m_state->isRunning)
            start(m_state);
    }
    /// The result of what runs is not wanted any more, nor is what waits.
    void forget()
    {
        const bool isRunning = m_state->isRunning;
        auto fresh = std::make_shared<State>();
        fresh->isRunning = false;
        m_state->done = nullptr;
        m_state->next = nullptr;
        if (isRunning)
            m_state = std::move(fresh);
    }
    bool isPending() const { return m_state->isRunning; }

private:
    struct State {
        InferenceWorker* worker = nullptr;
        QString tag;
        QString title;
        Work next;
        Done done;
        bool isRunning = false;
    };

    static void start(const std::shared_ptr<State>& state)
    {
        state->isRunning = true;
        Work work = std::move(state->next);
        state->next = nullptr;
        // The callback outlives the view in the worker's queue; it looks for the state only while the view lives.
        const std::weak_ptr<State> weak = state;
        state->worker->template submit<T>(state->tag, state->title, std::move(work), [weak](JobOutcome<T> outcome) {
            const std::shared_ptr<State> alive = weak.lock();
            if (!alive)
                return;
            alive->isRunning = false;
            const Done done = alive->done;
            if (alive->next)
                start(alive);
            if (done)
                done(std::move(outcome));
        });
    }

    std::shared_ptr<State> m_state = std::make_shared<State>();
};

}  // namespace mixer::ui
