// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/PredictionsFigure.h"

#include <QWidget>

class QChartView;
class QLabel;

namespace mixer::ui {

class InspectionDocument;

/// What the network says, as bars; a click on a bar's row selects the class. The chart is the one that files get.
class PredictionsView : public QWidget {
    Q_OBJECT
public:
    explicit PredictionsView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);
    const vis::PredictionsData& data() const { return m_data; }
    /// Middle of a bar's row in the coordinates of this widget.
    QPoint barCentre(int bar) const;
    QSize sizeHint() const override { return {360, 215}; }
    /// Shorter, QtCharts cuts the labels of the classes down to dots.
    QSize minimumSizeHint() const override { return {200, 190}; }

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
    void showChart();
    int barAt(const QPointF& viewPoint) const;
    void selectBar(int bar);

    InspectionDocument* m_document = nullptr;
    QLabel* m_summary;
    QChartView* m_view;
    vis::PredictionsData m_data;
    std::shared_ptr<const Trace> m_shownTrace;  ///< what m_data was made from
    int m_shownClass = -1;
};

}  // namespace mixer::ui
