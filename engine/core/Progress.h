// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Error.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace mixer {

/// Shared by the one who asks and the one who works; copies refer to the same flag. Any thread.
class CancelToken {
public:
    void cancel() const noexcept { m_flag->store(true, std::memory_order_relaxed); }
    bool isCancelled() const noexcept { return m_flag->load(std::memory_order_relaxed); }
    /// Called by work between mixers, chunks and files. Throws Cancelled.
    void check() const
    {
        if (isCancelled())
            throw Cancelled();
    }

private:
    std::shared_ptr<std::atomic<bool>> m_flag = std::make_shared<std::atomic<bool>>(false);
};

/// Called on the working thread with what is being done and the share done so far, 0 to 1.
using ProgressCallback = std::function<void(const std::string& stage, double fraction)>;

}  // namespace mixer
