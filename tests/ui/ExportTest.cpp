// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/Suites.h"
#include "tests/ui/WindowSuite.h"
#include "ui/views/PatchEffectsView.h"
#include "ui/views/RouterView.h"
#include "ui/window/ExportDialog.h"
#include "visualizers/RecipeStore.h"
#include "visualizers/Remake.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QGuiApplication>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QProcess>
#include <QPushButton>
#include <QSpinBox>

namespace mixer::ui::testing {

/// Figures become files through the window: Ctrl+E, the dialog, and the file read back.
class ExportTest : public WindowSuite {
    Q_OBJECT
private:
    ExportDialog* openDialog() { return openExportDialog(*m_window); }

    static int coloursOf(const QImage& image)
    {
        QSet<QRgb> colours;
        for (int y = 0; y < image.height(); y += 7)
            for (int x = 0; x < image.width(); x += 7)
                colours.insert(image.pixel(x, y));
        return static_cast<int>(colours.size());
    }

private Q_SLOTS:
    void initTestCase()
    {
        openWindow({fixture(QStringLiteral("golden/vim2.safetensors")),
                    m_work.picture(QStringLiteral("photo.png"), Motif::Disc)});
        QVERIFY(document().detail() != nullptr);
    }
    void cleanupTestCase() { closeWindow(); }
    void cleanup()
    {
        QTRY_VERIFY(!m_window->findChild<ExportDialog*>());
        QVERIFY2(m_window->message().isEmpty(), qPrintable(m_window->message()));
    }

    void everyFigureBecomesEveryKindOfFile_data()
    {
        QTest::addColumn<QString>("figure");
        QTest::addColumn<QString>("extension");
        for (const QString& figure : vis::figureIds())
            for (const QString& extension : vis::exportExtensions())
                QTest::newRow(qPrintable(figure + QLatin1Char('.') + extension)) << figure << extension;
    }
    void everyFigureBecomesEveryKindOfFile()
    {
        QFETCH(QString, figure);
        QFETCH(QString, extension);
        if (figure == QLatin1String("router-statistics")) {
            m_window->router()->studyButton()->click();
            SETTLE(document());
        }
        if (figure == QLatin1String("patch-effects") && !document().patchEffects()) {
            m_window->openFiles({m_work.picture(QStringLiteral("other.png"), Motif::Checks)});
            SETTLE(document());
            document().showImage(0);
            SETTLE(document());
            m_window->patchEffects()->measureButton()->click();
            SETTLE(document());
        }
        if (vis::isComparison(figure) && !document().pair()) {
            document().compareWithFile(CompareChoice::With::Image,
                                       m_work.picture(QStringLiteral("other.png"), Motif::Stripes));
            QTRY_VERIFY_WITH_TIMEOUT(document().pair(), kPatienceMs);
        }
        ExportDialog* dialog = openDialog();
        QVERIFY(dialog);
        const QString path = m_work.path(figure + QLatin1Char('.') + extension);
        QSignalSpy exported(dialog, &ExportDialog::exported);
        exportThrough(dialog, figure, path);
        QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, kPatienceMs);
        const QByteArray bytes = contentsOf(path);
        if (extension == QLatin1String("png")) {
            const QImage image = QImage::fromData(bytes);
            QCOMPARE(image.width(), 2100);  // 7 inches at 300 dpi
            QVERIFY(coloursOf(image) > 4);
        } else if (extension == QLatin1String("svg")) {
            QVERIFY(bytes.contains("<svg"));
            QVERIFY(bytes.count("<text") > 3);
        } else if (extension == QLatin1String("pdf")) {
            QVERIFY(bytes.startsWith("%PDF-"));
            QVERIFY(bytes.contains("/Font"));
        } else if (extension == QLatin1String("csv")) {
            QVERIFY(bytes.count('\n') >= 5);
            QVERIFY(bytes.left(bytes.indexOf('\n')).contains(','));
        } else if (extension == QLatin1String("json")) {
            QVERIFY(QJsonDocument::fromJson(bytes).isObject());
            QVERIFY(!QJsonDocument::fromJson(bytes).object().isEmpty());
        } else {
            QVERIFY(bytes.startsWith("\x93NUMPY"));
        }
    }

