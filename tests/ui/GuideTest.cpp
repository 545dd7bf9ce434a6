// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/Suites.h"
#include "tests/ui/WindowSuite.h"
#include "ui/guide/GuidePage.h"
#include "ui/guide/GuideWindow.h"
#include "ui/views/Canvas.h"
#include "ui/views/ChannelsView.h"
#include "ui/views/FigureView.h"
#include "ui/window/HelpCommands.h"

#include <QAction>
#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QFileInfo>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMenuBar>
#include <QProcess>
#include <QRegularExpression>
#include <QScrollBar>
#include <QShortcut>
#include <QTemporaryDir>
#include <QTreeWidget>

namespace mixer::ui::testing {

namespace {

/// One Markdown file, its code blocks apart from the rest.
struct Page {
    QString path;
    QString text;       ///< without code blocks
    QStringList code;   ///< lines of code blocks, those that end in a backslash joined with the next
    QStringList spans;  ///< `inline code`
};

Page read(const QString& path)
{
    Page page{path, {}, {}, {}};
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return page;
    bool isCode = false;
    const QStringList lines = QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'));
    for (const QString& line : lines) {
        if (line.startsWith(QLatin1String("```")))
            isCode = !isCode;
        else if (!isCode)
            page.text += line + QLatin1Char('\n');
        else if (!page.code.isEmpty() && page.code.last().endsWith(QLatin1Char('\\')))
            page.code.last() = page.code.last().chopped(1) + line;
        else
            page.code << line;
    }
    static const QRegularExpression span(QStringLiteral("`([^`\n]+)`"));
    for (auto it = span.globalMatch(page.text); it.hasNext();)
        page.spans << it.next().captured(1);
    return page;
}

QList<Page> pages()
{
    QList<Page> all;
    const QDir folder(Guide::defaultFolder());
    const QStringList languages = folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString& language : languages) {
        const QDir chapters(folder.filePath(language));
        const QStringList names = chapters.entryList({QStringLiteral("*.md")}, QDir::Files);
        for (const QString& name : names)
            all << read(chapters.filePath(name));
    }
    all << read(folder.filePath(QStringLiteral("README.md")));
    return all;
}

struct Link {
    QString target;
    QString fragment;
};

QList<Link> linksOf(const Page& page)
{
    static const QRegularExpression link(QStringLiteral("\\]\\(([^)#]*)#?([^)]*)\\)"));
    QList<Link> links;
    for (auto it = link.globalMatch(page.text); it.hasNext();) {
        const auto found = it.next();
        if (!found.captured(1).startsWith(QLatin1String("http")))
            links.append({found.captured(1), found.captured(2)});
    }
    return links;
}

QStringList anchorsOf(const Page& page)
{
    static const QRegularExpression heading(QStringLiteral("^#+\\s+(.+)$"), QRegularExpression::MultilineOption);
    QStringList anchors;
    for (auto it = heading.globalMatch(page.text); it.hasNext();)
        anchors << Guide::anchorOf(it.next().captured(1));
    return anchors;
}

}  // namespace

/// What the guide says exists: its files, the links between them, the options, keys and menus that it names. And the
/// window that shows it.
class GuideTest : public WindowSuite {
    Q_OBJECT
private:
    QList<Page> m_pages;

    GuideWindow* guide() { return m_window->help().guide(); }
    void press(QWidget* widget, Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        widget->window()->activateWindow();
        QVERIFY2(QTest::qWaitForWindowActive(widget->window()), qPrintable(widget->objectName()));
        widget->setFocus();
        QTest::keyClick(widget, key, modifiers);
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_pages = pages();
        QVERIFY(m_pages.size() > 20);
        openWindow();
    }
    void cleanupTestCase() { closeWindow(); }

    void theContentsNameEveryChapter()
    {
        for (const Page& page : qAsConst(m_pages)) {
            const QFileInfo file(page.path);
            QVERIFY2(page.text.startsWith(QLatin1String("# ")), qPrintable(page.path));
            if (file.baseName() == QLatin1String("README"))
                continue;
            const Guide guide(Guide::defaultFolder(), file.dir().dirName());
            QVERIFY2(guide.has(file.baseName()), qPrintable(page.path));
        }
        const Guide english(Guide::defaultFolder(), QStringLiteral("en"));
        QCOMPARE(english.chapters().front().name, QStringLiteral("first-minute"));
        for (const Guide::Chapter& chapter : english.chapters()) {
            QVERIFY2(!english.path(chapter.name).isEmpty(), qPrintable(chapter.name));
            QVERIFY2(!chapter.part.isEmpty(), qPrintable(chapter.name));
        }
    }

