// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/core/Error.h"
#include "tests/ui/Suites.h"
#include "tests/ui/TestSupport.h"
#include "ui/document/Follower.h"
#include "ui/document/InferenceWorker.h"
#include "ui/document/TensorTableModel.h"

#include <QCoreApplication>
#include <QThread>

#include <atomic>
#include <thread>

namespace mixer::ui::testing {

namespace {

using Outcome = JobOutcome<int>;

/// Collects how requests ended, in order.
struct Ends {
    std::vector<Outcome> outcomes;
    std::function<void(Outcome)> note()
    {
        return [this](Outcome outcome) { outcomes.push_back(std::move(outcome)); };
    }
    int count() const { return static_cast<int>(outcomes.size()); }
};

std::function<int(const JobContext&)> constant(int value)
{
    return [value](const JobContext&) { return value; };
}

/// Works until somebody cancels it.
int untilCancelled(const JobContext& context)
{
    for (;;) {
        context.cancel.check();
        std::this_thread::yield();
    }
}

const QString kTag = QStringLiteral("tag");
const QString kOther = QStringLiteral("other");
const QString kTitle = QStringLiteral("Working");

}  // namespace

class WorkerTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void deliversOnTheCallersThread()
    {
        InferenceWorker worker;
        QThread* workedOn = nullptr;
        QThread* deliveredOn = nullptr;
        int value = 0;
        worker.submit<int>(
            kTag, kTitle,
            [&](const JobContext&) {
                workedOn = QThread::currentThread();
                return 7;
            },
            [&](const Outcome& outcome) {
                deliveredOn = QThread::currentThread();
                value = outcome.value;
            });
        QCOMPARE(value, 0);  // never inside of submit()
        QTRY_COMPARE(value, 7);
        QCOMPARE(deliveredOn, thread());
        QVERIFY(workedOn != thread());
    }

    void newestOfATagWinsEvenWhenTheOlderFinishesLast()
    {
        InferenceWorker worker;
        Door door;
        Ends older;
        Ends newer;
        worker.submit<int>(
            kTag, kTitle,
            [&](const JobContext&) {
                door.wait();
                return 1;  // does not look at its token: finished, but too late
            },
            older.note());
        QTRY_VERIFY(door.hasVisitor());
        worker.submit<int>(kTag, kTitle, constant(2), newer.note());
        door.open();
        QTRY_VERIFY(worker.isIdle());
        QCOMPARE(older.count(), 1);
        QCOMPARE(older.outcomes[0].end, JobEnd::Cancelled);
        QCOMPARE(newer.count(), 1);
        QCOMPARE(newer.outcomes[0].end, JobEnd::Finished);
        QCOMPARE(newer.outcomes[0].value, 2);
    }

    void replacedRequestsNeverRun()
    {
        InferenceWorker worker;
        Door door;
        Ends blocker;
        Ends queued;
        Ends last;
        bool hasRun = false;
        worker.submit<int>(
            kOther, kTitle,
            [&](const JobContext&) {
                door.wait();
                return 0;
            },
            blocker.note());
        for (int i = 0; i < 5; ++i)
            worker.submit<int>(
                kTag, kTitle,
                [&](const JobContext&) {
                    hasRun = true;
                    return 0;
                },
                queued.note());
        worker.submit<int>(kTag, kTitle, constant(9), last.note());
        QCOMPARE(queued.count(), 5);
        door.open();
        QTRY_VERIFY(worker.isIdle());
        QVERIFY(!hasRun);
        QCOMPARE(blocker.outcomes[0].end, JobEnd::Finished);  // another tag is left alone
        QCOMPARE(last.outcomes[0].value, 9);
    }

    void cancelIsNotAFailure()
    {
        InferenceWorker worker;
        Ends ends;
        worker.submit<int>(kTag, kTitle, untilCancelled, ends.note());
        worker.cancel(kTag);
        QTRY_VERIFY(worker.isIdle());
        QCOMPARE(ends.count(), 1);
        QCOMPARE(ends.outcomes[0].end, JobEnd::Cancelled);
        QVERIFY(ends.outcomes[0].message.isEmpty());
    }

