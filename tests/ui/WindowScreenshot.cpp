// SPDX-License-Identifier: GPL-3.0-or-later
// Paints the window with a model and pictures into a PNG; screenshots.sh makes those of the README and of the guide
// with it, so that they show what the program is today. Help: window_screenshot --help
#include "ui/Application.h"
#include "ui/Language.h"
#include "ui/compare/CompareCommands.h"
#include "ui/compare/Comparison.h"
#include "ui/compare/PaneLink.h"
#include "ui/document/ScanEdits.h"
#include "ui/guide/GuideWindow.h"
#include "ui/theme/Theme.h"
#include "ui/views/AttributionView.h"
#include "ui/views/RouterView.h"
#include "ui/window/HelpCommands.h"
#include "ui/window/MainWindow.h"

#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QCommandLineParser>
#include <QDeadlineTimer>
#include <QDialog>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QMouseEvent>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QSettings>
#include <QTemporaryDir>
#include <QThread>
#include <QTimer>

#include <optional>

namespace {

using namespace mixer;

constexpr int kPatienceMs = 300000;
constexpr int kWorkShownMs = 150;  ///< so that all that says so is there

struct Wishes {
    QString output;
    ui::ThemeChoice theme = ui::ThemeChoice::Light;
    QSize size = {1440, 900};
    std::optional<MixerId> mixer;
    vis::OverlayQuantity overlay = vis::OverlayQuantity::None;
    QString scan;
    int lane = -1;
    int step = -1;
    QStringList panels;
    QString forced;
    int shownRun = 0;
    bool isExplained = false;
    QStringList pressed;
    bool isStudied = false;
    QStringList combos;
    QString edits;
    QString compared;
    bool isDifference = false;
    bool isFlipped = false;
    QString action;
    QString only;
    QSize onlySize;
    int image = 0;
    QString className;
    QStringList clicks;
    QString glossary;
    QString chapter;
    QString language;
    bool hasPath = true;
    QString every;
    QString hovered;
    QString whileRunning;
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
         {QStringLiteral("panels"), QStringLiteral("Panels to bring forward, commas between"), QStringLiteral("NAMES")},
         {QStringLiteral("force"), QStringLiteral("Scan to force in the mixer"), QStringLiteral("NAME")},
         {QStringLiteral("run"), QStringLiteral("0 edited, 1 baseline, 2 difference"), QStringLiteral("N"),
          QStringLiteral("0")},
         {QStringLiteral("explain"), QStringLiteral("Attribution of the predicted class")},
         {QStringLiteral("study"), QStringLiteral("Router statistics over the images")},
         {QStringLiteral("press"), QStringLiteral("Button to press, by its object name"), QStringLiteral("NAME")},
         {QStringLiteral("combo"), QStringLiteral("Choice in a box: its object name, =, number of the line"),
          QStringLiteral("NAME=N")},
         {QStringLiteral("edits"), QStringLiteral("Edits as predict --edit takes them"), QStringLiteral("FILE")},
         {QStringLiteral("compare"),
          QStringLiteral("Put a model or image beside, or what a command does: compareFloat64, compareBaseline"),
          QStringLiteral("WHAT")},
         {QStringLiteral("difference"), QStringLiteral("The second picture shows the difference")},
         {QStringLiteral("flip"), QStringLiteral("The second picture stands in place of the first")},
         {QStringLiteral("action"), QStringLiteral("Command to trigger; the dialog that it opens is painted"),
          QStringLiteral("NAME")},
         {QStringLiteral("only"), QStringLiteral("Paint this panel alone"), QStringLiteral("NAME")},
         {QStringLiteral("only-size"), QStringLiteral("Its size, taken out of the window"), QStringLiteral("WxH")},
         {QStringLiteral("image"), QStringLiteral("Which of the images, from 0"), QStringLiteral("N"),
          QStringLiteral("0")},
         {QStringLiteral("class"), QStringLiteral("Class to select"), QStringLiteral("LABEL")},
         {QStringLiteral("click"), QStringLiteral("Button to click last, by its object name"), QStringLiteral("NAME")},
         {QStringLiteral("language"), QStringLiteral("Of the window"), QStringLiteral("CODE"), QStringLiteral("en")},
         {QStringLiteral("no-path"), QStringLiteral("Without the path of the scan")},
         {QStringLiteral("glossary"), QStringLiteral("Write the guide's glossary into this file, and nothing else"),
          QStringLiteral("FILE")},
         {QStringLiteral("guide"), QStringLiteral("Paint the user guide at this chapter"), QStringLiteral("NAME")},
         {QStringLiteral("hover"), QStringLiteral("Put the mouse over a widget: its object name, =, place in it"),
          QStringLiteral("NAME=X,Y")},
         {QStringLiteral("every"),
          QStringLiteral("Paint the window into this folder with each panel in front, once each: NAME.png"),
          QStringLiteral("FOLDER")},
         {QStringLiteral("while-running"), QStringLiteral("Paint the window while this file opens"),
          QStringLiteral("FILE")},
         {QStringLiteral("overlay"),
          QStringLiteral("1 gate, 2 mean gate, 3 state norm, 4 attention, 5 half-life, 6 attribution, 7 output gate, "
                         "8 feature PCA"),
          QStringLiteral("N"), QStringLiteral("0")},
         {QStringLiteral("scan"), QStringLiteral("Chosen scan to follow"), QStringLiteral("NAME")},
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
    wishes.scan = parser.value(QStringLiteral("scan"));
    wishes.lane = number("lane");
    wishes.step = number("step");
    wishes.panels = parser.value(QStringLiteral("panels")).split(QLatin1Char(','), Qt::SkipEmptyParts);
    wishes.forced = parser.value(QStringLiteral("force"));
    wishes.shownRun = number("run");
    wishes.isExplained = parser.isSet(QStringLiteral("explain"));
    wishes.pressed = parser.values(QStringLiteral("press"));
    wishes.isStudied = parser.isSet(QStringLiteral("study"));
    wishes.combos = parser.values(QStringLiteral("combo"));
    wishes.edits = parser.value(QStringLiteral("edits"));
    wishes.compared = parser.value(QStringLiteral("compare"));
    wishes.isDifference = parser.isSet(QStringLiteral("difference"));
    wishes.isFlipped = parser.isSet(QStringLiteral("flip"));
    wishes.action = parser.value(QStringLiteral("action"));
    wishes.only = parser.value(QStringLiteral("only"));
    const QStringList size = parser.value(QStringLiteral("only-size")).split(QLatin1Char('x'));
    wishes.onlySize = {size.value(0).toInt(), size.value(1).toInt()};
    wishes.image = number("image");
    wishes.className = parser.value(QStringLiteral("class"));
    wishes.clicks = parser.values(QStringLiteral("click"));
    wishes.hasPath = !parser.isSet(QStringLiteral("no-path"));
    wishes.glossary = parser.value(QStringLiteral("glossary"));
    wishes.chapter = parser.value(QStringLiteral("guide"));
    wishes.language = parser.value(QStringLiteral("language"));
    wishes.hovered = parser.value(QStringLiteral("hover"));
    wishes.every = parser.value(QStringLiteral("every"));
    wishes.whileRunning = parser.value(QStringLiteral("while-running"));
    wishes.files = parser.positionalArguments();
    return wishes;
}

/// Chooses a line of a box as a person does.
void choose(ui::MainWindow& window, const QString& wish)
{
    auto* combo = window.findChild<QComboBox*>(wish.section(QLatin1Char('='), 0, 0));
    const int line = wish.section(QLatin1Char('='), 1).toInt();
    if (!combo || combo->currentIndex() == line)
        return;
    combo->setCurrentIndex(line);
    Q_EMIT combo->activated(line);
}

/// The number of a class; -1: none of that name.
int classOf(const ui::InspectionDocument& document, const QString& name)
{
    for (int index = 0; index < static_cast<int>(document.trace()->logits().size()); ++index) {
        if (QString::fromStdString(document.session()->config().label(index)) == name)
            return index;
    }
    return -1;
}

/// What has been done already of what can be done only once.
struct Progress {
    bool isWarm = false;
    int clicks = 0;
};

/// Puts the second run there, shown as wished.
void compare(const Wishes& wishes, ui::MainWindow& window)
{
    ui::InspectionDocument& document = window.document();
    ui::Comparison& comparison = *window.compare().comparison();
    if (!comparison.other()) {
        if (QAction* action = window.findChild<QAction*>(wishes.compared))
            action->trigger();
        else if (ui::looksLikeModel(wishes.compared))
            document.compareWithFile(ui::CompareChoice::With::Model, wishes.compared);
        else
            document.compareWithFile(ui::CompareChoice::With::Image, wishes.compared);
    }
    // The window's own worker says when to look again: here the other's is waited for.
    const auto rest = [&] {
        for (int quiet = 0; quiet < 5;) {
            QApplication::processEvents(QEventLoop::AllEvents, 20);
            QThread::msleep(5);
            quiet = document.worker().isIdle() && comparison.other()->worker().isIdle() ? quiet + 1 : 0;
        }
    };
    rest();
    if (wishes.isDifference != comparison.showsDifference())
        window.findChild<QAction*>(QStringLiteral("compareDifference"))->trigger();
    rest();
    window.compare().link()->setFlipped(wishes.isFlipped);
}

void hover(ui::MainWindow& window, const QString& wish)
{
    auto* widget = window.findChild<QWidget*>(wish.section(QLatin1Char('='), 0, 0));
    const QStringList place = wish.section(QLatin1Char('='), 1).split(QLatin1Char(','));
    if (!widget)
        return;
    const QPointF at(place.value(0).toDouble(), place.value(1).toDouble());
    QMouseEvent move(QEvent::MouseMove, at, widget->mapToGlobal(at), Qt::NoButton, Qt::NoButton, Qt::NoModifier);
    QApplication::sendEvent(widget, &move);
}

/// Everything that is on its way is there and painted.
void rest(ui::MainWindow& window)
{
    for (int quiet = 0; quiet < 5;) {
        QApplication::processEvents(QEventLoop::AllEvents, 20);
        QThread::msleep(5);
        quiet = window.document().worker().isIdle() ? quiet + 1 : 0;
    }
}

bool paintEvery(const QString& folder, ui::MainWindow& window)
{
    if (!QDir().mkpath(folder))
        return false;
    bool isWritten = true;
    for (const QDockWidget* dock : window.findChildren<QDockWidget*>()) {
        window.showPanel(dock->objectName());
        rest(window);
        QString name = dock->objectName();
        name.chop(4);  // "Dock"
        isWritten = window.grab().save(QStringLiteral("%1/%2.png").arg(folder, name)) && isWritten;
    }
    return isWritten;
}

/// As soon as the window says that it is at work, and a moment longer; false: it never did.
bool paintWhileRunning(const Wishes& wishes, ui::MainWindow& window)
{
    window.openFiles({wishes.whileRunning});
    const auto* activity = window.findChild<QWidget*>(QStringLiteral("activity"));
    const QDeadlineTimer patience(kPatienceMs);
    while (!activity->isVisible() && !window.document().worker().isIdle() && !patience.hasExpired())
        QApplication::processEvents(QEventLoop::AllEvents, 20);
    if (!activity->isVisible())
        return false;
    const QDeadlineTimer moment(kWorkShownMs);
    while (activity->isVisible() && !moment.hasExpired())
        QApplication::processEvents(QEventLoop::AllEvents, 20);
    const bool isWritten = activity->isVisible() && window.grab().save(wishes.output);
    window.document().cancel();
    rest(window);
    return isWritten;
}

/// Brings the document to what is wished, one request at a time; false as long as something is still on its way.
bool arrive(const Wishes& wishes, ui::MainWindow& window, Progress& progress)
{
    ui::InspectionDocument& document = window.document();
    if (!document.worker().isIdle())
        return false;
    if (!document.trace())
        return true;  // nothing was named, or it did not open: that is what the window shows
    if (!progress.isWarm && document.images()->count() > 1) {
        // The first run of a process pays for libraries that wake up; the time in the status bar is to be a usual one.
        progress.isWarm = true;
        document.showImage(document.currentImage() == wishes.image ? (wishes.image + 1) % 2 : wishes.image);
        return false;
    }
    if (document.currentImage() != wishes.image) {
        document.showImage(wishes.image);
        return false;
    }
    if (wishes.mixer && *wishes.mixer != document.selection().mixer) {
        document.requestMixer(*wishes.mixer);
        return false;
    }
    for (const QString& panel : wishes.panels)
        window.showPanel(panel + QStringLiteral("Dock"));
    if (!wishes.forced.isEmpty() && document.interventions().edits.empty()) {
        ui::forceScan(document, wishes.forced, true);
        return false;
    }
    if (!wishes.edits.isEmpty() && document.interventions().edits.empty()) {
        document.setInterventions(Interventions::load(wishes.edits.toStdString()), QStringLiteral("edits"));
        return false;
    }
    if (wishes.isExplained && !document.attribution()) {
        window.attribution()->explainButton()->click();
        return false;
    }
    if (wishes.isStudied && !document.routerStatistics()) {
        window.router()->studyButton()->click();
        return false;
    }
    for (const QString& name : wishes.pressed) {
        auto* button = window.findChild<QAbstractButton*>(name);
        if (!button || button->property("wasPressed").toBool())
            continue;
        button->setProperty("wasPressed", true);
        button->click();
        return false;
    }
    Selection selection = document.selection();
    for (int scan = 0; scan < document.detail()->scanCount(); ++scan) {
        if (document.detail()->scanName(scan) == wishes.scan.toStdString())
            selection.scan = scan;
    }
    selection.lane = wishes.lane;
    if (!wishes.className.isEmpty())
        selection.classIndex = classOf(document, wishes.className);
    if (wishes.step >= 0)
        selection.step = wishes.step;
    ui::ViewSettings view = document.viewSettings();
    if (!wishes.isExplained)
        view.figure.overlay = wishes.overlay;
    view.figure.showPath = wishes.hasPath;
    view.figure.shownRun = static_cast<vis::ShownRun>(wishes.shownRun);
    document.setViewSettings(view);
    document.select(selection);
    for (const QString& combo : wishes.combos)
        choose(window, combo);
    if (!document.worker().isIdle())
        return false;
    if (progress.clicks < wishes.clicks.size()) {
        window.findChild<QAbstractButton*>(wishes.clicks[progress.clicks++])->click();
        return document.worker().isIdle() && progress.clicks == wishes.clicks.size();
    }
    if (!wishes.compared.isEmpty())
        compare(wishes, window);
    return document.worker().isIdle();
}

/// The dialog, the panel or the window, whatever is wished.
QWidget* subject(const Wishes& wishes, ui::MainWindow& window)
{
    if (!wishes.chapter.isEmpty()) {
        window.help().showChapter(wishes.chapter);
        return window.help().guide();
    }
    if (!wishes.only.isEmpty())
        return wishes.only == QLatin1String("canvas")
            ? window.centralWidget()
            : window.findChild<QDockWidget*>(wishes.only + QStringLiteral("Dock"))->widget();
    if (!wishes.action.isEmpty()) {
        window.findChild<QAction*>(wishes.action)->trigger();
        const QList<QDialog*> dialogs = window.findChildren<QDialog*>();
        if (!dialogs.isEmpty())
            return dialogs.last();
    }
    return &window;
}

}  // namespace