    void linksAndPicturesResolve()
    {
        QStringList pictures;
        for (const Page& page : qAsConst(m_pages)) {
            const QList<Link> links = linksOf(page);
            for (const Link& link : links) {
                const QString target = link.target.isEmpty()
                    ? page.path
                    : QDir::cleanPath(QFileInfo(page.path).dir().filePath(link.target));
                QVERIFY2(QFileInfo::exists(target), qPrintable(page.path + QStringLiteral(": ") + link.target));
                if (!link.fragment.isEmpty())
                    QVERIFY2(anchorsOf(read(target)).contains(link.fragment),
                             qPrintable(page.path + QStringLiteral(": #") + link.fragment));
                pictures << QFileInfo(target).fileName();
            }
        }
        const QDir images(Guide::defaultFolder() + QStringLiteral("/images"));
        const QFileInfoList files = images.entryInfoList(QDir::Files);
        qint64 bytes = 0;
        for (const QFileInfo& file : files) {
            QVERIFY2(pictures.contains(file.fileName()), qPrintable(file.fileName()));
            bytes += file.size();
        }
        QVERIFY2(bytes < 3'000'000, qPrintable(QString::number(bytes)));
    }

    /// Every option behind `mixerscope COMMAND` is in that command's --help, and every other in some command's.
    void optionsExist()
    {
        const QString program = QStringLiteral(MIXERSCOPE_PROGRAM);
        QProcess process;
        process.start(program, {QStringLiteral("--help-all")});
        QVERIFY(process.waitForFinished(kPatienceMs));
        const QString all = QString::fromUtf8(process.readAllStandardOutput());
        // Options of the program itself first; then, for each command, its name on a line and what it takes.
        static const QRegularExpression name(QStringLiteral("^([a-z]+)\n"), QRegularExpression::MultilineOption);
        QHash<QString, QString> help;
        QString command;
        int from = 0;
        for (auto it = name.globalMatch(all); it.hasNext();) {
            const auto found = it.next();
            help[command] = all.mid(from, found.capturedStart() - from);
            command = found.captured(1);
            from = static_cast<int>(found.capturedEnd());
        }
        help[command] = all.mid(from);
        QVERIFY2(help.size() >= 10, qPrintable(QString::number(help.size())));
        const auto has = [](const QString& text, const QString& option) {
            return QRegularExpression(
                       QStringLiteral("(^|[\\s,])%1($|[\\s,:=])").arg(QRegularExpression::escape(option)),
                       QRegularExpression::MultilineOption)
                .match(text)
                .hasMatch();
        };
        static const QRegularExpression end(QStringLiteral("\\s(\\||>|&&|;|:::)"));
        static const QRegularExpression blank(QStringLiteral("\\s+"));
        int checked = 0;
        for (const Page& page : qAsConst(m_pages)) {
            const QStringList lines = page.code + page.spans;
            for (const QString& line : lines) {
                const int at = static_cast<int>(line.indexOf(QLatin1String("mixerscope ")));
                if (at < 0 && !line.startsWith(QLatin1String("--")))
                    continue;
                const QStringList words = line.mid(std::max(at, 0)).section(end, 0, 0).split(blank, Qt::SkipEmptyParts);
                const QString of = help.contains(words.value(1)) ? words.value(1) : QString();
                for (const QString& word : words) {
                    static const QRegularExpression option(QStringLiteral("^(--[a-z][a-z-]+|-[a-z])$"));
                    if (!option.match(word).hasMatch() || word == QLatin1String("--help"))  // every command has it
                        continue;
                    const bool isKnown = at >= 0
                        ? has(help.value(of), word)
                        : std::any_of(help.begin(), help.end(), [&](const QString& text) { return has(text, word); });
                    QVERIFY2(isKnown,
                             qPrintable(page.path + QStringLiteral(": ") + line + QStringLiteral(": ") + word));
                    ++checked;
                }
            }
        }
        QVERIFY2(checked > 60, qPrintable(QString::number(checked)));
    }

