// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/guide/Guide.h"

#include <QStringList>
#include <QTextBrowser>

namespace mixer::ui {

/// One chapter of the guide: its Markdown, laid out to be read, in the palette of the window. Links are asked for and
/// not followed: chapters have no addresses here.
class GuidePage : public QTextBrowser {
    Q_OBJECT
public:
    explicit GuidePage(const Guide& guide, QWidget* parent = nullptr);

    /// At a heading (see Guide::anchorOf), or at its beginning.
    void showChapter(const QString& chapter, const QString& anchor = {});
    const QString& chapter() const { return m_chapter; }
    /// Marks every place of the words; none: no marks. Returns how many there are.
    int mark(const QString& words);
    /// To the next place that is marked, from the beginning again after the last.
    void showNextMark();

    QVariant loadResource(int type, const QUrl& name) override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    /// Reads and lays out the chapter again, for another width or palette; stays where it was.
    void refresh();
    void layOut(QTextDocument& text);
    int textWidth() const;

    const Guide& m_guide;
    QString m_chapter;
    QString m_marked;
    int m_width = 0;  ///< of the text, when it was laid out
};

}  // namespace mixer::ui
