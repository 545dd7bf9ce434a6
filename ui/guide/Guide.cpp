// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/guide/Guide.h"

#include "ui/Glossary.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTextDocument>

#include <algorithm>

namespace mixer::ui {

namespace {

const QString kEnglish = QStringLiteral("en");
const QString kGlossary = QStringLiteral("glossary");

QString read(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

QList<Guide::Chapter> chaptersOf(const QString& contents)
{
    static const QRegularExpression heading(QStringLiteral("^##\\s+(.+)$"));
    static const QRegularExpression link(QStringLiteral("^[-*]\\s+\\[([^]]+)\\]\\(([^)]+)\\.md\\)"));
    QList<Guide::Chapter> chapters;
    QString part;
    const QStringList lines = contents.split(QLatin1Char('\n'));
    for (const QString& line : lines) {
        if (const auto found = heading.match(line); found.hasMatch())
            part = found.captured(1).trimmed();
        else if (const auto chapter = link.match(line); chapter.hasMatch())
            chapters.append({QFileInfo(chapter.captured(2)).fileName(), chapter.captured(1), part});
    }
    return chapters;
}

}  // namespace

QString Guide::defaultFolder()
{
    const QString installed = QCoreApplication::applicationDirPath() + QStringLiteral("/../share/mixerscope/guide");
    for (const QString& folder : {installed, QStringLiteral(MIXERSCOPE_SOURCE_GUIDE)}) {
        if (QFileInfo::exists(folder + QStringLiteral("/en/README.md")))
            return QDir::cleanPath(folder);
    }
    return {};
}

QString Guide::defaultLanguage()
{
    //: Name of the folder of the user guide in this language: en, zh_CN.
    return QCoreApplication::translate("Guide", "en");
}

Guide::Guide(QString folder, QString language)
    : m_folder(std::move(folder))
    , m_language(std::move(language))
{
    m_chapters = chaptersOf(read(path(QStringLiteral("README"))));
    // What the contents of a translation do not name yet stands behind what it follows in English.
    const QList<Chapter> english = chaptersOf(read(QStringLiteral("%1/%2/README.md").arg(m_folder, kEnglish)));
    qsizetype at = 0;
    for (const Chapter& chapter : english) {
        const qsizetype known = indexOf(chapter.name);
        if (known >= 0) {
            at = known + 1;
            continue;
        }
        Chapter added = chapter;
        if (at > 0)
            added.part = m_chapters[at - 1].part;
        m_chapters.insert(at++, added);
    }
}

qsizetype Guide::indexOf(const QString& chapter) const
{
    const auto found = std::find_if(m_chapters.begin(), m_chapters.end(),
                                    [&](const Chapter& known) { return known.name == chapter; });
    return found == m_chapters.end() ? -1 : found - m_chapters.begin();
}

QString Guide::title(const QString& chapter) const
{
    const qsizetype index = indexOf(chapter);
    return index < 0 ? QString() : m_chapters[index].title;
}

QString Guide::path(const QString& chapter) const
{
    for (const QString& language : {m_language, kEnglish}) {
        const QString file = QStringLiteral("%1/%2/%3.md").arg(m_folder, language, chapter);
        if (QFileInfo::exists(file))
            return file;
    }
    return {};
}

QString Guide::markdown(const QString& chapter) const
{
    return chapter == kGlossary ? glossary() : read(path(chapter));
}

QString Guide::plainText(const QString& chapter) const
{
    const auto known = m_plain.constFind(chapter);
    if (known != m_plain.constEnd())
        return *known;
    QTextDocument document;
    document.setMarkdown(markdown(chapter));
    return *m_plain.insert(chapter, document.toPlainText());
}

QStringList Guide::chaptersWith(const QString& words) const
{
    const QStringList wanted = words.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    QStringList found;
    for (const Chapter& chapter : m_chapters) {
        const QString text = chapter.title + QLatin1Char('\n') + plainText(chapter.name);
        const auto isIn = [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); };
        if (std::all_of(wanted.begin(), wanted.end(), isIn))
            found << chapter.name;
    }
    return found;
}

QString Guide::chapterOfPanel(const QString& dock)
{
    QString name = dock;
    if (name.endsWith(QLatin1String("Dock")))
        name.chop(4);
    static const QRegularExpression capital(QStringLiteral("([A-Z])"));
    return name.replace(capital, QStringLiteral("-\\1")).toLower();
}

QString Guide::anchorOf(const QString& heading)
{
    QString anchor;
    for (const QChar c : heading.trimmed().toLower()) {
        if (c.isSpace())
            anchor += QLatin1Char('-');
        else if (c.isLetterOrNumber() || c == QLatin1Char('-') || c == QLatin1Char('_'))
            anchor += c;
    }
    return anchor;
}

QString Guide::glossary()
{
    QString text = QStringLiteral("# %1\n\n%2\n")
                       .arg(QCoreApplication::translate("Guide", "Glossary"),
                            QCoreApplication::translate("Guide",
                                                        "The words of the window. Hover one there to read "
                                                        "this. Ctrl+K finds them by their name."));
    static const QRegularExpression before(QStringLiteral("</sub>(?=\\w)"),
                                           QRegularExpression::UseUnicodePropertiesOption);
    static const QRegularExpression one(QStringLiteral("<sub>(.)</sub>"));
    static const QRegularExpression several(QStringLiteral("<sub>([^<]+)</sub>"));
    const QList<Term> terms = allTerms();
    for (const Term term : terms) {
        const Explanation explained = explanation(term);
        text += QStringLiteral("\n## %1\n\n%2\n").arg(explained.word, explained.meaning);
        // What is subscript there is written as the model's description writes it.
        QString formula = explained.formula;
        formula.replace(before, QStringLiteral("</sub> "));
        formula.replace(one, QStringLiteral("_\\1")).replace(several, QStringLiteral("_{\\1}"));
        if (!formula.isEmpty())
            text += QStringLiteral("\n```\n%1\n```\n").arg(formula);
    }
    return text;
}

}  // namespace mixer::ui