    void cancelReachesWhatIsDoneButNotDelivered()
    {
        InferenceWorker worker;
        Ends ends, later;
        worker.submit<int>(kTag, kTitle, constant(1), ends.note());
        std::atomic<bool> secondRuns{false};
        worker.submit<int>(
            kOther, kTitle,
            [&](const JobContext&) {
                secondRuns = true;
                return 2;
            },
            later.note());
        while (!secondRuns)  // the first is done by then, and no event loop has delivered it
            std::this_thread::yield();
        worker.cancel(kTag);
        QTRY_COMPARE(later.count(), 1);
        QCOMPARE(ends.count(), 1);
        QCOMPARE(ends.outcomes[0].end, JobEnd::Cancelled);
        QCOMPARE(later.outcomes[0].value, 2);
    }

    void cancelButtonSparesViewsAndBackground()
    {
        InferenceWorker worker;
        Door door;
        Ends titled;
        Ends view;
        Ends background;
        worker.submit<int>(
            kOther, kTitle,
            [&](const JobContext& context) {
                door.wait();
                context.cancel.check();
                return 0;
            },
            titled.note());
        worker.submit<int>(kTag, QString(), constant(1), view.note());
        worker.submit<int>(QStringLiteral("background"), QString(), constant(2), background.note(),
                           JobPriority::Background);
        worker.cancelInteractive();
        door.open();
        QTRY_VERIFY(worker.isIdle());
        QCOMPARE(titled.outcomes[0].end, JobEnd::Cancelled);
        QCOMPARE(view.outcomes[0].end, JobEnd::Finished);
        QCOMPARE(background.outcomes[0].end, JobEnd::Finished);
    }

