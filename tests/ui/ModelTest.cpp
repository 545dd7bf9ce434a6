// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/Suites.h"
#include "tests/ui/WindowSuite.h"
#include "ui/views/ModelView.h"

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>

namespace mixer::ui::testing {

namespace {

const QString kPlain = QStringLiteral("golden/vim2.safetensors");
const QString kWrapped = QStringLiteral("pth/viqs-cross.torch1.zip.pth");

}  // namespace

/// The receipt of a checkpoint, and what a person may say instead of its configuration.
class ModelTest : public WindowSuite {
    Q_OBJECT
private:
    void open(const QString& model)
    {
        m_window->openFiles({fixture(model), m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
        SETTLE(document());
        QVERIFY(document().detail() != nullptr);
    }
    /// The dialog that the badge of the model view leads to.
    QDialog* follow(const char* badge, const char* dialog)
    {
        auto* label = child<QLabel>(badge);
        Q_EMIT label->linkActivated(QStringLiteral("#"));
        return child<QDialog>(dialog);
    }
    QDialog* inputDialog()
    {
        child<QAction>("inputAndLabels")->trigger();
        return child<QDialog>("inputDialog");
    }
    QString text(QTableView* table, int row, int column)
    {
        return table->model()->index(row, column).data().toString();
    }

private Q_SLOTS:
    void init() { openWindow(); }
    void cleanup() { closeWindow(); }

    void thereIsNoReceiptWithoutAModel()
    {
        QVERIFY(!child<QLabel>("receiptBadge")->isVisible());
        child<QAction>("loadReceipt")->trigger();
        child<QAction>("inputAndLabels")->trigger();
        QVERIFY(!child<QDialog>("receiptDialog"));
        QVERIFY(!child<QDialog>("inputDialog"));
    }

    void theBadgeSaysThatAllIsWell()
    {
        open(kPlain);
        const auto count = document().session()->receipt().tensors.size();
        auto* badge = child<QLabel>("receiptBadge");
        QVERIFY(badge->isVisible());
        QVERIFY2(badge->text().contains(QStringLiteral("✓"))
                     && badge->text().contains(QStringLiteral("all %1 tensors used").arg(count)),
                 qPrintable(badge->text()));
        QVERIFY(!child<QLabel>("overridesBadge")->isVisible());
    }

    void theTableSortsAndFilters()
    {
        open(kWrapped);
        const LoadReceipt& receipt = document().session()->receipt();
        QVERIFY(child<QLabel>("receiptBadge")->text().contains(QStringLiteral("⚠")));
        QDialog* dialog = follow("receiptBadge", "receiptDialog");
        QVERIFY(dialog);
        auto* table = dialog->findChild<QTableView*>(QStringLiteral("receiptTable"));
        QCOMPARE(table->model()->rowCount(), static_cast<int>(receipt.tensors.size()));
        QCOMPARE(text(table, 0, 1), QString::fromStdString(receipt.tensors[0].name));
        QCOMPARE(text(table, 0, 0), QStringLiteral("renamed"));
        QCOMPARE(text(table, 0, 4), QString::fromStdString(receipt.tensors[0].target));
        QVERIFY(text(table, 0, 5).contains(QStringLiteral("prefix 'module.' stripped")));

        table->sortByColumn(3, Qt::DescendingOrder);  // by elements, not by text
        double before = std::numeric_limits<double>::max();
        for (int row = 0; row < table->model()->rowCount(); ++row) {
            const double elements = table->model()->index(row, 3).data(Qt::UserRole).toDouble();
            QVERIFY(elements <= before);
            before = elements;
        }
        auto* filter = dialog->findChild<QLineEdit*>(QStringLiteral("receiptFilter"));
        QTest::keyClicks(filter, QStringLiteral("HEAD.fc"));
        QCOMPARE(table->model()->rowCount(), 2);
        filter->clear();
        QTest::keyClicks(filter, QStringLiteral("unused"));
        QCOMPARE(table->model()->rowCount(), 0);
        dialog->close();
        QTRY_VERIFY(!child<QDialog>("receiptDialog"));
    }

    void anotherSizeRunsAtOnceAndStaysVisible()
    {
        open(kPlain);
        const PreprocessOptions configured = document().session()->configuredPreprocessing();
        QDialog* dialog = inputDialog();
        QVERIFY(dialog);
        auto* height = dialog->findChild<QSpinBox*>(QStringLiteral("inputHeight"));
        QCOMPARE(height->value(), configured.height);
        height->setValue(configured.height + 8);
        dialog->findChild<QDoubleSpinBox*>(QStringLiteral("inputMeanG"))->setValue(0.25);
        dialog->accept();
        SETTLE(document());
        QCOMPARE(document().trace()->geometry().inputHeight, configured.height + 8);
        QCOMPARE(document().trace()->geometry().inputWidth, configured.width);
        QCOMPARE(document().session()->preprocessDifferences().size(), std::size_t{2});
        auto* badge = child<QLabel>("overridesBadge");
        QVERIFY(badge->isVisible());
        QVERIFY2(badge->text().contains(QStringLiteral("size %1").arg(configured.height + 8)),
                 qPrintable(badge->text()));
        QVERIFY(document().figureContext().preprocessing.join(QLatin1Char(' ')).contains(QStringLiteral("mean")));

        // Back to the configuration by one button; nothing but that is left.
        dialog = follow("overridesBadge", "inputDialog");
        QVERIFY(dialog);
        dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::RestoreDefaults)->click();
        dialog->accept();
        SETTLE(document());
        QVERIFY(document().session()->preprocessDifferences().empty());
        QVERIFY(!badge->isVisible());
    }

    void okWithoutAChangeOverridesNothing()
    {
        open(kPlain);
        QDialog* dialog = inputDialog();
        dialog->accept();
        SETTLE(document());
        QVERIFY(document().session()->preprocessDifferences().empty());
    }

    void labelsComeFromAFileAndStayWithTheirModel()
    {
        open(kPlain);
        QByteArray names;
        for (int i = 0; i < document().session()->config().numClasses; ++i)
            names += "thing " + QByteArray::number(i) + '\n';
        const QString file = m_work.text(QStringLiteral("things.txt"), names);
        QDialog* dialog = inputDialog();
        dialog->findChild<QLineEdit*>(QStringLiteral("inputLabels"))->setText(file);
        dialog->accept();
        SETTLE(document());
        QCOMPARE(QString::fromStdString(document().session()->config().label(1)), QStringLiteral("thing 1"));

        // A file that does not fit leaves everything as it was.
        const auto before = document().session();
        dialog = inputDialog();
        dialog->findChild<QLineEdit*>(QStringLiteral("inputLabels"))
            ->setText(m_work.text(QStringLiteral("few.txt"), "one\n"));
        dialog->accept();
        SETTLE(document());
        QCOMPARE(document().session(), before);
        QVERIFY2(m_window->message().contains(QStringLiteral("few.txt")), qPrintable(m_window->message()));
        QVERIFY(document().sessionOptions().labels == file.toStdString());

        m_window->openFiles({fixture(kWrapped)});
        SETTLE(document());
        QVERIFY(document().sessionOptions().labels.empty());
        QVERIFY(document().session() != before);
    }
};

std::unique_ptr<QObject> makeModelTest()
{
    return std::make_unique<ModelTest>();
}

}  // namespace mixer::ui::testing

#include "ModelTest.moc"
