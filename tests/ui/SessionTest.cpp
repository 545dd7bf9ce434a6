// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/core/Error.h"
#include "tests/ui/Suites.h"
#include "tests/ui/WindowSuite.h"
#include "ui/document/ScanEdits.h"
#include "ui/document/SessionFile.h"
#include "ui/views/PredictionsView.h"
#include "ui/window/FileCommands.h"

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QFileDialog>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QProcess>
#include <QPushButton>
#include <QTimer>

#include <csignal>

namespace mixer::ui::testing {

namespace {

/// SETTLE for functions that return something.
#define SETTLE_OR_RETURN(document)                                                                                     \
    if (!QTest::qWaitFor([this] { return (document).worker().isIdle(); }, kPatienceMs))                                \
        return { }

const QString kVim2 = QStringLiteral("golden/vim2.safetensors");

SavedSession example(const QString& folder)
{
    SavedSession session;
    session.model = folder + QStringLiteral("/net.safetensors");
    session.labels = QString(folder + QStringLiteral("/names.txt")).toStdString();
    session.preprocess.size = PreprocessOverrides::Size{96, 64};
    session.preprocess.mean = {0.25F, 0.5F, 0.75F};
    session.preprocess.std = {1.0F, 2.0F, 0.3F};
    session.preprocess.mode = ResizeMode::Stretch;
    session.images = {folder + QStringLiteral("/a.png"), folder + QStringLiteral("/sub/ü b.png")};
    session.currentImage = 1;
    session.selection.mixer = MixerId::parse("stages.1.blocks.0.token_mixers.0");
    session.selection.scan = 1;
    session.selection.step = 17;
    session.selection.lane = 3;
    session.selection.state = 2;
    session.selection.classIndex = 4;
    session.scan = "hilbert";
    ForceScans force;
    force.scans = {"row"};
    PatchOutput patch;
    patch.image = QString(folder + QStringLiteral("/a.png")).toStdString();
    session.choices.interventions.edits
        = {{force, {session.selection.mixer}, true}, {patch, {session.selection.mixer}, false}};
    vis::FigureOptions& figure = session.choices.view.figure;
    figure.overlay = vis::OverlayQuantity::HalfLife;
    figure.overlayOpacity = 0.25;
    figure.featureComponent = 2;
    figure.featureImages = {folder + QStringLiteral("/a.png")};
    figure.colorMap = vis::ColorMapId::Cividis;
    figure.laneSort = vis::LaneSort::Cluster;
    figure.stateQuantity = vis::StateQuantity::Kept;
    figure.shownRun = vis::ShownRun::Difference;
    figure.predictionValue = vis::PredictionValue::Logit;
    figure.gateQuantity = vis::GateQuantity::OutputGate;
    figure.topCount = 9;
    figure.attention = {true, true, true};
    figure.showPath = false;
    figure.heldRange = vis::HeldRange{vis::OverlayQuantity::HalfLife, {0, 12.5}};
    return session;
}

void expectSame(const SavedSession& a, const SavedSession& b)
{
    QCOMPARE(a.model, b.model);
    QCOMPARE(a.labels, b.labels);
    QCOMPARE(a.images, b.images);
    QCOMPARE(a.currentImage, b.currentImage);
    QVERIFY(a.selection == b.selection);
    QCOMPARE(a.scan, b.scan);
    QVERIFY(a.choices == b.choices);
    QCOMPARE(a.preprocess.size->height, b.preprocess.size->height);
    QCOMPARE(a.preprocess.size->width, b.preprocess.size->width);
    QVERIFY(a.preprocess.mean == b.preprocess.mean);
    QVERIFY(a.preprocess.std == b.preprocess.std);
    QVERIFY(a.preprocess.mode == b.preprocess.mode);
    QVERIFY(a.preprocess.cropFraction == b.preprocess.cropFraction);
}

}  // namespace

int saveForever(const QString& path)
{
    // Two sessions of different length in turn: a file that is neither has been torn.
    SavedSession session = example(QFileInfo(path).absolutePath());
    for (int i = 0;; ++i) {
        session.images.clear();
        for (int image = 0; image < (i % 2 ? 2000 : 10); ++image)
            session.images << QStringLiteral("/pictures/image%1.png").arg(image);
        session.selection.step = i;
        saveSession(session, path);
    }
}

/// Sessions: written and read, torn, moved, and through the whole window.
class SessionTest : public WindowSuite {
    Q_OBJECT
private:
    /// A session of two images, one edit and a selection, and what it predicted.
    QString makeSession(const QString& folder, std::vector<float>* logits)
    {
        QDir().mkpath(folder);
        const QString model = folder + QStringLiteral("/net.safetensors");
        QFile::copy(fixture(kVim2), model);
        const QString a = folder + QStringLiteral("/a.png");
        const QString b = folder + QStringLiteral("/b.png");
        paintMotif(Motif::Disc).save(a);
        paintMotif(Motif::Stripes).save(b);
        openWindow({model, a, b});
        document().showImage(1);
        SETTLE_OR_RETURN(document());
        const Routing& routing = document().detail()->record().routing;
        for (const std::string& scan : routing.scans) {
            if (scan != document().detail()->scanName(0))
                forceScan(document(), QString::fromStdString(scan), true);
        }
        SETTLE_OR_RETURN(document());
        document().setStep(7);
        document().setLane(2);
        SETTLE_OR_RETURN(document());
        if (logits)
            *logits = document().trace()->logits();
        const QString path = folder + QStringLiteral("/work.mixerscope");
        return m_window->files().saveSession(path) ? path : QString();
    }

private Q_SLOTS:
    void cleanup() { closeWindow(); }

