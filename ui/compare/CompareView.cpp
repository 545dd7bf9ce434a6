// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/CompareView.h"

#include "ui/document/InspectionDocument.h"
#include "ui/views/FigureView.h"
#include "visualizers/RunPair.h"

#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QTreeWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace mixer::ui {

namespace {

constexpr int kTopOfEach = 5;
constexpr int kClassRole = Qt::UserRole;

QString percent(float probability)
{
    return QLocale().toString(100.0 * static_cast<double>(probability), 'f', 1) + QStringLiteral(" %");
}

QString signedPercent(float change)
{
    if (change == 0)
        return QStringLiteral("0");
    // Of two precisions, in the last digits: not +0.0.
    const double size = 100 * std::abs(static_cast<double>(change));
    const QString text = size >= 0.05
        ? percent(std::abs(change))
        : QLocale().toString(size, size >= 5e-4 ? 'f' : 'g', size >= 5e-4 ? 3 : 1) + QStringLiteral(" %");
    return (change < 0 ? QStringLiteral("−") : QStringLiteral("+")) + text;
}

}  // namespace

CompareView::CompareView(QWidget* parent)
    : QWidget(parent)
    , m_figure(new FigureView(QStringLiteral("comparison"), FigureView::Follow::Marks, this))
    , m_notes(new QLabel(this))
    , m_classes(new QTreeWidget(this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_figure->setAccessibleName(tr("Relative difference of each mixer's output"));
    m_figure->setEmptyText(tr("Menu Compare puts another model, image or precision, or the baseline, beside what is "
                              "shown. Two checkpoints dropped on the window are compared at once"));
    m_notes->setObjectName(QStringLiteral("compareNotes"));
    m_notes->setWordWrap(true);
    m_notes->setContentsMargins(10, 2, 10, 2);
    m_classes->setObjectName(QStringLiteral("compareClasses"));
    m_classes->setAccessibleName(tr("Predictions of both"));
    m_classes->setHeaderLabels({tr("class"), QStringLiteral("A"), QStringLiteral("B"), tr("change")});
    m_classes->setRootIsDecorated(false);
    m_classes->setUniformRowHeights(true);
    m_classes->setFrameShape(QFrame::NoFrame);
    m_classes->header()->setStretchLastSection(false);
    m_classes->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_classes->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    for (int column = 1; column < 4; ++column)
        m_classes->headerItem()->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_figure, 3);
    layout->addWidget(m_notes);
    layout->addWidget(m_classes, 2);
}

void CompareView::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_figure->setDocument(document);
    connect(document, &InspectionDocument::pairChanged, m_figure, &FigureView::refresh);
    connect(document, &InspectionDocument::pairChanged, this, &CompareView::refresh);
    connect(m_classes, &QTreeWidget::itemClicked, this,
            [this](const QTreeWidgetItem* item) { m_document->setClass(item->data(0, kClassRole).toInt()); });
    refresh();
}

QString CompareView::notes() const
{
    return m_notes->text();
}

void CompareView::refresh()
{
    const auto& pair = m_document->pair();
    m_notes->setVisible(pair != nullptr);
    m_classes->setVisible(pair != nullptr);
    if (!pair)
        return;
    QStringList notes;
    const TraceComparison& found = pair->comparison;
    if (found.comparable < static_cast<int>(found.mixers.size()))
        notes << tr("%1 of A's %2 mixers can be compared.").arg(found.comparable).arg(found.mixers.size());
    if (!found.onlyInB.empty())
        notes << tr("%1 mixers of B have no counterpart in A.").arg(found.onlyInB.size());
    if (const int choice = found.firstOtherChoice(); choice >= 0)
        notes << tr("First other choice of scans: %1, mixer %2.")
                     .arg(QString::fromStdString(found.mixers[static_cast<std::size_t>(choice)].id.shortName()))
                     .arg(choice + 1);
    if (pair->classes.empty())
        notes << tr("The networks share no class.");
    std::vector<float> a, b;
    for (const ClassPair& both : pair->classes) {
        a.push_back(both.logitA);
        b.push_back(both.logitB);
    }
    if (!a.empty())
        notes << tr("Logits: %1.").arg(vis::discrepancyText(discrepancyOf(a.data(), b.data(), a.size())));
    m_notes->setText(notes.join(QLatin1Char(' ')));
    fillClasses();
}

void CompareView::fillClasses()
{
    const vis::RunPair& pair = *m_document->pair();
    std::set<int> topOfA, topOfB;
    for (const int index : pair.traceA->topClasses(kTopOfEach))
        topOfA.insert(index);
    for (const int index : pair.traceB->topClasses(kTopOfEach))
        topOfB.insert(index);
    m_classes->clear();
    for (const ClassPair& both : pair.classes) {
        if (topOfA.count(both.a) == 0 && topOfB.count(both.b) == 0)
            continue;
        auto* item = new QTreeWidgetItem(m_classes,
                                         {QString::fromStdString(both.label), percent(both.probabilityA),
                                          percent(both.probabilityB), signedPercent(both.change())});
        item->setData(0, kClassRole, pair.isOtherFirst ? both.b : both.a);
        item->setToolTip(0, tr("logit %1 in A, %2 in B").arg(both.logitA).arg(both.logitB));
        for (int column = 1; column < 4; ++column)
            item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
        QFont bold = m_classes->font();
        bold.setBold(true);
        if (both.a == pair.traceA->topClasses(1).front())
            item->setFont(1, bold);
        if (both.b == pair.traceB->topClasses(1).front())
            item->setFont(2, bold);
    }
}

}  // namespace mixer::ui