int main(int argc, char** argv)
{
    QTemporaryDir settings;
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settings.path());
    QApplication application(argc, argv);
    ui::configureApplication(application);
    const Wishes wishes = parse(application);
    ui::speak(wishes.language);
    if (!wishes.glossary.isEmpty()) {
        QFile file(wishes.glossary);
        return file.open(QIODevice::WriteOnly) && file.write(ui::Guide::glossary().toUtf8()) > 0 ? 0 : 1;
    }
    ui::MainWindow window;
    ui::ViewSettings view = window.document().viewSettings();
    view.theme = wishes.theme;
    window.document().setViewSettings(view);
    ui::applyTheme(view.theme);
    window.resize(wishes.size);
    window.openFiles(wishes.files);
    window.show();
    if (!wishes.onlySize.isEmpty()) {
        auto* panel = window.findChild<QDockWidget*>(wishes.only + QStringLiteral("Dock"));
        panel->setFloating(true);
        panel->show();
        panel->resize(wishes.onlySize);
    }
    int result = 1;
    Progress progress;
    bool isArriving = false;
    QObject::connect(&window.document().worker(), &ui::InferenceWorker::idled, &window, [&] {
        // Once more through the event loop: what the last result asked for is requested and painted then.
        QTimer::singleShot(0, &window, [&] {
            if (isArriving)
                return;  // it handles events itself
            const QScopedValueRollback<bool> guard(isArriving, true);
            if (!arrive(wishes, window, progress))
                return;
            if (!wishes.every.isEmpty() || !wishes.whileRunning.isEmpty()) {
                const bool isDone
                    = wishes.every.isEmpty() ? paintWhileRunning(wishes, window) : paintEvery(wishes.every, window);
                result = isDone ? 0 : 1;
                QApplication::quit();
                return;
            }
            if (!wishes.hovered.isEmpty())
                hover(window, wishes.hovered);
            QWidget* shown = subject(wishes, window);
            QTimer::singleShot(wishes.action.isEmpty() ? 0 : 300, shown, [&, shown] {
                result = shown->grab().save(wishes.output) ? 0 : 1;
                QApplication::quit();
            });
        });
    });
    if (wishes.files.isEmpty())
        QTimer::singleShot(300, &window, [&] {
            const bool isDone = wishes.every.isEmpty() ? subject(wishes, window)->grab().save(wishes.output)
                                                       : paintEvery(wishes.every, window);
            result = isDone ? 0 : 1;
            QApplication::quit();
        });
    QTimer::singleShot(kPatienceMs, &window, [] {
        qCritical("window_screenshot: nothing more happens, and what was wished is not there");
        QApplication::quit();
    });
    QApplication::exec();
    return result;
}
