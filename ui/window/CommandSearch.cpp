// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/CommandSearch.h"

#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <numeric>

namespace mixer::ui {

namespace {

constexpr int kWidth = 560;
constexpr int kHeight = 420;
constexpr int kPadding = 6;
constexpr int kWhole = 1000, kWordBegins = 100, kInside = 20, kLetters = 1;

/// Without accents and in lower case.
QString folded(const QString& text)
{
    QString plain;
    const QString decomposed = text.normalized(QString::NormalizationForm_KD).toLower();
    for (const QChar c : decomposed) {
        if (!c.isMark())
            plain += c;
    }
    return plain;
}

int wordScore(const QString& word, const QString& text)
{
    int best = 0;
    for (auto at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
        const bool isBeginning = at == 0 || !text[at - 1].isLetterOrNumber();
        best = std::max(best, isBeginning ? kWordBegins : kInside);
    }
    if (best > 0)
        return best;
    qsizetype next = 0;
    for (const QChar c : word) {
        next = text.indexOf(c, next) + 1;
        if (next == 0)
            return 0;
    }
    return kLetters;
}

/// matchScore() of texts that are folded already.
int foldedScore(const QString& query, const QString& text)
{
    const QStringList words = query.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    int score = 0;
    for (const QString& word : words) {
        const int found = wordScore(word, text);
        if (found == 0)
            return 0;
        score += found;
    }
    // Of equals, the text of which the query is more.
    const auto length = static_cast<int>(std::min<qsizetype>(text.size(), 80));
    const int bonus = text == query.trimmed() ? kWhole : text.startsWith(words.value(0)) ? kInside : 0;
    return words.isEmpty() ? 1 : 100 * (score + bonus) + 80 - length;
}

/// The name at the left, its keys and its kind at the right.
class FindableDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override
    {
        return {200, option.fontMetrics.height() + 2 * kPadding};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const bool isCurrent = option.state & QStyle::State_Selected;
        const bool isEnabled = index.flags() & Qt::ItemIsEnabled;
        const QPalette& colors = option.palette;
        painter->save();
        if (isCurrent)
            painter->fillRect(option.rect, colors.color(QPalette::Active, QPalette::Highlight));
        const QColor ink = isCurrent ? colors.color(QPalette::HighlightedText)
                                     : colors.color(isEnabled ? QPalette::Text : QPalette::PlaceholderText);
        const QColor faint = isCurrent ? ink : colors.color(QPalette::PlaceholderText);
        QRect row = option.rect.adjusted(2 * kPadding, 0, -2 * kPadding, 0);
        const QString kind = index.data(FindableModel::KindRole).toString();
        const QString keys = index.data(FindableModel::KeysRole).toString();
        painter->setPen(faint);
        painter->drawText(row, Qt::AlignRight | Qt::AlignVCenter, kind);
        row.setRight(row.right() - option.fontMetrics.horizontalAdvance(kind) - 3 * kPadding);
        painter->drawText(row, Qt::AlignRight | Qt::AlignVCenter, keys);
        if (!keys.isEmpty())
            row.setRight(row.right() - option.fontMetrics.horizontalAdvance(keys) - 3 * kPadding);
        painter->setPen(ink);
        painter->drawText(row, Qt::AlignLeft | Qt::AlignVCenter,
                          option.fontMetrics.elidedText(index.data().toString(), Qt::ElideRight, row.width()));
        painter->restore();
    }
};

}  // namespace

int matchScore(const QString& query, const QString& text)
{
    return foldedScore(folded(query), folded(text));
}

FindableModel::FindableModel(std::vector<Findable> all, QObject* parent)
    : QAbstractListModel(parent)
    , m_all(std::move(all))
{
    for (const Findable& found : m_all)
        m_folded << folded(found.text);
    setQuery({});
}

void FindableModel::setQuery(const QString& query)
{
    beginResetModel();
    const QString plain = folded(query);
    std::vector<int> scores(m_all.size());
    m_shown.clear();
    for (std::size_t i = 0; i < m_all.size(); ++i) {
        scores[i] = foldedScore(plain, m_folded[static_cast<qsizetype>(i)]);
        if (scores[i] > 0)
            m_shown.push_back(i);
    }
    std::stable_sort(m_shown.begin(), m_shown.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    endResetModel();
}

const Findable& FindableModel::at(int row) const
{
    return m_all.at(m_shown.at(static_cast<std::size_t>(row)));
}

int FindableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_shown.size());
}

