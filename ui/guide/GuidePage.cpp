// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/guide/GuidePage.h"

#include "ui/theme/Theme.h"

#include <QEvent>
#include <QFontDatabase>
#include <QImage>
#include <QScrollBar>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextFrame>
#include <QTextTable>
#include <QUrl>

#include <algorithm>

namespace mixer::ui {

namespace {

constexpr int kWidest = 760;  ///< of the text: longer lines are hard to follow
constexpr int kMargin = 28;
constexpr int kIndent = 22;
constexpr int kSpare = 8;  ///< borders of tables, rounding
constexpr int kLinePercent = 126;

bool isCode(const QTextBlock& block)
{
    return block.blockFormat().hasProperty(QTextFormat::BlockCodeFence)
        || block.blockFormat().hasProperty(QTextFormat::BlockCodeLanguage);
}

bool hasPicture(const QTextBlock& block)
{
    for (auto it = block.begin(); !it.atEnd(); ++it) {
        if (it.fragment().charFormat().isImageFormat())
            return true;
    }
    return false;
}

QColor codeGround(const QPalette& palette)
{
    return themeOf(palette) == vis::Theme::Dark ? QColor(0x26, 0x2a, 0x32) : QColor(0xf0, 0xf2, 0xf5);
}

void layOutHeading(const QTextBlock& block, int level)
{
    QTextCursor cursor(block);
    QTextBlockFormat format = block.blockFormat();
    format.setTopMargin(level == 1 ? 10 : level == 2 ? 22 : 14);
    format.setBottomMargin(6);
    cursor.setBlockFormat(format);
    cursor.select(QTextCursor::BlockUnderCursor);
    QTextCharFormat anchor;
    anchor.setAnchor(true);
    anchor.setAnchorNames({Guide::anchorOf(block.text())});
    anchor.setFontWeight(QFont::DemiBold);
    cursor.mergeCharFormat(anchor);
}

void layOutCode(const QTextBlock& block, const QPalette& palette, const QFont& font)
{
    QTextBlockFormat format = block.blockFormat();
    format.setBackground(codeGround(palette));
    format.setNonBreakableLines(false);
    format.setLeftMargin(0);
    format.setTopMargin(isCode(block.previous()) ? 0 : 4);
    format.setBottomMargin(isCode(block.next()) ? 0 : 12);
    format.setLineHeight(0, QTextBlockFormat::SingleHeight);  // wider lines leave gaps in the ground
    QTextCursor cursor(block);
    cursor.setBlockFormat(format);
    cursor.select(QTextCursor::BlockUnderCursor);
    QTextCharFormat text;
    text.setFont(font);
    cursor.mergeCharFormat(text);
}

void layOutText(const QTextBlock& block, bool isInTable)
{
    QTextBlockFormat format = block.blockFormat();
    if (hasPicture(block))
        format.setLineHeight(0, QTextBlockFormat::SingleHeight);
    else
        format.setLineHeight(isInTable ? 108 : kLinePercent, QTextBlockFormat::ProportionalHeight);
    format.setTopMargin(0);
    format.setBottomMargin(isInTable ? 0 : block.textList() ? 5 : 10);
    QTextCursor(block).setBlockFormat(format);
}

/// Pieces of a line that are set in fixed width: a ground of their own tells them from the words around.
void layOutInlineCode(QTextDocument& document, const QTextBlock& block, const QPalette& palette, const QFont& font)
{
    QList<std::pair<int, int>> pieces;
    for (auto it = block.begin(); !it.atEnd(); ++it) {
        const QTextFragment fragment = it.fragment();
        if (fragment.charFormat().fontFixedPitch())
            pieces.append({fragment.position(), fragment.length()});
    }
    QTextCharFormat code;
    code.setFontFamilies({font.family()});
    code.setFontPointSize(font.pointSizeF());
    code.setBackground(codeGround(palette));
    for (const auto& [position, length] : pieces) {
        QTextCursor cursor(&document);
        cursor.setPosition(position);
        cursor.setPosition(position + length, QTextCursor::KeepAnchor);
        cursor.mergeCharFormat(code);
    }
}

void layOutTable(QTextTable& table, const QPalette& palette)
{
    QTextTableFormat format = table.format();
    format.setBorder(1);
    format.setBorderCollapse(true);
    format.setBorderStyle(QTextFrameFormat::BorderStyle_Solid);
    format.setBorderBrush(palette.color(QPalette::Mid));
    format.setCellPadding(5);
    format.setCellSpacing(0);
    format.setBottomMargin(12);
    format.setTopMargin(4);
    table.setFormat(format);
    for (int column = 0; column < table.columns(); ++column) {
        QTextTableCell cell = table.cellAt(0, column);
        QTextCharFormat head = cell.format();
        head.setBackground(palette.color(QPalette::AlternateBase));
        cell.setFormat(head);
    }
}

}  // namespace

GuidePage::GuidePage(const Guide& guide, QWidget* parent)
    : QTextBrowser(parent)
    , m_guide(guide)
{
    setObjectName(QStringLiteral("guidePage"));
    setAccessibleName(tr("Chapter"));
    setOpenLinks(false);
    setFrameShape(QFrame::NoFrame);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn);  // one that comes and goes would change the width
}

