// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/Suites.h"
#include "tests/ui/TestSupport.h"
#include "ui/document/Playback.h"
#include "ui/views/Canvas.h"
#include "ui/views/FigureView.h"
#include "visualizers/StateFigure.h"

#include <QAbstractItemModelTester>

namespace mixer::ui::testing {

namespace {

const QString kVim2 = QStringLiteral("golden/vim2.safetensors");
const QString kViqs = QStringLiteral("golden/viqs.safetensors");

MixerId tokenMixer(int stage, int block, int index)
{
    return {stage, block, index, false};
}

}  // namespace

/// The document without any window.
class DocumentTest : public QObject {
    Q_OBJECT
private:
    Workspace m_work;
    std::unique_ptr<InspectionDocument> m_document;

    void open(const QString& model, const QStringList& pictures)
    {
        m_document->openModel(fixture(model));
        m_document->openPictures(pictures);
        SETTLE(*m_document);
        QVERIFY(m_document->detail() != nullptr);
    }

private Q_SLOTS:
    void init() { m_document = std::make_unique<InspectionDocument>(); }
    void cleanup() { m_document.reset(); }

    void emptyOneHasNothingAndTakesNothing()
    {
        QVERIFY(!m_document->trace());
        QCOMPARE(m_document->currentImage(), -1);
        QSignalSpy selection(m_document.get(), &InspectionDocument::selectionChanged);
        m_document->setStep(3);
        m_document->stepMixer(1);
        m_document->showImage(0);
        QCOMPARE(selection.count(), 0);
        QVERIFY(m_document->worker().isIdle());
    }

    void modelAndPicturesOpen_data()
    {
        QTest::addColumn<QString>("model");
        QTest::newRow("ViM2") << kVim2;
        QTest::newRow("ViQS") << kViqs;
        QTest::newRow("no router") << QStringLiteral("vim2-cross.safetensors");
    }
    void modelAndPicturesOpen()
    {
        QFETCH(QString, model);
        open(model,
             {m_work.picture(QStringLiteral("a.png"), Motif::Disc),
              m_work.picture(QStringLiteral("b.png"), Motif::Stripes)});
        QCOMPARE(m_document->images()->count(), 2);
        QCOMPARE(m_document->currentImage(), 0);
        QCOMPARE(m_document->picture()->size(), QSize(150, 120));
        QCOMPARE(m_document->detail()->record().id, m_document->selection().mixer);
        for (int row = 0; row < 2; ++row) {
            QVERIFY(m_document->images()->hasThumbnail(row));
            QVERIFY(m_document->images()->entry(row).topClass >= 0);
        }
        // What the list says of the shown picture is what the trace says.
        const ImageEntry& shown = m_document->images()->entry(0);
        QCOMPARE(shown.topClass, m_document->trace()->topClasses(1).front());
    }

    void surveyAgreesWithTheTrace()
    {
        open(kVim2,
             {m_work.picture(QStringLiteral("a.png"), Motif::Disc),
              m_work.picture(QStringLiteral("b.png"), Motif::Stripes)});
        const ImageEntry surveyed = m_document->images()->entry(1);
        m_document->showImage(1);
        SETTLE(*m_document);
        QCOMPARE(m_document->trace()->topClasses(1).front(), surveyed.topClass);
        const double shown = m_document->trace()->probabilities()[static_cast<std::size_t>(surveyed.topClass)];
        QVERIFY(std::abs(shown - surveyed.confidence) < 1e-5);
    }

    void aFolderOpensWithItsPictures()
    {
        Workspace folder;
        folder.picture(QStringLiteral("2.png"), Motif::Disc);
        folder.picture(QStringLiteral("1.png"), Motif::Stripes);
        folder.text(QStringLiteral("notes.txt"), "not a picture");
        m_document->openPictures({folder.folder()});
        SETTLE(*m_document);
        QCOMPARE(m_document->images()->count(), 2);
        QCOMPARE(m_document->images()->entry(0).name, QStringLiteral("1.png"));
        m_document->openPictures({folder.path(QStringLiteral("2.png"))});
        SETTLE(*m_document);
        QCOMPARE(m_document->images()->count(), 2);  // known already
        QCOMPARE(m_document->currentImage(), 1);
    }

