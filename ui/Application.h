// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/session/InferenceSession.h"

#include <QString>
#include <QStringList>

class QApplication;

namespace mixer::ui {

/// What the window opens with. Paths are taken as given: nothing is searched for.
struct WindowOptions {
    QString modelPath;       ///< checkpoint; empty: the window starts without a model and says how to open one
    QString otherModelPath;  ///< checkpoint to compare with; empty: none
    QStringList images;      ///< picture files or folders; the first picture is shown and predicted
    QString sessionPath;     ///< a saved session; model and images are then its own
    SessionOptions session;
    /// Files that a window which is open already may open instead; empty: this start has a window of its own.
    QStringList handOver;
    QString language;           ///< of this start alone, a code of languages(); empty: as the preferences say
    bool watchesModel = false;  ///< reloads the model whenever its file changes
};

/// Name, organisation, version, icon, style and resources of the program. Call once, right after constructing the
/// QApplication; `runWindow` calls it too (a second call does nothing).
void configureApplication(QApplication& application);

/// Shows the window, opens what `options` names (in the background; a failure shows as a message in the window, not
/// here) and runs the event loop. Returns the exit code of the program.
int runWindow(QApplication& application, const WindowOptions& options);

}  // namespace mixer::ui
