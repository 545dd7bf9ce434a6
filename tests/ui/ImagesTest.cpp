// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/analysis/RouterStatistics.h"
#include "engine/batch/BatchRun.h"
#include "tests/ui/Suites.h"
#include "tests/ui/Watchdog.h"
#include "tests/ui/WindowSuite.h"
#include "ui/views/ImagesView.h"
#include "ui/views/RouterView.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLineEdit>
#include <QListWidget>
#include <QScrollBar>

namespace mixer::ui::testing {

namespace {

const QString kDemo = QStringLiteral(MIXER_MODELS "/vim2-demo.safetensors");
constexpr int kMany = 5000;

}  // namespace

/// The list of images: order, filter, labels from folders, thousands of them.
class ImagesTest : public WindowSuite {
    Q_OBJECT
private:
    ImageList* list() { return child<ImageList>("imagesView"); }
    QString rowName(int row) { return list()->model()->index(row, 0).data().toString(); }
    void choose(QComboBox* combo, int index)
    {
        combo->setCurrentIndex(index);
        Q_EMIT combo->activated(index);
    }
    /// Folders named after two classes of the demonstration model, with pictures that it has never seen.
    void openFolders()
    {
        QDir(m_work.folder()).mkpath(QStringLiteral("set/Tabby_Cat"));
        QDir(m_work.folder()).mkpath(QStringLiteral("set/lighthouse"));
        m_work.picture(QStringLiteral("set/Tabby_Cat/b.png"), Motif::Disc);
        m_work.picture(QStringLiteral("set/Tabby_Cat/c.png"), Motif::Stripes);
        m_work.picture(QStringLiteral("set/lighthouse/a.png"), Motif::Checks);
        m_window->openFiles({kDemo, m_work.path(QStringLiteral("set"))});
        SETTLE(document());
    }

private Q_SLOTS:
    void init() { openWindow(); }
    void cleanup() { closeWindow(); }

    void foldersGiveLabelsWhateverTheirSpelling()
    {
        openFolders();
        QCOMPARE(document().images()->count(), 3);
        const ModelConfig& config = document().session()->config();
        for (int row = 0; row < 3; ++row) {
            const ImageEntry& entry = document().images()->entry(row);
            QVERIFY(entry.trueClass >= 0);
            const QString label = QString::fromStdString(config.label(entry.trueClass));
            QCOMPARE(label,
                     entry.path.contains(QStringLiteral("Tabby")) ? QStringLiteral("tabby-cat")
                                                                  : QStringLiteral("lighthouse"));
            QCOMPARE(entry.isDisagreement(), entry.topClass != entry.trueClass);
        }
        QCOMPARE(document().trueClass(), document().images()->entry(document().currentImage()).trueClass);
    }

    void aBatchOpensWithItsPredictionsAndRouters()
    {
        QDir(m_work.folder()).mkpath(QStringLiteral("batch/lighthouse"));
        const QStringList pictures = {m_work.picture(QStringLiteral("batch/lighthouse/a.png"), Motif::Disc),
                                      m_work.picture(QStringLiteral("batch/lighthouse/b.png"), Motif::Stripes),
                                      m_work.text(QStringLiteral("batch/broken.png"), "no picture"),
                                      m_work.picture(QStringLiteral("batch/c.png"), Motif::Checks)};
        const QString table = m_work.path(QStringLiteral("batch.csv"));
        {
            const auto session = InferenceSession::open(kDemo.toStdString());
            std::vector<std::string> names;
            for (const QString& picture : pictures)
                names.push_back(picture.toStdString());
            const BatchRun run(session, names, {});
            const auto journal
                = BatchJournal::open(m_work.path(QStringLiteral("journal")).toStdString(), run.description());
            run.run(*journal, {}, {});
            writeBatchResult(table.toStdString(), run.table(), *journal);
        }
        // The table may come before its model is there.
        m_window->openFiles({table});
        m_window->openFiles({kDemo});
        SETTLE(document());
        QTRY_COMPARE_WITH_TIMEOUT(document().images()->count(), 4, kPatienceMs);
        SETTLE(document());
        const ModelConfig& config = document().session()->config();
        for (int row = 0; row < 4; ++row) {
            const ImageEntry& entry = document().images()->entry(row);
            QCOMPARE(entry.path, pictures[row]);
            QCOMPARE(entry.error.isEmpty(), row != 2);
            QCOMPARE(entry.topClass >= 0, row != 2);
            QCOMPARE(entry.trueLabel, row < 2 ? QStringLiteral("lighthouse") : QString());
            if (row == 2)
                continue;
            const auto trace = document().session()->run(
                prepareImage(loadPicture(entry.path, {})->pixels, document().session()->preprocessing()));
            QCOMPARE(entry.topClass, trace->topClasses(1).front());
            QCOMPARE(entry.topLabel, QString::fromStdString(config.label(entry.topClass)));
            QVERIFY(std::abs(entry.confidence
                             - static_cast<double>(trace->probabilities()[static_cast<std::size_t>(entry.topClass)]))
                    < 1e-5);
        }
        QCOMPARE(document().images()->counts().labelled, 2);
        QCOMPARE(document().currentImage(), 0);
        const auto statistics = document().routerStatistics();
        QVERIFY(statistics);
        QCOMPARE(statistics->imageCount(), 3);
        QCOMPARE(document().routerStatisticsRows(), (std::vector<int>{0, 1, 3}));
        QVERIFY(m_window->router()->closeCalls()->count() == 3);
        // What failed is seen without looking for it.
        QCOMPARE(child<QComboBox>("imageSortCombo")->currentText(), QStringLiteral("errors first"));
        QCOMPARE(child<QListView>("imagesView")->model()->index(0, 0).data(ImageListModel::PathRole).toString(),
                 pictures[2]);

        // A table of another network is an answer in words, and changes nothing.
        m_window->openFiles({fixture(QStringLiteral("vim2-default.safetensors"))});
        SETTLE(document());
        m_window->openFiles({table});
        SETTLE(document());
        QVERIFY2(document().warnings().join(QLatin1Char(' ')).contains(QStringLiteral("another network")),
                 qPrintable(document().warnings().join(QLatin1Char(' '))));
        QVERIFY(!document().routerStatistics());
    }

