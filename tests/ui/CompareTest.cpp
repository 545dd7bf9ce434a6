// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/analysis/FeatureAxes.h"
#include "tests/ui/Suites.h"
#include "tests/ui/WindowSuite.h"
#include "ui/compare/CompareBar.h"
#include "ui/compare/CompareCommands.h"
#include "ui/compare/CompareView.h"
#include "ui/compare/Comparison.h"
#include "ui/compare/PaneLink.h"
#include "ui/document/ScanEdits.h"
#include "ui/document/SessionFile.h"
#include "ui/views/Canvas.h"
#include "ui/views/FigureView.h"
#include "ui/window/FileCommands.h"
#include "visualizers/ComparisonFigure.h"
#include "visualizers/LinkedSelection.h"
#include "visualizers/PairedMaps.h"

#include <QAction>
#include <QApplication>
#include <QDockWidget>
#include <QDropEvent>
#include <QMimeData>
#include <QToolButton>
#include <QTreeWidget>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace mixer::ui::testing {

namespace {

const QString kVim2 = QStringLiteral("golden/vim2.safetensors");
const QString kViqs = QStringLiteral("golden/viqs.safetensors");

void wheel(QWidget* widget, const QPointF& at, int notches)
{
    QWheelEvent event(at, widget->mapToGlobal(at), {}, {0, 120 * notches}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(widget, &event);
}

}  // namespace

/// Two runs beside each other, with mouse and keys.
class CompareTest : public WindowSuite {
    Q_OBJECT
private:
    QString m_disc = m_work.picture(QStringLiteral("a.png"), Motif::Disc);
    QString m_stripes = m_work.picture(QStringLiteral("b.png"), Motif::Stripes);

    Comparison& comparison() { return *m_window->compare().comparison(); }
    InspectionDocument& other() { return *comparison().other(); }
    Canvas* canvas() { return m_window->canvas(); }
    Canvas* otherCanvas() { return m_window->compare().link()->otherCanvas(); }
    bool isSettled() { return document().worker().isIdle() && (!comparison().other() || other().worker().isIdle()); }
    /// Both workers have nothing to do and nothing was asked for in answer.
    bool settle()
    {
        return QTest::qWaitFor(
            [this] {
                if (!isSettled())
                    return false;
                QApplication::processEvents();
                return isSettled();
            },
            kPatienceMs);
    }
    void compareWithStripes()
    {
        document().compareWithFile(CompareChoice::With::Image, m_stripes);
        QVERIFY(settle());
        QVERIFY(other().detail() != nullptr);
    }

private Q_SLOTS:
    void init()
    {
        openWindow();
        m_window->openFiles({fixture(kVim2), m_disc});
        QVERIFY(settle());
        QVERIFY(document().detail() != nullptr);
    }
    void cleanup() { closeWindow(); }

