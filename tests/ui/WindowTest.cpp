// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/analysis/FeatureAxes.h"
#include "tests/ui/Suites.h"
#include "tests/ui/WindowSuite.h"
#include "ui/theme/Theme.h"
#include "ui/views/AttentionView.h"
#include "ui/views/Canvas.h"
#include "ui/views/ChannelsView.h"
#include "ui/views/FigureView.h"
#include "ui/views/PathLayers.h"
#include "ui/views/PredictionsView.h"
#include "ui/views/ScansView.h"
#include "ui/views/StatesView.h"
#include "visualizers/ComponentBars.h"
#include "visualizers/GatesFigure.h"
#include "visualizers/RoutingFigure.h"
#include "visualizers/StateFigure.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QDropEvent>
#include <QLabel>
#include <QListView>
#include <QMimeData>
#include <QPainter>
#include <QScrollBar>
#include <QSlider>
#include <QTextBrowser>
#include <QToolButton>
#include <QTreeWidget>
#include <QWheelEvent>

#include <functional>

namespace mixer::ui::testing {

namespace {

const QString kVim2 = QStringLiteral("golden/vim2.safetensors");

}  // namespace

/// The window with real nets, mouse and keys.
class WindowTest : public WindowSuite {
    Q_OBJECT
private:
    /// Middle of the part of a figure's view where a cell lies.
    template <class FigureType> QPointF cellOf(FigureView* view, const typename FigureType::Cell& cell)
    {
        const auto* figure = dynamic_cast<const FigureType*>(view->figure());
        return figure->cellRect(cell, view->figureRect(), view->figureStyle()).center();
    }

private Q_SLOTS:
    void init()
    {
        openWindow({fixture(kVim2), m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        QVERIFY(document().detail() != nullptr);
    }
    void cleanup() { closeWindow(); }

    void anotherImageChangesThePrediction()
    {
        const vis::PredictionsData before = m_window->predictions()->data();
        QVERIFY(!before.bars.empty());
        drop(*m_window, {m_work.picture(QStringLiteral("b.png"), Motif::Stripes)});
        SETTLE(document());
        const vis::PredictionsData after = m_window->predictions()->data();
        QVERIFY(after.bars[0].value != before.bars[0].value);
        const auto best = static_cast<std::size_t>(after.bars[0].classIndex);
        QVERIFY(std::abs(after.bars[0].value - document().trace()->probabilities()[best]) < 1e-6);
        QVERIFY(m_window->windowTitle().contains(QStringLiteral("b.png")));
        QCOMPARE(child<QListView>("imagesView")->model()->rowCount(), 2);
    }

    void keysInTheListShowTheNextImage()
    {
        drop(*m_window, {m_work.picture(QStringLiteral("b.png"), Motif::Stripes)});
        SETTLE(document());
        auto* list = child<QListView>("imagesView");
        QCOMPARE(list->currentIndex().row(), 1);
        QTest::keyClick(list, Qt::Key_Up);
        SETTLE(document());
        QCOMPARE(document().currentImage(), 0);
        QCOMPARE(document().picture()->name, QStringLiteral("a.png"));
    }

    void aCancelledImageLeavesTheListWhereItWas()
    {
        drop(*m_window, {m_work.picture(QStringLiteral("b.png"), Motif::Stripes)});
        SETTLE(document());
        Door door;
        document().worker().submit<int>(
            QStringLiteral("first"), QString(),
            [&](const JobContext&) {
                door.wait();
                return 0;
            },
            [](const JobOutcome<int>&) {});
        auto* list = child<QListView>("imagesView");
        QTest::keyClick(list, Qt::Key_Up);
        QCOMPARE(list->currentIndex().row(), 0);
        document().cancel();
        door.open();
        SETTLE(document());
        QCOMPARE(list->currentIndex().row(), 1);
        QCOMPARE(document().currentImage(), 1);
    }

    void pastedImageIsShown()
    {
        QApplication::clipboard()->setImage(paintMotif(Motif::Checks, {90, 70}));
        key(Qt::Key_V, Qt::ControlModifier);
        SETTLE(document());
        QCOMPARE(document().picture()->size(), QSize(90, 70));
        QCOMPARE(document().images()->count(), 2);
    }

    void timelineDrivesPathAndState()
    {
        auto* timeline = child<QSlider>("timeline");
        QCOMPARE(timeline->maximum(), document().detail()->positionCount() - 1);
        const QImage canvasBefore = m_window->canvas()->grab().toImage();
        const auto stateBefore = m_window->states()->state()->figure()->array().values;
        click(timeline, QPointF(timeline->width() * 0.9, timeline->height() / 2.0));
        SETTLE(document());
        const int step = document().selection().step;
        QCOMPARE(timeline->value(), step);
        QVERIFY(step > document().detail()->positionCount() / 2);
        QCOMPARE(m_window->states()->state()->figure()->selection().step, step);
        QVERIFY(m_window->states()->state()->figure()->array().values != stateBefore);
        QCOMPARE(m_window->channels()->gates()->figure()->selection().step, step);
        QVERIFY(m_window->canvas()->readoutAt(std::nullopt).contains(QStringLiteral("step %1 of").arg(step)));
        QVERIFY(m_window->canvas()->grab().toImage() != canvasBefore);
    }

    void statesAreNotComputedOnTheGuiThread()
    {
        const int before = document().selection().step;
        document().setStep(before + 3);
        // Marks move at once; what has to be computed comes from the worker, after the event loop had a turn.
        QCOMPARE(m_window->channels()->gates()->figure()->selection().step, before + 3);
        QCOMPARE(m_window->states()->state()->figure()->selection().step, before);
        SETTLE(document());
        QCOMPARE(m_window->states()->state()->figure()->selection().step, before + 3);
    }

    void keysStepPlayAndChangeScan()
    {
        document().setStep(10);
        key(Qt::Key_Right);
        QCOMPARE(document().selection().step, 11);
        key(Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(document().selection().step, 1);
        key(Qt::Key_End);
        QCOMPARE(document().selection().step, document().detail()->positionCount() - 1);
        key(Qt::Key_Home);
        QCOMPARE(document().selection().step, 0);
        key(Qt::Key_Down);
        QCOMPARE(document().selection().scan, 1);
        document().setStep(0);
        key(Qt::Key_Space);
        QVERIFY(m_window->playback().isPlaying());
        QTRY_VERIFY(document().selection().step > 0);
        key(Qt::Key_Space);
        QVERIFY(!m_window->playback().isPlaying());
    }

    void bracketsChangeTheMixer()
    {
        const MixerId first = document().selection().mixer;
        key(Qt::Key_BracketRight);
        SETTLE(document());
        const MixerId second = document().selection().mixer;
        QCOMPARE(second, document().trace()->mixers()[1].id);
        QCOMPARE(m_window->channels()->gates()->figure()->selection().mixer, second);
        QCOMPARE(child<QTreeWidget>("modelTree")->currentItem()->data(0, Qt::UserRole).toString(),
                 QString::fromStdString(second.name()));
        key(Qt::Key_BracketLeft);
        SETTLE(document());
        QCOMPARE(document().selection().mixer, first);
    }

    void treeSelectsTheMixer()
    {
        auto* tree = child<QTreeWidget>("modelTree");
        const QString wanted = QStringLiteral("stages.2.blocks.0.channel_mixer");
        for (QTreeWidgetItemIterator it(tree); *it; ++it) {
            if ((*it)->data(0, Qt::UserRole).toString() == wanted)
                click(tree->viewport(), tree->visualItemRect(*it).center());
        }
        SETTLE(document());
        QCOMPARE(QString::fromStdString(document().selection().mixer.name()), wanted);
        QVERIFY(m_window->canvas()->tokenMap().values.empty());
        QCOMPARE(m_window->scans()->scanButtons().front()->text(), QStringLiteral("forward"));
    }

    void clickOnTheGateMatrixSelectsLaneAndStep()
    {
        FigureView* gates = m_window->channels()->gates();
        click(gates, cellOf<vis::GatesFigure>(gates, {7, 12}));
        SETTLE(document());
        QCOMPARE(document().selection().lane, 7);
        QCOMPARE(document().selection().step, 12);
        QCOMPARE(child<QSlider>("timeline")->value(), 12);
    }

    void arrowsMoveToTheRowsBeside()
    {
        FigureView* gates = m_window->channels()->gates();
        click(gates, cellOf<vis::GatesFigure>(gates, {7, 12}));
        SETTLE(document());
        const int scan = document().selection().scan;
        QTest::keyClick(gates, Qt::Key_Down);
        QCOMPARE(document().selection().lane, 8);
        QTest::keyClick(gates, Qt::Key_Up, Qt::ShiftModifier);
        QCOMPARE(document().selection().lane, 0);  // no further than the first
        QCOMPARE(document().selection().scan, scan);
        QCOMPARE(document().selection().step, 12);
    }

    void smallCellsAreEnlargedUnderTheMouse()
    {
        FigureView* gates = m_window->channels()->gates();
        const QPointF place = cellOf<vis::GatesFigure>(gates, {7, 12});
        const QImage before = gates->grab().toImage();
        QTest::mouseMove(gates, place.toPoint());
        QTRY_VERIFY(gates->grab().toImage() != before);
        QEvent leave(QEvent::Leave);
        QCoreApplication::sendEvent(gates, &leave);
        QCOMPARE(gates->grab().toImage(), before);
    }

    void aFigureBehindATabIsNotComputed()
    {
        m_window->showPanel(QStringLiteral("attentionDock"));
        SETTLE(document());
        FigureView* attention = m_window->attention()->figure();
        QTRY_VERIFY(attention->figure());
        SETTLE(document());
        m_window->showPanel(QStringLiteral("channelsDock"));
        QTRY_VERIFY(attention->visibleRegion().isEmpty());
        SETTLE(document());
        const int before = attention->figure()->selection().step;
        QSignalSpy changes(attention, &FigureView::figureChanged);
        document().setStep(before + 5);
        SETTLE(document());
        QCOMPARE(changes.count(), 0);
        QCOMPARE(attention->figure()->selection().step, before);
        m_window->showPanel(QStringLiteral("attentionDock"));
        QTRY_VERIFY(attention->figure() && attention->figure()->selection().step == before + 5);
    }

    void theSelectedChannelIsTheOverlay()
    {
        QSignalSpy overlay(m_window->canvas(), &Canvas::overlayChanged);
        key(Qt::Key_3);
        SETTLE(document());
        QCOMPARE(overlay.count(), 1);
        const auto mean = m_window->canvas()->tokenMap().values;
        const QImage meanShown = m_window->canvas()->grab().toImage();
        FigureView* gates = m_window->channels()->gates();
        click(gates, cellOf<vis::GatesFigure>(gates, {9, document().selection().step}));
        SETTLE(document());
        QCOMPARE(document().selection().lane, 9);
        const auto lane = m_window->canvas()->tokenMap().values;
        QVERIFY(lane != mean);
        QVERIFY(m_window->canvas()->grab().toImage() != meanShown);
        const Array gate = document().detail()->gate(document().selection().scan);
        for (std::int64_t token = 0; token < gate.size(1); ++token)
            QCOMPARE(lane[static_cast<std::size_t>(token)], gate.at(9, token));
        click(child<QToolButton>("allLanesButton"), QPointF(8, 8));
        SETTLE(document());
        QCOMPARE(document().selection().lane, -1);
        QCOMPARE(m_window->canvas()->tokenMap().values, mean);
    }

    void digitsSwitchOverlays()
    {
        const auto& shown = document().viewSettings().figure;
        const bool hadGrid = shown.showPatchGrid;
        key(Qt::Key_1);
        QCOMPARE(shown.showPatchGrid, !hadGrid);
        const bool hadPath = shown.showPath;
        key(Qt::Key_2);
        QCOMPARE(shown.showPath, !hadPath);
        key(Qt::Key_4);
        QCOMPARE(shown.overlay, vis::OverlayQuantity::MeanGate);
        key(Qt::Key_5);
        QCOMPARE(shown.overlay, vis::OverlayQuantity::StateNorm);
        QVERIFY(child<QAction>("stateNormMap")->isChecked());
        QVERIFY(!child<QAction>("meanGateMap")->isChecked());
        key(Qt::Key_5);
        QCOMPARE(shown.overlay, vis::OverlayQuantity::None);
    }

    void featureComponentsAreTheEngines()
    {
        const auto scores = [this](int axis) {
            const MixerId mixer = document().selection().mixer;
            const FeatureScores found
                = featureScores(*document().trace(), mixer, principalAxes(*document().trace(), mixer));
            const auto tokens = found.values.size(1) * found.values.size(2);
            const auto from = found.values.values.begin() + axis * tokens;
            return std::vector<float>(from, from + tokens);
        };
        Canvas* canvas = m_window->canvas();
        auto* combo = child<QComboBox>("componentCombo");
        QVERIFY(!combo->isVisible());
        key(Qt::Key_P);
        SETTLE(document());
        QCOMPARE(document().viewSettings().figure.overlay, vis::OverlayQuantity::FeaturePca);
        QCOMPARE(canvas->tokenMap().parts.size(), std::size_t{3});
        for (int axis = 0; axis < 3; ++axis)
            QCOMPARE(canvas->tokenMap().parts[static_cast<std::size_t>(axis)].values, scores(axis));
        QVERIFY(combo->isVisible());
        QVERIFY(!child<QComboBox>("colorMapCombo")->isVisible());
        const QString hovered = canvas->readoutAt(canvas->tokenCentre(23));
        QVERIFY2(hovered.contains(vis::partsText(canvas->tokenMap(), 23)), qPrintable(hovered));
        const QImage colored = canvas->grab().toImage();

        key(Qt::Key_P, Qt::ShiftModifier);
        SETTLE(document());
        QVERIFY(canvas->tokenMap().parts.empty());
        QCOMPARE(canvas->tokenMap().values, scores(0));
        QVERIFY(canvas->grab().toImage() != colored);
        combo->setFocus();
        QTest::keyClick(combo, Qt::Key_End);
        SETTLE(document());
        QCOMPARE(canvas->tokenMap().values, scores(2));

        const MixerId before = document().selection().mixer;
        key(Qt::Key_BracketRight);
        SETTLE(document());
        QVERIFY(document().selection().mixer != before);
        QCOMPARE(canvas->tokenMap().values, scores(2));
        key(Qt::Key_Z, Qt::ControlModifier);
        SETTLE(document());
        QCOMPARE(document().viewSettings().figure.featureComponent, 1);
        key(Qt::Key_P);
        QCOMPARE(document().viewSettings().figure.overlay, vis::OverlayQuantity::None);
    }

    void lockedAxesStayWithTheNextImage()
    {
        key(Qt::Key_P);
        SETTLE(document());
        const MixerId mixer = document().selection().mixer;
        const FeatureAxes axes = principalAxes(*document().trace(), mixer);
        key(Qt::Key_L);
        SETTLE(document());
        QVERIFY(child<QAction>("lockRange")->isChecked());
        const auto before = m_window->canvas()->tokenMap().parts.at(0).values;
        drop(*m_window, {m_work.picture(QStringLiteral("b.png"), Motif::Stripes)});
        SETTLE(document());
        document().requestMixer(mixer);
        SETTLE(document());
        const Array scores = featureScores(*document().trace(), mixer, axes).values;
        const auto held = m_window->canvas()->tokenMap();
        QVERIFY(held.parts.at(0).values != before);
        QVERIFY(std::equal(held.parts.at(0).values.begin(), held.parts.at(0).values.end(), scores.values.begin()));
        QVERIFY2(held.note.contains(QStringLiteral("a.png")), qPrintable(held.note));
        key(Qt::Key_L);
        SETTLE(document());
        QVERIFY(m_window->canvas()->tokenMap().parts.at(0).values != held.parts.at(0).values);
        key(Qt::Key_P);
    }

    void laneOrderFollowsTheCombo()
    {
        auto* combo = child<QComboBox>("laneSortCombo");
        combo->setFocus();
        QTest::keyClick(combo, Qt::Key_Home);
        QTest::keyClick(combo, Qt::Key_Down);
        SETTLE(document());
        QCOMPARE(document().viewSettings().figure.laneSort, vis::LaneSort::MeanGate);
        QCOMPARE(m_window->channels()->gates()->figure()->context().options.laneSort, vis::LaneSort::MeanGate);
    }

    void clickOnTheCanvasSelectsTheToken()
    {
        Canvas* canvas = m_window->canvas();
        const int token = 23;
        click(canvas, canvas->tokenCentre(token));
        const Selection& selection = document().selection();
        QCOMPARE(document().detail()->positionAt(selection.scan, selection.step), token);
        QCOMPARE(canvas->tokenAt(canvas->tokenCentre(token)), token);
    }

    void wheelZoomsToTheCursorAndDragPans()
    {
        Canvas* canvas = m_window->canvas();
        const QPointF cursor(canvas->width() * 0.3, canvas->height() * 0.6);
        const QPointF below = canvas->toPicture(cursor);
        const double zoom = canvas->zoom();
        QWheelEvent wheel(cursor, canvas->mapToGlobal(cursor), QPoint(), QPoint(0, 240), Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(canvas, &wheel);
        QVERIFY(canvas->zoom() > zoom * 1.3);
        QVERIFY((canvas->toPicture(cursor) - below).manhattanLength() < 1e-6);
        const Selection before = document().selection();
        QTest::mousePress(canvas, Qt::LeftButton, Qt::NoModifier, cursor.toPoint());
        QTest::mouseMove(canvas, cursor.toPoint() + QPoint(30, 0));
        QTest::mouseMove(canvas, cursor.toPoint() + QPoint(60, 10));
        QTest::mouseRelease(canvas, Qt::LeftButton, Qt::NoModifier, cursor.toPoint() + QPoint(60, 10));
        QVERIFY((canvas->toPicture(cursor.toPoint() + QPoint(60, 10)) - below).manhattanLength() < 2);
        QCOMPARE(document().selection(), before);  // a drag selects nothing
        key(Qt::Key_F);
        QCOMPARE(canvas->zoom(), zoom);
    }

    void hoverReadsPixelTokenAndStep()
    {
        Canvas* canvas = m_window->canvas();
        const QString text = canvas->readoutAt(canvas->tokenCentre(12));
        QVERIFY2(text.contains(QStringLiteral("pixel")) && text.contains(QStringLiteral("token y 1, x 2")),
                 qPrintable(text));
    }

    void clickOnABarSelectsItsClass()
    {
        PredictionsView* view = m_window->predictions();
        const int wanted = view->data().bars[2].classIndex;
        QWidget* target = view->childAt(view->barCentre(2));
        click(target, target->mapFrom(view, view->barCentre(2)));
        QCOMPARE(document().selection().classIndex, wanted);
        QVERIFY(view->data().bars[2].selected);
    }

    void clickOnTheRoutingSelectsMixerAndScan()
    {
        FigureView* routing = m_window->scans()->routing();
        const auto* figure = dynamic_cast<const vis::RoutingFigure*>(routing->figure());
        vis::RoutingFigure::Cell cell{4, 0};
        while (!figure->isChosen(cell))
            ++cell.column;
        const MixerRecord record = figure->mixerOfRow(4);
        click(routing, cellOf<vis::RoutingFigure>(routing, cell));
        SETTLE(document());
        QCOMPARE(document().selection().mixer, record.id);
        QCOMPARE(document().detail()->scanName(document().selection().scan),
                 record.routing.scans[static_cast<std::size_t>(cell.column)]);
    }

    void chosenScansCanBeFollowed()
    {
        const Routing& routing = document().detail()->record().routing;
        const auto& buttons = m_window->scans()->scanButtons();
        QCOMPARE(buttons.size(), static_cast<qsizetype>(routing.scans.size()));
        const int second = routing.chosen[1];
        click(buttons[second], QPointF(buttons[second]->rect().center()));
        QCOMPARE(document().selection().scan, 1);
        QVERIFY(buttons[second]->isChecked());
        for (int i = 0; i < buttons.size(); ++i) {
            const bool isChosen = std::count(routing.chosen.begin(), routing.chosen.end(), i) > 0;
            QCOMPARE(buttons[i]->isChosen(), isChosen);
        }
    }

    void brokenFilesLeaveTheWindowAsItWas_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("checkpoint") << QStringLiteral("broken.safetensors");
        QTest::newRow("picture") << QStringLiteral("broken.jpg");
    }
    void brokenFilesLeaveTheWindowAsItWas()
    {
        QFETCH(QString, name);
        const Snapshot before(document());
        const QString title = m_window->windowTitle();
        if (name.endsWith(QLatin1String("safetensors")))
            QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral(".*")));
        drop(*m_window, {m_work.text(name, "neither weights nor pixels")});
        SETTLE(document());
        QVERIFY(Snapshot(document()) == before);
        QCOMPARE(m_window->windowTitle(), title);
        auto* text = child<QLabel>("messageText");
        QVERIFY(text->isVisible());
        QVERIFY2(text->text().contains(name), qPrintable(text->text()));
        auto* warnings = child<QToolButton>("warningsButton");
        QVERIFY(warnings->isVisible());
        click(warnings, warnings->rect().center());
        auto* list = child<QDialog>("warningsDialog");
        QVERIFY(list && list->findChild<QTextBrowser*>()->toPlainText().contains(name));
        list->close();
        QTRY_VERIFY(!child<QDialog>("warningsDialog"));
        click(child<QToolButton>("messageClose"), QPointF(8, 8));
        QVERIFY(!text->isVisible());
    }

    void longWorkShowsProgressAndCanBeCancelled()
    {
        Door door;
        JobEnd end = JobEnd::Finished;
        document().worker().submit<int>(
            QStringLiteral("long"), QStringLiteral("Long work"),
            [&](const JobContext& context) {
                context.progress("half of it", 0.5);
                door.wait();
                context.cancel.check();
                return 0;
            },
            [&](const JobOutcome<int>& outcome) { end = outcome.end; });
        QWidget* activity = child<QWidget>("activity");
        QVERIFY(!activity->isVisible());  // not for what may be over in a blink
        QTRY_VERIFY(activity->isVisible());
        click(child<QWidget>("cancelButton"), QPointF(8, 8));
        door.open();
        SETTLE(document());
        QCOMPARE(end, JobEnd::Cancelled);
        QVERIFY(!activity->isVisible());
    }

    void whatIsPutAsideIsVeiled()
    {
        // Under the tag of opening an image, held as long as a large one takes.
        Door door;
        document().worker().submit<int>(
            QStringLiteral("picture"), QStringLiteral("Opening large.png"),
            [&](const JobContext& context) {
                context.progress("Decoding", 0.3);
                door.wait();
                return 0;
            },
            [](const JobOutcome<int>&) {});
        auto* veil = child<QWidget>("canvasVeil");
        QVERIFY(!veil->isVisible());
        QTRY_VERIFY(veil->isVisible());
        QCOMPARE(veil->size(), m_window->canvas()->size());
        QVERIFY(veil->accessibleName().contains(QStringLiteral("Opening large.png")));
        QVERIFY(veil->accessibleName().contains(document().picture()->name));
        door.open();
        SETTLE(document());
        QVERIFY(!veil->isVisible());
    }

    void closesDuringARun()
    {
        m_window->openFiles({fixture(QStringLiteral("golden/viqs.safetensors")),
                             m_work.picture(QStringLiteral("b.png"), Motif::Checks)});
        key(Qt::Key_BracketRight);
        m_window->close();
        m_window.reset();
        QCoreApplication::processEvents();
        QVERIFY(QApplication::topLevelWidgets().isEmpty());
    }

    void themesRepaintFigures()
    {
        FigureView* gates = m_window->channels()->gates();
        child<QAction>("themeDark")->trigger();
        QCOMPARE(themeOf(gates->palette()), vis::Theme::Dark);
        QVERIFY(gates->grab().toImage().pixelColor(2, 2).lightness() < 60);
        child<QAction>("themeLight")->trigger();
        QVERIFY(gates->grab().toImage().pixelColor(2, 2).lightness() > 200);
    }

    void helpListsTheShortcuts()
    {
        key(Qt::Key_F1, Qt::ControlModifier);
        auto* sheet = child<QDialog>("shortcutSheet");
        QVERIFY(sheet);
        const QString text = sheet->findChild<QTextBrowser*>()->toPlainText();
        for (const char* keys : {"Ctrl+O", "Ctrl+Shift+O", "Ctrl+E", "Space", "["})
            QVERIFY2(text.contains(QLatin1String(keys)), keys);
        sheet->close();
        QTRY_VERIFY(!child<QDialog>("shortcutSheet"));
    }

    void settingsSurvive()
    {
        key(Qt::Key_P);
        key(Qt::Key_P, Qt::ShiftModifier);
        key(Qt::Key_5);
        m_window->playback().setStepsPerSecond(100);
        m_window->close();
        m_window = std::make_unique<MainWindow>();
        QCOMPARE(document().viewSettings().figure.overlay, vis::OverlayQuantity::StateNorm);
        QCOMPARE(document().viewSettings().figure.featureComponent, 1);
        QCOMPARE(m_window->playback().stepsPerSecond(), 100.0);
        QCOMPARE(QFileInfo(Settings().recentFiles().value(0)).fileName().isEmpty(), false);
        document().setFigureOptions({});  // for the tests that follow
        m_window->close();
    }

    void everyDropReachesTheWindow()
    {
        int takers = 0;
        const auto widgets = m_window->findChildren<QWidget*>();
        for (QWidget* widget : widgets) {
            if (!widget->acceptDrops())
                continue;
            // Who takes images of the list leaves files from outside to the window.
            ++takers;
            const QString file = m_work.picture(QStringLiteral("dropped%1.png").arg(takers), Motif::Checks);
            drop(*widget, {file});
            SETTLE(document());
            QVERIFY2(document().images()->rowOf(file) >= 0, qPrintable(widget->objectName()));
        }
        QVERIFY(takers >= 2);  // the model's tree and the states
        QVERIFY(m_window->acceptDrops());
    }

    void everyControlHasAName()
    {
        const auto widgets = m_window->findChildren<QWidget*>();
        for (const QWidget* widget : widgets) {
            const bool isControl
                = qobject_cast<const QAbstractSlider*>(widget) || qobject_cast<const QComboBox*>(widget);
            if (isControl && widget->isVisible() && !qobject_cast<const QScrollBar*>(widget))
                QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(widget->objectName()));
        }
    }

