// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/ReceiptDialog.h"

#include "ui/document/ReceiptText.h"

#include <QDialogButtonBox>
#include <QFileInfo>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>
#include <QTableView>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <algorithm>

namespace mixer::ui {

namespace {

enum Column { kUse, kName, kType, kShape, kTarget, kReason, kColumnCount };
constexpr int kSortRole = Qt::UserRole;  // shapes sort by their number of elements

QString shapeText(const std::vector<std::int64_t>& shape)
{
    QStringList sides;
    for (const std::int64_t side : shape)
        sides << QString::number(side);
    return sides.isEmpty() ? ReceiptDialog::tr("scalar") : sides.join(QStringLiteral(" × "));
}

double elementCount(const std::vector<std::int64_t>& shape)
{
    double count = 1;
    for (const std::int64_t side : shape)
        count *= static_cast<double>(side);
    return count;
}

/// Name and shape in the network, where they are not those of the file.
QString targetText(const TensorReceipt& line)
{
    QStringList parts;
    if (!line.target.empty() && line.target != line.name)
        parts << QString::fromStdString(line.target);
    if (!line.target.empty() && line.targetShape != line.shape)
        parts << shapeText(line.targetShape);
    return parts.join(QLatin1Char(' '));
}

QStandardItemModel* tensorModel(const LoadReceipt& receipt, QObject* parent)
{
    auto* model = new QStandardItemModel(0, kColumnCount, parent);
    model->setHorizontalHeaderLabels({ReceiptDialog::tr("Status"), ReceiptDialog::tr("Tensor"),
                                      ReceiptDialog::tr("Type"), ReceiptDialog::tr("Shape"),
                                      ReceiptDialog::tr("In the network"), ReceiptDialog::tr("Reason")});
    for (const TensorReceipt& line : receipt.tensors) {
        const QStringList texts = {useText(line.use),
                                   QString::fromStdString(line.name),
                                   QString::fromStdString(line.typeName),
                                   shapeText(line.shape),
                                   targetText(line),
                                   QString::fromStdString(line.reason)};
        QList<QStandardItem*> row;
        for (const QString& text : texts) {
            auto* item = new QStandardItem(text);
            item->setEditable(false);
            item->setData(text, kSortRole);
            item->setToolTip(text);
            row << item;
        }
        row[kShape]->setData(elementCount(line.shape), kSortRole);
        if (line.use == TensorUse::Unused || line.use == TensorUse::Missing) {
            QFont bold = row[kUse]->font();
            bold.setBold(true);
            row[kUse]->setFont(bold);
        }
        model->appendRow(row);
    }
    return model;
}

QString remarksHtml(const LoadReceipt& receipt)
{
    QString html;
    const auto add = [&](const QString& kind, const std::string& text) {
        html += QStringLiteral("<p style='margin:2px 0'><b>%1</b>&nbsp; %2</p>")
                    .arg(kind.toHtmlEscaped(), QString::fromStdString(text).toHtmlEscaped());
    };
    for (const Remark& remark : receipt.remarks) {
        add(remark.kind == Remark::Kind::Guess         ? ReceiptDialog::tr("Guess")
                : remark.kind == Remark::Kind::Ignored ? ReceiptDialog::tr("Ignored")
                                                       : ReceiptDialog::tr("Note"),
            remark.text);
    }
    for (const std::string& deviation : receipt.deviations)
        add(ReceiptDialog::tr("Not the default"), deviation);
    return html;
}

}  // namespace

ReceiptDialog::ReceiptDialog(const QString& modelPath, const LoadReceipt& receipt, QWidget* parent)
    : QDialog(parent)
    , m_filter(new QLineEdit(this))
    , m_table(new QTableView(this))
    , m_rows(new QSortFilterProxyModel(this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setObjectName(QStringLiteral("receiptDialog"));
    setWindowTitle(tr("Load receipt of %1").arg(QFileInfo(modelPath).fileName()));
    auto* summary = new QLabel(receiptSummary(receipt), this);
    summary->setObjectName(QStringLiteral("receiptSummary"));
    summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_filter->setObjectName(QStringLiteral("receiptFilter"));
    m_filter->setPlaceholderText(tr("Filter by name, status, type, shape or reason"));
    m_filter->setClearButtonEnabled(true);
    m_rows->setSourceModel(tensorModel(receipt, this));
    m_rows->setSortRole(kSortRole);
    m_rows->setFilterKeyColumn(-1);
    m_rows->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_table->setObjectName(QStringLiteral("receiptTable"));
    m_table->setAccessibleName(tr("Tensors of the checkpoint"));
    m_table->setModel(m_rows);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setAlternatingRowColors(true);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    // The order of the file until a header is clicked.
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setResizeContentsPrecision(1000);
    m_table->resizeColumnsToContents();
    connect(m_filter, &QLineEdit::textChanged, m_rows, &QSortFilterProxyModel::setFilterFixedString);

    auto* layout = new QVBoxLayout(this);
    layout->addWidget(summary);
    layout->addWidget(m_filter);
    layout->addWidget(m_table, 3);
    if (const QString html = remarksHtml(receipt); !html.isEmpty()) {
        auto* remarks = new QTextBrowser(this);
        remarks->setObjectName(QStringLiteral("receiptRemarks"));
        remarks->setHtml(html);
        remarks->setFrameShape(QFrame::NoFrame);
        remarks->setMaximumHeight(
            std::min(160, fontMetrics().height() * (2 + static_cast<int>(receipt.remarks.size()))));
        layout->addWidget(remarks, 0);
    }
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setIcon(QIcon());
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    layout->addWidget(buttons);
    resize(920, 560);
}

}  // namespace mixer::ui
