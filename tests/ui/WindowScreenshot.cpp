// SPDX-License-Identifier: GPL-3.0-or-later
// Paints the window with a model and pictures into a PNG: window_screenshot OUT.png light|dark MODEL IMAGE...
// Used by screenshots.sh; the pictures of the README come from here, so that they show what the program is today.
#include "ui/Application.h"
#include "ui/theme/Theme.h"
#include "ui/window/MainWindow.h"

#include <QApplication>
#include <QDockWidget>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>

#include <cstdio>

namespace {

constexpr QSize kSize(1440, 900);

void choose(mixer::ui::InspectionDocument& document, const QString& theme)
{
    mixer::ui::ViewSettings view = document.viewSettings();
    view.theme = theme == QLatin1String("dark") ? mixer::ui::ThemeChoice::Dark : mixer::ui::ThemeChoice::Light;
    document.setViewSettings(view);
    mixer::ui::applyTheme(view.theme);
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 4) {
        std::fputs("usage: window_screenshot OUT.png light|dark MODEL IMAGE...\n", stderr);
        return 2;
    }
    QTemporaryDir settings;
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settings.path());
    QApplication application(argc, argv);
    mixer::ui::configureApplication(application);
    const QStringList arguments = QApplication::arguments();
    mixer::ui::MainWindow window;
    choose(window.document(), arguments[2]);
    window.resize(kSize);
    window.openFiles(arguments.mid(3));
    window.show();
    int result = 1;
    QObject::connect(&window.document().worker(), &mixer::ui::InferenceWorker::idled, &window, [&] {
        // Once more through the event loop: what the last result asked for is painted then.
        QTimer::singleShot(0, &window, [&] {
            if (!window.document().worker().isIdle() || !window.document().trace())
                return;
            result = window.grab().save(arguments[1]) ? 0 : 1;
            QApplication::quit();
        });
    });
    QApplication::exec();
    return result;
}
