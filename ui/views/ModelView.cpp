// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/ModelView.h"

#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/document/PatchEdits.h"
#include "ui/document/ReceiptText.h"

#include <QHeaderView>
#include <QLabel>
#include <QPainter>
#include <QSignalBlocker>
#include <QStyledItemDelegate>
#include <QTreeWidget>
#include <QTreeWidgetItemIterator>
#include <QVBoxLayout>

#include <algorithm>

namespace mixer::ui {

namespace {

constexpr int kNameColumn = 0;
constexpr int kParametersColumn = 1;
constexpr int kTimeColumn = 2;
constexpr int kTimeWidth = 50;
constexpr int kMixerRole = Qt::UserRole;      // name of the mixer; empty: a stage or a block
constexpr int kShareRole = Qt::UserRole + 1;  // of the forward pass, 0 to 1
constexpr int kMillisecondsRole = Qt::UserRole + 2;

/// A bar below the number, as long as the share of time.
class ShareDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        const double share = index.data(kShareRole).toDouble();
        if (share <= 0)
            return;
        const bool isSelected = option.state & QStyle::State_Selected;
        QColor ink = option.palette.color(isSelected ? QPalette::HighlightedText : QPalette::Highlight);
        QRectF bar(option.rect.left() + 3, option.rect.bottom() - 2, option.rect.width() - 6, 2);
        ink.setAlpha(45);
        painter->fillRect(bar, ink);
        ink.setAlpha(255);
        bar.setWidth(std::max(1.0, bar.width() * std::min(1.0, share)));
        painter->fillRect(bar, ink);
    }
};

/// 1234567 as "1.23 M".
QString shortCount(std::int64_t count, const QLocale& locale)
{
    if (count < 1000)
        return locale.toString(static_cast<qlonglong>(count));
    if (count < 1000 * 1000)
        return ModelView::tr("%1 k").arg(
            locale.toString(static_cast<double>(count) / 1e3, 'f', count < 100000 ? 1 : 0));
    return ModelView::tr("%1 M").arg(locale.toString(static_cast<double>(count) / 1e6, 'f', 2));
}

void setParameters(QTreeWidgetItem* item, std::int64_t count)
{
    const QLocale locale;
    item->setText(kParametersColumn, shortCount(count, locale));
    item->setToolTip(kParametersColumn,
                     ModelView::tr("%1 parameters").arg(locale.toString(static_cast<qlonglong>(count))));
    item->setTextAlignment(kParametersColumn, Qt::AlignRight | Qt::AlignVCenter);
    item->setTextAlignment(kTimeColumn, Qt::AlignRight | Qt::AlignVCenter);
}

void setTime(QTreeWidgetItem* item, double milliseconds, double whole)
{
    item->setData(kTimeColumn, kMillisecondsRole, milliseconds);
    item->setData(kTimeColumn, kShareRole, whole > 0 ? milliseconds / whole : 0);
    const QLocale locale;
    item->setText(kTimeColumn,
                  whole > 0 ? ModelView::tr("%1 %").arg(locale.toString(100 * milliseconds / whole, 'f', 0))
                            : QString());
    item->setToolTip(
        kTimeColumn,
        whole > 0
            ? ModelView::tr("%1 ms of %2 ms").arg(locale.toString(milliseconds, 'f', 2), locale.toString(whole, 'f', 2))
            : QString());
}

/// Sums of the children, from below.
double sumTimes(QTreeWidgetItem* item, double whole)
{
    if (item->childCount() == 0)
        return item->data(kTimeColumn, kMillisecondsRole).toDouble();
    double sum = 0;
    for (int i = 0; i < item->childCount(); ++i)
        sum += sumTimes(item->child(i), whole);
    setTime(item, sum, whole);
    return sum;
}

}  // namespace

