// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/Suites.h"
#include "tests/ui/Watchdog.h"
#include "tests/ui/WindowSuite.h"
#include "ui/Glossary.h"
#include "ui/views/AttentionView.h"
#include "ui/views/AttributionView.h"
#include "ui/views/Canvas.h"
#include "ui/views/ChannelsView.h"
#include "ui/views/FigureView.h"
#include "ui/views/InterventionsView.h"
#include "ui/views/MixingView.h"
#include "ui/views/ModelView.h"
#include "ui/views/PredictionsView.h"
#include "ui/views/RouterView.h"
#include "ui/views/ScanOrderView.h"
#include "ui/views/ScansView.h"
#include "ui/views/StatesView.h"
#include "ui/views/TensorsView.h"
#include "visualizers/AttentionFigure.h"
#include "visualizers/GatesFigure.h"
#include "visualizers/MixingFigure.h"
#include "visualizers/ReceptiveFieldsFigure.h"
#include "visualizers/RoutingFigure.h"

#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QElapsedTimer>
#include <QListWidget>
#include <QPushButton>
#include <QSlider>
#include <QTableView>
#include <QToolButton>
#include <QTreeWidget>

namespace mixer::ui::testing {

namespace {

const QString kDemo = QStringLiteral(MIXER_MODELS "/vim2-demo.safetensors");
const QString kViqsDemo = QStringLiteral(MIXER_MODELS "/viqs-demo.safetensors");

}  // namespace

/// People's ways through the whole window, with mouse and keys, on the demonstration model: what if it were otherwise?
class WhatIfTest : public WindowSuite {
    Q_OBJECT
private:
    void choose(const char* combo, int index)
    {
        auto* box = child<QComboBox>(combo);
        QVERIFY(box);
        box->setCurrentIndex(index);
        Q_EMIT box->activated(index);
        SETTLE(document());
    }
    template <class FigureType> const FigureType* figureOf(FigureView* view)
    {
        return dynamic_cast<const FigureType*>(view->figure());
    }
    std::vector<float> logits() { return document().trace()->logits(); }

private Q_SLOTS:
    void init()
    {
        openWindow({kDemo, m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        QVERIFY(document().detail() != nullptr);
    }
    void cleanup() { closeWindow(); }

    void theMostDividedRouterIsForcedToAnotherScan()
    {
        FigureView* routing = m_window->scans()->routing();
        const auto* figure = figureOf<vis::RoutingFigure>(routing);
        const int row = figure->mostDividedRow();
        QVERIFY(row >= 0);
        const MixerId divided = figure->mixerOfRow(row).id;
        click(routing, figure->cellRect({row, 0}, routing->figureRect(), routing->figureStyle()).center());
        SETTLE(document());
        QCOMPARE(document().selection().mixer, divided);

        const std::vector<float> before = logits();
        const auto baseline = document().baseline();
        QVERIFY(!child<QToolButton>("editsButton")->isVisible());
        ScanButton* other = nullptr;
        for (ScanButton* button : m_window->scans()->scanButtons()) {
            if (!button->isChosen())
                other = button;
        }
        QVERIFY(other);
        const QString forced = other->text();
        click(other);
        SETTLE(document());
        QVERIFY(logits() != before);
        QCOMPARE(document().baseline(), baseline);
        QCOMPARE(document().detail()->scanCount(), 1);
        QCOMPARE(QString::fromStdString(document().detail()->scanName(0)), forced);
        QVERIFY(!std::isnan(m_window->predictions()->data().bars.front().baseline));
        QVERIFY(child<QToolButton>("editsButton")->isVisible());
        QVERIFY(child<QToolButton>("editsButton")->text().contains(QStringLiteral("1 edit active")));
        QVERIFY(m_window->windowTitle().contains(QStringLiteral("1 edit")));
        const int first = document().trace()->firstDeparture();
        QCOMPARE(document().trace()->mixers()[static_cast<std::size_t>(first)].id, divided);
        QVERIFY(m_window->edits()->outcome().contains(QString::fromStdString(divided.shortName())));

        key(Qt::Key_Z, Qt::ControlModifier);
        SETTLE(document());
        QCOMPARE(logits(), before);
        QCOMPARE(document().trace(), baseline);
        QVERIFY(!child<QToolButton>("editsButton")->isVisible());
        key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        SETTLE(document());
        QVERIFY(logits() != before);
    }

    void aWrongAnswerIsExplainedAndAChannelTurnsIt()
    {
        // The motif that the network is least sure of, in a folder named after the runner-up: misclassified.
        double closest = 2;
        Motif motif = Motif::Disc;
        QString folder;
        for (const Motif tried : {Motif::Disc, Motif::Stripes, Motif::Checks}) {
            m_window->openFiles({m_work.picture(QStringLiteral("try%1.png").arg(static_cast<int>(tried)), tried)});
            SETTLE(document());
            const std::vector<int> best = document().trace()->topClasses(2);
            const auto probability = [&](int rank) {
                return static_cast<double>(document().trace()->probabilities()[static_cast<std::size_t>(
                    best[static_cast<std::size_t>(rank)])]);
            };
            if (probability(0) - probability(1) >= closest)
                continue;
            closest = probability(0) - probability(1);
            motif = tried;
            folder = QString::fromStdString(document().session()->config().label(best[1]));
        }
        QDir(m_work.folder()).mkpath(folder);
        m_window->openFiles({m_work.picture(folder + QStringLiteral("/wrong.png"), motif)});
        SETTLE(document());
        QVERIFY(document().images()->entry(document().currentImage()).isDisagreement());
        const int wrong = document().trace()->topClasses(1).front();
        QVERIFY(wrong != document().trueClass());

        show("attributionDock");
        click(m_window->attribution()->explainButton());
        SETTLE(document());
        QVERIFY(document().attribution());
        QCOMPARE(document().viewSettings().figure.overlay, vis::OverlayQuantity::Attribution);
        QVERIFY(!m_window->canvas()->tokenMap().values.empty());
        QVERIFY2(m_window->attribution()->badge().contains(QStringLiteral("gap")),
                 qPrintable(m_window->attribution()->badge()));

        // From the last mixer back, the channel that speaks loudest for the wrong class is held, until the answer
        // turns.
        choose("ablationPartCombo", 2);
        const std::vector<MixerRecord> mixers = document().trace()->mixers();
        bool isTurned = false;
        for (auto mixer = mixers.rbegin(); mixer != mixers.rend() && !isTurned; ++mixer) {
            document().requestMixer(mixer->id);
            SETTLE(document());
            click(m_window->attribution()->ablateButton());
            SETTLE(document());
            QTreeWidget* scores = m_window->attribution()->scores();
            QCOMPARE(scores->topLevelItemCount(), document().detail()->record().inner);
            const QPoint top = scores->visualItemRect(scores->topLevelItem(0)).center();
            QTest::mouseClick(scores->viewport(), Qt::LeftButton, Qt::NoModifier, top);
            QTest::mouseDClick(scores->viewport(), Qt::LeftButton, Qt::NoModifier, top);
            SETTLE(document());
            isTurned = document().trace()->topClasses(1).front() != wrong;
        }
        const int held = document().interventions().activeCount();
        QVERIFY(held > 0);
        for (int i = 0; i < held; ++i)
            key(Qt::Key_Z, Qt::ControlModifier);
        SETTLE(document());
        QVERIFY(document().interventions().edits.empty());
        QCOMPARE(document().trace()->topClasses(1).front(), wrong);
        QVERIFY(isTurned);
    }

    void theFirstMinute()
    {
        // A scan is played, and a word read.
        document().setStep(0);
        key(Qt::Key_Space);
        QTRY_VERIFY(document().selection().step > 3);
        key(Qt::Key_Space);
        const auto labels = m_window->scans()->findChildren<QWidget*>();
        const bool hasDefinition = std::any_of(labels.begin(), labels.end(), [](const QWidget* widget) {
            return widget->toolTip().contains(definition(Term::Scan));
        });
        QVERIFY(hasDefinition);
    }

    void thePredictionFollowsTheSlider()
    {
        show("editsDock");
        const std::vector<float> before = logits();
        auto* slider = child<QSlider>("deltaSlider");
        // It never rests for longer than a moment, and still other predictions are seen on the way.
        int seen = 0;
        std::vector<float> last = before;
        QElapsedTimer patience;
        patience.start();
        for (int move = 0; seen < 4 && patience.elapsed() < kPatienceMs; ++move) {
            slider->setValue(102 + (2 * move) % 200);
            QTest::qWait(10);
            seen += logits() != last ? 1 : 0;
            last = logits();
        }
        SETTLE(document());
        QCOMPARE(seen, 4);
        QCOMPARE(document().interventions().edits.size(), std::size_t{1});
        QVERIFY(logits() != before);
        // One way of the slider is one step back.
        key(Qt::Key_Z, Qt::ControlModifier);
        SETTLE(document());
        QCOMPARE(logits(), before);
        QCOMPARE(slider->value(), 100);
    }

    void switchesBaselineAndDifference()
    {
        show("editsDock");
        const std::vector<float> before = logits();
        click(child<QPushButton>("skipMixerButton"));
        SETTLE(document());
        const std::vector<float> edited = logits();
        QVERIFY(edited != before);
        click(child<QToolButton>("shownBaseline"));
        SETTLE(document());
        QCOMPARE(logits(), before);
        QVERIFY(child<QToolButton>("editsButton")->text().contains(QStringLiteral("baseline")));
        click(child<QToolButton>("shownDifference"));
        SETTLE(document());
        QCOMPARE(logits(), edited);
        const vis::PredictionsData& data = m_window->predictions()->data();
        QVERIFY(data.isDifference);
        const auto best = static_cast<std::size_t>(data.bars.front().classIndex);
        QVERIFY(std::abs(data.bars.front().value
                         - (static_cast<double>(document().trace()->probabilities()[best])
                            - static_cast<double>(document().baseline()->probabilities()[best])))
                < 1e-6);
        // A mixer behind the skipped one differs, in a scan that both runs chose.
        key(Qt::Key_BracketRight);
        SETTLE(document());
        for (int scan = 0; scan < document().detail()->scanCount(); ++scan) {
            if (m_window->channels()->gates()->figure())
                break;
            document().setScan(scan);
            SETTLE(document());
        }
        const auto* gates = figureOf<vis::GatesFigure>(m_window->channels()->gates());
        QVERIFY(gates);
        const Array changes = gates->array();
        QVERIFY(std::any_of(changes.values.begin(), changes.values.end(), [](float v) { return v < 0; }));
        click(child<QToolButton>("shownEdited"));
        SETTLE(document());
        auto* list = m_window->edits()->list();
        list->item(0)->setCheckState(Qt::Unchecked);
        SETTLE(document());
        QCOMPARE(logits(), before);
        list->item(0)->setCheckState(Qt::Checked);
        SETTLE(document());
        QCOMPARE(logits(), edited);
        list->setCurrentRow(0);
        QTest::keyClick(list, Qt::Key_Delete);
        SETTLE(document());
        QVERIFY(document().interventions().edits.empty());
        QCOMPARE(logits(), before);
    }

    void aDrawnOrderIsFollowed()
    {
        show("scanOrderDock");
        QVERIFY(m_window->scanOrder()->facts().contains(QStringLiteral("permutation")));
        click(m_window->scanOrder()->drawButton());
        Canvas* canvas = m_window->canvas();
        QCOMPARE(canvas->tool(), Canvas::Tool::DrawOrder);
        const int width = document().detail()->record().width;
        const auto at = [&](int token) { return canvas->tokenCentre(token).toPoint(); };
        QTest::mousePress(canvas, Qt::LeftButton, Qt::NoModifier, at(3 * width + 5));
        QTest::mouseMove(canvas, at(3 * width + 9));
        QTest::mouseMove(canvas, at(6 * width + 9));
        QTest::mouseRelease(canvas, Qt::LeftButton, Qt::NoModifier, at(6 * width + 9));
        SETTLE(document());
        QCOMPARE(canvas->tool(), Canvas::Tool::Look);
        QCOMPARE(document().interventions().activeCount(), 1);
        const int scan = document().selection().scan;
        const int expected[] = {3 * width + 5,
                                3 * width + 6,
                                3 * width + 7,
                                3 * width + 8,
                                3 * width + 9,
                                4 * width + 9,
                                5 * width + 9,
                                6 * width + 9,
                                0,
                                1};
        for (int step = 0; step < 10; ++step)
            QCOMPARE(document().detail()->positionAt(scan, step), expected[step]);
        QVERIFY(m_window->scanOrder()->indices().startsWith(QString::number(3 * width + 5)));
        QVERIFY(document().trace() != document().baseline());
    }

    void theBrushScalesTheStepSizeThere()
    {
        choose("brushCombo", 1);
        Canvas* canvas = m_window->canvas();
        QCOMPARE(canvas->tool(), Canvas::Tool::Brush);
        QTest::mousePress(canvas, Qt::LeftButton, Qt::NoModifier, canvas->tokenCentre(35).toPoint());
        QTest::mouseMove(canvas, canvas->tokenCentre(37).toPoint());
        QTest::mouseRelease(canvas, Qt::LeftButton, Qt::NoModifier, canvas->tokenCentre(37).toPoint());
        SETTLE(document());
        const Array& delta = document().detail()->delta(document().selection().scan);
        for (int lane = 0; lane < 5; ++lane) {
            for (const int token : {35, 36, 37})
                QCOMPARE(delta.at(lane, token), 0.0F);
            QVERIFY(delta.at(lane, 38) > 0);
        }
    }

    void aMixingWeightIsChanged()
    {
        show("mixingDock");
        FigureView* view = m_window->mixing()->figure();
        const auto* figure = figureOf<vis::MixingFigure>(view);
        QVERIFY(figure);
        const vis::MixingFigure::Cell cell{vis::MixingFigure::Matrix::Theta, 0, 1};
        const double before = figure->weight(cell);
        const std::vector<float> logitsBefore = logits();
        click(view, figure->cellRect(cell, view->figureRect(), view->figureStyle()).center());
        QDoubleSpinBox* box = m_window->mixing()->value();
        QVERIFY(std::abs(box->value() - before) < 1e-3);
        box->setValue(before + 0.5);
        SETTLE(document());
        QVERIFY(logits() != logitsBefore);
        QVERIFY(std::abs(figureOf<vis::MixingFigure>(view)->weight(cell) - before - 0.5) < 1e-3);
    }

    void attentionIsExactAndFollowsTheToken()
    {
        show("attentionDock");
        const auto* figure = figureOf<vis::AttentionFigure>(m_window->attention()->figure());
        QVERIFY(figure);
        QVERIFY(figure->residual() < vis::AttentionFigure::kLargestResidual);
        QVERIFY(m_window->attention()->badge().contains(QStringLiteral("exact")));
        const std::vector<float> row = figure->array().values;
        document().setStep(document().selection().step + 5);
        SETTLE(document());
        QVERIFY(figureOf<vis::AttentionFigure>(m_window->attention()->figure())->array().values != row);
        // What the token sees through each scan, on one scale.
        choose("attentionDirectionCombo", 3);
        QCOMPARE(m_window->attention()->figure()->figureId(), QStringLiteral("receptive-fields"));
        const auto* fields = figureOf<vis::ReceptiveFieldsFigure>(m_window->attention()->figure());
        QVERIFY(fields);
        QCOMPARE(static_cast<int>(fields->names().size()), document().detail()->scanCount());
        QVERIFY(!child<QComboBox>("attentionScansCombo")->isEnabled());
        choose("attentionDirectionCombo", 1);
        QVERIFY(std::isnan(figureOf<vis::AttentionFigure>(m_window->attention()->figure())->residual()));
        key(Qt::Key_6);
        SETTLE(document());
        QVERIFY(m_window->canvas()->tokenMap().isSigned);
    }

    void tensorsHaveNumbersAndAHistogram()
    {
        show("tensorsDock");
        QTableView* table = m_window->tensors()->table();
        QCOMPARE(table->model()->rowCount(),
                 static_cast<int>(document().session()->checkpoint().file->tensors().size()));
        QTRY_VERIFY_WITH_TIMEOUT(table->model()->index(0, 4).data().toString() != QStringLiteral("…"), kPatienceMs);
        click(table->viewport(), table->visualRect(table->model()->index(1, 0)).center());
        SETTLE(document());
        const auto& histogram = m_window->tensors()->histogram()->histogram();
        QVERIFY(histogram);
        const std::int64_t sum = std::accumulate(histogram->counts.begin(), histogram->counts.end(), std::int64_t{0});
        QCOMPARE(sum, document().session()->checkpoint().file->tensors()[1].elementCount());
    }

    void routersAreStudiedOverTheImages()
    {
        m_window->openFiles({m_work.picture(QStringLiteral("b.png"), Motif::Stripes),
                             m_work.picture(QStringLiteral("c.png"), Motif::Checks)});
        SETTLE(document());
        show("routerDock");
        QVERIFY(!m_window->router()->figure()->figure());
        click(m_window->router()->studyButton());
        SETTLE(document());
        QVERIFY(m_window->router()->figure()->figure());
        QVERIFY(m_window->router()->closeCalls()->count() > 0);
        const Array shares = m_window->router()->figure()->figure()->array();
        // Every image was given K scans.
        const double chosen = std::accumulate(shares.values.begin(), shares.values.end(), 0.0);
        QVERIFY(
            std::abs(chosen - static_cast<double>(shares.size(0)) * document().detail()->record().routing.chosen.size())
            < 1e-4);
    }

    void channelsSortByContribution()
    {
        choose("laneSortCombo", 3);
        const auto& contributions = document().contributions();
        QCOMPARE(static_cast<int>(contributions.size()), document().detail()->laneCount());
        const auto best
            = static_cast<int>(std::max_element(contributions.begin(), contributions.end()) - contributions.begin());
        FigureView* view = m_window->channels()->gates();
        const auto* figure = figureOf<vis::GatesFigure>(view);
        const QRectF matrix = figure->matrixRect(view->figureRect(), view->figureStyle());
        const auto top = figure->cellAt(matrix.topLeft() + QPointF(2, 0.2), view->figureRect(), view->figureStyle());
        QVERIFY(top);
        QCOMPARE(top->lane, best);
    }

    void backwardStatesOfQuasiSeparableScans()
    {
        m_window->openFiles({kViqsDemo});
        SETTLE(document());
        QVERIFY(document().detail()->isQuasiSeparable());
        choose("stateQuantityCombo", 5);
        const Selection& s = document().selection();
        QCOMPARE(m_window->states()->state()->figure()->array().values,
                 document()
                     .detail()
                     ->state(s.scan, 0, document().detail()->laneCount(), s.step, MixerDetail::Direction::Backward)
                     .values);
        // Edits of the other model do not come along.
        QVERIFY(document().interventions().edits.empty());
    }

    void viewSettingsAreUndone()
    {
        const auto shown = [this] { return document().viewSettings().figure.overlay; };
        key(Qt::Key_4);
        key(Qt::Key_5);
        QCOMPARE(shown(), vis::OverlayQuantity::StateNorm);
        key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(shown(), vis::OverlayQuantity::MeanGate);
        key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(shown(), vis::OverlayQuantity::None);
        key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(shown(), vis::OverlayQuantity::MeanGate);
        // What is selected is no step.
        document().setStep(3);
        QVERIFY(document().undoStack()->canUndo());
        QCOMPARE(document().undoStack()->index(), 1);
        child<QAction>("themeDark")->trigger();
        key(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(document().viewSettings().theme, ThemeChoice::System);
    }

    void keysReachTheDocumentFromAFloatingPanel()
    {
        auto* dock = child<QDockWidget>("channelsDock");
        dock->setFloating(true);
        dock->show();
        FigureView* gates = m_window->channels()->gates();
        gates->setFocus();
        document().setStep(10);
        QTest::keyClick(gates, Qt::Key_Right);
        QCOMPARE(document().selection().step, 11);
        const MixerId mixer = document().selection().mixer;
        QTest::keyClick(gates, Qt::Key_BracketRight);
        SETTLE(document());
        QVERIFY(document().selection().mixer != mixer);
        child<QAction>("resetLayout")->trigger();
        QVERIFY(!dock->isFloating());
        QVERIFY(gates->isVisible());
    }

    void noHandlerBlocks()
    {
        auto& watch = WatchedApplication::instance();
        const char* const docks[] = {"attentionDock", "mixingDock",    "channelsDock", "editsDock",
                                     "statesDock",    "scanOrderDock", "tensorsDock",  "scansDock"};
        for (const char* dock : docks)  // the first paint of a view loads fonts and styles
            show(dock);
        watch.reset();
        for (const char* dock : docks) {
            m_window->showPanel(QLatin1String(dock));
            for (int i = 0; i < 6; ++i) {
                document().setStep((document().selection().step + 37) % document().detail()->positionCount());
                QCoreApplication::processEvents();
            }
            SETTLE(document());
        }
        for (int i = 0; i < 12; ++i) {
            key(Qt::Key_BracketRight);
            key(Qt::Key_4 + i % 4);
            QCoreApplication::processEvents();
        }
        SETTLE(document());
        for (int i = 0; i < 20; ++i) {
            m_window->canvas()->zoomBy(i < 10 ? 1.2 : 0.83);
            QCoreApplication::processEvents();
        }
        child<QSlider>("deltaSlider")->setValue(50);
        SETTLE(document());
        QVERIFY2(watch.slowest() < 100,
                 qPrintable(QStringLiteral("%1 took %2 ms").arg(watch.slowestName()).arg(watch.slowest())));
    }
};

std::unique_ptr<QObject> makeWhatIfTest()
{
    return std::make_unique<WhatIfTest>();
}

}  // namespace mixer::ui::testing

#include "WhatIfTest.moc"
