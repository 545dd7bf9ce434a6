// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/window/CommandSearch.h"

#include <QStringList>

namespace mixer::ui {

class MainWindow;
class Actions;
class Docks;

/// Everything of the window that has a name: commands, panels, mixers, classes, images, recent files, words.
std::vector<Findable> findables(MainWindow& window, const Actions& actions, const Docks& docks,
                                const QStringList& recentFiles);

}  // namespace mixer::ui
