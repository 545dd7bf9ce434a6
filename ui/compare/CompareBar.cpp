// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/CompareBar.h"

#include "ui/Translate.h"
#include "ui/compare/Comparison.h"
#include "ui/document/InspectionDocument.h"
#include "ui/window/Actions.h"
#include "ui/window/ActivityWidget.h"
#include "visualizers/ComparisonFigure.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace mixer::ui {

CompareBar::CompareBar(Comparison* comparison, Actions* actions, QWidget* parent)
    : QFrame(parent)
    , m_comparison(comparison)
    , m_verdict(new QLabel(this))
    , m_flip(new QToolButton(this))
{
    setObjectName(QStringLiteral("compareBar"));
    setAutoFillBackground(true);
    m_verdict->setObjectName(QStringLiteral("compareVerdict"));
    m_verdict->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_verdict->setWordWrap(true);  // whole, on as many lines as it takes
    m_verdict->setMinimumWidth(80);
    m_verdict->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_flip->setText(tr("Flip"));
    m_flip->setObjectName(QStringLiteral("flipButton"));
    m_flip->setAccessibleName(tr("Flip: the second picture in place of the first while this is pressed"));
    m_flip->setToolTip(actions->flipCompare->toolTip());
    connect(actions->flipCompare, &QAction::changed, this,
            [this, actions] { m_flip->setToolTip(actions->flipCompare->toolTip()); });
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(10, 3, 6, 3);
    layout->setSpacing(4);
    layout->addWidget(m_verdict, 1);
    layout->addWidget(m_flip);
    for (QAction* action : {actions->compareDifference, actions->endCompare}) {
        auto* button = new QToolButton(this);
        action->setIconText(withoutMnemonic(action->text()));  // Chinese ones have their letter in brackets
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        layout->addWidget(button);
    }
    connect(comparison, &Comparison::otherChanged, this, &CompareBar::onOtherChanged);
    connect(comparison, &Comparison::stateChanged, this, &CompareBar::refresh);
    connect(comparison->document(), &InspectionDocument::pairChanged, this, &CompareBar::refresh);
    onOtherChanged();
}

CompareBar::~CompareBar() = default;

QString CompareBar::text() const
{
    return m_text;
}

void CompareBar::onOtherChanged()
{
    m_activity.reset();
    InspectionDocument* other = m_comparison->other();
    setVisible(other != nullptr);
    if (!other)
        return;
    m_activity = std::make_unique<ActivityWidget>(this);
    m_activity->setObjectName(QStringLiteral("otherActivity"));
    static_cast<QHBoxLayout*>(layout())->insertWidget(1, m_activity.get());
    m_activity->setDocument(other);
    refresh();
}

void CompareBar::refresh()
{
    if (!m_comparison->other())
        return;
    const auto& pair = m_comparison->document()->pair();
    if (pair)
        m_text = vis::ComparisonFigure::verdict(pair->comparison);
    else if (!m_comparison->remark().isEmpty())
        m_text = m_comparison->remark();
    else
        m_text = m_comparison->document()->trace() ? tr("Comparing…") : tr("Open an image to compare with");
    m_verdict->setText(m_text);
}

}  // namespace mixer::ui
