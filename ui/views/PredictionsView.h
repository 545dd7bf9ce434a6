// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/PredictionsFigure.h"

#include <QPixmap>
#include <QWidget>

#include <memory>

class QComboBox;
class QLabel;

namespace mixer::ui {

class InspectionDocument;

/// What the network says, as bars, and what it would say without the edits; a click on a bar's row selects the class.
/// The picture is the one that files get.
class PredictionsView : public QWidget {
    Q_OBJECT
public:
    explicit PredictionsView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    const vis::PredictionsData& data() const;
    /// Middle of a bar's row in the coordinates of this widget.
    QPoint barCentre(int bar) const;
    QSize sizeHint() const override { return {360, 215}; }
    QSize minimumSizeHint() const override { return {200, 150}; }

Q_SIGNALS:
    void exportRequested(const QString& figureId);
    void copyRequested(const QString& figureId);

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void refreshAll();
    void showFigure();
    void paintBars();
    QRectF barsRect() const;
    int barAt(const QPointF& point) const;
    void selectBar(int bar);

    InspectionDocument* m_document = nullptr;
    QLabel* m_summary;
    QComboBox* m_value;
    QWidget* m_bars;
    QPixmap m_pixels;  ///< of the figure; null: to be painted
    std::unique_ptr<vis::PredictionsFigure> m_figure;
    std::shared_ptr<const Trace> m_shownTrace;  ///< what m_figure was made from
    Selection m_shownSelection;
    vis::FigureOptions m_shownOptions;
};

}  // namespace mixer::ui
