// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/Language.h"
#include "engine/checkpoint/LoadReceipt.h"
#include "tests/ui/Suites.h"
#include "tests/ui/WindowSuite.h"
#include "ui/Glossary.h"
#include "ui/Settings.h"
#include "ui/Translate.h"
#include "ui/document/EditText.h"
#include "ui/document/FigureOutput.h"
#include "ui/document/ReceiptText.h"
#include "visualizers/AttributionMaps.h"
#include "visualizers/NamedFigures.h"

#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QDockWidget>
#include <QHeaderView>
#include <QLabel>
#include <QMenuBar>
#include <QTreeWidget>
#include <QXmlStreamReader>

namespace mixer::ui::testing {

namespace {

const QString kChinese = QStringLiteral("zh_CN");

bool isHan(QChar c)
{
    return c.script() == QChar::Script_Han;
}

bool hasHan(const QString& text)
{
    return std::any_of(text.begin(), text.end(), isHan);
}

QStringList matches(const QString& text, const char* pattern)
{
    static QHash<QString, QRegularExpression> known;
    QRegularExpression& expression = known[QLatin1String(pattern)];
    if (expression.pattern().isEmpty())
        expression = QRegularExpression(QLatin1String(pattern));
    QStringList found;
    for (auto all = expression.globalMatch(text); all.hasNext();)
        found << all.next().captured();
    found.sort();
    return found;
}

/// What a translation must have in common with its source; empty: it has.
QString mismatch(const QString& source, const QString& translation)
{
    for (const char* part : {"%L?[0-9]+|%n", "</?\\w+", "&\\w", "\\(\\*[^)]*\\)", ";;", "…$", "^ | $", "\n"}) {
        QStringList wanted = matches(source, part), found = matches(translation, part);
        for (QStringList* list : {&wanted, &found})
            for (QString& item : *list)
                item = item.toUpper();
        wanted.sort();
        found.sort();
        // Punctuation of Chinese needs no space after it.
        if (wanted != found && !(QLatin1String(part) == QLatin1String("^ | $") && source.endsWith(u' ')))
            return QStringLiteral("%1: %2 | %3").arg(QLatin1String(part), source, translation);
    }
    return translation.trimmed().isEmpty() && !source.trimmed().isEmpty() ? QStringLiteral("empty: ") + source
                                                                          : QString();
}

/// Words of ours or of the field that are the same in every language, and names.
bool isForeign(const QString& text)
{
    QString rest = text;
    rest.remove(QRegularExpression(QStringLiteral("<[^>]*>|&\\w+;")));
    rest.remove(QRegularExpression(QStringLiteral("[\\w./-]+\\.(safetensors|png|md|pdf|svg)")));
    static const QRegularExpression known(QStringLiteral(
        "\\b(viridis|magma|cividis|logit|Grad-CAM|SiLU|dpi|px|ms|kB|MB|GB|MixerScope|English|Ctrl|Shift|Alt|Esc|Home|"
        "End|Del|PNG|SVG|PDF|CSV|JSON|NPY|GIF|MP4|CPU|float32|ViM2|ViQS|top|class|vim2|golden|F\\d+)\\b"));
    rest.remove(known);
    return !hasHan(text) && rest.contains(QRegularExpression(QStringLiteral("[A-Za-z]{3,}")));
}

void collect(const QString& where, const QString& text, QStringList* foreign)
{
    if (isForeign(text))
        *foreign << where + QStringLiteral(": ") + text;
}

/// Every word that a person can see on, under or by hovering a widget.
void collectFrom(const QWidget& root, const QStringList& names, QStringList* foreign)
{
    const auto add = [&](const QWidget* widget, const QString& text) {
        if (!names.contains(text.trimmed()))
            collect(QString::fromLatin1(widget->metaObject()->className()) + QLatin1Char(' ') + widget->objectName(),
                    text, foreign);
    };
    QList<const QWidget*> widgets = {&root};
    for (const QWidget* child : root.findChildren<QWidget*>())
        widgets << child;
    for (const QWidget* widget : widgets) {
        add(widget, widget->toolTip());
        add(widget, widget->accessibleName());
        add(widget, widget->windowTitle());
        if (const auto* label = qobject_cast<const QLabel*>(widget))
            add(widget, label->text());
        if (const auto* button = qobject_cast<const QAbstractButton*>(widget))
            add(widget, button->text());
        if (const auto* combo = qobject_cast<const QComboBox*>(widget))
            for (int i = 0; i < combo->count(); ++i)
                add(widget, combo->itemText(i));
        if (const auto* header = qobject_cast<const QHeaderView*>(widget); header && header->model())
            for (int i = 0; i < header->count(); ++i)
                add(widget, header->model()->headerData(i, header->orientation()).toString());
    }
}

}  // namespace

/// The window in another language than English: complete, and figures in files as they were.
class LanguageTest : public WindowSuite {
    Q_OBJECT
private:
    void openNet()
    {
        openWindow(
            {fixture(QStringLiteral("golden/vim2.safetensors")), m_work.picture(QStringLiteral("a.png"), Motif::Disc)});
    }
    QStringList names()
    {
        QStringList list = {QStringLiteral("a.png")};
        for (int i = 0; i < static_cast<int>(document().trace()->logits().size()); ++i)
            list << QString::fromStdString(document().session()->config().label(i));
        for (const auto& scan : document().detail()->record().routing.scans)
            list << QString::fromStdString(scan);
        return list;
    }
    QByteArray exported(const QString& figure, const QString& name)
    {
        const QString path = m_work.path(name);
        QFile::remove(path);
        QString problem = QStringLiteral("nothing came");
        exportFigureOf(document(), figure, path, {}, Recipe::Kept, [&](const QString& said) { problem = said; });
        (void)QTest::qWaitFor([&] { return document().worker().isIdle(); }, kPatienceMs);
        QFile file(path);
        return problem.isEmpty() && file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private Q_SLOTS:
    void cleanup()
    {
        m_window.reset();
        speak(QStringLiteral("en"));
        Settings().setLanguage(QString());
    }

    void translationsKeepWhatMustStay()
    {
        QFile file(QStringLiteral(MIXER_TRANSLATIONS "/mixerscope_zh_CN.ts"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QXmlStreamReader xml(&file);
        QString source;
        int count = 0;
        QStringList wrong;
        while (!xml.atEnd()) {
            if (xml.readNext() != QXmlStreamReader::StartElement)
                continue;
            if (xml.name() == QLatin1String("source"))
                source = xml.readElementText();
            if (xml.name() == QLatin1String("translation")) {
                QVERIFY2(!xml.attributes().hasAttribute(QStringLiteral("type")), qPrintable(source));
                QString text = xml.readElementText(QXmlStreamReader::IncludeChildElements);
                if (source.contains(QLatin1String("%n")))
                    text = text.trimmed();
                ++count;
                if (const QString problem = mismatch(source, text); !problem.isEmpty())
                    wrong << problem;
            }
        }
        QVERIFY(!xml.hasError());
        QVERIFY(count > 800);
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join(QLatin1Char('\n'))));
    }

    void systemLanguageIsTheFirstThatIsSpoken()
    {
        const QString english = QStringLiteral("en");
        const auto chosen = [](const char* list) { return languageFor(QString::fromLatin1(list).split(u' ')); };
        QCOMPARE(chosen("zh-Hans-CN zh-CN zh"), kChinese);
        QCOMPARE(chosen("zh"), kChinese);
        QCOMPARE(chosen("zh-SG"), kChinese);
        QCOMPARE(chosen("de-DE zh-CN"), kChinese);
        QCOMPARE(chosen("en-US zh-CN"), english);
        QCOMPARE(chosen("zh-Hant-TW zh-TW zh"), english);
        QCOMPARE(chosen("de-DE de"), english);
        QCOMPARE(chosen("C"), english);
    }

    void nothingInTheWindowStaysEnglish()
    {
        speak(kChinese);
        QCOMPARE(spokenLanguage(), kChinese);
        openNet();
        SETTLE(document());
        QVERIFY(document().detail() != nullptr);
        QStringList foreign;
        for (const QDockWidget* dock : m_window->findChildren<QDockWidget*>())
            QVERIFY2(hasHan(dock->windowTitle()), qPrintable(dock->objectName()));
        for (const QAction* action : m_window->menuBar()->actions())
            QVERIFY2(hasHan(action->text()), qPrintable(action->text()));
        for (const QAction* action : m_window->findChildren<QAction*>()) {
            collect(action->objectName(), action->text(), &foreign);
            collect(action->objectName(), action->toolTip(), &foreign);
        }
        collectFrom(*m_window, names(), &foreign);
        for (const char* name : {"preferences", "memoryPlan", "inputAndLabels", "loadReceipt", "exportFigure",
                                 "shortcuts", "commandSearch"}) {
            auto* action = m_window->findChild<QAction*>(QLatin1String(name));
            QVERIFY2(action, name);
            action->trigger();
            for (QDialog* dialog : m_window->findChildren<QDialog*>()) {
                if (!dialog->isVisible())
                    continue;
                collectFrom(*dialog, names(), &foreign);
                dialog->close();
            }
            QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        }
        foreign.removeDuplicates();
        QVERIFY2(foreign.isEmpty(), qPrintable(foreign.join(QLatin1Char('\n'))));
        for (const Term term : allTerms())
            QVERIFY2(hasHan(definition(term)), qPrintable(word(term)));
    }

    void nothingIsCutOff()
    {
        speak(kChinese);
        openNet();
        SETTLE(document());
        QStringList cut;
        for (QDockWidget* dock : m_window->findChildren<QDockWidget*>()) {
            dock->show();
            dock->raise();
            QCoreApplication::processEvents();
            for (const auto* widget : dock->findChildren<QWidget*>()) {
                const auto* button = qobject_cast<const QAbstractButton*>(widget);
                const auto* combo = qobject_cast<const QComboBox*>(widget);
                const QString text = button ? button->text() : combo ? combo->currentText() : QString();
                if (!text.isEmpty() && !widget->visibleRegion().isEmpty()
                    && widget->width() < widget->minimumSizeHint().width())
                    cut << dock->windowTitle() + u' ' + text;
            }
        }
        QVERIFY2(cut.isEmpty(), qPrintable(cut.join(QLatin1Char('\n'))));
    }

    void figuresInFilesAreTheSameBytes()
    {
        const QStringList figures = {QStringLiteral("gates"), QStringLiteral("routing"), QStringLiteral("predictions"),
                                     QStringLiteral("scan-path"), QStringLiteral("state")};
        QHash<QString, QByteArray> english;
        for (const QString& language : {QStringLiteral("en"), kChinese}) {
            speak(language);
            openNet();
            SETTLE(document());
            for (const QString& figure : figures) {
                const QByteArray file = exported(figure, figure + QStringLiteral(".svg"));
                QVERIFY2(!file.isEmpty(), qPrintable(figure));
                if (language != kChinese)
                    english[figure] = file;
                else
                    QVERIFY2(file == english[figure], qPrintable(figure));
            }
            if (language != kChinese)
                m_window.reset();
        }
        // On the screen they are in the language of the window.
        vis::FigureContext context = document().figureContext();
        QVERIFY(hasHan(vis::makeFigure(QStringLiteral("gates"), context)->title()));
        // What was computed in one language is told in the other.
        vis::AttributionRequest request;
        request.method = vis::AttributionMethod::GradientTimesInput;
        context.attribution = vis::makeAttributionMap(*document().trace(), document().session()->config(), request);
        context.options.overlay = vis::OverlayQuantity::Attribution;
        QVERIFY(hasHan(context.attribution->method));
        const EnglishFigures files;
        QVERIFY(!hasHan(vis::makeFigure(QStringLiteral("scan-path"), context)->caption()));
    }

    void editsAndReceiptsSayWhatTheEngineSays()
    {
        speak(QStringLiteral("en"));
        const MixerId mixer = MixerId::parse("stages.0.blocks.0.token_mixers.0");
        TokenMask painted{2, 2, {0, 3}};
        const std::vector<Change> changes = {ForceScans{{"row", "spiral"}},
                                             ForbidScans{{"row"}},
                                             WeighScan{"row", 0.12345678},
                                             ReplaceOrder{"row", "spiral", 0, 0, {}},
                                             ReplaceOrder{"", "", 1, 1, {0}},
                                             HoldChannels{{3}, HoldChannels::At::Zero, 1},
                                             HoldChannels{{1, 2}, HoldChannels::At::Mean, 1},
                                             HoldChannels{{1, 2, 3, 4, 5, 6}, HoldChannels::At::Factor, 2.5},
                                             ScaleDelta{0.5, "", {}, {}},
                                             ScaleDelta{4, "row", {7}, painted},
                                             SkipMixer{},
                                             SetMixWeight{1, SetMixWeight::Matrix::Theta, 2, 3, -0.5},
                                             PatchOutput{"/x/y.png", painted},
                                             PatchState{"/x/y.png", "row", 4}};
        for (const Change& change : changes)
            for (const std::vector<MixerId>& mixers :
                 {std::vector<MixerId>{}, std::vector<MixerId>{mixer}, std::vector<MixerId>{mixer, mixer}}) {
                const Edit edit{change, mixers, true};
                QCOMPARE(editText(edit), QString::fromStdString(edit.description()));
            }
        LoadReceipt receipt;
        for (const TensorUse use : {TensorUse::Used, TensorUse::Unused, TensorUse::Used, TensorUse::Renamed}) {
            TensorReceipt line;
            line.use = use;
            receipt.tensors.push_back(line);
            QCOMPARE(receiptSummary(receipt), QString::fromStdString(receipt.summary()));
        }
        QCOMPARE(withoutMnemonic(QStringLiteral("打开(&O)…")), QStringLiteral("打开…"));
        QCOMPARE(withoutMnemonic(QStringLiteral("&Actual pixels (1:1)")), QStringLiteral("Actual pixels (1:1)"));
        QCOMPARE(engineText(QStringLiteral("image 3 of 20")), QStringLiteral("image 3 of 20"));
        speak(kChinese);
        for (const Change& change : changes)
            QVERIFY(hasHan(editText({change, {mixer}, true})));
        QVERIFY(hasHan(receiptSummary(receipt)));
        const QString progress = engineText(QStringLiteral("image 3 of 20"));
        QVERIFY(hasHan(progress) && progress.contains(u'3') && progress.contains(QLatin1String("20")));
        QCOMPARE(engineText(QStringLiteral("stage1.block2")), QStringLiteral("stage1.block2"));
    }

    void theChoiceIsKept()
    {
        openNet();
        m_window->findChild<QAction*>(QStringLiteral("preferences"))->trigger();
        auto* combo = m_window->findChild<QComboBox*>(QStringLiteral("preferredLanguage"));
        auto* note = m_window->findChild<QLabel*>(QStringLiteral("languageNote"));
        QVERIFY(combo && note);
        QCOMPARE(combo->currentData().toString(), QString());
        const int line = combo->findText(QStringLiteral("简体中文"));
        QVERIFY(line > 0);
        combo->setFocus();
        while (combo->currentIndex() < line)
            QTest::keyClick(combo, Qt::Key_Down);
        QCOMPARE(Settings().language(), kChinese);
        QVERIFY(note->isVisible());
        SETTLE(document());
        QSettings(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("mixerscope"),
                  QStringLiteral("mixerscope"))
            .setValue(QStringLiteral("window/language"), QStringLiteral("../tlh"));
        QCOMPARE(Settings().language(), QString());
    }
};

std::unique_ptr<QObject> makeLanguageTest()
{
    return std::make_unique<LanguageTest>();
}

}  // namespace mixer::ui::testing

#include "LanguageTest.moc"