    void everythingComesBackFromAFile()
    {
        const SavedSession session = example(m_work.folder());
        const QString path = m_work.path(QStringLiteral("x.mixerscope"));
        saveSession(session, path);
        expectSame(loadSession(path), session);
        // The folder as a whole can be moved: what is not where it was is looked for beside the session.
        for (const char* name : {"net.safetensors", "names.txt", "a.png"})
            m_work.text(QLatin1String(name), "x");
        const QString moved = m_work.path(QStringLiteral("elsewhere"));
        QDir().mkpath(moved);
        for (const char* name : {"x.mixerscope", "net.safetensors", "names.txt", "a.png"})
            QVERIFY(QFile::rename(m_work.path(QLatin1String(name)), moved + QLatin1Char('/') + QLatin1String(name)));
        const SavedSession again = loadSession(moved + QStringLiteral("/x.mixerscope"));
        QCOMPARE(again.model, moved + QStringLiteral("/net.safetensors"));
        QCOMPARE(again.images[0], moved + QStringLiteral("/a.png"));
        QCOMPARE(again.choices.view.figure.featureImages, QStringList(again.images[0]));
        QCOMPARE(again.images[1], session.images[1]);  // nowhere: as it was
    }

    void hostileFilesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("says");
        const QByteArray good = sessionToJson(example(m_work.folder()), m_work.path(QStringLiteral("x.mixerscope")));
        const auto with = [&](const char* key, const QJsonValue& value) {
            QJsonObject json = QJsonDocument::fromJson(good).object();
            json.insert(QLatin1String(key), value);
            return QJsonDocument(json).toJson();
        };
        QTest::newRow("empty") << QByteArray() << QStringLiteral("no session");
        QTest::newRow("torn") << good.left(good.size() / 2) << QStringLiteral("at byte");
        QTest::newRow("list") << QByteArray("[1]") << QStringLiteral("JSON object");
        QTest::newRow("deep") << QByteArray(100000, '[') << QStringLiteral("at byte");
        QTest::newRow("other") << QByteArray("{\"a\":1}") << QStringLiteral("\"mixerscope\"");
        QTest::newRow("newer") << with("mixerscope", 7) << QStringLiteral("newer version");
        QTest::newRow("relative") << with("model", QJsonObject{{QStringLiteral("path"), QStringLiteral("../x")}})
                                  << QStringLiteral("absolute");
        QTest::newRow("images") << with("images", QStringLiteral("all")) << QStringLiteral("list");
        QTest::newRow("mixer") << with("selection", QJsonObject{{QStringLiteral("mixer"), QStringLiteral("x")}})
                               << QStringLiteral("no mixer");
        QTest::newRow("size") << with("preprocess", QJsonObject{{QStringLiteral("size"), QJsonArray{1e9, 3}}})
                              << QStringLiteral("16384");
        QTest::newRow("std") << with("preprocess", QJsonObject{{QStringLiteral("std"), QJsonArray{1, 0, 1}}})
                             << QStringLiteral("three numbers");
        QTest::newRow("edits") << with(
            "edits",
            QJsonObject{{QStringLiteral("version"), 1},
                        {QStringLiteral("edits"),
                         QJsonArray{QJsonObject{{QStringLiteral("kind"), QStringLiteral("explode")}}}}})
                               << QStringLiteral("explode");
    }
    void hostileFilesAreRefused()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, says);
        try {
            sessionFromJson(bytes, m_work.path(QStringLiteral("x.mixerscope")));
            QFAIL("accepted");
        } catch (const Error& error) {
            const QString message = QString::fromUtf8(error.what());
            QVERIFY2(message.contains(says), qPrintable(message));
        }
    }

    void viewWordsThatAreUnknownKeepTheirDefaults()
    {
        const SavedSession read = sessionFromJson(
            R"({"mixerscope":1,"view":{"overlay":"thermal","top":-4,"overlayOpacity":1e9,"laneSort":7}})",
            m_work.path(QStringLiteral("x.mixerscope")));
        QVERIFY(read.choices.view.figure.overlay == vis::OverlayQuantity::None);
        QCOMPARE(read.choices.view.figure.topCount, 1);
        QCOMPARE(read.choices.view.figure.overlayOpacity, 1.0);
        QVERIFY(read.choices.view.figure.laneSort == vis::LaneSort::Natural);
    }

    void aKilledSaveLeavesTheOldFileOrTheNewOne()
    {
        const QString path = m_work.path(QStringLiteral("kept.mixerscope"));
        saveSession(example(m_work.folder()), path);
        int last = 0;
        for (int round = 0; round < 5; ++round) {
            QProcess saver;
            saver.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--save-forever"), path});
            QVERIFY(saver.waitForStarted());
            const QDateTime before = QFileInfo(path).lastModified();
            QTRY_VERIFY_WITH_TIMEOUT(QFileInfo(path).lastModified() != before, kPatienceMs);
            QTest::qWait(100 + 73 * round);
            ::kill(static_cast<pid_t>(saver.processId()), SIGKILL);
            QVERIFY(saver.waitForFinished());
            const SavedSession read = loadSession(path);  // throws for a torn file
            QVERIFY(read.images.size() == 10 || read.images.size() == 2000);
            last = std::max(last, read.selection.step);
        }
        QVERIFY2(last > 0, "it never saved twice: nothing was tested");
    }

    void aFullDiskKeepsTheOldFile()
    {
        const QString path = m_work.path(QStringLiteral("no/such/folder/x.mixerscope"));
        QVERIFY_EXCEPTION_THROWN(saveSession(example(m_work.folder()), path), Error);
    }

    void theWindowComesBackAsItWas()
    {
        std::vector<float> logits;
        const QString path = makeSession(m_work.path(QStringLiteral("one")), &logits);
        QVERIFY(!path.isEmpty());
        const Selection selection = document().selection();
        const Interventions edits = document().interventions();
        QVERIFY(!edits.edits.empty());
        QVERIFY(m_window->windowTitle().contains(QStringLiteral("work.mixerscope")));
        QVERIFY(!m_window->isWindowModified());
        m_window.reset();

        openWindow();
        m_window->openFiles({path});
        SETTLE(document());
        QVERIFY(document().trace() != nullptr);
        QCOMPARE(document().images()->count(), 2);
        QCOMPARE(document().currentImage(), 1);
        QCOMPARE(document().picture()->name, QStringLiteral("b.png"));
        QVERIFY(document().selection() == selection);
        QVERIFY(document().interventions() == edits);
        QVERIFY(document().trace()->logits() == logits);
        QVERIFY(!document().undoStack()->canUndo());
        QVERIFY(m_window->message().isEmpty());
        // Something else is done: the title says that it is not saved.
        document().setInterventions({}, QStringLiteral("none"));
        SETTLE(document());
        QVERIFY(m_window->isWindowModified());
        QTest::keyClick(m_window.get(), Qt::Key_S, Qt::ControlModifier);
        QVERIFY(!m_window->isWindowModified());
        QVERIFY(loadSession(path).choices.interventions.edits.empty());
    }

    void aMissingFileIsAskedForAndItsFolderFollows()
    {
        const QString folder = m_work.path(QStringLiteral("two"));
        const QString path = makeSession(folder, nullptr);
        m_window.reset();
        // Away from the session: nothing lies beside it any more.
        const QString away = m_work.path(QStringLiteral("away"));
        QDir().mkpath(away);
        for (const char* name : {"net.safetensors", "a.png", "b.png"})
            QVERIFY(QFile::rename(folder + QLatin1Char('/') + QLatin1String(name),
                                  away + QLatin1Char('/') + QLatin1String(name)));
        openWindow();
        int asked = 0;
        QTimer answer;
        answer.setInterval(20);
        connect(&answer, &QTimer::timeout, this, [&] {
            auto* dialog = m_window->findChild<QDialog*>(QStringLiteral("missingFileDialog"));
            if (!dialog || dialog != QApplication::activeModalWidget())
                return;
            ++asked;
            // The click opens another dialog and returns when that is closed: whoever closes it must wait already.
            QTimer::singleShot(100, this, [&] {
                auto* files = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
                if (!files)
                    return;
                files->selectFile(away + QStringLiteral("/net.safetensors"));
                static_cast<QDialog*>(files)->done(QDialog::Accepted);
            });
            QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("findFileButton")), Qt::LeftButton);
        });
        answer.start();
        QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
        m_window->openFiles({path});
        answer.stop();
        SETTLE(document());
        QCOMPARE(asked, 1);  // the images came along with the model
        QCOMPARE(document().modelPath(), away + QStringLiteral("/net.safetensors"));
        QCOMPARE(document().picture()->path, away + QStringLiteral("/b.png"));
    }

    void withoutTheMissingFileTheRestOpens()
    {
        const QString folder = m_work.path(QStringLiteral("three"));
        const QString path = makeSession(folder, nullptr);
        m_window.reset();
        QVERIFY(QFile::remove(folder + QStringLiteral("/b.png")));
        openWindow();
        QTimer::singleShot(50, this, [this] {
            auto* dialog = m_window->findChild<QDialog*>(QStringLiteral("missingFileDialog"));
            QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("withoutFileButton")), Qt::LeftButton);
        });
        m_window->openFiles({path});
        SETTLE(document());
        QCOMPARE(document().images()->count(), 1);
        QCOMPARE(document().picture()->name, QStringLiteral("a.png"));
        QVERIFY(document().trace() != nullptr);
        // And when the person gives up, nothing moves.
        const Snapshot before(document());
        QVERIFY(QFile::remove(folder + QStringLiteral("/net.safetensors")));
        QTimer::singleShot(50, this, [this] {
            auto* dialog = m_window->findChild<QDialog*>(QStringLiteral("missingFileDialog"));
            QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("stopOpeningButton")), Qt::LeftButton);
        });
        m_window->openFiles({path});
        SETTLE(document());
        QVERIFY(Snapshot(document()) == before);
    }

    void aBrokenSessionChangesNothing()
    {
        makeSession(m_work.path(QStringLiteral("four")), nullptr);
        const Snapshot before(document());
        m_window->openFiles({m_work.text(QStringLiteral("bad.mixerscope"), "{\"mixerscope\": 1, ")});
        SETTLE(document());
        QVERIFY(Snapshot(document()) == before);
        QVERIFY(m_window->message().contains(QStringLiteral("bad.mixerscope")));
    }

    void theLastWindowCanBeReopened()
    {
        makeSession(m_work.path(QStringLiteral("five")), nullptr);
        m_window->close();
        m_window.reset();
        openWindow();
        m_window->findChild<QAction*>(QStringLiteral("reopenLast"))->trigger();
        SETTLE(document());
        QCOMPARE(document().images()->count(), 2);
        QCOMPARE(document().picture()->name, QStringLiteral("b.png"));
        QVERIFY(m_window->files().sessionPath().isEmpty());
    }
};

std::unique_ptr<QObject> makeSessionTest()
{
    return std::make_unique<SessionTest>();
}

}  // namespace mixer::ui::testing

#include "SessionTest.moc"