void GuidePage::showChapter(const QString& chapter, const QString& anchor)
{
    m_chapter = chapter;
    const QString file = m_guide.path(chapter);
    // A new document, shown when it is complete: Qt 6.4 crashes where Markdown is read into one that is laid out.
    auto* next = new QTextDocument(this);
    next->setUndoRedoEnabled(false);
    next->setDefaultFont(font());
    next->setIndentWidth(kIndent);
    next->setBaseUrl(QUrl::fromLocalFile(file));
    next->setMarkdown(m_guide.markdown(chapter), QTextDocument::MarkdownDialectGitHub);
    layOut(*next);
    const QTextDocument* last = document()->parent() == this ? document() : nullptr;  // the first is not ours
    setDocument(next);
    delete last;
    mark(m_marked);
    if (anchor.isEmpty())
        verticalScrollBar()->setValue(0);
    else
        scrollToAnchor(anchor);
}

int GuidePage::textWidth() const
{
    return std::clamp(viewport()->width() - 2 * kMargin - kSpare, 120, kWidest);
}

void GuidePage::layOut(QTextDocument& text)
{
    m_width = textWidth();
    QFont code = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    code.setPointSizeF(font().pointSizeF());
    QTextFrameFormat root = text.rootFrame()->frameFormat();
    root.setMargin(kMargin / 2.0);
    root.setLeftMargin(std::max(kMargin, (viewport()->width() - m_width) / 2));
    root.setRightMargin(kMargin);
    text.rootFrame()->setFrameFormat(root);
    for (QTextBlock block = text.begin(); block.isValid(); block = block.next()) {
        const int level = block.blockFormat().headingLevel();
        if (level > 0)
            layOutHeading(block, level);
        else if (isCode(block))
            layOutCode(block, palette(), code);
        else
            layOutText(block, QTextCursor(block).currentTable() != nullptr);
        if (!isCode(block))
            layOutInlineCode(text, block, palette(), code);
    }
    const QList<QTextFrame*> frames = text.rootFrame()->childFrames();
    for (QTextFrame* frame : frames) {
        if (auto* table = qobject_cast<QTextTable*>(frame))
            layOutTable(*table, palette());
    }
}

QVariant GuidePage::loadResource(int type, const QUrl& name)
{
    if (type != QTextDocument::ImageResource)
        return {};
    QImage image(QUrl::fromLocalFile(m_guide.path(m_chapter)).resolved(name).toLocalFile());
    const double scale = devicePixelRatioF();
    const int room = static_cast<int>(textWidth() * scale);
    if (image.width() > room)
        image = image.scaledToWidth(room, Qt::SmoothTransformation);
    image.setDevicePixelRatio(scale);
    return image;
}

void GuidePage::refresh()
{
    if (m_chapter.isEmpty())
        return;
    const QScrollBar& bar = *verticalScrollBar();
    const double share = bar.maximum() > 0 ? static_cast<double>(bar.value()) / bar.maximum() : 0;
    showChapter(m_chapter);
    verticalScrollBar()->setValue(qRound(share * verticalScrollBar()->maximum()));
}

void GuidePage::resizeEvent(QResizeEvent* event)
{
    QTextBrowser::resizeEvent(event);
    if (textWidth() != m_width || viewport()->width() > kWidest + 2 * kMargin)
        refresh();
}

void GuidePage::changeEvent(QEvent* event)
{
    QTextBrowser::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        refresh();
}

int GuidePage::mark(const QString& words)
{
    m_marked = words;
    QList<QTextEdit::ExtraSelection> marks;
    QTextCharFormat format;
    format.setBackground(themeOf(palette()) == vis::Theme::Dark ? QColor(0x6b, 0x5a, 0x10) : QColor(0xff, 0xe9, 0x8a));
    const QStringList wanted = words.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    for (const QString& word : wanted) {
        for (QTextCursor at = document()->find(word); !at.isNull(); at = document()->find(word, at))
            marks.append({at, format});
    }
    std::sort(marks.begin(), marks.end(),
              [](const auto& a, const auto& b) { return a.cursor.selectionStart() < b.cursor.selectionStart(); });
    setExtraSelections(marks);
    return static_cast<int>(marks.size());
}

void GuidePage::showNextMark()
{
    const QList<QTextEdit::ExtraSelection> marks = extraSelections();
    if (marks.isEmpty())
        return;
    const int here = textCursor().selectionEnd();
    auto next = std::find_if(marks.begin(), marks.end(),
                             [here](const auto& mark) { return mark.cursor.selectionStart() >= here; });
    setTextCursor((next == marks.end() ? marks.begin() : next)->cursor);
    ensureCursorVisible();
}

}  // namespace mixer::ui
