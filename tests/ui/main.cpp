// SPDX-License-Identifier: GPL-3.0-or-later
// One program, several suites: ui_tests SUITE [QtTest arguments]. Without a suite, all of them.
#include "tests/ui/Suites.h"
#include "tests/ui/Watchdog.h"
#include "ui/Application.h"
#include "visualizers/FigureExport.h"

#include <QApplication>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

namespace {

/// The same on every machine: no display, no settings of whoever runs this, one font, one locale.
class Stage {
public:
    Stage()
    {
        if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
            qputenv("QT_QPA_PLATFORM", "offscreen");
        QStandardPaths::setTestModeEnabled(true);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings.path());
        QLocale::setDefault(QLocale::c());
    }

private:
    QTemporaryDir m_settings;
};

}  // namespace

int main(int argc, char** argv)
{
    const Stage stage;
    mixer::vis::makeFilesRepeatable();
    mixer::ui::testing::WatchedApplication application(argc, argv);
    mixer::ui::configureApplication(application);
    QApplication::setFont(QFont(QStringLiteral("DejaVu Sans"), 10));
    QStringList arguments = QApplication::arguments();
    const QString wanted
        = arguments.size() > 1 && !arguments[1].startsWith(QLatin1Char('-')) ? arguments.takeAt(1) : QString();
    int failures = 0;
    bool isKnown = false;
    for (const auto& suite : mixer::ui::testing::suites()) {
        if (!wanted.isEmpty() && wanted != suite.name)
            continue;
        isKnown = true;
        const std::unique_ptr<QObject> test = suite.make();
        failures += QTest::qExec(test.get(), arguments);
    }
    if (!isKnown)
        qCritical().noquote() << "no suite of that name:" << wanted;
    return isKnown ? failures : 1;
}