    void failuresBecomeText_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("expected");
        QTest::newRow("error of the engine") << 0 << QStringLiteral("tensor x is missing");
        QTest::newRow("out of memory") << 1 << QStringLiteral("not enough memory");
        QTest::newRow("no exception class") << 2 << QStringLiteral("unknown error");
    }
    void failuresBecomeText()
    {
        QFETCH(int, kind);
        QFETCH(QString, expected);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral(".*")));
        InferenceWorker worker;
        Ends ends;
        const auto work = [kind](const JobContext&) -> int {
            if (kind == 0)
                throw Error(ErrorKind::Model, "tensor x is missing");
            if (kind == 1)
                throw std::bad_alloc();
            throw 42;
        };
        worker.submit<int>(kTag, kTitle, work, ends.note());
        QTRY_COMPARE(ends.count(), 1);
        QCOMPARE(ends.outcomes[0].end, JobEnd::Failed);
        QVERIFY2(ends.outcomes[0].message.contains(expected), qPrintable(ends.outcomes[0].message));
    }

    void interactiveWorkGoesBeforeBackground()
    {
        InferenceWorker worker;
        Door door;
        QStringList order;
        const auto named = [&](const QString& name) {
            return [&order, name](const Outcome& outcome) {
                order << name + (outcome.end == JobEnd::Cancelled ? QStringLiteral(" made way") : QString());
            };
        };
        worker.submit<int>(
            QStringLiteral("b1"), QString(),
            [&](const JobContext& context) {
                door.wait();
                context.cancel.check();
                return 0;
            },
            named(QStringLiteral("b1")), JobPriority::Background);
        QTRY_VERIFY(door.hasVisitor());
        worker.submit<int>(QStringLiteral("b2"), QString(), constant(0), named(QStringLiteral("b2")),
                           JobPriority::Background);
        worker.submit<int>(QStringLiteral("i"), kTitle, constant(0), named(QStringLiteral("i")));
        door.open();
        QTRY_VERIFY(worker.isIdle());
        QCOMPARE(order, QStringList({QStringLiteral("b1 made way"), QStringLiteral("i"), QStringLiteral("b2")}));
    }

    void progressCanBeSampled()
    {
        InferenceWorker worker;
        Door door;
        QSignalSpy busy(&worker, &InferenceWorker::busyChanged);
        Ends ends;
        worker.submit<int>(
            kTag, kTitle,
            [&](const JobContext& context) {
                context.progress("stage 2", 0.25);
                door.wait();
                return 0;
            },
            ends.note());
        QTRY_COMPARE(worker.status().fraction, 0.25);
        QCOMPARE(worker.status().stage, QStringLiteral("stage 2"));
        QCOMPARE(worker.status().title, kTitle);
        QVERIFY(worker.status().isBusy);
        door.open();
        QTRY_VERIFY(worker.isIdle());
        QVERIFY(!worker.status().isBusy);
        QCOMPARE(busy.count(), 2);
    }

    void shutdownEndsEveryJobOnce()
    {
        Ends running;
        Ends queued;
        Ends late;
        {
            InferenceWorker worker;
            std::atomic<bool> hasStarted{false};
            worker.submit<int>(
                kTag, kTitle,
                [&](const JobContext& context) {
                    hasStarted = true;
                    return untilCancelled(context);
                },
                running.note());
            worker.submit<int>(kOther, kTitle, constant(1), queued.note());
            QTRY_VERIFY(hasStarted.load());
            worker.shutdown();
            QCOMPARE(running.count(), 1);
            QCOMPARE(queued.count(), 1);
            worker.submit<int>(kTag, kTitle, constant(1), late.note());
            QVERIFY(worker.isIdle());
        }
        QCoreApplication::processEvents();
        for (const Ends* ends : {&running, &queued, &late}) {
            QCOMPARE(ends->count(), 1);
            QCOMPARE(ends->outcomes[0].end, JobEnd::Cancelled);
        }
    }

    void followerShowsFramesAndEndsWithTheNewest()
    {
        InferenceWorker worker;
        Follower<int> follower;
        Door door;
        std::vector<int> shown;
        const auto want = [&](int value) {
            follower.want(
                &worker, kTag, QString(),
                [&door, value](const JobContext&) {
                    door.wait();
                    return value;
                },
                [&](const Outcome& outcome) {
                    if (outcome.end == JobEnd::Finished)
                        shown.push_back(outcome.value);
                });
        };
        want(1);
        QTRY_VERIFY(door.hasVisitor());
        want(2);
        want(3);
        door.open();
        QTRY_VERIFY(!follower.isPending());
        QCOMPARE(shown, std::vector<int>({1, 3}));
    }

    // Each request that ends at once asked for the next one, until the stack was full.
    void tensorTableEndsWithItsWorker()
    {
        InferenceWorker worker;
        TensorTableModel table(&worker, nullptr);
        table.setSession(InferenceSession::open(MIXER_MODELS "/vim2-demo.safetensors"));
        QVERIFY(table.rowCount() > 1);
        for (int row = 0; row < table.rowCount(); ++row)
            table.data(table.index(row, TensorTableModel::Mean), Qt::DisplayRole);
        worker.shutdown();
        QCoreApplication::processEvents();
        QVERIFY(worker.isIdle());
        QVERIFY(!table.statistics(0));
    }

    void followerThatIsGoneHearsNothing()
    {
        InferenceWorker worker;
        Door door;
        bool isCalled = false;
        {
            Follower<int> follower;
            follower.want(
                &worker, kTag, QString(),
                [&](const JobContext&) {
                    door.wait();
                    return 1;
                },
                [&](const Outcome&) { isCalled = true; });
        }
        door.open();
        QTRY_VERIFY(worker.isIdle());
        QVERIFY(!isCalled);
    }
};

std::unique_ptr<QObject> makeWorkerTest()
{
    return std::make_unique<WorkerTest>();
}

}  // namespace mixer::ui::testing

#include "WorkerTest.moc"
