// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>

namespace mixer::app {

/// One line on a terminal that is written over as work goes on. Where stderr is no terminal only say() writes.
class ProgressLine {
public:
    ProgressLine();
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    /// At most ten times a second; calls between are dropped.
    void show(const std::string& text);
    void show(const std::string& stage, double fraction);
    /// A line that stays.
    void say(const std::string& text);
    void clear();

private:
    bool m_isTerminal;
    bool m_isShown = false;
    std::chrono::steady_clock::time_point m_last;
};

}  // namespace mixer::app
