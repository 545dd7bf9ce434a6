// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/guide/GuideWindow.h"

#include "ui/guide/GuidePage.h"
#include "ui/theme/Theme.h"

#include <QDesktopServices>
#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QShortcut>
#include <QSplitter>
#include <QToolButton>
#include <QTreeWidget>
#include <QUrl>
#include <QVBoxLayout>

namespace mixer::ui {

namespace {

constexpr QSize kSize(1060, 780);
constexpr int kContentsWidth = 250;
constexpr int kNameRole = Qt::UserRole;

}  // namespace

GuideWindow::GuideWindow(QWidget* parent)
    : QWidget(parent, Qt::Window)
    , m_search(new QLineEdit(this))
    , m_contents(new QTreeWidget(this))
    , m_back(new QToolButton(this))
    , m_forward(new QToolButton(this))
    , m_missing(new QLabel(this))
    , m_page(new GuidePage(m_guide, this))
{
    makeControls();
    arrange();
    fillContents();
    addKeys();
    connect(m_search, &QLineEdit::textChanged, this, &GuideWindow::search);
    connect(m_search, &QLineEdit::returnPressed, this, &GuideWindow::openFound);
    connect(m_contents, &QTreeWidget::currentItemChanged, this, [this](const QTreeWidgetItem* item) {
        const QString name = item ? item->data(0, kNameRole).toString() : QString();
        if (!name.isEmpty() && name != chapter())
            showChapter(name);
    });
    connect(m_back, &QToolButton::clicked, this, [this] { go(-1); });
    connect(m_forward, &QToolButton::clicked, this, [this] { go(1); });
    connect(m_page, &QTextBrowser::anchorClicked, this, &GuideWindow::follow);
    refreshControls();
}

void GuideWindow::makeControls()
{
    setObjectName(QStringLiteral("guideWindow"));
    setWindowTitle(tr("User guide"));
    setWindowIcon(programIcon());
    m_search->setObjectName(QStringLiteral("guideSearch"));
    m_search->setPlaceholderText(tr("Search the guide"));
    m_search->setAccessibleName(tr("Search the guide"));
    m_search->setToolTip(
        tr("Chapters with all of these words (Ctrl+F); Enter opens the first, F3 goes to the next place"));
    m_search->setClearButtonEnabled(true);
    m_contents->setObjectName(QStringLiteral("guideContents"));
    m_contents->setAccessibleName(tr("Chapters"));
    m_contents->setHeaderHidden(true);
    m_contents->setRootIsDecorated(false);
    m_contents->setIndentation(10);
    m_back->setObjectName(QStringLiteral("guideBack"));
    m_back->setArrowType(Qt::LeftArrow);
    m_back->setToolTip(tr("Back (Alt+Left)"));
    m_forward->setObjectName(QStringLiteral("guideForward"));
    m_forward->setArrowType(Qt::RightArrow);
    m_forward->setToolTip(tr("Forward (Alt+Right)"));
    m_missing->setObjectName(QStringLiteral("guideMissing"));
    m_missing->setWordWrap(true);
    m_missing->setMargin(12);
    m_missing->setText(tr("The guide is not installed: it was looked for in %1, beside the program. The package and "
                          "the install target bring it.")
                           .arg(QStringLiteral("../share/mixerscope/guide")));
    m_missing->setVisible(m_guide.chapters().isEmpty());
}

void GuideWindow::arrange()
{
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(6, 6, 6, 4);
    bar->setSpacing(2);
    bar->addWidget(m_back);
    bar->addWidget(m_forward);
    bar->addSpacing(4);
    bar->addWidget(m_search, 1);
    auto* side = new QWidget(this);
    auto* sideLayout = new QVBoxLayout(side);
    sideLayout->setContentsMargins(0, 0, 0, 0);
    sideLayout->setSpacing(0);
    sideLayout->addLayout(bar);
    sideLayout->addWidget(m_contents, 1);
    auto* right = new QWidget(this);
    auto* rightLayout = new QVBoxLayout(right);
    rightLayout->setContentsMargins(0, 0, 0, 0);
    rightLayout->addWidget(m_missing);
    rightLayout->addWidget(m_page, 1);
    auto* splitter = new QSplitter(this);
    splitter->addWidget(side);
    splitter->addWidget(right);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({kContentsWidth, kSize.width() - kContentsWidth});
    splitter->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    resize(kSize);
}

void GuideWindow::fillContents()
{
    QTreeWidgetItem* part = nullptr;
    for (const Guide::Chapter& chapter : m_guide.chapters()) {
        if (!part || part->text(0) != chapter.part) {
            part = new QTreeWidgetItem(m_contents, {chapter.part});
            part->setFlags(Qt::ItemIsEnabled);
            QFont bold = m_contents->font();
            bold.setWeight(QFont::DemiBold);
            part->setFont(0, bold);
        }
        auto* item = new QTreeWidgetItem(part, {chapter.title});
        item->setData(0, kNameRole, chapter.name);
        item->setToolTip(0, chapter.title);
    }
    m_contents->expandAll();
}

void GuideWindow::addKeys()
{
    const auto add = [this](const QKeySequence& keys, auto does) {
        connect(new QShortcut(keys, this), &QShortcut::activated, this, does);
    };
    add(QKeySequence(Qt::ALT | Qt::Key_Left), [this] { go(-1); });
    add(QKeySequence(Qt::ALT | Qt::Key_Right), [this] { go(1); });
    add(QKeySequence(Qt::CTRL | Qt::Key_F), [this] {
        m_search->setFocus();
        m_search->selectAll();
    });
    add(QKeySequence(Qt::Key_F3), [this] { m_page->showNextMark(); });
    add(QKeySequence(Qt::CTRL | Qt::Key_W), [this] { close(); });
    add(QKeySequence(Qt::Key_Escape), [this] {
        if (m_search->text().isEmpty())
            close();
        else
            m_search->clear();
    });
}

QString GuideWindow::chapter() const
{
    return m_page->chapter();
}

QTreeWidgetItem* GuideWindow::itemOf(const QString& chapter) const
{
    for (QTreeWidgetItemIterator it(m_contents); *it; ++it) {
        if ((*it)->data(0, kNameRole).toString() == chapter)
            return *it;
    }
    return nullptr;
}

void GuideWindow::showChapter(const QString& chapter, const QString& anchor)
{
    if (m_guide.chapters().isEmpty())
        return;
    const QString known = m_guide.has(chapter) ? chapter : m_guide.chapters().front().name;
    if (m_place >= 0)
        m_places[m_place].scroll = m_page->verticalScrollBar()->value();
    if (m_place < 0 || m_places[m_place].chapter != known) {
        m_places.erase(m_places.begin() + m_place + 1, m_places.end());
        m_places.append({known, 0});
        m_place = static_cast<int>(m_places.size()) - 1;
    }
    m_page->showChapter(known, anchor);
    refreshControls();
}

void GuideWindow::read(const Place& place)
{
    m_page->showChapter(place.chapter);
    m_page->verticalScrollBar()->setValue(place.scroll);
    refreshControls();
}

void GuideWindow::go(int by)
{
    const int to = m_place + by;
    if (to < 0 || to >= m_places.size())
        return;
    m_places[m_place].scroll = m_page->verticalScrollBar()->value();
    m_place = to;
    read(m_places[to]);
}

void GuideWindow::follow(const QUrl& link)
{
    if (!link.isRelative()) {
        QDesktopServices::openUrl(link);
        return;
    }
    // By its name: the file may be there in another language only.
    const QString file = link.path();
    const QString name = file.isEmpty() ? chapter() : QFileInfo(file).completeBaseName();
    if (m_guide.has(name) || file.isEmpty()) {
        showChapter(name, link.fragment());
        return;
    }
    const QString path = QDir(QFileInfo(m_guide.path(chapter())).path()).filePath(file);
    if (QFileInfo::exists(path))
        QDesktopServices::openUrl(QUrl::fromLocalFile(QDir::cleanPath(path)));
}

void GuideWindow::search(const QString& words)
{
    const QStringList found = m_guide.chaptersWith(words);
    for (int i = 0; i < m_contents->topLevelItemCount(); ++i) {
        QTreeWidgetItem* part = m_contents->topLevelItem(i);
        bool hasAny = false;
        for (int j = 0; j < part->childCount(); ++j) {
            QTreeWidgetItem* item = part->child(j);
            const bool isFound = found.contains(item->data(0, kNameRole).toString());
            item->setHidden(!isFound);
            hasAny = hasAny || isFound;
        }
        part->setHidden(!hasAny);
    }
    m_page->mark(words);
}

void GuideWindow::openFound()
{
    const QStringList found = m_guide.chaptersWith(m_search->text());
    if (found.isEmpty())
        return;
    if (!found.contains(chapter()))
        showChapter(found.front());
    m_page->showNextMark();
}

void GuideWindow::refreshControls()
{
    m_back->setEnabled(m_place > 0);
    m_forward->setEnabled(m_place + 1 < m_places.size());
    if (QTreeWidgetItem* item = itemOf(chapter()))
        m_contents->setCurrentItem(item);
    const QString title = m_guide.title(chapter());
    setWindowTitle(title.isEmpty() ? tr("User guide") : tr("%1 – user guide").arg(title));
}

}  // namespace mixer::ui