    void twoDroppedCheckpointsAreCompared()
    {
        const int width = canvas()->width();
        auto* states = m_window->findChild<QDockWidget*>(QStringLiteral("statesDock"));
        m_window->showPanel(QStringLiteral("statesDock"));
        QTRY_VERIFY(!states->widget()->visibleRegion().isEmpty());
        drop(*m_window, {fixture(kVim2), fixture(kViqs)});
        QVERIFY(settle());
        QVERIFY(comparison().other() != nullptr);
        QVERIFY(other().trace() != nullptr);
        QCOMPARE(other().modelPath(), fixture(kViqs));
        QCOMPARE(document().modelPath(), fixture(kVim2));
        QCOMPARE(other().picture(), document().picture());
        QVERIFY(std::abs(otherCanvas()->width() - canvas()->width()) <= 1);
        QVERIFY(otherCanvas()->x() > canvas()->x());
        QVERIFY(canvas()->width() < width * 6 / 10);

        const auto pair = document().pair();
        QVERIFY(pair != nullptr);
        QCOMPARE(pair->traceA, document().trace());
        QCOMPARE(pair->traceB, other().trace());
        const TraceComparison wanted = compareTraces(*document().trace(), *other().trace(), 0);
        QCOMPARE(pair->comparison.mixers.size(), wanted.mixers.size());
        for (std::size_t i = 0; i < wanted.mixers.size(); ++i)
            QCOMPARE(pair->comparison.mixers[i].output.relative, wanted.mixers[i].output.relative);
        // Their first mixers have nothing in common but the place: they part there, and the window names it.
        QCOMPARE(m_window->compare().bar()->text(), vis::ComparisonFigure::verdict(wanted));
        QVERIFY(m_window->compare().bar()->text().contains(QStringLiteral("mixer 1 of")));
        QVERIFY(m_window->compareView()->classes()->topLevelItemCount() > 0);
        QTRY_VERIFY(states->widget()->visibleRegion().isEmpty());

        action("endCompare")->trigger();
        QVERIFY(settle());
        QVERIFY(comparison().other() == nullptr && otherCanvas() == nullptr);
        QVERIFY(document().pair() == nullptr);
        QCOMPARE(canvas()->width(), width);
        QTRY_VERIFY(!states->widget()->visibleRegion().isEmpty());
        QVERIFY(!m_window->compare().bar()->isVisible());
        key(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(settle());
        QVERIFY2(comparison().other() && other().trace(), "undo brings the comparison back");
    }

    void panZoomAndSelectionAreLinked()
    {
        compareWithStripes();
        QCOMPARE(other().picture()->name, QStringLiteral("b.png"));
        QCOMPARE(other().session(), document().session());

        wheel(canvas(), {120, 150}, 3);
        QCOMPARE(otherCanvas()->zoom(), canvas()->zoom());
        const int token = document().detail()->record().tokenCount() / 3;
        QVERIFY((canvas()->tokenCentre(token) - otherCanvas()->tokenCentre(token)).manhattanLength() < 1.01);
        wheel(otherCanvas(), {90, 60}, -1);
        QCOMPARE(canvas()->zoom(), otherCanvas()->zoom());
        const QPoint from(100, 100);
        QTest::mousePress(otherCanvas(), Qt::LeftButton, Qt::NoModifier, from);
        QMouseEvent move(QEvent::MouseMove, QPointF(160, 130), otherCanvas()->mapToGlobal(QPointF(160, 130)),
                         Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(otherCanvas(), &move);
        QTest::mouseRelease(otherCanvas(), Qt::LeftButton, Qt::NoModifier, {160, 130});
        QVERIFY((canvas()->tokenCentre(token) - otherCanvas()->tokenCentre(token)).manhattanLength() < 1.01);
        action("fit")->trigger();
        QVERIFY((canvas()->tokenCentre(token) - otherCanvas()->tokenCentre(token)).manhattanLength() < 1.01);

        // A click there selects here, and both stand on one token, whatever their scans.
        const auto tokenOf = [](InspectionDocument& of) {
            return of.detail()->record().tokenAt(of.detail()->positionAt(of.selection().scan, of.selection().step));
        };
        QTest::mouseClick(otherCanvas(), Qt::LeftButton, Qt::NoModifier, otherCanvas()->tokenCentre(token).toPoint());
        QVERIFY(settle());
        QCOMPARE(tokenOf(document()), token);
        QCOMPARE(tokenOf(other()), token);
        key(Qt::Key_Right);
        QVERIFY(settle());
        QCOMPARE(tokenOf(other()), tokenOf(document()));
        for (int i = 0; i < 3; ++i)
            key(Qt::Key_BracketRight);
        QVERIFY(settle());
        QCOMPARE(other().selection().mixer, document().selection().mixer);
        // Hovering one reads out both.
        const QPoint over = canvas()->tokenCentre(token).toPoint();
        QTest::mouseMove(canvas(), over);
        QMouseEvent hover(QEvent::MouseMove, over, canvas()->mapToGlobal(over), Qt::NoButton, Qt::NoButton,
                          Qt::NoModifier);
        QApplication::sendEvent(canvas(), &hover);
        QVERIFY(!otherCanvas()->grab().toImage().isNull());
    }

    void oneRangeAndTheDifference()
    {
        compareWithStripes();
        key(Qt::Key_4);
        QVERIFY(settle());
        const vis::TokenMap a = canvas()->ownMap();
        const vis::TokenMap b = otherCanvas()->ownMap();
        QVERIFY(!a.values.empty() && a.values.size() == b.values.size());
        for (Canvas* one : {canvas(), otherCanvas()}) {
            QCOMPARE(one->tokenMap().range.low, std::min(a.range.low, b.range.low));
            QCOMPARE(one->tokenMap().range.high, std::max(a.range.high, b.range.high));
        }
        key(Qt::Key_D);
        QVERIFY(settle());
        const vis::TokenMap d = otherCanvas()->tokenMap();
        QVERIFY(d.isSigned);
        QCOMPARE(d.range.low, -d.range.high);
        QCOMPARE(d.values.size(), a.values.size());
        double distance = 0, size = 0;
        for (std::size_t i = 0; i < a.values.size(); ++i) {
            QCOMPARE(d.values[i], b.values[i] - a.values[i]);
            distance += std::pow(static_cast<double>(b.values[i]) - a.values[i], 2);
            size += std::pow(static_cast<double>(a.values[i]), 2);
        }
        const double relative = discrepancyOf(a.values.data(), b.values.data(), a.values.size()).relative;
        QVERIFY(std::abs(relative - std::sqrt(distance / size)) < 1e-12);
        QVERIFY(d.note.contains(QStringLiteral("relative")));
        QCOMPARE(canvas()->tokenMap().range.high, a.range.high);
        // The difference follows the selection, and undo takes it back.
        key(Qt::Key_BracketRight);
        QVERIFY(settle());
        QVERIFY(otherCanvas()->tokenMap().values != d.values);
        key(Qt::Key_0);
        QVERIFY(settle());
        const Array distances = tokenDistances(*document().trace(), document().selection().mixer, *other().trace(),
                                               other().selection().mixer);
        QVERIFY2(otherCanvas()->tokenMap().values == distances.values, "without a map: of the outputs");
        key(Qt::Key_Z, Qt::ControlModifier);
        key(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(settle());
        QVERIFY(!comparison().showsDifference());
        QVERIFY(!otherCanvas()->tokenMap().isSigned);
    }

    void featuresOfBothImagesHaveTheSameAxes()
    {
        compareWithStripes();
        key(Qt::Key_P);
        QVERIFY(settle());
        const MixerId mixer = document().selection().mixer;
        const FeatureAxes axes = principalAxes(*document().trace(), mixer);
        const Array ofB = featureScores(*other().trace(), mixer, axes).values;
        const auto& parts = otherCanvas()->tokenMap().parts;
        QCOMPARE(parts.size(), std::size_t{3});
        QVERIFY(std::equal(parts[0].values.begin(), parts[0].values.end(), ofB.values.begin()));
        QCOMPARE(parts[0].reach, canvas()->tokenMap().parts.at(0).reach);
        key(Qt::Key_D);
        QVERIFY(settle());
        const auto& difference = otherCanvas()->tokenMap();
        QVERIFY(difference.parts.empty());
        const Array ofA = featureScores(*document().trace(), mixer, axes).values;
        double sum = 0;
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const std::size_t at = axis * difference.values.size() + 7;
            sum += std::pow(static_cast<double>(ofB.values[at]) - ofA.values[at], 2);
        }
        QVERIFY(std::abs(difference.values[7] - std::sqrt(sum)) < 1e-4);
    }

    void holdingTheKeyFlips()
    {
        compareWithStripes();
        key(Qt::Key_4);
        QVERIFY(settle());
        const QRect middle(60, 80, 200, 200);  // between badge and legend
        const QImage before = canvas()->grab(middle).toImage();
        const QImage beside = otherCanvas()->grab(middle).toImage();
        QVERIFY(before != beside);
        canvas()->setFocus();
        QTest::keyPress(canvas(), Qt::Key_QuoteLeft);
        QVERIFY(canvas()->hasStandIn());
        const QImage flipped
            = canvas()->grab(middle.translated(canvas()->width() - otherCanvas()->width(), 0)).toImage();
        if (canvas()->width() == otherCanvas()->width())
            QCOMPARE(flipped, beside);
        QTest::keyRelease(canvas(), Qt::Key_QuoteLeft);
        QVERIFY(!canvas()->hasStandIn());
        QCOMPARE(canvas()->grab(middle).toImage(), before);
        // With the mouse.
        QTest::mousePress(m_window->compare().bar()->flipButton(), Qt::LeftButton);
        QVERIFY(canvas()->hasStandIn());
        QTest::mouseRelease(m_window->compare().bar()->flipButton(), Qt::LeftButton);
        QVERIFY(!canvas()->hasStandIn());
        // A comparison that ends while the key is held leaves nothing behind.
        QTest::keyPress(canvas(), Qt::Key_QuoteLeft);
        action("endCompare")->trigger();
        QVERIFY(!canvas()->hasStandIn());
        QTest::keyRelease(canvas(), Qt::Key_QuoteLeft);
        QVERIFY(settle());
    }

    void editsBesideTheBaseline()
    {
        QVERIFY(!action("compareBaseline")->isEnabled());
        document().addEdit({SkipMixer(), {document().selection().mixer}, true});
        QVERIFY(settle());
        QVERIFY(action("compareBaseline")->isEnabled());
        action("compareBaseline")->trigger();
        QVERIFY(settle());
        QVERIFY(otherCanvas()->x() < canvas()->x());
        const auto pair = document().pair();
        QVERIFY(pair && pair->isOtherFirst);
        QCOMPARE(pair->traceB, document().trace());
        QCOMPARE(other().trace()->logits(), document().baseline()->logits());
        QCOMPARE(pair->comparison.firstParting(), document().trace()->firstDeparture());
        key(Qt::Key_4);
        key(Qt::Key_D);
        for (int i = 0; i < 3; ++i)
            key(Qt::Key_BracketRight);
        QVERIFY(settle());
        const vis::TokenMap baseline = otherCanvas()->tokenMap();
        const vis::TokenMap d = canvas()->tokenMap();
        QVERIFY(d.isSigned && !baseline.values.empty());
        const vis::TokenMap edited
            = vis::makeTokenMap(*document().detail(), document().selection(), vis::OverlayQuantity::MeanGate);
        for (std::size_t i = 0; i < d.values.size(); ++i)
            QCOMPARE(d.values[i], edited.values[i] - baseline.values[i]);
        // The next edit is compared at once.
        document().setInterventions({}, QStringLiteral("none"));
        QVERIFY(settle());
        QCOMPARE(document().pair()->comparison.firstParting(), -1);
    }

    void anotherPrecisionPartsByRoundingOnly()
    {
        QVERIFY(!action("compareFloat32")->isEnabled());
        action("compareFloat64")->trigger();
        QVERIFY(settle());
        QCOMPARE(other().sessionOptions().precision, Precision::Float64);
        const TraceComparison& found = document().pair()->comparison;
        QCOMPARE(found.firstParting(), -1);
        QVERIFY(found.mixers.back().output.relative > 0);
        QVERIFY(m_window->compare().bar()->text().contains(QStringLiteral("do not part")));
        // A click on a mixer of the plot selects it in both.
        FigureView* view = m_window->compareView()->figure();
        const auto* figure = dynamic_cast<const vis::ComparisonFigure*>(view->figure());
        QVERIFY(figure != nullptr);
        const QPointF mark = figure->markOf(1, view->figureRect(), view->figureStyle());
        QTest::mouseClick(view, Qt::LeftButton, Qt::NoModifier, mark.toPoint());
        QVERIFY(settle());
        QCOMPARE(document().selection().mixer, found.mixers[1].id);
        QCOMPARE(other().selection().mixer, found.mixers[1].id);
    }

    void theSecondRunDoesNotBlockTheFirst()
    {
        compareWithStripes();
        key(Qt::Key_4);
        QVERIFY(settle());
        Door door;
        other().worker().submit<bool>(
            QStringLiteral("hold"), QStringLiteral("Holding"),
            [&door](const JobContext&) {
                door.wait();
                return true;
            },
            [](const JobOutcome<bool>&) {});
        QTRY_VERIFY(door.hasVisitor());
        const auto before = document().detail();
        key(Qt::Key_BracketRight);
        QTRY_VERIFY(document().detail() != before && document().worker().isIdle());
        QVERIFY(!other().worker().isIdle());
        QVERIFY(other().selection().mixer != document().selection().mixer);
        action("endCompare")->trigger();  // nor does its end wait
        QVERIFY(comparison().other() == nullptr);
        door.open();
        QVERIFY(settle());
    }

    void sessionsKeepTheComparison()
    {
        compareWithStripes();
        key(Qt::Key_D);
        const QString path = m_work.path(QStringLiteral("pair.mixerscope"));
        QVERIFY(m_window->files().saveSession(path));
        const SavedSession saved = loadSession(path);
        QCOMPARE(saved.choices.compare.with, CompareChoice::With::Image);
        QCOMPARE(saved.choices.compare.path, m_stripes);
        QVERIFY(saved.choices.compare.showsDifference);
        QVERIFY(saved.files().contains(m_stripes));
        m_window = std::make_unique<MainWindow>();
        m_window->show();
        m_window->openFiles({path});
        QVERIFY(settle());
        QVERIFY(comparison().other() && document().pair());
        QCOMPARE(other().picture()->path, m_stripes);
        QVERIFY(comparison().showsDifference());

        const QByteArray broken = QByteArrayLiteral(R"({"mixerscope": 1, "compare": {"with": "model"}})");
        QVERIFY_EXCEPTION_THROWN(sessionFromJson(broken, path), Error);
        QVERIFY_EXCEPTION_THROWN(sessionFromJson(R"({"mixerscope": 1, "compare": {"with": "itself"}})", path), Error);
        SavedSession without = saved;
        without.rename({{m_stripes, QString()}});
        QVERIFY(!without.choices.compare.isActive());
    }

    void whatDoesNotOpenLeavesTheWindowAsItWas()
    {
        const Snapshot before(document());
        const QString text = m_work.text(QStringLiteral("no.safetensors"), "no checkpoint");
        document().compareWithFile(CompareChoice::With::Model, text);
        QVERIFY(settle());
        QVERIFY(Snapshot(document()) == before);
        QVERIFY(m_window->message().contains(QStringLiteral("no.safetensors")));
        QVERIFY(m_window->compare().bar()->text().contains(QStringLiteral("no.safetensors")));
        QVERIFY(other().trace() == nullptr);
        QVERIFY(document().pair() == nullptr);
        key(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(settle());
        QVERIFY(comparison().other() == nullptr);
    }

    void gridsOfAnotherSizeAgreeInPlace()
    {
        MixerRecord coarse, fine;
        coarse.height = coarse.width = 7;
        fine.height = 14;
        fine.width = 28;
        for (int token = 0; token < coarse.tokenCount(); ++token) {
            const int there = vis::linkedToken(coarse, token, fine);
            QCOMPARE(there / fine.width / 2, token / coarse.width);
            QCOMPARE(there % fine.width / 4, token % coarse.width);
            QCOMPARE(vis::linkedToken(fine, there, coarse), token);
            QCOMPARE(vis::linkedToken(coarse, token, coarse), token);
        }
    }
};

std::unique_ptr<QObject> makeCompareTest()
{
    return std::make_unique<CompareTest>();
}

}  // namespace mixer::ui::testing

#include "CompareTest.moc"
