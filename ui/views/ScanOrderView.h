// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QToolButton;

namespace mixer::ui {

class InspectionDocument;

/// The order that the selected scan really runs in, checked: its index list, whether it is a permutation, how it jumps,
/// which known scan it is. Another order can be drawn on the image or loaded.
class ScanOrderView : public QWidget {
    Q_OBJECT
public:
    explicit ScanOrderView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    QString facts() const;
    QString indices() const;
    QToolButton* drawButton() const { return m_draw; }

Q_SIGNALS:
    /// The person wants to draw an order on the canvas, or no longer.
    void drawingRequested(bool on);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void refresh();
    void loadOrder();

    InspectionDocument* m_document = nullptr;
    QLabel* m_facts;
    QPlainTextEdit* m_indices;
    QToolButton* m_draw;
    QToolButton* m_load;
    QToolButton* m_copy;
    QString m_shownKey;      ///< what the facts are of
    bool m_isStale = false;  ///< something changed while nothing of it was to be seen
};

}  // namespace mixer::ui