    void settersEmitOnceOrNotAtAll()
    {
        open(kVim2, {m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        InspectionDocument& document = *m_document;
        QSignalSpy selection(&document, &InspectionDocument::selectionChanged);
        const auto emitsOnce = [&](const std::function<void()>& set) {
            selection.clear();
            set();
            const auto first = selection.count();
            set();
            return first == 1 && selection.count() == 1;
        };
        QVERIFY(emitsOnce([&] { document.setStep(document.selection().step == 3 ? 3 : 3); }));
        QVERIFY(emitsOnce([&] { document.setLane(5); }));
        QVERIFY(emitsOnce([&] { document.setState(2); }));
        QVERIFY(emitsOnce([&] { document.setClass(1); }));
        QVERIFY(emitsOnce([&] { document.setScan(1); }));
        QSignalSpy view(&document, &InspectionDocument::viewSettingsChanged);
        ViewSettings settings = document.viewSettings();
        settings.figure.overlayOpacity = 0.31;
        document.setViewSettings(settings);
        document.setViewSettings(settings);
        QCOMPARE(view.count(), 1);
    }

    void selectionStaysWithinWhatThereIs()
    {
        open(kVim2, {m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        const MixerDetail& detail = *m_document->detail();
        m_document->setStep(1 << 20);
        QCOMPARE(m_document->selection().step, detail.positionCount() - 1);
        m_document->setStep(-4);
        QCOMPARE(m_document->selection().step, 0);
        m_document->setLane(detail.laneCount());
        QCOMPARE(m_document->selection().lane, -1);
        m_document->setScan(detail.scanCount());
        QCOMPARE(m_document->selection().scan, 0);
        m_document->setClass(9999);
        QCOMPARE(m_document->selection().classIndex, -1);
    }

    void anotherScanStaysAtTheToken()
    {
        open(kVim2, {m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        m_document->setStep(17);
        const Selection before = m_document->selection();
        const int token = m_document->detail()->positionAt(before.scan, before.step);
        m_document->setScan(2);
        const Selection after = m_document->selection();
        QCOMPARE(after.scan, 2);
        QCOMPARE(m_document->detail()->positionAt(after.scan, after.step), token);
    }

    void mixerAndDetailChangeTogether()
    {
        open(kVim2, {m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        const MixerId before = m_document->selection().mixer;
        const MixerId wanted = tokenMixer(2, 1, 0);
        QSignalSpy requested(m_document.get(), &InspectionDocument::requestedMixerChanged);
        bool isConsistent = true;
        const auto check = [&] {
            isConsistent = isConsistent && m_document->detail()->record().id == m_document->selection().mixer;
        };
        connect(m_document.get(), &InspectionDocument::detailChanged, this, check);
        connect(m_document.get(), &InspectionDocument::selectionChanged, this, check);
        m_document->requestMixer(wanted);
        QCOMPARE(requested.count(), 1);
        QCOMPARE(m_document->requestedMixer(), wanted);
        QCOMPARE(m_document->selection().mixer, before);  // until its detail is there
        SETTLE(*m_document);
        QCOMPARE(m_document->selection().mixer, wanted);
        QVERIFY(isConsistent);
    }

    void theMixerAskedForLastIsShown()
    {
        open(kVim2, {m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        for (int i = 0; i < 6; ++i)
            m_document->stepMixer(1);
        const MixerId last = m_document->requestedMixer();
        QCOMPARE(last, m_document->trace()->mixers()[6].id);
        SETTLE(*m_document);
        QCOMPARE(m_document->selection().mixer, last);
    }

    void anotherPictureKeepsMixerAndScan()
    {
        open(QStringLiteral("vim2-cross.safetensors"),
             {m_work.picture(QStringLiteral("a.png"), Motif::Disc),
              m_work.picture(QStringLiteral("b.png"), Motif::Checks)});
        m_document->requestMixer(tokenMixer(1, 0, 0));
        SETTLE(*m_document);
        m_document->setScan(2);
        QCOMPARE(m_document->selection().scan, 2);
        const Selection before = m_document->selection();
        const auto trace = m_document->trace();
        m_document->showImage(1);
        SETTLE(*m_document);
        QVERIFY(m_document->trace() != trace);
        QCOMPARE(m_document->selection().mixer, before.mixer);
        QCOMPARE(m_document->selection().scan, 2);
    }

    void mixerChosenWhileAPictureOpensIsKept()
    {
        open(kVim2,
             {m_work.picture(QStringLiteral("a.png"), Motif::Disc),
              m_work.picture(QStringLiteral("b.png"), Motif::Checks)});
        m_document->showImage(1);
        m_document->requestMixer(tokenMixer(3, 0, 0));
        SETTLE(*m_document);
        QCOMPARE(m_document->currentImage(), 1);
        QCOMPARE(m_document->selection().mixer, tokenMixer(3, 0, 0));
        QCOMPARE(m_document->requestedMixer(), tokenMixer(3, 0, 0));
    }

    void anotherModelRunsOnTheShownPicture()
    {
        open(kVim2, {m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        const auto picture = m_document->picture();
        m_document->openModel(fixture(kViqs));
        SETTLE(*m_document);
        QCOMPARE(m_document->session()->config().familyName(), std::string("ViQS"));
        QVERIFY(m_document->trace() != nullptr);
        QCOMPARE(m_document->picture(), picture);
        QCOMPARE(m_document->images()->entry(0).topClass, m_document->trace()->topClasses(1).front());
    }

    void newestPictureWins()
    {
        open(kVim2,
             {m_work.picture(QStringLiteral("a.png"), Motif::Disc),
              m_work.picture(QStringLiteral("b.png"), Motif::Checks),
              m_work.picture(QStringLiteral("c.png"), Motif::Stripes)});
        QSignalSpy pictures(m_document.get(), &InspectionDocument::pictureChanged);
        m_document->showImage(1);
        m_document->showImage(2);
        SETTLE(*m_document);
        QCOMPARE(m_document->currentImage(), 2);
        QCOMPARE(pictures.count(), 1);
    }

    void brokenFilesChangeNothing_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("name");
        QTest::newRow("checkpoint: text") << QByteArray("this is no checkpoint") << QStringLiteral("net.safetensors");
        QTest::newRow("checkpoint: empty") << QByteArray() << QStringLiteral("net.safetensors");
        QTest::newRow("checkpoint: overlong header")
            << QByteArray("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10) << QStringLiteral("net.safetensors");
        QTest::newRow("picture: text") << QByteArray("this is no picture") << QStringLiteral("photo.png");
        QTest::newRow("picture: cut off")
            << QByteArray("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16) << QStringLiteral("photo.png");
    }
    void brokenFilesChangeNothing()
    {
        QFETCH(QByteArray, content);
        QFETCH(QString, name);
        open(kVim2, {m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        const Snapshot before(*m_document);
        QSignalSpy messages(m_document.get(), &InspectionDocument::messageRaised);
        const QString broken = m_work.text(name, content);
        if (looksLikeModel(broken)) {
            QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral(".*")));
            m_document->openModel(broken);
        } else {
            m_document->openPictures({broken});
        }
        SETTLE(*m_document);
        QVERIFY(Snapshot(*m_document) == before);
        QCOMPARE(messages.count(), 1);
        QVERIFY2(messages[0][0].toString().contains(name), qPrintable(messages[0][0].toString()));
        QVERIFY(m_document->warnings().contains(messages[0][0].toString()));
    }

    void goodPicturesOpenBesideBrokenOnes()
    {
        const QString broken = m_work.text(QStringLiteral("0.png"), "broken");
        QSignalSpy messages(m_document.get(), &InspectionDocument::messageRaised);
        m_document->openPictures({broken, m_work.picture(QStringLiteral("a.png"), Motif::Disc),
                                  m_work.text(QStringLiteral("z.png"), "broken too")});
        SETTLE(*m_document);
        QCOMPARE(m_document->picture()->name, QStringLiteral("a.png"));
        QCOMPARE(messages.count(), 1);
        QCOMPARE(m_document->images()->count(), 2);
        QVERIFY(!m_document->images()->entry(1).error.isEmpty());
        const Snapshot before(*m_document);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral(".*")));
        m_document->showImage(1);
        SETTLE(*m_document);
        QVERIFY(Snapshot(*m_document) == before);
    }

    void cancelledOpeningChangesNothing()
    {
        open(kVim2, {m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        const Snapshot before(*m_document);
        QSignalSpy messages(m_document.get(), &InspectionDocument::messageRaised);
        m_document->openModel(fixture(kViqs));
        m_document->openPictures({m_work.picture(QStringLiteral("b.png"), Motif::Checks)});
        m_document->requestMixer(tokenMixer(2, 0, 0));
        m_document->cancel();
        SETTLE(*m_document);
        QVERIFY(Snapshot(*m_document) == before);
        QCOMPARE(m_document->requestedMixer(), before.selection.mixer);
        QCOMPARE(messages.count(), 0);
    }

    void closingDuringWorkIsClean()
    {
        for (int round = 0; round < 5; ++round) {
            m_document = std::make_unique<InspectionDocument>();
            m_document->openModel(fixture(kVim2));
            m_document->openPictures({m_work.picture(QStringLiteral("a.png"), Motif::Disc),
                                      m_work.picture(QStringLiteral("b.png"), Motif::Checks)});
            if (round > 1)
                QTRY_VERIFY_WITH_TIMEOUT(m_document->session() != nullptr, kPatienceMs);
            m_document->openModel(fixture(kViqs));
            m_document.reset();
            QCoreApplication::processEvents();
        }
    }

    void aViewThatComesLateSeesTheState()
    {
        open(kVim2, {m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        m_document->setStep(11);
        FigureView view(QStringLiteral("state"), FigureView::Follow::Rebuild);
        QVERIFY(!view.figure());
        view.setDocument(m_document.get());
        QTRY_VERIFY_WITH_TIMEOUT(view.figure() != nullptr, kPatienceMs);
        QCOMPARE(view.figure()->selection(), m_document->selection());
        Canvas canvas;
        canvas.setDocument(m_document.get());
        QVERIFY(canvas.readoutAt(std::nullopt).contains(QStringLiteral("step 11 of")));
    }

    void stateViewShowsTheStatesOfTheStep()
    {
        open(kVim2, {m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        FigureView view(QStringLiteral("state"), FigureView::Follow::Rebuild);
        view.setDocument(m_document.get());
        SETTLE(*m_document);
        const auto& detail = *m_document->detail();
        for (const int step : {0, 5, 40}) {
            m_document->setStep(step);
            SETTLE(*m_document);
            const int scan = m_document->selection().scan;
            QCOMPARE(view.figure()->array().values, detail.state(scan, 0, detail.laneCount(), step).values);
        }
    }

    void imageListIsAProperModel()
    {
        QAbstractItemModelTester tester(m_document->images(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        open(kVim2,
             {m_work.picture(QStringLiteral("a.png"), Motif::Disc),
              m_work.picture(QStringLiteral("b.png"), Motif::Checks)});
        const QModelIndex second = m_document->images()->index(1);
        QVERIFY(!second.data(ImageListModel::IsCurrentRole).toBool());
        m_document->showImage(1);
        SETTLE(*m_document);
        QVERIFY(second.data(ImageListModel::IsCurrentRole).toBool());
    }

    void playbackReachesTheLastStepAndStops()
    {
        open(kVim2, {m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        Playback playback(m_document.get());
        playback.setStepsPerSecond(1000);
        m_document->setStep(m_document->detail()->positionCount() - 1);
        playback.setPlaying(true);
        QCOMPARE(m_document->selection().step, 0);  // from the end it begins anew
        QTRY_VERIFY(!playback.isPlaying());
        QCOMPARE(m_document->selection().step, m_document->detail()->positionCount() - 1);
        playback.stepBy(-2);
        QCOMPARE(m_document->selection().step, m_document->detail()->positionCount() - 3);
    }

    void hugePicturesAreDrawnFromASmallLevel()
    {
        const auto picture
            = pictureFrom(paintMotif(Motif::Checks, {5000, 3000}), QStringLiteral("large"), CancelToken());
        QCOMPARE(picture->levels.front().size(), QSize(5000, 3000));
        QVERIFY(std::max(picture->levels.back().width(), picture->levels.back().height()) <= 1024);
        QCOMPARE(picture->levelFor(1.0).width(), 5000);
        QCOMPARE(picture->levelFor(0.3).width(), 2500);
        QCOMPARE(picture->levelFor(0.001).width(), picture->levels.back().width());
    }
};

std::unique_ptr<QObject> makeDocumentTest()
{
    return std::make_unique<DocumentTest>();
}

}  // namespace mixer::ui::testing

#include "DocumentTest.moc"
