// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/ScanOrderView.h"

#include "engine/core/Error.h"
#include "engine/scan/ScanStatistics.h"
#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/document/ScanEdits.h"
#include "visualizers/TokenMap.h"

#include <QApplication>
#include <QClipboard>
#include <QFile>
#include <QFileDialog>
#include <QFontDatabase>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QToolButton>
#include <QVBoxLayout>

#include <utility>

namespace mixer::ui {

namespace {

/// Longest order file that is read: enough for any grid here, and no more.
constexpr qint64 kLargestFile = 16 << 20;

QString row(const QString& name, const QString& value)
{
    return QStringLiteral("<tr><td style='padding-right:14px'>%1</td><td align='right'><b>%2</b></td></tr>")
        .arg(name, value);
}

}  // namespace

ScanOrderView::ScanOrderView(QWidget* parent)
    : QWidget(parent)
    , m_facts(new QLabel(this))
    , m_indices(new QPlainTextEdit(this))
    , m_draw(new QToolButton(this))
    , m_load(new QToolButton(this))
    , m_copy(new QToolButton(this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_facts->setObjectName(QStringLiteral("scanFacts"));
    m_facts->setTextFormat(Qt::RichText);
    m_facts->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_facts->setContentsMargins(10, 6, 10, 6);
    m_facts->setToolTip(definition(Term::ScanVerifier));
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_indices->setObjectName(QStringLiteral("scanIndices"));
    m_indices->setAccessibleName(tr("Token at each step"));
    m_indices->setReadOnly(true);
    m_indices->setFrameShape(QFrame::NoFrame);
    m_indices->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_indices->setAcceptDrops(false);
    m_draw->setObjectName(QStringLiteral("drawOrderButton"));
    m_draw->setText(tr("Draw an order"));
    m_draw->setCheckable(true);
    m_draw->setToolTip(
        tr("Drag over the image: the scan visits the tokens in the order in which you pass them, the others "
           "after them row by row"));
    m_load->setText(tr("Load an order…"));
    m_load->setToolTip(tr("A text file with the token (y · width + x) of each step"));
    m_copy->setText(tr("Copy"));
    m_copy->setToolTip(tr("Copy the list of indices"));
    for (QToolButton* button : {m_draw, m_load, m_copy})
        button->setProperty("outlined", true);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(6, 4, 6, 2);
    bar->addWidget(m_draw);
    bar->addWidget(m_load);
    bar->addStretch(1);
    bar->addWidget(m_copy);
    auto* below = new QHBoxLayout;
    below->setSpacing(0);
    below->addWidget(m_facts);
    below->addWidget(m_indices, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addLayout(below, 1);
}

void ScanOrderView::setDocument(InspectionDocument* document)
{
    m_document = document;
    connect(document, &InspectionDocument::detailChanged, this, &ScanOrderView::refresh);
    connect(document, &InspectionDocument::selectionChanged, this, &ScanOrderView::refresh);
    connect(m_draw, &QToolButton::toggled, this, &ScanOrderView::drawingRequested);
    connect(m_load, &QToolButton::clicked, this, &ScanOrderView::loadOrder);
    connect(m_copy, &QToolButton::clicked, this,
            [this] { QApplication::clipboard()->setText(m_indices->toPlainText()); });
    refresh();
}

QString ScanOrderView::facts() const
{
    return m_facts->text();
}

QString ScanOrderView::indices() const
{
    return m_indices->toPlainText();
}

void ScanOrderView::paintEvent(QPaintEvent* event)
{
    QWidget::paintEvent(event);
    if (std::exchange(m_isStale, false))
        QMetaObject::invokeMethod(this, &ScanOrderView::refresh, Qt::QueuedConnection);
}

void ScanOrderView::refresh()
{
    const auto& detail = m_document->detail();
    const bool isToken = detail && !detail->record().id.isChannelMixer;
    for (QWidget* control :
         {static_cast<QWidget*>(m_draw), static_cast<QWidget*>(m_load), static_cast<QWidget*>(m_copy)})
        control->setEnabled(isToken);
    if (!isToken) {
        m_shownKey.clear();
        m_indices->clear();
        m_facts->setText(detail ? tr("A channel mixer visits the channels in their order, forward and backward.")
                                : tr("The order that a scan runs in appears here"));
        return;
    }
    m_isStale = visibleRegion().isEmpty();
    if (m_isStale)
        return;
    const int scan = m_document->selection().scan;
    const QString key = QStringLiteral("%1/%2").arg(reinterpret_cast<quintptr>(detail.get())).arg(scan);
    if (key == m_shownKey)
        return;
    m_shownKey = key;
    const MixerRecord& record = detail->record();
    const std::vector<std::int32_t> order = vis::visitedTokens(*detail, scan);
    const ScanStatistics facts = scanStatistics(order, record.height, record.width);
    const QLocale locale;
    const auto number = [&](double value) { return locale.toString(value, 'f', 2); };
    QString text = QStringLiteral("<b>%1</b>, %2 × %3<table cellspacing='2'>")
                       .arg(QString::fromStdString(detail->scanName(scan)))
                       .arg(record.width)
                       .arg(record.height);
    text += row(tr("permutation"), facts.isPermutation ? tr("yes") : tr("no"));
    if (!facts.isPermutation) {
        text += QStringLiteral("</table>") + QString::fromStdString(facts.problem).toHtmlEscaped();
    } else {
        text += row(tr("known as"), facts.name.empty() ? tr("no known scan") : QString::fromStdString(facts.name));
        text += row(tr("mean step, tokens"), number(facts.meanStep));
        text += row(tr("longest step, tokens"), number(facts.longestStep));
        text += row(tr("steps to a neighbour"), tr("%1 %").arg(number(100 * facts.unitShare)));
        text += row(tr("jumps"), locale.toString(facts.jumps));
        text += row(tr("mean gap of neighbours, steps"), number(facts.meanGap));
        text += row(tr("median gap"), number(facts.medianGap));
        text += row(tr("largest gap"), locale.toString(facts.largestGap));
        text += QStringLiteral("</table>");
    }
    m_facts->setText(text);
    QStringList indices;
    for (const std::int32_t token : order)
        indices << QString::number(token);
    m_indices->setPlainText(indices.join(QLatin1Char(' ')));
}

void ScanOrderView::loadOrder()
{
    auto* dialog
        = new QFileDialog(this, tr("Load an order"), QString(), tr("Text (*.txt *.csv *.json);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& path) {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly)) {
            m_document->report(tr("%1 cannot be read: %2").arg(path, file.errorString()));
            return;
        }
        if (file.size() > kLargestFile) {
            m_document->report(tr("%1 is larger than any order (16 MiB)").arg(path));
            return;
        }
        try {
            const MixerRecord& record = m_document->detail()->record();
            replaceOrder(*m_document, parseOrder(QString::fromUtf8(file.readAll()), record.height, record.width));
        } catch (const Error& error) {
            m_document->report(tr("%1: %2").arg(path, QString::fromUtf8(error.what())));
        }
    });
    dialog->open();
}

}  // namespace mixer::ui
