// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/Suites.h"
#include "tests/ui/WindowSuite.h"
#include "ui/Settings.h"
#include "ui/SingleWindow.h"
#include "ui/document/MemoryRoom.h"
#include "ui/document/ScanEdits.h"
#include "ui/views/Canvas.h"
#include "ui/views/RouterView.h"
#include "ui/window/Actions.h"
#include "ui/window/CommandSearch.h"
#include "ui/window/MemoryDialog.h"

#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QDockWidget>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QLocalSocket>
#include <QPushButton>
#include <QSpinBox>
#include <QTreeWidget>

#include <cstdio>
#include <thread>

namespace mixer::ui::testing {

namespace {

const QString kVim2 = QStringLiteral("golden/vim2.safetensors");
const QString kViqs = QStringLiteral("golden/viqs.safetensors");

}  // namespace

/// What makes a program one's own: search, keys, a model that is watched, one window for all starts.
class HabitsTest : public WindowSuite {
    Q_OBJECT
private:
    void key(int keyCode, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        m_window->canvas()->setFocus();
        QTest::keyClick(m_window->canvas(), static_cast<Qt::Key>(keyCode), modifiers);
    }
    /// Types into the search and says what is first.
    QString search(const QString& query)
    {
        if (!child<QDialog>("commandSearch"))
            key(Qt::Key_K, Qt::ControlModifier);
        auto* edit = child<QLineEdit>("commandQuery");
        if (!edit)
            return {};
        edit->clear();
        QTest::keyClicks(edit, query);
        return child<QListView>("commandList")->currentIndex().data().toString();
    }
    void enter()
    {
        QTest::keyClick(child<QLineEdit>("commandQuery"), Qt::Key_Return);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QTRY_VERIFY(!child<QDialog>("commandSearch"));
        QCoreApplication::processEvents();
        SETTLE(document());
    }

private Q_SLOTS:
    void init()
    {
        QVERIFY(QFile::copy(fixture(kVim2), m_work.path(QStringLiteral("net.safetensors")))
                || QFile::exists(m_work.path(QStringLiteral("net.safetensors"))));
        openWindow(
            {m_work.path(QStringLiteral("net.safetensors")), m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        QVERIFY(document().detail() != nullptr);
    }
    void cleanup() { closeWindow(); }

    void wordsAreFoundByTheirBeginnings()
    {
        QVERIFY(matchScore(QStringLiteral("state norm"), QStringLiteral("State norm")) > 0);
        QVERIFY(matchScore(QStringLiteral("st"), QStringLiteral("State norm"))
                > matchScore(QStringLiteral("at"), QStringLiteral("State norm")));
        QVERIFY(matchScore(QStringLiteral("at"), QStringLiteral("State norm"))
                > matchScore(QStringLiteral("sn"), QStringLiteral("State norm")));
        QVERIFY(matchScore(QStringLiteral("sn"), QStringLiteral("State norm")) > 0);
        QCOMPARE(matchScore(QStringLiteral("xq"), QStringLiteral("State norm")), 0);
        QVERIFY(matchScore(QStringLiteral("UBER"), QStringLiteral("über")) > 0);
        QVERIFY(matchScore(QStringLiteral("scans"), QStringLiteral("Scans"))
                > matchScore(QStringLiteral("scans"), QStringLiteral("Scans of another kind")));
    }

    void theSearchRunsCommandsPanelsMixersAndWords()
    {
        // A command.
        const bool hadGrid = document().viewSettings().figure.showPatchGrid;
        QCOMPARE(search(QStringLiteral("patch grid")), QStringLiteral("Patch grid"));
        enter();
        QCOMPARE(document().viewSettings().figure.showPatchGrid, !hadGrid);
        // A panel behind others.
        QCOMPARE(search(QStringLiteral("router statistics")), QStringLiteral("Router statistics"));
        enter();
        QTRY_VERIFY(m_window->router()->isVisible());
        // A mixer, by its short name.
        const MixerRecord& other = document().trace()->mixers().back();
        const QString shortName = QString::fromStdString(other.id.shortName());
        QVERIFY(search(shortName).startsWith(shortName));
        enter();
        QCOMPARE(document().selection().mixer, other.id);
        // A word: its definition is there before Enter, and in a sheet after.
        QVERIFY(search(QStringLiteral("entropy")).startsWith(QStringLiteral("Entropy")));
        QVERIFY(child<QLabel>("commandDetails")->text().contains(QStringLiteral("log")));
        enter();
        QVERIFY(child<QDialog>("definitionSheet"));
        child<QDialog>("definitionSheet")->close();
        // Nothing, and Esc.
        QVERIFY(search(QStringLiteral("zzzqqq")).isEmpty());
        QVERIFY(child<QLabel>("commandDetails")->text().contains(QStringLiteral("Nothing")));
        QTest::keyClick(child<QLineEdit>("commandQuery"), Qt::Key_Escape);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QTRY_VERIFY(!child<QDialog>("commandSearch"));
    }

    void arrowsMoveInTheList()
    {
        search(QStringLiteral("scan"));
        auto* edit = child<QLineEdit>("commandQuery");
        auto* list = child<QListView>("commandList");
        QVERIFY(list->model()->rowCount() > 3);
        QTest::keyClick(edit, Qt::Key_Down);
        QTest::keyClick(edit, Qt::Key_Down);
        QTest::keyClick(edit, Qt::Key_Up);
        QCOMPARE(list->currentIndex().row(), 1);
        QTest::keyClick(edit, Qt::Key_Escape);
    }

    void keysCanBeGivenToCommandsAndStay()
    {
        key(Qt::Key_Comma, Qt::ControlModifier);
        auto* dialog = child<QDialog>("preferencesDialog");
        QVERIFY(dialog);
        auto* commands = dialog->findChild<QTreeWidget*>(QStringLiteral("commandKeys"));
        auto* edit = dialog->findChild<QKeySequenceEdit*>(QStringLiteral("keysEdit"));
        const auto assign = [&](const char* name, const QKeySequence& keys) {
            for (int i = 0; i < commands->topLevelItemCount(); ++i) {
                if (commands->topLevelItem(i)->data(0, Qt::UserRole).toString() == QLatin1String(name))
                    commands->setCurrentItem(commands->topLevelItem(i));
            }
            edit->setKeySequence(keys);
            Q_EMIT edit->editingFinished();
        };
        assign("fit", QKeySequence(Qt::CTRL | Qt::Key_J));
        QCOMPARE(action("fit")->shortcut(), QKeySequence(Qt::CTRL | Qt::Key_J));
        QVERIFY(action("fit")->toolTip().contains(QStringLiteral("Ctrl+J")));
        // Two commands on one key would both be dead.
        assign("zoomIn", QKeySequence(Qt::CTRL | Qt::Key_J));
        QCOMPARE(action("zoomIn")->shortcut(), QKeySequence(Qt::Key_Plus));
        QVERIFY(dialog->findChild<QLabel*>(QStringLiteral("keysConflict"))->text().contains(QStringLiteral("Fit")));
        dialog->close();
        m_window.reset();
        m_window = std::make_unique<MainWindow>();
        QCOMPARE(action("fit")->shortcut(), QKeySequence(Qt::CTRL | Qt::Key_J));
        // The old key does nothing, the new one fits.
        m_window->resize(1440, 900);
        m_window->show();
        m_window->openFiles({m_work.path(QStringLiteral("a.png"))});
        SETTLE(document());
        Canvas* canvas = m_window->canvas();
        canvas->zoomTo(7, QPointF(10, 10));
        key(Qt::Key_F);
        QCOMPARE(canvas->zoom(), 7.0);
        key(Qt::Key_J, Qt::ControlModifier);
        QVERIFY(canvas->zoom() != 7.0);
        Settings().setKeys(QStringLiteral("fit"), std::nullopt);
    }

    void aWatchedModelIsReloadedAndTheViewStays()
    {
        const QString model = m_work.path(QStringLiteral("net.safetensors"));
        m_window->setWatchingModel(true);
        document().setStep(5);
        document().setLane(1);
        SETTLE(document());
        const std::string scan = document().detail()->record().routing.scans.back();
        forceScan(document(), QString::fromStdString(scan), true);
        SETTLE(document());
        const Selection selection = document().selection();
        const std::vector<float> before = document().trace()->logits();
        const auto session = document().session();

        // Other weights, renamed over the file as training does: the last bytes are of the last tensor.
        QFile file(model);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QByteArray bytes = file.readAll();
        file.close();
        const auto headerLength = *reinterpret_cast<const quint64*>(bytes.constData());
        auto* values = reinterpret_cast<float*>(bytes.data() + 8 + headerLength);
        const auto count = (static_cast<quint64>(bytes.size()) - 8 - headerLength) / sizeof(float);
        for (quint64 i = 0; i < count; ++i)
            values[i] *= 1.01F;
        const QString temporary = m_work.path(QStringLiteral("net.new"));
        QFile fresh(temporary);
        QVERIFY(fresh.open(QIODevice::WriteOnly));
        fresh.write(bytes);
        fresh.close();
        QVERIFY(::rename(QFile::encodeName(temporary).constData(), QFile::encodeName(model).constData()) == 0);
        QTRY_VERIFY_WITH_TIMEOUT(document().session() != session, kPatienceMs);
        SETTLE(document());
        QVERIFY(document().trace()->logits() != before);
        QVERIFY(document().selection() == selection);
        QCOMPARE(document().interventions().activeCount(), 1);
        QCOMPARE(document().images()->count(), 1);
        QVERIFY(m_window->message().isEmpty());

        // A torn file is a warning, and what is shown stays; the next good one is taken.
        const auto kept = document().session();
        QFile torn(model);
        QVERIFY(torn.open(QIODevice::WriteOnly));
        torn.write(bytes.left(bytes.size() / 2));
        torn.close();
        QTRY_VERIFY_WITH_TIMEOUT(!document().warnings().isEmpty(), kPatienceMs);
        QVERIFY(document().session() == kept);
        QVERIFY(document().trace() != nullptr);
        QVERIFY(m_window->message().isEmpty());
        QFile::remove(model);
        QVERIFY(QFile::copy(fixture(kVim2), model));
        QTRY_VERIFY_WITH_TIMEOUT(document().session() != kept, kPatienceMs);
        SETTLE(document());
        QVERIFY(document().trace()->logits() == before);
    }

    void anotherNetworkUnderTheSameNameStartsAnew()
    {
        const QString model = m_work.path(QStringLiteral("net.safetensors"));
        const std::string scan = document().detail()->record().routing.scans.back();
        forceScan(document(), QString::fromStdString(scan), true);
        SETTLE(document());
        QVERIFY(QFile::remove(model));
        QVERIFY(QFile::copy(fixture(kViqs), model));
        key(Qt::Key_F5);
        SETTLE(document());
        QCOMPARE(QString::fromStdString(document().session()->config().familyName()).left(4), QStringLiteral("ViQS"));
        QVERIFY(document().interventions().edits.empty());
        QVERIFY(QFile::remove(model));
        QVERIFY(QFile::copy(fixture(kVim2), model));
    }

    void aSecondStartGivesItsFilesToTheFirst()
    {
        const QString name = m_work.path(QStringLiteral("socket"));
        SingleWindow second(name);
        QVERIFY(!second.handOver({QStringLiteral("x.png")}));  // nobody there
        auto first = std::make_unique<SingleWindow>(name);
        QVERIFY(first->listen());
        QVERIFY(!second.listen());  // taken
        const QFile::Permissions permissions = QFile::permissions(name);
        QVERIFY(!(permissions & (QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther)));
        QSignalSpy received(first.get(), &SingleWindow::filesReceived);
        // The other process waits for the answer: here in a thread.
        bool isTaken = false;
        std::thread other([&] {
            isTaken = SingleWindow(name).handOver({QStringLiteral("rel.png"), QStringLiteral("/a b.png")});
        });
        QTRY_COMPARE_WITH_TIMEOUT(received.count(), 1, kPatienceMs);
        other.join();
        QVERIFY(isTaken);
        const QStringList files = received.at(0).at(0).toStringList();
        QCOMPARE(files.size(), 2);
        QVERIFY(QDir::isAbsolutePath(files[0]) && files[0].endsWith(QStringLiteral("/rel.png")));
        QCOMPARE(files[1], QStringLiteral("/a b.png"));
        // Rubbish changes nothing.
        QLocalSocket stranger;
        stranger.connectToServer(name);
        QVERIFY(stranger.waitForConnected());
        stranger.write("{\"files\": [\"/etc/passwd\"]}\n[3, \"relative\"]\n");
        stranger.flush();
        QTRY_VERIFY_WITH_TIMEOUT(stranger.state() == QLocalSocket::UnconnectedState, kPatienceMs);
        QCOMPARE(received.count(), 1);
        // What a crash leaves behind is no window.
        first.reset();
        QFile left(name);
        QVERIFY(left.open(QIODevice::WriteOnly));
        left.close();
        SingleWindow next(name);
        QVERIFY(next.listen());
    }

    void thePlannerRefusesWhatDoesNotFitBeforeItRuns()
    {
        MemoryDialog dialog(document().session(), document().sessionOptions(), nullptr);
        dialog.setAttribute(Qt::WA_DeleteOnClose, false);
        dialog.show();
        auto* height = dialog.findChild<QSpinBox*>(QStringLiteral("plannedHeight"));
        auto* width = dialog.findChild<QSpinBox*>(QStringLiteral("plannedWidth"));
        auto* use = dialog.findChild<QPushButton*>(QStringLiteral("usePlannedSize"));
        auto* verdict = dialog.findChild<QLabel*>(QStringLiteral("memoryVerdict"));
        height->setValue(64);
        width->setValue(96);
        const MemoryRoom room = memoryRoom(*document().session(), 64, 96, 4);
        QVERIFY(room.available > 0 && room.fits());
        QVERIFY(use->isEnabled());
        QVERIFY(verdict->text().contains(bytesText(static_cast<double>(room.plan.needed()))));
        auto* mixers = dialog.findChild<QTreeWidget*>(QStringLiteral("memoryMixers"));
        QCOMPARE(mixers->topLevelItemCount(), static_cast<int>(document().trace()->mixers().size()));
        QSignalSpy chosen(&dialog, &MemoryDialog::sizeChosen);
        use->click();
        QCOMPARE(chosen.count(), 1);
        // 16384 x 16384 of the smallest net: hundreds of gigabytes.
        height->setValue(16384);
        width->setValue(16384);
        QVERIFY(!use->isEnabled());
        QVERIFY2(verdict->text().contains(QStringLiteral("would fit")), qPrintable(verdict->text()));
    }

    void aRunThatDoesNotFitIsRefusedAndSaysWhy()
    {
        SessionOptions options = document().sessionOptions();
        options.preprocess.size = PreprocessOverrides::Size{16384, 16384};
        const MemoryRoom room = memoryRoom(*document().session(), 16384, 16384, 4);
        if (room.fits())
            QSKIP("this machine has room for it");
        document().reopenModel(options);
        SETTLE(document());
        QVERIFY(document().trace() == nullptr);
        QVERIFY2(m_window->message().contains(QStringLiteral("would fit")), qPrintable(m_window->message()));
        options.preprocess = {};
        document().reopenModel(options);
        SETTLE(document());
        QVERIFY(document().trace() != nullptr);
    }

    void lockedColoursHoldForOtherImages()
    {
        key(Qt::Key_5);
        SETTLE(document());
        const vis::ValueRange range = m_window->canvas()->tokenMap().range;
        key(Qt::Key_L);
        SETTLE(document());
        QVERIFY(action("lockRange")->isChecked());
        m_window->openFiles({m_work.picture(QStringLiteral("c.png"), Motif::Checks)});
        SETTLE(document());
        QCOMPARE(m_window->canvas()->tokenMap().range.high, range.high);
        QCOMPARE(m_window->canvas()->tokenMap().range.low, range.low);
        // Another quantity has its own.
        key(Qt::Key_4);
        SETTLE(document());
        QVERIFY(!action("lockRange")->isChecked());
        key(Qt::Key_5);
        SETTLE(document());
        key(Qt::Key_L);
        SETTLE(document());
        QVERIFY(!document().viewSettings().figure.heldRange.has_value());
        QVERIFY(!action("lockRange")->isChecked());
    }
};

std::unique_ptr<QObject> makeHabitsTest()
{
    return std::make_unique<HabitsTest>();
}

}  // namespace mixer::ui::testing

#include "HabitsTest.moc"
