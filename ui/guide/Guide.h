// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QList>
#include <QString>
#include <QStringList>

namespace mixer::ui {

/// The user guide: a folder for each language with a Markdown file for each chapter, and images/ for all of them.
/// Markdown, because the hosts of source code show it as it is, QTextDocument reads the same dialect, and a change of
/// it can be reviewed as text. LANGUAGE/README.md is the contents: its links are the chapters, its headings the parts.
/// English is complete; of other languages what has been translated is taken.
class Guide {
public:
    struct Chapter {
        QString name;  ///< of the file, without ".md"
        QString title;
        QString part;
    };

    /// Beside the installed program or in the source tree; empty where there is neither.
    static QString defaultFolder();
    /// The folder of the language that the program speaks.
    static QString defaultLanguage();

    explicit Guide(QString folder = defaultFolder(), QString language = defaultLanguage());

    /// In the order of the contents; empty when the guide is not installed.
    const QList<Chapter>& chapters() const { return m_chapters; }
    bool has(const QString& chapter) const { return !title(chapter).isEmpty(); }
    /// Empty: there is no such chapter.
    QString title(const QString& chapter) const;
    /// Its file, in the best language that there is.
    QString path(const QString& chapter) const;
    /// Its Markdown. The glossary's is what the program shows on hovering, in the language that it speaks.
    QString markdown(const QString& chapter) const;
    /// As it is read, without markup.
    QString plainText(const QString& chapter) const;
    /// The chapters with all of these words, in any case.
    QStringList chaptersWith(const QString& words) const;
    const QString& folder() const { return m_folder; }

    /// The chapter of a panel is named like it: "scanOrderDock", "scan-order".
    static QString chapterOfPanel(const QString& dock);
    /// What a link to a heading calls it, as web sites do: "Scan order!" is "scan-order".
    static QString anchorOf(const QString& heading);
    /// The glossary as a chapter.
    static QString glossary();

private:
    /// In m_chapters; -1: there is no such chapter.
    qsizetype indexOf(const QString& chapter) const;

    QString m_folder;
    QString m_language;
    QList<Chapter> m_chapters;
    mutable QHash<QString, QString> m_plain;  ///< read once, on the first search
};

}  // namespace mixer::ui
