// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/ProgressLine.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace mixer::app {

ProgressLine::ProgressLine()
    : m_isTerminal(isatty(STDERR_FILENO) == 1)
{
}

void ProgressLine::show(const std::string& text)
{
    const auto now = std::chrono::steady_clock::now();
    if (!m_isTerminal || (m_isShown && now - m_last < std::chrono::milliseconds(100)))
        return;
    m_last = now;
    m_isShown = true;
    // "\033[K" clears what a longer line before left over.
    std::cerr << '\r' << text << "\033[K" << std::flush;
}

void ProgressLine::show(const std::string& stage, double fraction)
{
    char text[16];
    std::snprintf(text, sizeof text, "  %3.0f %%", 100 * std::clamp(fraction, 0.0, 1.0));
    show(stage + text);
}

void ProgressLine::say(const std::string& text)
{
    clear();
    std::cerr << text << std::endl;
}

void ProgressLine::clear()
{
    if (m_isShown)
        std::cerr << "\r\033[K" << std::flush;
    m_isShown = false;
}

}  // namespace mixer::app
