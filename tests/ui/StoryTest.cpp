// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/analysis/RouterStatistics.h"
#include "tests/ui/Suites.h"
#include "tests/ui/WindowSuite.h"
#include "ui/views/RouterView.h"
#include "ui/views/ScansView.h"
#include "ui/window/ExportDialog.h"
#include "visualizers/RecipeStore.h"

#include <QDir>
#include <QListWidget>
#include <QProcess>
#include <QPushButton>
#include <QToolButton>

namespace mixer::ui::testing {

/// The researcher's story from end to end: a checkpoint and a folder in, two figures for the paper out, which anybody
/// can make again.
class StoryTest : public WindowSuite {
    Q_OBJECT
private:
    /// A folder of classes, named after labels that the network knows.
    QString classFolders()
    {
        const ModelConfig& config = document().session()->config();
        const Motif motifs[] = {Motif::Disc, Motif::Stripes, Motif::Checks};
        for (int i = 0; i < 3; ++i) {
            const QString folder = QStringLiteral("pictures/") + QString::fromStdString(config.label(i));
            if (!QDir(m_work.folder()).mkpath(folder))
                return {};
            for (int size = 0; size < 2; ++size)
                if (!paintMotif(motifs[i], {120 + 40 * size, 110})
                         .save(m_work.path(folder + QStringLiteral("/%1.png").arg(size))))
                    return {};
        }
        return m_work.path(QStringLiteral("pictures"));
    }

    void exportRun(const char* shownButton, const QString& path)
    {
        show("editsDock");
        click(child<QToolButton>(shownButton));
        SETTLE(document());
        ExportDialog* dialog = openExportDialog(*m_window);
        QVERIFY(dialog);
        QSignalSpy exported(dialog, &ExportDialog::exported);
        exportThrough(dialog, QStringLiteral("gates"), path);
        QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, kPatienceMs);
        QTRY_VERIFY(!m_window->findChild<ExportDialog*>());
    }

private Q_SLOTS:
    void theMostDividedRouterBecomesAPairOfFigures()
    {
        openWindow({QStringLiteral(MIXER_MODELS "/vim2-demo.safetensors")});
        const QString folder = classFolders();
        QVERIFY(!folder.isEmpty());
        m_window->openFiles({folder});
        SETTLE(document());
        QCOMPARE(document().images()->count(), 6);
        QVERIFY(document().trace());

        // Whose router is the least sure, over all pictures?
        show("routerDock");
        click(m_window->router()->studyButton());
        SETTLE(document());
        QVERIFY(document().routerStatistics());
        QCOMPARE(document().routerStatistics()->imageCount(), 6);
        QVERIFY(m_window->router()->dividedButton()->isVisible());
        click(m_window->router()->dividedButton());
        SETTLE(document());
        const MixerId divided = document().routerStatistics()->mostDivided()->id;
        QCOMPARE(document().selection().mixer, divided);

        // The picture on which it is the least sure, and the scan that it did not take.
        QListWidget* calls = m_window->router()->closeCalls();
        click(calls->viewport(), QRectF(calls->visualItemRect(calls->item(0))).center());
        SETTLE(document());
        const int nearest = document().routerStatistics()->closestCalls(divided, 1).front();
        QCOMPARE(document().currentImage(), document().routerStatisticsRows().at(static_cast<std::size_t>(nearest)));
        QCOMPARE(document().selection().mixer, divided);
        const std::vector<float> before = document().trace()->logits();
        show("scansDock");
        const QList<ScanButton*> buttons = m_window->scans()->scanButtons();
        const auto other
            = std::find_if(buttons.begin(), buttons.end(), [](const ScanButton* b) { return !b->isChosen(); });
        QVERIFY(other != buttons.end());
        click(*other);
        SETTLE(document());
        QCOMPARE(document().interventions().activeCount(), 1);
        QVERIFY(document().trace()->logits() != before);

        // Before and after, for the paper; and both again from themselves, in another process, byte for byte.
        const QString files[] = {m_work.path(QStringLiteral("before.pdf")), m_work.path(QStringLiteral("after.pdf"))};
        exportRun("shownBaseline", files[0]);
        exportRun("shownEdited", files[1]);
        QVERIFY(contentsOf(files[0]) != contentsOf(files[1]));
        QVERIFY(vis::recipeIn(files[1]).find(divided.name()) != std::string::npos);
        QVERIFY(vis::recipeIn(files[1]).find("force-scans") != std::string::npos);
        for (const QString& file : files) {
            const QString again = file + QStringLiteral(".again.pdf");
            QProcess program;
            program.start(QStringLiteral(MIXERSCOPE_PROGRAM),
                          {QStringLiteral("export"), QStringLiteral("--recipe"), file, QStringLiteral("-o"), again});
            QVERIFY(program.waitForFinished(kPatienceMs));
            QVERIFY2(program.exitCode() == 0, program.readAllStandardError());
            QVERIFY(contentsOf(again).startsWith("%PDF-"));
            QVERIFY(contentsOf(again) == contentsOf(file));
        }
        m_window.reset();
    }
};

std::unique_ptr<QObject> makeStoryTest()
{
    return std::make_unique<StoryTest>();
}

}  // namespace mixer::ui::testing

#include "StoryTest.moc"