    void keysExist()
    {
        QStringList known = {QStringLiteral("Shift+Left"), QStringLiteral("Shift+Right"), QStringLiteral("Space"),
                             QStringLiteral("Left"),       QStringLiteral("Right"),       QStringLiteral("Escape")};
        const QList<QAction*> actions = m_window->findChildren<QAction*>();
        for (const QAction* action : actions)
            known << action->shortcut().toString(QKeySequence::PortableText);
        m_window->help().showChapter(QString());
        const QList<QShortcut*> shortcuts = guide()->findChildren<QShortcut*>();
        for (const QShortcut* shortcut : shortcuts)
            known << shortcut->key().toString(QKeySequence::PortableText);
        static const QRegularExpression keys(
            QStringLiteral("\\b((?:Ctrl|Alt|Shift)\\+(?:(?:Ctrl|Alt|Shift)\\+)*(?:F\\d+|Left|Right|[A-Z,])"
                           "|F(?:1[0-2]|[1-9])\\b|(?<=[Pp]ress )(?:[\\]\\[0-9a-zA-Z])(?=[\\s.,:*]))"));
        int checked = 0;
        for (const Page& page : qAsConst(m_pages)) {
            for (auto it = keys.globalMatch(page.text); it.hasNext(); ++checked) {
                const QString key = it.next().captured(1);
                QVERIFY2(known.contains(key), qPrintable(page.path + QStringLiteral(": ") + key));
            }
        }
        QVERIFY2(checked > 30, qPrintable(QString::number(checked)));
    }

    /// "File › Save session": a menu, and what one of its entries begins with.
    void menusExist()
    {
        static const QRegularExpression path(QStringLiteral("\\b([A-Z][a-z]+) › ([^\n]+)"));
        const auto plain = [](QString text) { return text.remove(QLatin1Char('&')).remove(QStringLiteral("…")); };
        int checked = 0;
        for (const Page& page : qAsConst(m_pages)) {
            if (!page.path.contains(QLatin1String("/en/")))
                continue;
            QString text = page.text;
            text.replace(QRegularExpression(QStringLiteral("\n(?=\\S)")), QStringLiteral(" "));
            for (auto it = path.globalMatch(text); it.hasNext(); ++checked) {
                const auto found = it.next();
                bool isThere = false;
                const QList<QAction*> menus = m_window->menuBar()->actions();
                for (const QAction* menu : menus) {
                    if (plain(menu->text()) != found.captured(1))
                        continue;
                    const QList<QAction*> entries = menu->menu()->actions();
                    for (const QAction* entry : entries) {
                        const QString name = plain(entry->text());
                        isThere = isThere || (!name.isEmpty() && found.captured(2).startsWith(name));
                    }
                }
                QVERIFY2(isThere, qPrintable(page.path + QStringLiteral(": ") + found.captured(0).left(60)));
            }
        }
        QVERIFY2(checked > 5, qPrintable(QString::number(checked)));
    }

    void everyPanelHasAChapter()
    {
        const Guide guide;
        const QList<QDockWidget*> docks = m_window->findChildren<QDockWidget*>();
        QVERIFY(docks.size() > 10);
        for (const QDockWidget* dock : docks)
            QVERIFY2(guide.has(Guide::chapterOfPanel(dock->objectName())), qPrintable(dock->objectName()));
        QVERIFY(guide.has(QStringLiteral("canvas")));
    }