    void sortsAndFilters()
    {
        openFolders();
        auto* sort = child<QComboBox>("imageSortCombo");
        choose(sort, 1);
        QCOMPARE(rowName(0), QStringLiteral("a.png"));
        QCOMPARE(rowName(2), QStringLiteral("c.png"));
        const auto confidence = [this](int row) {
            return list()->model()->index(row, 0).data(ImageListModel::ConfidenceRole).toDouble();
        };
        choose(sort, 2);
        QVERIFY(confidence(0) <= confidence(1) && confidence(1) <= confidence(2));
        choose(sort, 3);
        QVERIFY(confidence(0) >= confidence(1) && confidence(1) >= confidence(2));
        choose(sort, 4);
        bool seenAgreement = false;
        for (int row = 0; row < 3; ++row) {
            const bool disagrees = list()->model()->index(row, 0).data(ImageListModel::DisagreementRole).toBool();
            QVERIFY(!(disagrees && seenAgreement));
            seenAgreement = seenAgreement || !disagrees;
        }
        auto* filter = child<QLineEdit>("imageFilter");
        QTest::keyClicks(filter, QStringLiteral("LIGHTHOUSE"));
        for (int row = 0; row < list()->model()->rowCount(); ++row) {
            const QModelIndex index = list()->model()->index(row, 0);
            QVERIFY(index.data(ImageListModel::TrueLabelRole).toString().contains(QStringLiteral("lighthouse"))
                    || index.data(ImageListModel::PredictionRole).toString().contains(QStringLiteral("lighthouse")));
        }
        QVERIFY(list()->model()->rowCount() >= 1);
        filter->clear();
        QCOMPARE(list()->model()->rowCount(), 3);
        const QAbstractItemModelTester tester(list()->model());
    }

    void aClickShowsTheImageOfTheSortedRow()
    {
        openFolders();
        choose(child<QComboBox>("imageSortCombo"), 1);
        for (const int row : {2, 0, 1}) {
            const QString name = rowName(row);
            QTest::mouseClick(list()->viewport(), Qt::LeftButton, Qt::NoModifier,
                              list()->visualRect(list()->model()->index(row, 0)).center());
            SETTLE(document());
            QCOMPARE(document().picture()->name, name);
            QCOMPARE(list()->currentIndex().row(), row);
        }
    }

    void fiveThousandImagesOpenAtOnceAndScrollSmoothly()
    {
        QDir(m_work.folder()).mkpath(QStringLiteral("many"));
        const QString first = m_work.picture(QStringLiteral("many/image0000.png"), Motif::Disc);
        for (int i = 1; i < kMany; ++i)
            QVERIFY(
                QFile::link(first, m_work.path(QStringLiteral("many/image%1.png").arg(i, 4, 10, QLatin1Char('0')))));
        auto& watch = WatchedApplication::instance();
        watch.reset();
        QElapsedTimer timer;
        timer.start();
        m_window->openFiles({m_work.path(QStringLiteral("many"))});
        QTRY_COMPARE_WITH_TIMEOUT(document().images()->count(), kMany, kPatienceMs);
        const qint64 opened = timer.elapsed();
        QVERIFY2(opened < 1000, qPrintable(QStringLiteral("opening took %1 ms").arg(opened)));
        QScrollBar* bar = list()->verticalScrollBar();
        QVERIFY(bar->maximum() > 100 * kMany / 10);
        watch.reset();
        for (int i = 0; i < 100; ++i) {
            bar->setValue(bar->maximum() * (i % 50) / 50);
            QCoreApplication::processEvents();
        }
        QVERIFY2(watch.slowest() < 100,
                 qPrintable(QStringLiteral("%1: %2 ms").arg(watch.slowestName()).arg(watch.slowest())));
        // What is seen gets its thumbnail, wherever that is.
        bar->setValue(bar->maximum());
        QTRY_VERIFY_WITH_TIMEOUT(document().images()->hasThumbnail(kMany - 1), kPatienceMs);
        auto* filter = child<QLineEdit>("imageFilter");
        watch.reset();
        filter->setText(QStringLiteral("4999"));
        QCOMPARE(list()->model()->rowCount(), 1);
    }
};

std::unique_ptr<QObject> makeImagesTest()
{
    return std::make_unique<ImagesTest>();
}

}  // namespace mixer::ui::testing

#include "ImagesTest.moc"
