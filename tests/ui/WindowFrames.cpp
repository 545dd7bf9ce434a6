// SPDX-License-Identifier: GPL-3.0-or-later
// How long a frame takes: steps of the timeline, panning and zooming, with everything that is on screen painted; from a
// slider to the prediction that it changes; a list of thousands of images opened and scrolled. Needs no display.
// window_frames MODEL IMAGE [IMAGES IN THE LIST]
#include "tests/ui/Watchdog.h"
#include "ui/Application.h"
#include "ui/views/Canvas.h"
#include "ui/views/ImagesView.h"
#include "ui/window/MainWindow.h"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QScrollBar>
#include <QSettings>
#include <QSlider>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <vector>

namespace {

using namespace mixer;

double processorMilliseconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

double shareOf(const std::vector<double>& sorted, double share)
{
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void settle(ui::MainWindow& window)
{
    while (!window.document().worker().isIdle())
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
}

/// What follows in the background goes on after it, or is waited for.
enum class After { GoOn, Settle };

/// Milliseconds of the GUI thread for each frame: wall time and time of the processor; and the slowest handler.
void report(const char* name, ui::MainWindow& window, int frames, const std::function<void(int)>& move,
            After after = After::Settle)
{
    auto& application = ui::testing::WatchedApplication::instance();
    application.reset();
    std::vector<double> wall;
    std::vector<double> processor;
    for (int frame = 0; frame < frames; ++frame) {
        const double before = processorMilliseconds();
        QElapsedTimer timer;
        timer.start();
        move(frame);
        QCoreApplication::processEvents();
        wall.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
        processor.push_back(processorMilliseconds() - before);
    }
    if (after == After::Settle)
        settle(window);
    std::sort(wall.begin(), wall.end());
    std::sort(processor.begin(), processor.end());
    std::printf("%-22s median %5.1f ms, 95 %% %5.1f ms, largest %5.1f ms (processor: %5.1f, %5.1f, %5.1f; slowest "
                "handler %.1f, %s)\n",
                name, shareOf(wall, 0.5), shareOf(wall, 0.95), wall.back(), shareOf(processor, 0.5),
                shareOf(processor, 0.95), processor.back(), application.slowest(),
                qUtf8Printable(application.slowestName()));
}

/// From a value of the slider to the prediction that it makes.
void reportSlider(ui::MainWindow& window)
{
    window.showPanel(QStringLiteral("editsDock"));
    settle(window);
    auto* slider = window.findChild<QSlider*>(QStringLiteral("deltaSlider"));
    std::vector<double> wall;
    ui::testing::WatchedApplication::instance().reset();
    for (int i = 0; i < 40; ++i) {
        const auto before = window.document().trace();
        QElapsedTimer timer;
        timer.start();
        slider->setValue(i % 2 ? 150 - i : 50 + i);
        while (window.document().trace() == before && timer.elapsed() < 60000)
            QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
        QCoreApplication::processEvents();  // painted
        wall.push_back(static_cast<double>(timer.nsecsElapsed()) / 1e6);
        settle(window);
    }
    std::sort(wall.begin(), wall.end());
    std::printf("slider to prediction   median %5.1f ms, 95 %% %5.1f ms, largest %5.1f ms (slowest handler %.1f, %s)\n",
                shareOf(wall, 0.5), shareOf(wall, 0.95), wall.back(),
                ui::testing::WatchedApplication::instance().slowest(),
                qUtf8Printable(ui::testing::WatchedApplication::instance().slowestName()));
    int shown = 0;
    const auto counting = QObject::connect(&window.document(), &ui::InspectionDocument::traceChanged, [&] { ++shown; });
    constexpr int kMoves = 60, kFrameMs = 16;
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < kMoves; ++i) {
        slider->setValue(50 + i);
        while (timer.elapsed() < (i + 1) * kFrameMs)
            QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
    }
    std::printf("slider moving          %d predictions shown while it took %d values in %lld ms\n", shown, kMoves,
                static_cast<long long>(timer.elapsed()));
    QObject::disconnect(counting);
    settle(window);
    window.document().setInterventions({}, QStringLiteral("none"));
    settle(window);
}

/// Counts what is painted: frames that show nothing new would be quick.
class PaintCount : public QObject {
public:
    explicit PaintCount(QWidget* widget)
        : QObject(widget)
    {
        widget->installEventFilter(this);
    }
    int count() const { return m_count; }

protected:
    bool eventFilter(QObject*, QEvent* event) override
    {
        m_count += event->type() == QEvent::Paint ? 1 : 0;
        return false;
    }

private:
    int m_count = 0;
};

/// A folder of `count` pictures: until its list is shown and one can choose in it, and scrolled through.
void reportList(ui::MainWindow& window, const QString& folder, int count, const QString& picture)
{
    const QImage small = QImage(picture).scaled(256, 256, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    const QString first = folder + QStringLiteral("/0.jpg");
    small.save(first, "JPG");
    for (int i = 1; i < count; ++i)
        QFile::copy(first, folder + QStringLiteral("/%1.jpg").arg(i));
    ui::ImageList* list = window.findChild<ui::ImageList*>();
    const int before = window.document().images()->count();
    ui::testing::WatchedApplication::instance().reset();
    QElapsedTimer timer;
    timer.start();
    window.openFiles({folder});
    while (window.document().images()->count() < before + count && timer.elapsed() < 60000)
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
    QCoreApplication::processEvents();  // painted
    std::printf("list of %-5d images   %lld ms until it is shown (slowest handler %.1f ms, %s)\n", count,
                static_cast<long long>(timer.elapsed()), ui::testing::WatchedApplication::instance().slowest(),
                qUtf8Printable(ui::testing::WatchedApplication::instance().slowestName()));
    QScrollBar* bar = list->verticalScrollBar();
    const PaintCount paints(list->viewport());
    // While the images are being decoded and predicted in the background, as it is for a person.
    report(
        "list, wheel", window, 200, [&](int) { bar->setValue(bar->value() + 60); }, After::GoOn);
    report(
        "list, dragged bar", window, 200, [&](int frame) { bar->setValue(bar->maximum() * (frame * 37 % 200) / 200); },
        After::GoOn);
    std::printf("list                   painted %d times\n", paints.count());
}

/// Resident memory in MB; 0 where the system does not say.
double residentMegabytes()
{
    QFile status(QStringLiteral("/proc/self/status"));
    if (!status.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = status.readAll();
    const auto begin = text.indexOf("VmRSS:");
    return begin < 0 ? 0 : text.mid(begin + 6, 20).simplified().split(' ').value(0).toDouble() / 1024;
}

}  // namespace

int main(int argc, char** argv)
{
    QElapsedTimer sinceStart;
    sinceStart.start();
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QTemporaryDir settings;
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settings.path());
    ui::testing::WatchedApplication application(argc, argv);
    ui::configureApplication(application);
    ui::MainWindow window;
    window.resize(1440, 900);
    window.show();
    window.openFiles(QApplication::arguments().mid(1, 2));
    const int listed = QApplication::arguments().value(3, QStringLiteral("5000")).toInt();
    while (!window.document().trace()) {
        if (window.document().worker().isIdle()) {
            std::fprintf(stderr, "usage: window_frames MODEL IMAGE [IMAGES IN THE LIST]\n");
            return 2;
        }
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
    }
    std::printf("first prediction       %lld ms after start\n", static_cast<long long>(sinceStart.elapsed()));
    settle(window);
    const auto& trace = *window.document().trace();
    std::printf("forward pass           %.1f ms, trace %.1f MB, process %.0f MB\n", trace.milliseconds(),
                static_cast<double>(trace.recordedBytes()) / 1e6, residentMegabytes());

    ui::InspectionDocument& document = window.document();
    ui::Canvas* canvas = window.canvas();
    const int steps = document.detail()->positionCount();
    report("timeline", window, 200, [&](int frame) { document.setStep(frame * 7 % steps); });
    const QPointF middle = QRectF(canvas->rect()).center();
    report("zoom", window, 120,
           [&](int frame) { canvas->zoomTo(canvas->zoom() * (frame < 60 ? 1.05 : 1 / 1.05), middle); });
    report("pan", window, 120, [&](int frame) {
        canvas->zoomTo(canvas->zoom(), middle);
        canvas->panBy(QPointF(frame < 60 ? 3 : -3, frame % 2 ? 2 : -2));
    });
    vis::FigureOptions options = document.viewSettings().figure;
    options.overlay = vis::OverlayQuantity::MeanGate;
    document.setFigureOptions(options);
    report("timeline, heat map", window, 200, [&](int frame) { document.setStep(frame * 7 % steps); });
    window.showPanel(QStringLiteral("attentionDock"));
    report("timeline, attention", window, 100, [&](int frame) { document.setStep(frame * 7 % steps); });
    reportSlider(window);
    std::printf("process                %.0f MB\n", residentMegabytes());
    QTemporaryDir folder;
    if (listed > 0)
        reportList(window, folder.path(), listed, QApplication::arguments().value(2));
    std::printf("process                %.0f MB at the end\n", residentMegabytes());
    return 0;
}
