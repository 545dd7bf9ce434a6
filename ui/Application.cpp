// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/Application.h"

#include "ui/Language.h"
#include "ui/Settings.h"
#include "ui/SingleWindow.h"
#include "ui/theme/Theme.h"
#include "ui/window/MainWindow.h"

#include <QApplication>
#include <QDebug>

/// Q_INIT_RESOURCE declares a function and must stand outside of every namespace, a nameless one too.
static void initResources()
{
    Q_INIT_RESOURCE(mixerscope);
    Q_INIT_RESOURCE(translations);
}

namespace mixer::ui {

void configureApplication(QApplication& application)
{
    static bool isDone = false;
    if (isDone)
        return;
    isDone = true;
    initResources();
    QApplication::setOrganizationName(QStringLiteral("mixerscope"));
    QApplication::setApplicationName(QStringLiteral("mixerscope"));
    QApplication::setApplicationDisplayName(QStringLiteral("MixerScope"));
    QApplication::setApplicationVersion(QStringLiteral(MIXERSCOPE_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("mixerscope"));
    installStyle(application);
    QApplication::setWindowIcon(programIcon());
}

int runWindow(QApplication& application, const WindowOptions& options)
{
    configureApplication(application);
    speak(options.language.isEmpty() ? Settings().language() : options.language);
    if (!canWrite(spokenLanguage()))
        qWarning().noquote()
            << "no font for this language is installed: its characters will be empty boxes. Install the "
               "package"
            << fontPackage(spokenLanguage());
    const bool isShared = Settings().sharesWindow();
    SingleWindow others;
    if (isShared && !options.handOver.isEmpty() && others.handOver(options.handOver))
        return 0;
    MainWindow window(options.session);
    if (isShared)
        others.listen();
    QObject::connect(&others, &SingleWindow::filesReceived, &window, [&window](const QStringList& files) {
        window.openFiles(files);
        window.bringToFront();
    });
    if (!options.sessionPath.isEmpty()) {
        window.openFiles({options.sessionPath});
    } else {
        if (!options.modelPath.isEmpty())
            window.document().openModel(options.modelPath);
        if (!options.otherModelPath.isEmpty())
            window.document().compareWithFile(CompareChoice::With::Model, options.otherModelPath);
        window.document().openPictures(options.images);
    }
    window.setWatchingModel(options.watchesModel);
    window.show();
    return QApplication::exec();
}

}  // namespace mixer::ui
