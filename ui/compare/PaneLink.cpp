// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/PaneLink.h"

#include "ui/compare/Comparison.h"
#include "ui/document/InspectionDocument.h"
#include "ui/views/Canvas.h"
#include "ui/window/CanvasPane.h"
#include "visualizers/PairedMaps.h"

#include <utility>

namespace mixer::ui {

PaneLink::PaneLink(Comparison* comparison, CanvasPane* pane, QObject* parent)
    : QObject(parent)
    , m_comparison(comparison)
    , m_pane(pane)
    , m_main(pane->canvas())
{
    connect(comparison, &Comparison::otherChanged, this, &PaneLink::onOtherChanged);
    connect(comparison, &Comparison::stateChanged, this, &PaneLink::refresh);
    onOtherChanged();
}

PaneLink::~PaneLink() = default;

Canvas* PaneLink::first() const
{
    return m_comparison->isOtherFirst() ? m_other.get() : m_main;
}

Canvas* PaneLink::second() const
{
    return m_comparison->isOtherFirst() ? m_main : m_other.get();
}

void PaneLink::onOtherChanged()
{
    setFlipped(false);
    if (m_other) {
        m_other.reset();
        m_showsDifference = false;
        m_main->setSubtrahend({});
        m_main->setSharedRange(std::nullopt);
        m_main->setLegendVisible(true);
        m_main->setBadge({}, {});
        m_main->setGuest(std::nullopt);
    }
    if (!m_comparison->other())
        return;
    m_other = std::make_unique<Canvas>();
    m_other->setObjectName(QStringLiteral("otherCanvas"));
    m_other->setAccessibleName(tr("The image that is compared, with overlays"));
    m_other->setFollowing(true);
    m_other->setDocument(m_comparison->other());
    m_pane->putBeside(m_other.get(), m_comparison->isOtherFirst());
    wire();
    refresh();
}

void PaneLink::wire()
{
    Canvas* other = m_other.get();
    const auto follow = [this] { m_other->goTo(m_main->place()); };
    // All of it ends with the other canvas.
    connect(m_main, &Canvas::placeChanged, other, follow);
    connect(other, &Canvas::moved, other, [this] { m_main->goTo(m_other->place()); });
    for (const auto signal : {&InspectionDocument::pictureChanged, &InspectionDocument::detailChanged})
        connect(m_comparison->other(), signal, other, follow);
    connect(m_main, &Canvas::hovered, other, &Canvas::setGuest);
    connect(other, &Canvas::hovered, m_main, &Canvas::setGuest);
    connect(other, &Canvas::tokenPicked, m_comparison, &Comparison::pickToken);
    for (Canvas* canvas : {m_main, other})
        connect(canvas, &Canvas::overlayChanged, other, [this] { refreshRanges(); });
    // A difference is of both: the second asks again when the first has changed.
    connect(m_comparison, &Comparison::stateChanged, other, [this] {
        if (m_showsDifference)
            second()->refreshMap();
    });
    for (const auto signal : {&InspectionDocument::detailChanged, &InspectionDocument::selectionChanged,
                              &InspectionDocument::attributionChanged, &InspectionDocument::pairChanged})
        connect(m_comparison->document(), signal, other, [this] {
            if (m_showsDifference)
                second()->refreshMap();
        });
}

void PaneLink::refreshSubtrahend()
{
    if (std::exchange(m_showsDifference, m_comparison->showsDifference()) == m_comparison->showsDifference())
        return;
    if (m_showsDifference)
        second()->setSubtrahend([this] { return m_comparison->subtrahend(); });
    else
        second()->setSubtrahend({});
}

void PaneLink::refresh()
{
    if (!m_other)
        return;
    refreshSubtrahend();
    const bool isSwapped = m_comparison->isOtherFirst();
    const QString letterOfMain = isSwapped ? QStringLiteral("B") : QStringLiteral("A");
    const QString letterOfOther = isSwapped ? QStringLiteral("A") : QStringLiteral("B");
    const QString difference = m_showsDifference ? tr("B − A over ") : QString();
    m_main->setBadge(letterOfMain, (isSwapped ? difference : QString()) + m_comparison->mainName());
    const QString remark = m_comparison->other()->trace() ? m_comparison->remark() : QString();
    m_other->setBadge(letterOfOther, (isSwapped ? QString() : difference) + m_comparison->otherName(), remark);
    m_other->setEmptyText(m_comparison->remark().isEmpty() ? tr("Opening…") : m_comparison->remark());
    m_other->setToolTip(remark);
    refreshRanges();
}

void PaneLink::refreshRanges()
{
    if (!m_other)
        return;
    const vis::TokenMap& ours = m_main->ownMap();
    const vis::TokenMap& theirs = m_other->ownMap();
    const bool isShared = !m_showsDifference && !ours.values.empty() && !theirs.values.empty();
    for (Canvas* canvas : {m_main, m_other.get()})
        canvas->setSharedRange(isShared ? std::optional(vis::sharedRange(ours, theirs)) : std::nullopt);
    first()->setLegendVisible(true);
    // Each picture's components have shares of its own.
    const bool hasOwnLegend
        = !isShared || m_comparison->document()->viewSettings().figure.overlay == vis::OverlayQuantity::FeaturePca;
    second()->setLegendVisible(m_showsDifference || (hasOwnLegend && !theirs.values.empty()));
    if (m_isFlipped)
        first()->update();
}

void PaneLink::setFlipped(bool on)
{
    on = on && m_other;
    if (std::exchange(m_isFlipped, on) == on)
        return;
    if (m_other)
        first()->setStandIn(on ? second() : nullptr);
    Q_EMIT flippedChanged(on);
}

}  // namespace mixer::ui
