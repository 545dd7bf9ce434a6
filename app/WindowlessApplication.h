// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>

#include <array>

namespace mixer::app {

/// What fonts and painters need of Qt, without a display: figures in files do not depend on one, and one that cannot be
/// reached must not end the program. One at a time, on the main thread.
class WindowlessApplication {
public:
    WindowlessApplication();

private:
    int m_argumentCount = 1;
    std::array<char*, 2> m_arguments;
    QApplication m_application;
};

}  // namespace mixer::app
