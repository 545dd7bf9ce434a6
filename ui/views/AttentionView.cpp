// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/AttentionView.h"

#include "ui/Glossary.h"
#include "ui/document/InspectionDocument.h"
#include "ui/theme/Theme.h"
#include "ui/views/FigureView.h"
#include "visualizers/AttentionFigure.h"

#include <QComboBox>
#include <QLabel>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace mixer::ui {

namespace {

// In the first box: not the matrix, but its parts or what is seen through it.
constexpr int kSplitIndex = 2;
constexpr int kFieldsIndex = 3;

}  // namespace

AttentionView::AttentionView(QWidget* parent)
    : QWidget(parent)
    , m_direction(new QComboBox(this))
    , m_scans(new QComboBox(this))
    , m_sign(new QComboBox(this))
    , m_overlay(new QToolButton(this))
    , m_badge(new QLabel(this))
    , m_figure(new FigureView(QStringLiteral("attention"), FigureView::Follow::Rebuild, this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_direction->setObjectName(QStringLiteral("attentionDirectionCombo"));
    m_direction->setAccessibleName(tr("Row or column"));
    m_direction->setToolTip(definition(Term::Attention));
    m_direction->addItems({tr("comes from"), tr("goes to"), tr("parts of the output"), tr("receptive fields")});
    m_direction->setItemData(
        kFieldsIndex, tr("What the selected token sees of the image through each scan and direction"), Qt::ToolTipRole);
    m_scans->setObjectName(QStringLiteral("attentionScansCombo"));
    m_scans->setAccessibleName(tr("One scan or all"));
    m_scans->setToolTip(tr("The selected scan alone, or all of the mixer with their weights ω"));
    m_scans->addItems({tr("this scan"), tr("all scans")});
    m_sign->setObjectName(QStringLiteral("attentionSignCombo"));
    m_sign->setAccessibleName(tr("Signed or magnitude"));
    m_sign->setToolTip(tr("Signed: the mean over the channels may cancel. Magnitude: the mean of |M|"));
    m_sign->addItems({tr("signed"), tr("magnitude")});
    m_overlay->setObjectName(QStringLiteral("attentionOverlayButton"));
    m_overlay->setText(tr("On image"));
    m_overlay->setCheckable(true);
    m_overlay->setProperty("outlined", true);
    m_overlay->setToolTip(tr("Show it over the image (6)"));
    m_badge->setObjectName(QStringLiteral("residualBadge"));
    m_badge->setToolTip(definition(Term::Residual));
    m_figure->setAccessibleName(tr("Implicit attention of the selected token"));
    m_figure->setEmptyText(tr("Where an output comes from appears here"));
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(6, 4, 6, 0);
    bar->setSpacing(4);
    for (QComboBox* combo : {m_direction, m_scans, m_sign}) {
        combo->setMinimumWidth(64);  // shorter words rather than a wider window
        bar->addWidget(combo, combo == m_direction ? 3 : 2);
    }
    bar->addWidget(m_overlay);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_figure, 1);
    auto* foot = new QVBoxLayout;
    foot->setContentsMargins(10, 2, 10, 4);
    foot->addWidget(m_badge);
    layout->addLayout(foot);
}

void AttentionView::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_figure->setDocument(document);
    connect(m_figure, &FigureView::figureChanged, this, &AttentionView::refreshBadge);
    connect(document, &InspectionDocument::viewSettingsChanged, this, &AttentionView::refreshControls);
    connect(document, &InspectionDocument::detailChanged, this, &AttentionView::refreshControls);
    connect(m_direction, &QComboBox::activated, this, [this](int index) {
        // First, so that the figure is made of them.
        if (index < kSplitIndex)
            change([](bool& column, bool&, bool&, int v) { column = v == 1; }, index);
        const QString figure = index == kSplitIndex ? QStringLiteral("split")
            : index == kFieldsIndex                 ? QStringLiteral("receptive-fields")
                                                    : QStringLiteral("attention");
        m_figure->setFigureId(figure, index == kSplitIndex ? FigureView::Follow::Marks : FigureView::Follow::Rebuild);
        refreshControls();
    });
    connect(m_scans, &QComboBox::activated, this,
            [this](int index) { change([](bool&, bool& merged, bool&, int v) { merged = v == 1; }, index); });
    connect(m_sign, &QComboBox::activated, this,
            [this](int index) { change([](bool&, bool&, bool& absolute, int v) { absolute = v == 1; }, index); });
    connect(m_overlay, &QToolButton::clicked, this, [this](bool on) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.overlay = on ? vis::OverlayQuantity::Attention : vis::OverlayQuantity::None;
        m_document->setFigureOptions(options, tr("Attention over the image"));
    });
    refreshControls();
    refreshBadge();
}

void AttentionView::change(void (*set)(bool&, bool&, bool&, int), int value)
{
    vis::FigureOptions options = m_document->viewSettings().figure;
    set(options.attention.isColumn, options.attention.isMerged, options.attention.isAbsolute, value);
    m_document->setFigureOptions(options, tr("Attention"));
}

void AttentionView::refreshControls()
{
    const vis::FigureOptions& options = m_document->viewSettings().figure;
    const QSignalBlocker blockDirection(m_direction);
    const QSignalBlocker blockScans(m_scans);
    const QSignalBlocker blockSign(m_sign);
    const bool isMatrix = m_figure->figureId() == QLatin1String("attention");
    const bool isSplit = m_figure->figureId() == QLatin1String("split");
    m_direction->setCurrentIndex(isSplit ? kSplitIndex : !isMatrix ? kFieldsIndex : options.attention.isColumn ? 1 : 0);
    const bool hasDetail = m_document->detail() != nullptr;
    m_direction->setEnabled(hasDetail);
    m_scans->setEnabled(hasDetail && isMatrix);
    m_sign->setEnabled(hasDetail && isMatrix);
    m_scans->setCurrentIndex(options.attention.isMerged ? 1 : 0);
    m_sign->setCurrentIndex(options.attention.isAbsolute ? 1 : 0);
    m_overlay->setChecked(options.overlay == vis::OverlayQuantity::Attention);
    m_overlay->setEnabled(m_document->detail() && !m_document->selection().mixer.isChannelMixer);
}

QString AttentionView::badge() const
{
    return m_badge->text();
}

void AttentionView::refreshBadge()
{
    const auto* attention = dynamic_cast<const vis::AttentionFigure*>(m_figure->figure());
    m_badge->setVisible(attention != nullptr);
    if (!attention)
        return;
    const bool isRow = !std::isnan(attention->residual());
    const bool isGood = !isRow || attention->residual() < vis::AttentionFigure::kLargestResidual;
    m_badge->setText(!isRow       ? tr("A column has no residual: look at rows to see whether M is exact")
                         : isGood ? tr("exact: %1").arg(attention->residualText())
                                  : tr("not to be trusted: %1").arg(attention->residualText()));
    QPalette colors = palette();
    const vis::FigureStyle style = figureStyleFor(*this);
    colors.setColor(QPalette::WindowText, isGood ? style.mutedText : style.highlight);
    m_badge->setPalette(colors);
}

}  // namespace mixer::ui