QVariant FindableModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Findable& found = at(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return found.text;
    case Qt::AccessibleTextRole:
        return tr("%1, %2").arg(found.text, found.kind);
    case KindRole:
        return found.kind;
    case KeysRole:
        return found.keys;
    default:
        return {};
    }
}

Qt::ItemFlags FindableModel::flags(const QModelIndex& index) const
{
    if (!index.isValid())
        return Qt::NoItemFlags;
    return at(index.row()).isEnabled ? Qt::ItemIsEnabled | Qt::ItemIsSelectable : Qt::ItemIsSelectable;
}

CommandSearch::CommandSearch(std::vector<Findable> all, QWidget* parent)
    : QDialog(parent, Qt::Popup)
    , m_model(new FindableModel(std::move(all), this))
    , m_query(new QLineEdit(this))
    , m_list(new QListView(this))
    , m_details(new QLabel(this))
{
    setObjectName(QStringLiteral("commandSearch"));
    setWindowTitle(tr("Search everything"));
    setAttribute(Qt::WA_DeleteOnClose);
    setAutoFillBackground(true);
    m_query->setObjectName(QStringLiteral("commandQuery"));
    m_query->setPlaceholderText(tr("Command, panel, mixer, class, image or word"));
    m_query->setAccessibleName(tr("Search everything"));
    m_query->setClearButtonEnabled(true);
    m_query->installEventFilter(this);
    m_list->setObjectName(QStringLiteral("commandList"));
    m_list->setAccessibleName(tr("What was found"));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new FindableDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_details->setObjectName(QStringLiteral("commandDetails"));
    m_details->setWordWrap(true);
    m_details->setTextFormat(Qt::RichText);
    m_details->setContentsMargins(2 * kPadding, 0, 2 * kPadding, kPadding);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->addWidget(m_query);
    layout->addWidget(m_list, 1);
    layout->addWidget(m_details);
    connect(m_query, &QLineEdit::textChanged, this, &CommandSearch::onQuery);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, &CommandSearch::onCurrent);
    connect(m_list, &QListView::clicked, this, [this](const QModelIndex& index) { run(index.row()); });
    connect(m_query, &QLineEdit::returnPressed, this, [this] { run(m_list->currentIndex().row()); });
    const QSize size = QSize(kWidth, kHeight).boundedTo(parent->size() - QSize(40, 60));
    resize(size);
    move(parent->mapToGlobal(QPoint((parent->width() - size.width()) / 2, 48)));
    onQuery({});
    m_query->setFocus();
}

void CommandSearch::onQuery(const QString& query)
{
    m_model->setQuery(query);
    m_list->setCurrentIndex(m_model->index(0, 0));
    onCurrent();
}

void CommandSearch::onCurrent()
{
    const int row = m_list->currentIndex().row();
    const QString details = row < 0
        ? (m_model->rowCount() == 0 ? tr("Nothing has these words in its name.") : QString())
        : m_model->at(row).details;
    m_details->setText(details);
    m_details->setVisible(!details.isEmpty());
}

void CommandSearch::run(int row)
{
    if (row < 0 || !m_model->at(row).isEnabled)
        return;
    const auto action = m_model->at(row).run;
    close();
    // After this popup is gone: what runs may open another.
    QTimer::singleShot(0, parentWidget(), action);
}

bool CommandSearch::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() != QEvent::KeyPress)
        return QDialog::eventFilter(watched, event);
    const int rows = m_model->rowCount();
    const int row = m_list->currentIndex().row();
    int wanted = -1;
    switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Down:
        wanted = row + 1;
        break;
    case Qt::Key_Up:
        wanted = row - 1;
        break;
    case Qt::Key_PageDown:
        wanted = row + 10;
        break;
    case Qt::Key_PageUp:
        wanted = row - 10;
        break;
    default:
        return QDialog::eventFilter(watched, event);
    }
    if (rows > 0)
        m_list->setCurrentIndex(m_model->index(std::clamp(wanted, 0, rows - 1), 0));
    return true;
}

}  // namespace mixer::ui
