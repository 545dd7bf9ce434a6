// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/Suites.h"
#include "tests/ui/WindowSuite.h"
#include "ui/document/PatchEdits.h"
#include "ui/views/FigureView.h"
#include "ui/views/ImagesView.h"
#include "ui/views/InterventionsView.h"
#include "ui/views/PatchEffectsView.h"
#include "ui/views/StatesView.h"
#include "visualizers/PatchEffectsFigure.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDropEvent>
#include <QListWidget>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QSpinBox>
#include <QTimer>
#include <QTreeWidget>
#include <QWindow>

namespace mixer::ui::testing {

/// What another image computes, dragged from the list into the shown one's run.
class PatchTest : public WindowSuite {
    Q_OBJECT
private:
    QString m_other;

    ImageList* list() { return qobject_cast<ImageList*>(child<QListView>("imagesView")); }
    QPoint lineOf(int row) { return list()->visualRect(list()->model()->index(row, 0)).center(); }
    std::vector<float> logitsOfOther()
    {
        const auto picture = loadPicture(m_other, {});
        return document()
            .session()
            ->run(prepareImage(picture->pixels, document().session()->preprocessing()))
            ->logits();
    }
    QTreeWidgetItem* itemOf(const MixerId& id)
    {
        auto* tree = child<QTreeWidget>("modelTree");
        for (QTreeWidgetItemIterator it(tree); *it; ++it) {
            if ((*it)->data(0, Qt::UserRole).toString() == QString::fromStdString(id.name()))
                return *it;
        }
        return nullptr;
    }
    /// What the platform does with a drag over the widget, in three events.
    void dropRow(int row, QWidget* target, const QPoint& point)
    {
        const std::unique_ptr<QMimeData> data(list()->model()->mimeData({list()->model()->index(row, 0)}));
        QDragEnterEvent enter(point, Qt::CopyAction, data.get(), Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(target, &enter);
        QDragMoveEvent move(point, Qt::CopyAction, data.get(), Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(target, &move);
        QDropEvent drop(QPointF(point), Qt::CopyAction, data.get(), Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(target, &drop);
    }

private Q_SLOTS:
    void init()
    {
        openWindow();
        m_other = m_work.picture(QStringLiteral("b.png"), Motif::Stripes);
        m_window->openFiles({fixture(QStringLiteral("golden/vim2.safetensors")),
                             m_work.picture(QStringLiteral("a.png"), Motif::Disc), m_other});
        SETTLE(document());
        QVERIFY(document().detail() != nullptr);
        QCOMPARE(document().images()->count(), 2);
    }
    void cleanup() { closeWindow(); }

    /// The map of all patches: measured, read, and a cell of it made an edit that does what the cell says.
    void aCellOfTheEffectMapIsAnEdit()
    {
        m_window->showPanel(QStringLiteral("patchEffectsDock"));
        PatchEffectsView* view = m_window->patchEffects();
        auto* source = child<QComboBox>("patchSourceCombo");
        QCOMPARE(source->count(), 2);
        QCOMPARE(source->currentIndex(), 1);  // not the shown one
        QVERIFY(!view->figure()->figure());
        child<QSpinBox>("patchPartsSpin")->setValue(2);
        QTest::mouseClick(view->measureButton(), Qt::LeftButton);
        SETTLE(document());
        const auto map = document().patchEffects();
        QVERIFY(map);
        QCOMPARE(map->request.image, m_other);
        const auto* figure = dynamic_cast<const vis::PatchEffectsFigure*>(view->figure()->figure());
        QVERIFY(figure);
        // The cell that matters most.
        const PatchEffects& effects = map->effects;
        int row = 0, column = 0;
        for (int r = 0; r < effects.rows(); ++r)
            for (int c = 0; c < effects.columns(); ++c)
                if (effects.isMeasured(r, c)
                    && std::abs(effects.logit.at(r, c)) > std::abs(effects.logit.at(row, column))) {
                    row = r;
                    column = c;
                }
        const auto place = figure->cellRect(row, column, view->figure()->figureRect(), view->figure()->figureStyle());
        const auto c = static_cast<std::size_t>(effects.classIndex);
        const float before = document().trace()->logits()[c];
        QTest::mouseClick(view->figure(), Qt::LeftButton, Qt::NoModifier, place.center().toPoint());
        SETTLE(document());
        QCOMPARE(document().interventions().activeCount(), 1);
        QVERIFY2(document().editProblem().isEmpty(), qPrintable(document().editProblem()));
        const float change = document().trace()->logits()[c] - before;
        const float told = effects.logit.at(row, column);
        QVERIFY2(std::abs(change - told) < 1e-3F * (1 + std::abs(told)),
                 qPrintable(QStringLiteral("%1, told %2").arg(change).arg(told)));
        // It stays on screen, and the next click takes the edit away again.
        QCOMPARE(document().patchEffects(), map);
        QTest::mouseClick(view->figure(), Qt::LeftButton, Qt::NoModifier, place.center().toPoint());
        SETTLE(document());
        QVERIFY(document().interventions().isBaseline());
        // States by step, too; another picture has a map of its own.
        auto* part = child<QComboBox>("patchPartCombo");
        part->setCurrentIndex(1);
        QTest::mouseClick(view->measureButton(), Qt::LeftButton);
        SETTLE(document());
        QCOMPARE(document().patchEffects()->effects.columns(), 2);
        QCOMPARE(document().patchEffects()->effects.part, PatchedPart::State);
        document().showImage(1);
        SETTLE(document());
        QVERIFY(!document().patchEffects());
        QCOMPARE(source->currentIndex(), 0);
    }

    void theOutputOfTheLastMixerIsTheOtherImagesPrediction()
    {
        // Everything behind the last mixer sees the other image: its logits are the other image's.
        const MixerId last = document().trace()->mixers().back().id;
        auto* tree = child<QTreeWidget>("modelTree");
        QTreeWidgetItem* item = itemOf(last);
        tree->scrollToItem(item);
        const std::vector<float> before = document().trace()->logits();
        dropRow(1, tree->viewport(), tree->visualItemRect(item).center());
        SETTLE(document());
        QCOMPARE(document().interventions().activeCount(), 1);
        const auto* patch = std::get_if<PatchOutput>(&document().interventions().edits[0].change);
        QVERIFY(patch && QFile::decodeName(patch->image.c_str()) == m_other);
        QVERIFY(document().editProblem().isEmpty());
        const std::vector<float> patched = document().trace()->logits();
        QVERIFY(patched != before);
        QCOMPARE(document().currentImage(), 0);  // what was dragged is not shown for it
        // Weighted averages of earlier features may hand on more than the last output.
        const std::vector<float> other = logitsOfOther();
        double toOther = 0, toBefore = 0;
        for (std::size_t i = 0; i < patched.size(); ++i) {
            toOther += std::abs(patched[i] - other[i]);
            toBefore += std::abs(patched[i] - before[i]);
        }
        QVERIFY(toOther < toBefore);
        // In the stack of edits, by the name of the file; switched off, all is as before.
        auto* edits = child<QListWidget>("editsList");
        QVERIFY2(edits->item(0)->text().contains(QStringLiteral("output of b.png")),
                 qPrintable(edits->item(0)->text()));
        edits->item(0)->setCheckState(Qt::Unchecked);
        SETTLE(document());
        QVERIFY(document().trace()->logits() == before);
        document().undoStack()->undo();
        document().undoStack()->undo();
        SETTLE(document());
        QVERIFY(document().interventions().edits.empty());
    }

    void theStateIsTakenOverAtTheTimelinesStep()
    {
        document().setStep(3);
        SETTLE(document());
        const std::string scan = document().detail()->scanName(document().selection().scan);
        const MixerId mixer = document().selection().mixer;
        FigureView* states = m_window->states()->state();
        dropRow(1, states, states->rect().center());
        SETTLE(document());
        QVERIFY(document().editProblem().isEmpty());
        const auto* patch = std::get_if<PatchState>(&document().interventions().edits.at(0).change);
        QVERIFY(patch);
        QCOMPARE(patch->step, 3);
        QCOMPARE(patch->scan, scan);
        // The state after the step is the other image's, number for number.
        const auto picture = loadPicture(m_other, {});
        const auto run
            = document().session()->run(prepareImage(picture->pixels, document().session()->preprocessing()));
        const auto other = run->detail(mixer);
        int otherScan = -1;
        for (int i = 0; i < other->scanCount(); ++i)
            otherScan = other->scanName(i) == scan ? i : otherScan;
        QVERIFY2(otherScan >= 0, "the other image runs the scan too");
        const Array expected = other->state(otherScan, 0, other->laneCount(), 3);
        const Array now = document().detail()->state(document().selection().scan, 0, other->laneCount(), 3);
        for (std::size_t i = 0; i < expected.values.size(); ++i)
            QVERIFY(std::abs(expected.values[i] - now.values[i]) <= 1e-4F * (1 + std::abs(expected.values[i])));
        // The same place again replaces the edit, another step is another one.
        dropRow(1, states, states->rect().center());
        SETTLE(document());
        QCOMPARE(document().interventions().edits.size(), std::size_t{1});
        document().setStep(5);
        dropRow(1, states, states->rect().center());
        SETTLE(document());
        QCOMPARE(document().interventions().edits.size(), std::size_t{2});
    }

    void theFrameSaysWhatWouldHappenAndGoes()
    {
        FigureView* states = m_window->states()->state();
        auto* frame = states->findChild<QWidget*>(QStringLiteral("dropFrame"));
        QVERIFY(frame && !frame->isVisible());
        const std::unique_ptr<QMimeData> data(list()->model()->mimeData({list()->model()->index(1, 0)}));
        QDragEnterEvent enter(states->rect().center(), Qt::CopyAction, data.get(), Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(states, &enter);
        QVERIFY(enter.isAccepted());
        QVERIFY(frame->isVisible());
        QDragLeaveEvent leave;
        QApplication::sendEvent(states, &leave);
        QVERIFY(!frame->isVisible());
        // A file from outside is the window's, even here.
        QMimeData file;
        file.setUrls({QUrl::fromLocalFile(m_other)});
        QDragEnterEvent foreign(states->rect().center(), Qt::CopyAction, &file, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(states, &foreign);
        QVERIFY(!frame->isVisible());
    }

    void theShownImageHasNothingToGive()
    {
        FigureView* states = m_window->states()->state();
        dropRow(0, states, states->rect().center());
        SETTLE(document());
        QVERIFY(document().interventions().edits.empty());
        QVERIFY(m_window->message().contains(QStringLiteral("changes nothing")));
    }

    void theMenuOffersTheSame()
    {
        QContextMenuEvent event(QContextMenuEvent::Mouse, lineOf(1), list()->viewport()->mapToGlobal(lineOf(1)));
        QApplication::sendEvent(list()->viewport(), &event);
        auto* menu = list()->findChild<QMenu*>(QStringLiteral("imageMenu"));
        QVERIFY(menu);
        auto* action = menu->findChild<QAction*>(QStringLiteral("patchOutputAction"));
        QVERIFY(action && action->isEnabled());
        action->trigger();
        menu->close();
        SETTLE(document());
        QVERIFY(std::holds_alternative<PatchOutput>(document().interventions().edits.at(0).change));
        QCOMPARE(document().currentImage(), 0);
    }

    void draggingALineDoesNotShowIt()
    {
        // Pressed and moved a little less than a drag: released on the line, it is a click.
        QTest::mousePress(list()->viewport(), Qt::LeftButton, Qt::NoModifier, lineOf(1));
        QCOMPARE(document().currentImage(), 0);
        QTest::mouseRelease(list()->viewport(), Qt::LeftButton, Qt::NoModifier, lineOf(1));
        SETTLE(document());
        QCOMPARE(document().currentImage(), 1);
        // Pressed on one line and released on another: neither.
        QTest::mousePress(list()->viewport(), Qt::LeftButton, Qt::NoModifier, lineOf(0));
        QTest::mouseRelease(list()->viewport(), Qt::LeftButton, Qt::NoModifier, lineOf(1));
        SETTLE(document());
        QCOMPARE(document().currentImage(), 1);
    }

    void aSliderWithAPatchDoesNotRunTheOtherImageAgain()
    {
        const MixerId mixer = document().selection().mixer;
        patchOutput(document(), document().trace()->mixers().back().id, m_other);
        SETTLE(document());
        // Its file is gone: what was run already is used on.
        QVERIFY(QFile::remove(m_other));
        ScaleDelta change;
        change.factor = 0.5;
        document().addEdit({change, {mixer}, true});
        SETTLE(document());
        QVERIFY2(document().editProblem().isEmpty(), qPrintable(document().editProblem()));
    }
};

std::unique_ptr<QObject> makePatchTest()
{
    return std::make_unique<PatchTest>();
}

}  // namespace mixer::ui::testing

#include "PatchTest.moc"