ModelView::ModelView(QWidget* parent)
    : QWidget(parent)
    , m_summary(new QLabel(this))
    , m_receipt(new QLabel(this))
    , m_overrides(new QLabel(this))
    , m_tree(new QTreeWidget(this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_summary->setWordWrap(true);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_receipt->setObjectName(QStringLiteral("receiptBadge"));
    m_receipt->setToolTip(tr("What became of every tensor of the checkpoint"));
    m_overrides->setObjectName(QStringLiteral("overridesBadge"));
    for (QLabel* label : {m_receipt, m_overrides}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    }
    connect(m_receipt, &QLabel::linkActivated, this, &ModelView::receiptRequested);
    connect(m_overrides, &QLabel::linkActivated, this, &ModelView::inputRequested);
    m_tree->setObjectName(QStringLiteral("modelTree"));
    m_tree->setAccessibleName(tr("Stages, blocks and mixers of the model"));
    m_tree->setHeaderLabels({tr("Part"), tr("Params"), tr("Time")});
    m_tree->headerItem()->setTextAlignment(kParametersColumn, Qt::AlignRight | Qt::AlignVCenter);
    m_tree->headerItem()->setTextAlignment(kTimeColumn, Qt::AlignRight | Qt::AlignVCenter);
    m_tree->headerItem()->setToolTip(kTimeColumn, definition(Term::Time));
    m_tree->setUniformRowHeights(true);
    m_tree->setIndentation(10);
    m_tree->setItemDelegateForColumn(kTimeColumn, new ShareDelegate(m_tree));
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(kNameColumn, QHeaderView::Stretch);
    m_tree->header()->setSectionResizeMode(kParametersColumn, QHeaderView::ResizeToContents);
    m_tree->header()->setSectionResizeMode(kTimeColumn, QHeaderView::Fixed);
    m_tree->header()->resizeSection(kTimeColumn, kTimeWidth);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    // Margins of the row and not of the labels: a label that is squeezed gives up its own.
    auto* head = new QVBoxLayout;
    head->setContentsMargins(10, 6, 8, 6);
    head->setSpacing(3);
    head->addWidget(m_summary);
    head->addWidget(m_receipt);
    head->addWidget(m_overrides);
    layout->addLayout(head);
    layout->addWidget(m_tree, 1);
}

void ModelView::setDocument(InspectionDocument* document)
{
    m_document = document;
    connect(document, &InspectionDocument::sessionChanged, this, &ModelView::rebuild);
    connect(document, &InspectionDocument::traceChanged, this, &ModelView::refreshTimes);
    connect(document, &InspectionDocument::selectionChanged, this, &ModelView::followDocument);
    connect(document, &InspectionDocument::requestedMixerChanged, this, &ModelView::followDocument);
    connect(m_tree, &QTreeWidget::currentItemChanged, this, &ModelView::onCurrentItemChanged);
    new ImageDropTarget(m_tree->viewport(), [this](const QPoint& point) { return dropPlace(point); });
    rebuild();
}

void ModelView::rebuild()
{
    const QSignalBlocker blocker(m_tree);
    m_tree->clear();
    const auto& session = m_document->session();
    m_tree->setVisible(session != nullptr);
    m_summary->setAlignment(session ? Qt::AlignLeft : Qt::AlignCenter);
    showReceipt();
    m_summary->setForegroundRole(session ? QPalette::Text : QPalette::PlaceholderText);
    if (!session) {
        m_summary->setText(tr("Drop a checkpoint here"));
        return;
    }
    m_summary->setText(tr("%1 · %2 parameters")
                           .arg(QString::fromStdString(session->config().familyName()),
                                shortCount(session->checkpoint().parameterCount(), locale())));
    m_summary->setToolTip(m_document->modelPath());
    QTreeWidgetItem* stage = nullptr;
    QTreeWidgetItem* block = nullptr;
    std::int64_t ofStage = 0;
    std::int64_t ofBlock = 0;
    for (const MixerRecord& record : session->mixers()) {
        const MixerId& id = record.id;
        if (id.family == MixerId::Family::Vim) {
            addMixer(new QTreeWidgetItem(m_tree, {tr("Layer %1").arg(id.block + 1)}), id);
            continue;
        }
        if (id.stage >= m_tree->topLevelItemCount()) {
            stage = new QTreeWidgetItem(m_tree, {tr("Stage %1").arg(id.stage + 1)});
            stage->setToolTip(kNameColumn, tr("%1 channels").arg(record.channels));
            ofStage = 0;
        }
        if (id.block >= stage->childCount()) {
            block = new QTreeWidgetItem(stage, {tr("Block %1").arg(id.block + 1)});
            ofBlock = 0;
        }
        const std::int64_t count = session->parameterCount(id);
        if (id.family == MixerId::Family::VMamba) {
            addMixer(block, id);  // one in each block
        } else {
            const QString text = id.isChannelMixer ? tr("Channel mixer") : tr("Token mixer %1").arg(id.index + 1);
            addMixer(new QTreeWidgetItem(block, {text}), id);
            setParameters(block, ofBlock += count);
        }
        setParameters(stage, ofStage += count);
    }
    m_tree->expandAll();
    refreshTimes();
    followDocument();
}

void ModelView::addMixer(QTreeWidgetItem* item, const MixerId& id)
{
    item->setData(kNameColumn, kMixerRole, QString::fromStdString(id.name()));
    item->setToolTip(kNameColumn, definition(id.isChannelMixer ? Term::ChannelMixer : Term::TokenMixer));
    setParameters(item, m_document->session()->parameterCount(id));
}

std::optional<ImageDropTarget::Place> ModelView::dropPlace(const QPoint& point)
{
    const QTreeWidgetItem* item = m_tree->itemAt(point);
    const QString name = item ? item->data(kNameColumn, kMixerRole).toString() : QString();
    if (name.isEmpty() || !m_document->trace())
        return std::nullopt;
    const MixerId id = MixerId::parse(name.toStdString());
    QRect frame = m_tree->visualItemRect(item);
    frame.setLeft(0);
    frame.setRight(m_tree->viewport()->width() - 1);
    return ImageDropTarget::Place{frame, tr("Take over its output of %1").arg(QString::fromStdString(id.shortName())),
                                  [this, id](const QString& image) { patchOutput(*m_document, id, image); }};
}

void ModelView::showReceipt()
{
    const auto& session = m_document->session();
    m_receipt->setVisible(session != nullptr);
    QString overrides;
    if (session) {
        const LoadReceipt& receipt = session->receipt();
        m_receipt->setText(QStringLiteral("%1 <a href='#receipt'>%2</a>")
                               .arg(receipt.isPlain() ? QStringLiteral("✓") : QStringLiteral("⚠"),
                                    receiptSummary(receipt).toHtmlEscaped()));
        for (const std::string& difference : session->preprocessDifferences())
            overrides += QStringLiteral("⚠ <a href='#input'>%1</a><br>")
                             .arg(QString::fromStdString(difference).toHtmlEscaped());
        overrides.chop(4);
    }
    m_overrides->setText(overrides);
    m_overrides->setVisible(!overrides.isEmpty());
}

void ModelView::refreshTimes()
{
    const auto& trace = m_document->trace();
    const double whole = trace ? trace->milliseconds() : 0;
    if (trace) {
        for (const MixerRecord& record : trace->mixers()) {
            if (QTreeWidgetItem* item = itemOf(record.id))
                setTime(item, record.milliseconds, whole);
        }
    }
    for (int i = 0; i < m_tree->topLevelItemCount(); ++i)
        sumTimes(m_tree->topLevelItem(i), whole);
}

QTreeWidgetItem* ModelView::itemOf(const MixerId& id) const
{
    const QString name = QString::fromStdString(id.name());
    for (QTreeWidgetItemIterator it(m_tree); *it; ++it) {
        if ((*it)->data(kNameColumn, kMixerRole).toString() == name)
            return *it;
    }
    return nullptr;
}

void ModelView::followDocument()
{
    const QSignalBlocker blocker(m_tree);
    QTreeWidgetItem* item = m_document->trace() ? itemOf(m_document->requestedMixer()) : nullptr;
    if (item != m_tree->currentItem())
        m_tree->setCurrentItem(item);
}

void ModelView::onCurrentItemChanged(QTreeWidgetItem* item)
{
    const QString name = item ? item->data(kNameColumn, kMixerRole).toString() : QString();
    if (!name.isEmpty())
        m_document->requestMixer(MixerId::parse(name.toStdString()));
}

}  // namespace mixer::ui
