// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QToolButton;

namespace mixer::ui {

class FigureView;
class InspectionDocument;

/// The implicit attention of the selected mixer at the selected token: where its output comes from or where its input
/// goes, for the selected lane or the mean of all, one scan or all; with the residual that says whether to trust it.
class AttentionView : public QWidget {
    Q_OBJECT
public:
    explicit AttentionView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    FigureView* figure() const { return m_figure; }
    /// What the badge says: "residual 3.1e-7".
    QString badge() const;

private:
    void refreshControls();
    void refreshBadge();
    void change(void (*set)(bool& isColumn, bool& isMerged, bool& isAbsolute, int value), int value);

    InspectionDocument* m_document = nullptr;
    QComboBox* m_direction;
    QComboBox* m_scans;
    QComboBox* m_sign;
    QToolButton* m_overlay;
    QLabel* m_badge;
    FigureView* m_figure;
};

}  // namespace mixer::ui
