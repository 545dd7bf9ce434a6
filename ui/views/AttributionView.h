// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/attribution/Ablation.h"
#include "visualizers/FigureContext.h"

#include <QWidget>

#include <vector>

class QComboBox;
class QLabel;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace mixer::ui {

class InspectionDocument;

/// Why this class? A map of the image by one of several methods, laid over the canvas, with what says whether to trust
/// it; and what the class loses when a mixer, a scan or a channel is taken out. A double click takes that part out.
class AttributionView : public QWidget {
    Q_OBJECT
public:
    using Method = vis::AttributionMethod;
    enum class Part { Mixers, Scans, Channels };

    explicit AttributionView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    QPushButton* explainButton() const { return m_explain; }
    QPushButton* ablateButton() const { return m_ablate; }
    QTreeWidget* scores() const { return m_scores; }
    QString badge() const;

private:
    void explain();
    void ablate();
    void refresh();
    void showScores(const std::vector<AblationScore>& scores);
    void takeOut(const QTreeWidgetItem* item);

    InspectionDocument* m_document = nullptr;
    QComboBox* m_method;
    QPushButton* m_explain;
    QLabel* m_target;
    QLabel* m_badge;
    QComboBox* m_part;
    QPushButton* m_ablate;
    QTreeWidget* m_scores;
    std::vector<AblationScore> m_shownScores;
};

}  // namespace mixer::ui