    void predictionsInTheFileAreThoseOfTheDocument()
    {
        ExportDialog* dialog = openDialog();
        QVERIFY(dialog);
        const QString path = m_work.path(QStringLiteral("numbers.npy"));
        QSignalSpy exported(dialog, &ExportDialog::exported);
        exportThrough(dialog, QStringLiteral("predictions"), path);
        QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, kPatienceMs);
        const QByteArray bytes = contentsOf(path);
        const std::vector<float>& logits = document().trace()->logits();
        const auto size = static_cast<qsizetype>(logits.size() * sizeof(float));
        QVERIFY(bytes.size() > size);
        QCOMPARE(std::memcmp(bytes.constData() + bytes.size() - size, logits.data(), static_cast<std::size_t>(size)),
                 0);
    }

    /// The command line makes the window's figure again, byte for byte.
    void aFigureCarriesItsRecipe_data()
    {
        QTest::addColumn<QString>("file");
        for (const char* file : {"gates.pdf", "scan-path.png", "state.svg", "predictions.svg", "routing.json"})
            QTest::newRow(file) << QString::fromLatin1(file);
    }
    void aFigureCarriesItsRecipe()
    {
        QFETCH(QString, file);
        document().setStep(7);
        vis::FigureOptions view = document().viewSettings().figure;
        view.overlay = vis::OverlayQuantity::MeanGate;
        view.colorMap = vis::ColorMapId::Magma;
        document().setFigureOptions(view);
        ExportDialog* dialog = openDialog();
        QVERIFY(dialog);
        const QString path = m_work.path(QStringLiteral("with-recipe-") + file);
        QSignalSpy exported(dialog, &ExportDialog::exported);
        exportThrough(dialog, file.section(QLatin1Char('.'), 0, 0), path);
        QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, kPatienceMs);
        const vis::FigureRecipe recipe = vis::FigureRecipe::fromJson(vis::recipeIn(path), path.toStdString());
        QCOMPARE(recipe.request.selection.step, 7);
        const vis::Remade made = vis::remake(recipe, path, {}, QCoreApplication::applicationVersion());
        QVERIFY2(made.warnings.isEmpty(), qPrintable(made.warnings.join(QLatin1Char('\n'))));
        const QString again = m_work.path(QStringLiteral("again-") + file);
        vis::exportFigure(*made.figure, again, made.recipe.page, made.recipe.toJson());
        QVERIFY(contentsOf(again) == contentsOf(path));
    }

    /// The same in another process, as a reader of the paper does it.
    void theCommandLineMakesTheWindowsFigureAgain_data()
    {
        QTest::addColumn<QString>("file");
        for (const char* file : {"gates.pdf", "attention.svg", "scan-path.gif"})
            QTest::newRow(file) << QString::fromLatin1(file);
    }
    void theCommandLineMakesTheWindowsFigureAgain()
    {
        QFETCH(QString, file);
        ForceScans forced;
        forced.scans = {document().trace()->find(document().selection().mixer)->routing.scans.back()};
        document().setInterventions({{{forced, {document().selection().mixer}, true}}}, QStringLiteral("Force a scan"));
        SETTLE(document());
        QVERIFY(document().trace() != document().baseline());
        ExportDialog* dialog = openDialog();
        QVERIFY(dialog);
        const QString path = m_work.path(QStringLiteral("forced-") + file);
        QSignalSpy exported(dialog, &ExportDialog::exported);
        exportThrough(dialog, file.section(QLatin1Char('.'), 0, 0), path);
        QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, kPatienceMs);
        QVERIFY(vis::recipeIn(path).find("force-scans") != std::string::npos);
        const QString again = m_work.path(QStringLiteral("forced-again-") + file);
        QProcess program;
        program.start(QStringLiteral(MIXERSCOPE_PROGRAM),
                      {QStringLiteral("export"), QStringLiteral("--recipe"), path, QStringLiteral("-o"), again});
        QVERIFY(program.waitForFinished(kPatienceMs));
        QVERIFY2(program.exitCode() == 0, program.readAllStandardError());
        QVERIFY(!contentsOf(again).isEmpty());
        QVERIFY(contentsOf(again) == contentsOf(path));
        document().setInterventions({}, QStringLiteral("Nothing"));
        SETTLE(document());
    }

    void onlyTheScanMoves()
    {
        ExportDialog* dialog = openDialog();
        QVERIFY(dialog);
        auto* figure = dialog->findChild<QComboBox*>(QStringLiteral("exportFigureCombo"));
        auto* format = dialog->findChild<QComboBox*>(QStringLiteral("exportFormatCombo"));
        auto* dpi = dialog->findChild<QSpinBox*>();
        figure->setCurrentIndex(figure->findData(QStringLiteral("gates")));
        QCOMPARE(format->findData(QStringLiteral("gif")), -1);
        figure->setCurrentIndex(figure->findData(QStringLiteral("scan-path")));
        dpi->setValue(600);
        format->setCurrentIndex(format->findData(QStringLiteral("gif")));
        QCOMPARE(dpi->value(), 100);
        QVERIFY(dialog->findChild<QLineEdit*>(QStringLiteral("exportPath"))->text().endsWith(QStringLiteral(".gif")));
        figure->setCurrentIndex(figure->findData(QStringLiteral("gates")));
        QCOMPARE(format->currentData().toString(), QStringLiteral("png"));
        QCOMPARE(dpi->value(), 600);
        dialog->close();
    }

    void aRecipeCanBeLeftOut()
    {
        ExportDialog* dialog = openDialog();
        QVERIFY(dialog);
        auto* box = dialog->findChild<QCheckBox*>(QStringLiteral("exportRecipe"));
        QVERIFY(box->isEnabled() && box->isChecked());
        box->click();
        const QString path = m_work.path(QStringLiteral("plain.svg"));
        QSignalSpy exported(dialog, &ExportDialog::exported);
        exportThrough(dialog, QStringLiteral("routing"), path);
        QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, kPatienceMs);
        QVERIFY(!contentsOf(path).contains("sha256"));
        QVERIFY(!contentsOf(path).isEmpty());
    }

    void anExistingFileIsReplacedOnlyAfterASecondClick()
    {
        const QString path = m_work.text(QStringLiteral("taken.csv"), "precious");
        ExportDialog* dialog = openDialog();
        QVERIFY(dialog);
        exportThrough(dialog, QStringLiteral("routing"), path);
        QCOMPARE(contentsOf(path), QByteArray("precious"));
        auto* button = dialog->findChild<QPushButton*>(QStringLiteral("exportButton"));
        QCOMPARE(button->text(), QStringLiteral("Replace"));
        QSignalSpy exported(dialog, &ExportDialog::exported);
        QTest::mouseClick(button, Qt::LeftButton);
        QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, kPatienceMs);
        QVERIFY(contentsOf(path) != QByteArray("precious"));
    }

    void whereNothingCanBeWrittenTheDialogSaysSo()
    {
        ExportDialog* dialog = openDialog();
        QVERIFY(dialog);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QStringLiteral(".*")));
        exportThrough(dialog, QStringLiteral("gates"), m_work.path(QStringLiteral("missing/folder/x.png")));
        auto* problem = dialog->findChild<QLabel*>(QStringLiteral("exportProblem"));
        QTRY_VERIFY_WITH_TIMEOUT(problem->isVisible(), kPatienceMs);
        QVERIFY(problem->text().contains(QStringLiteral("x.png")));
        QVERIFY(dialog->isVisible());
        dialog->close();
    }

    void copyPutsThePictureOnTheClipboard()
    {
        QGuiApplication::clipboard()->clear();
        m_window->copyFigure(QStringLiteral("routing"));
        QTRY_VERIFY_WITH_TIMEOUT(!QGuiApplication::clipboard()->image().isNull(), kPatienceMs);
        QVERIFY(coloursOf(QGuiApplication::clipboard()->image()) > 4);
        // And every other kind, each the bytes of the file that export would write, with its recipe.
        const QMimeData* data = QGuiApplication::clipboard()->mimeData();
        QVERIFY(data->data(QStringLiteral("image/svg+xml")).contains("<svg"));
        QVERIFY(data->data(QStringLiteral("image/svg+xml")).contains("mixerscope:recipe"));
        QVERIFY(data->data(QStringLiteral("application/pdf")).startsWith("%PDF-"));
        QVERIFY(data->data(QStringLiteral("text/csv")).startsWith("mixer,"));
        QVERIFY(data->data(QStringLiteral("application/json")).contains("\"rows\""));
        QVERIFY2(!data->hasText(), "programs that prefer text to pictures would paste a table");
    }
};

std::unique_ptr<QObject> makeExportTest()
{
    return std::make_unique<ExportTest>();
}

}  // namespace mixer::ui::testing

#include "ExportTest.moc"