    void theGlossaryIsThePrograms()
    {
        QFile file(Guide::defaultFolder() + QStringLiteral("/en/glossary.md"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY2(QString::fromUtf8(file.readAll()) == Guide::glossary(),
                 "make it again: tests/ui/screenshots.sh BUILD_FOLDER glossary");
    }

    void f1OpensTheChapterOfThePanel()
    {
        press(m_window->canvas(), Qt::Key_F1);
        QVERIFY(guide() && guide()->isVisible());
        QCOMPARE(guide()->chapter(), QStringLiteral("canvas"));
        QVERIFY(guide()->page()->toPlainText().contains(QStringLiteral("g = 1 − exp(−Δ)")));
        m_window->showPanel(QStringLiteral("channelsDock"));
        press(m_window->channels()->gates(), Qt::Key_F1);
        QCOMPARE(guide()->chapter(), QStringLiteral("channels"));
        m_window->showExportDialog(QStringLiteral("gates"));
        auto* dialog = m_window->findChild<QDialog*>(QStringLiteral("exportDialog"));
        QVERIFY(dialog);
        QVERIFY(QTest::qWaitForWindowExposed(dialog));
        press(dialog, Qt::Key_F1);
        QCOMPARE(guide()->chapter(), QStringLiteral("export"));
        dialog->reject();
    }

    void theSearchOfEverythingFindsChapters()
    {
        press(m_window->canvas(), Qt::Key_K, Qt::ControlModifier);
        auto* query = m_window->findChild<QLineEdit*>(QStringLiteral("commandQuery"));
        QVERIFY(query);
        QTest::keyClicks(query, QStringLiteral("many pictures"));
        QTest::keyClick(query, Qt::Key_Return);
        QTRY_COMPARE(guide()->chapter(), QStringLiteral("batch"));
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }

    void linksSearchAndHistory()
    {
        GuideWindow& window = *guide();
        window.showChapter(QStringLiteral("first-minute"));
        Q_EMIT window.page()->anchorClicked(QUrl(QStringLiteral("story-student.md")));
        QCOMPARE(window.chapter(), QStringLiteral("story-student"));
        Q_EMIT window.page()->anchorClicked(QUrl(QStringLiteral("checkpoints.md#configuration")));
        QVERIFY(window.page()->verticalScrollBar()->value() > 0);
        press(window.page(), Qt::Key_Left, Qt::AltModifier);
        QCOMPARE(window.chapter(), QStringLiteral("story-student"));
        press(window.page(), Qt::Key_Left, Qt::AltModifier);
        QCOMPARE(window.chapter(), QStringLiteral("first-minute"));
        press(window.page(), Qt::Key_Right, Qt::AltModifier);
        QCOMPARE(window.chapter(), QStringLiteral("story-student"));

        press(window.page(), Qt::Key_F, Qt::ControlModifier);
        auto* search = window.findChild<QLineEdit*>(QStringLiteral("guideSearch"));
        QVERIFY(search->hasFocus());
        QTest::keyClicks(search, QStringLiteral("slurm array"));
        QTest::keyClick(search, Qt::Key_Return);
        QCOMPARE(window.chapter(), QStringLiteral("batch"));
        QVERIFY(window.page()->textCursor().hasSelection());
        auto* contents = window.findChild<QTreeWidget*>(QStringLiteral("guideContents"));
        QVERIFY(contents->topLevelItem(0)->isHidden());
        search->clear();
        QVERIFY(!contents->topLevelItem(0)->isHidden());
        QVERIFY(window.page()->extraSelections().isEmpty());
    }

    void anotherLanguageFallsBackToEnglish()
    {
        QTemporaryDir folder;
        const auto write = [&](const QString& name, const QByteArray& text) {
            QDir(folder.path()).mkpath(QFileInfo(name).path());
            QFile file(folder.filePath(name));
            return file.open(QIODevice::WriteOnly) && file.write(text) == text.size();
        };
        QVERIFY(write(QStringLiteral("en/README.md"),
                      "# G\n\n## A\n\n- [One](one.md)\n- [New](new.md)\n- [Two](two.md)\n"));
        QVERIFY(write(QStringLiteral("en/one.md"), "# One\n"));
        QVERIFY(write(QStringLiteral("en/two.md"), "# Two\n"));
        QVERIFY(write(QStringLiteral("en/new.md"), "# New\n"));
        QVERIFY(write(QStringLiteral("xx/README.md"), "# G\n\n## B\n\n- [Uno](one.md)\n- [Due](../en/two.md)\n"));
        QVERIFY(write(QStringLiteral("xx/one.md"), "# Uno\n"));
        const Guide other(folder.path(), QStringLiteral("xx"));
        QCOMPARE(other.title(QStringLiteral("one")), QStringLiteral("Uno"));
        QCOMPARE(other.plainText(QStringLiteral("one")), QStringLiteral("Uno"));
        QCOMPARE(other.plainText(QStringLiteral("two")), QStringLiteral("Two"));
        // The contents of the translation are older than a chapter.
        QCOMPARE(other.chapters().size(), 3);
        QCOMPARE(other.chapters()[1].name, QStringLiteral("new"));
        QCOMPARE(other.chapters()[1].part, QStringLiteral("B"));
        QCOMPARE(other.chaptersWith(QStringLiteral("two")), QStringList(QStringLiteral("two")));
        const Guide unknown(folder.path(), QStringLiteral("yy"));
        QCOMPARE(unknown.plainText(QStringLiteral("one")), QStringLiteral("One"));
        const Guide nowhere(folder.filePath(QStringLiteral("nothing")), QStringLiteral("en"));
        QVERIFY(nowhere.chapters().isEmpty());
    }

    void itClosesWithTheWindow()
    {
        QVERIFY(guide()->isVisible());
        m_window->close();
        QVERIFY(!guide()->isVisible());
    }
};

std::unique_ptr<QObject> makeGuideTest()
{
    return std::make_unique<GuideTest>();
}

}  // namespace mixer::ui::testing

#include "GuideTest.moc"
