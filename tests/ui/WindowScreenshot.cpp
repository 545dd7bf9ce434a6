// SPDX-License-Identifier: GPL-3.0-or-later
// Paints the window with a model and pictures into a PNG; screenshots.sh makes those of the README with it, so that
// they show what the program is today. Help: window_screenshot --help
#include "ui/Application.h"
#include "ui/theme/Theme.h"
#include "ui/window/MainWindow.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QSettings>
#include <QTemporaryDir>
#include <QTimer>

#include <optional>

namespace {

using namespace mixer;

struct Wishes {
    QString output;
    ui::ThemeChoice theme = ui::ThemeChoice::Light;
    QSize size = {1440, 900};
    std::optional<MixerId> mixer;
    vis::OverlayQuantity overlay = vis::OverlayQuantity::None;
    int lane = -1;
    int step = -1;
    QStringList files;
};

Wishes parse(const QApplication& application)
{
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOptions(
        {{QStringLiteral("output"), QStringLiteral("The PNG to write"), QStringLiteral("FILE")},
         {QStringLiteral("dark"), QStringLiteral("Dark theme")},
         {QStringLiteral("width"), QStringLiteral("Of the window"), QStringLiteral("N"), QStringLiteral("1440")},
         {QStringLiteral("height"), QStringLiteral("Of the window"), QStringLiteral("N"), QStringLiteral("900")},
         {QStringLiteral("mixer"), QStringLiteral("Mixer to select"), QStringLiteral("ID")},
         {QStringLiteral("overlay"), QStringLiteral("1 gate, 2 mean gate, 3 state norm"), QStringLiteral("N"),
          QStringLiteral("0")},
         {QStringLiteral("lane"), QStringLiteral("Lane to select"), QStringLiteral("N"), QStringLiteral("-1")},
         {QStringLiteral("step"), QStringLiteral("Step of the scan"), QStringLiteral("N"), QStringLiteral("-1")}});
    parser.addPositionalArgument(QStringLiteral("files"), QStringLiteral("Checkpoint and pictures"));
    parser.process(application);
    const auto number = [&](const char* name) { return parser.value(QLatin1String(name)).toInt(); };
    Wishes wishes;
    wishes.output = parser.value(QStringLiteral("output"));
    wishes.theme = parser.isSet(QStringLiteral("dark")) ? ui::ThemeChoice::Dark : ui::ThemeChoice::Light;
    wishes.size = {number("width"), number("height")};
    if (parser.isSet(QStringLiteral("mixer")))
        wishes.mixer = MixerId::parse(parser.value(QStringLiteral("mixer")).toStdString());
    wishes.overlay = static_cast<vis::OverlayQuantity>(number("overlay"));
    wishes.lane = number("lane");
    wishes.step = number("step");
    wishes.files = parser.positionalArguments();
    return wishes;
}

/// Changes what is selected and shown; true when there was something to change.
bool apply(const Wishes& wishes, ui::InspectionDocument& document)
{
    Selection selection = document.selection();
    if (wishes.mixer)
        selection.mixer = *wishes.mixer;
    selection.lane = wishes.lane;
    if (wishes.step >= 0)
        selection.step = wishes.step;
    ui::ViewSettings view = document.viewSettings();
    view.figure.overlay = wishes.overlay;
    const bool isNew = selection != document.selection() || view != document.viewSettings();
    document.setViewSettings(view);
    document.select(selection);
    return isNew;
}

}  // namespace

int main(int argc, char** argv)
{
    QTemporaryDir settings;
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settings.path());
    QApplication application(argc, argv);
    ui::configureApplication(application);
    const Wishes wishes = parse(application);
    ui::MainWindow window;
    ui::ViewSettings view = window.document().viewSettings();
    view.theme = wishes.theme;
    window.document().setViewSettings(view);
    ui::applyTheme(view.theme);
    window.resize(wishes.size);
    window.openFiles(wishes.files);
    window.show();
    int result = 1;
    QObject::connect(&window.document().worker(), &ui::InferenceWorker::idled, &window, [&] {
        // Once more through the event loop: what the last result asked for is requested and painted then.
        QTimer::singleShot(0, &window, [&] {
            if (!window.document().worker().isIdle() || !window.document().trace())
                return;
            if (apply(wishes, window.document()) && !window.document().worker().isIdle())
                return;
            result = window.grab().save(wishes.output) ? 0 : 1;
            QApplication::quit();
        });
    });
    QApplication::exec();
    return result;
}