    /// A long path shown from its layers is the path as it is painted, but for the seam at the current step.
    void aLongPathIsKeptAsPixels()
    {
        InferenceWorker worker;
        QWidget canvas;
        canvas.resize(360, 360);
        PathLayers layers(&canvas);
        layers.setWorker(&worker);
        ImageGeometry geometry;
        geometry.originalWidth = geometry.inputWidth = geometry.originalHeight = geometry.inputHeight = 112;
        const vis::ImageOverlay overlay(geometry, 0, 28, 28);
        const std::vector<std::int32_t> order = ScanOrder::get("hilbert", 28, 28)->order();
        vis::ScanPathStyle style;
        style.trailLength = 784;
        style.opacity = 0.95;
        const auto painted = [&](const std::function<void(QPainter&)>& paint) {
            QImage image(canvas.size(), QImage::Format_RGB32);
            image.fill(Qt::darkGreen);
            QPainter painter(&image);
            painter.scale(3, 3);
            paint(painter);
            return image;
        };
        const auto layered = [&](QPainter& painter) { layers.paint(painter, overlay, order, style, 1.0 / 3); };
        const auto direct = [&](QPainter& painter) { overlay.paintScanPath(painter, order, style, 1.0 / 3); };
        style.currentStep = 300;
        QCOMPARE(painted(layered), painted(direct));  // before the layers are there
        QVERIFY(!layers.areReady());
        QTRY_VERIFY_WITH_TIMEOUT(layers.areReady(), kPatienceMs);
        for (const int step : {0, 300, 301, 783}) {
            style.currentStep = step;
            const QImage kept = painted(layered);
            const QImage wanted = painted(direct);
            QVERIFY(layers.areReady());  // a step needs no others
            int different = 0;
            for (int y = 0; y < kept.height(); ++y)
                for (int x = 0; x < kept.width(); ++x)
                    different += std::abs(qGray(kept.pixel(x, y)) - qGray(wanted.pixel(x, y))) > 12;
            QVERIFY2(different < 40, qPrintable(QStringLiteral("step %1: %2 pixels").arg(step).arg(different)));
        }
        layers.clear();
        QVERIFY(!layers.areReady());
    }
};

std::unique_ptr<QObject> makeWindowTest()
{
    return std::make_unique<WindowTest>();
}

}  // namespace mixer::ui::testing

#include "WindowTest.moc"
