// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/TensorsView.h"

#include "ui/document/InspectionDocument.h"
#include "ui/document/TensorTableModel.h"
#include "ui/theme/Theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QPainter>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

namespace mixer::ui {

namespace {

constexpr int kBins = 96;

}  // namespace

HistogramWidget::HistogramWidget(QWidget* parent)
    : QWidget(parent)
{
    setObjectName(QStringLiteral("tensorHistogram"));
    setAccessibleName(TensorsView::tr("Histogram of the selected tensor"));
    setFixedHeight(sizeHint().height());
    hide();
}

void HistogramWidget::setHistogram(const std::optional<TensorHistogram>& histogram)
{
    m_histogram = histogram;
    setVisible(histogram.has_value());  // the table has the room until then
    update();
}

void HistogramWidget::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.fillRect(rect(), palette().base());
    if (!m_histogram)
        return;
    const vis::FigureStyle style = figureStyleFor(*this);
    painter.setFont(style.font());
    const double line = QFontMetricsF(painter.font()).height();
    const QRectF plot = QRectF(rect()).adjusted(10, 4, -10, -line - 4);
    painter.fillRect(plot, style.panel);
    const auto& counts = m_histogram->counts;
    const double highest
        = static_cast<double>(std::max<std::int64_t>(1, *std::max_element(counts.begin(), counts.end())));
    const double width = plot.width() / static_cast<double>(counts.size());
    for (std::size_t bin = 0; bin < counts.size(); ++bin) {
        const double height = plot.height() * static_cast<double>(counts[bin]) / highest;
        painter.fillRect(QRectF(plot.left() + static_cast<double>(bin) * width, plot.bottom() - height, width, height),
                         style.accent);
    }
    if (m_histogram->low < 0 && m_histogram->high > 0) {
        const double zero = plot.left() - m_histogram->low / (m_histogram->high - m_histogram->low) * plot.width();
        painter.setPen(style.mutedText);
        painter.drawLine(QPointF(zero, plot.top()), QPointF(zero, plot.bottom()));
    }
    painter.setPen(style.text);
    const QRectF numbers(plot.left(), plot.bottom() + 2, plot.width(), line);
    painter.drawText(numbers, Qt::AlignLeft, QLocale().toString(m_histogram->low, 'g', 3));
    painter.drawText(numbers, Qt::AlignRight, QLocale().toString(m_histogram->high, 'g', 3));
}

TensorsView::TensorsView(QWidget* parent)
    : QWidget(parent)
    , m_order(new QSortFilterProxyModel(this))
    , m_filter(new QLineEdit(this))
    , m_table(new QTableView(this))
    , m_caption(new QLabel(this))
    , m_histogram(new HistogramWidget(this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_filter->setObjectName(QStringLiteral("tensorFilter"));
    m_filter->setPlaceholderText(tr("Filter by name"));
    m_filter->setAccessibleName(tr("Filter the tensors by name"));
    m_filter->setClearButtonEnabled(true);
    m_filter->setAcceptDrops(false);
    m_order->setSortRole(TensorTableModel::SortRole);
    m_order->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_table->setObjectName(QStringLiteral("tensorTable"));
    m_table->setAccessibleName(tr("Tensors of the checkpoint"));
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setShowGrid(false);
    m_table->setAlternatingRowColors(true);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setSortingEnabled(true);
    m_table->sortByColumn(-1, Qt::AscendingOrder);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_caption->setContentsMargins(10, 3, 10, 4);
    m_caption->setText(tr("Select a tensor to see its histogram"));
    m_caption->setForegroundRole(QPalette::PlaceholderText);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(6, 4, 6, 4);
    bar->addWidget(m_filter);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_caption);
    layout->addWidget(m_histogram);
}

void TensorsView::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_model = new TensorTableModel(&document->worker(), this);
    m_order->setSourceModel(m_model);
    m_table->setModel(m_order);
    m_table->setTextElideMode(Qt::ElideMiddle);  // names differ at their ends
    m_table->horizontalHeader()->setSectionResizeMode(TensorTableModel::Name, QHeaderView::Stretch);
    for (int column = TensorTableModel::Type; column < TensorTableModel::kColumns; ++column)
        m_table->horizontalHeader()->resizeSection(column, 76);
    connect(document, &InspectionDocument::sessionChanged, this, &TensorsView::onSessionChanged);
    connect(m_filter, &QLineEdit::textChanged, m_order, &QSortFilterProxyModel::setFilterFixedString);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &TensorsView::onCurrentChanged);
    onSessionChanged();
}

void TensorsView::onSessionChanged()
{
    m_follower.forget();
    m_histogram->setHistogram(std::nullopt);
    m_model->setSession(m_document->session());
}

void TensorsView::onCurrentChanged()
{
    const int row = m_order->mapToSource(m_table->currentIndex()).row();
    const TensorInfo* tensor = m_model->tensor(row);
    if (!tensor)
        return;
    using Histogram = std::optional<TensorHistogram>;
    const auto work = [session = m_model->session(), info = *tensor](const JobContext& context) {
        return tensorHistogram(info, kBins, context.cancel);
    };
    const QString name = QString::fromStdString(m_model->session()->checkpoint().shortName(*tensor));
    m_follower.want(&m_document->worker(), QStringLiteral("histogram"), tr("Reading %1").arg(name), work,
                    [this, row, name](JobOutcome<Histogram> outcome) {
                        if (outcome.end != JobEnd::Finished)
                            return;
                        m_histogram->setHistogram(outcome.value);
                        const TensorStatistics* facts = m_model->statistics(row);
                        QString text = name;
                        if (facts)
                            text += tr(" · %1 values · %2 % zero")
                                        .arg(QLocale().toString(static_cast<qlonglong>(facts->count)))
                                        .arg(100.0 * static_cast<double>(facts->zeros)
                                                 / static_cast<double>(std::max<std::int64_t>(1, facts->count)),
                                             0, 'f', 1);
                        if (facts && facts->nonFinite > 0)
                            text += tr(" · %1 not finite").arg(facts->nonFinite);
                        m_caption->setText(text);
                    });
}

}  // namespace mixer::ui
