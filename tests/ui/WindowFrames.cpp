// SPDX-License-Identifier: GPL-3.0-or-later
// How long a frame takes: steps of the timeline, panning and zooming, with everything that is on screen painted. Needs
// no display. window_frames MODEL IMAGE
#include "ui/Application.h"
#include "ui/views/Canvas.h"
#include "ui/window/MainWindow.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QSettings>
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

/// Milliseconds of the GUI thread for each frame: wall time and time of the processor.
void report(const char* name, ui::MainWindow& window, int frames, const std::function<void(int)>& move)
{
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
    while (!window.document().worker().isIdle())
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
    std::sort(wall.begin(), wall.end());
    std::sort(processor.begin(), processor.end());
    const auto at = [](const std::vector<double>& sorted, double share) {
        return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
    };
    std::printf("%-22s median %5.1f ms, 95 %% %5.1f ms, largest %5.1f ms (processor: %5.1f, %5.1f, %5.1f)\n", name,
                at(wall, 0.5), at(wall, 0.95), wall.back(), at(processor, 0.5), at(processor, 0.95), processor.back());
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
    QApplication application(argc, argv);
    ui::configureApplication(application);
    ui::MainWindow window;
    window.resize(1440, 900);
    window.show();
    window.openFiles(QApplication::arguments().mid(1));
    while (!window.document().trace()) {
        if (window.document().worker().isIdle()) {
            std::fprintf(stderr, "usage: window_frames MODEL IMAGE\n");
            return 2;
        }
        QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
    }
    std::printf("first prediction       %lld ms after start\n", static_cast<long long>(sinceStart.elapsed()));
    while (!window.document().worker().isIdle())
        QCoreApplication::processEvents(QEventLoop::AllEvents, 20);
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
    std::printf("process                %.0f MB at the end\n", residentMegabytes());
    return 0;
}
