// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/interventions/Interventions.h"
#include "ui/document/ViewSettings.h"
#include "visualizers/CompareChoice.h"

#include <QElapsedTimer>
#include <QUndoCommand>

#include <functional>

namespace mixer::ui {

using vis::CompareChoice;

/// The part of a document that can be undone: all that a person decides, but not what is selected.
struct DocumentChoices {
    ViewSettings view;
    Interventions interventions;
    CompareChoice compare;

    bool operator==(const DocumentChoices& o) const
    {
        return view == o.view && interventions == o.interventions && compare == o.compare;
    }
};

/// From some choices to others. Commands of the same key (not empty) that follow each other within a moment become one:
/// a slider's way is one step of undo.
class DocumentCommand : public QUndoCommand {
public:
    using Apply = std::function<void(const DocumentChoices&)>;

    DocumentCommand(const QString& text, const QString& mergeKey, DocumentChoices before, DocumentChoices after,
                    Apply apply)
        : QUndoCommand(text)
        , m_mergeKey(mergeKey)
        , m_before(std::move(before))
        , m_after(std::move(after))
        , m_apply(std::move(apply))
    {
        m_sinceLast.start();
    }

    int id() const override { return m_mergeKey.isEmpty() ? -1 : 1; }
    void undo() override { m_apply(m_before); }
    void redo() override { m_apply(m_after); }
    bool mergeWith(const QUndoCommand* newer) override
    {
        const auto* other = static_cast<const DocumentCommand*>(newer);
        if (other->m_mergeKey != m_mergeKey || m_sinceLast.elapsed() > kMomentMs)
            return false;
        m_after = other->m_after;
        m_sinceLast.restart();
        setObsolete(m_before == m_after);
        return true;
    }

private:
    static constexpr qint64 kMomentMs = 1500;

    QString m_mergeKey;
    DocumentChoices m_before;
    DocumentChoices m_after;
    Apply m_apply;
    QElapsedTimer m_sinceLast;
};

}  // namespace mixer::ui
