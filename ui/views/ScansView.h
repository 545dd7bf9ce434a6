// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>
#include <QList>
#include <QWidget>

class QGridLayout;
class QLabel;
class QToolButton;

namespace mixer::ui {

class FigureView;
class InspectionDocument;
class Playback;
class Transport;

/// One scan of a mixer's set: its path as a small drawing, its name and its share. A click follows a chosen one and
/// forces another one.
class ScanButton : public QAbstractButton {
    Q_OBJECT
public:
    explicit ScanButton(QWidget* parent = nullptr);

    /// `share` in per cent of the mixer's output, or of the router's probability for those not chosen.
    void setScan(const QString& name, bool isChosen, const QString& share);
    bool isChosen() const { return m_isChosen; }
    QSize sizeHint() const override { return {74, 88}; }
    QSize minimumSizeHint() const override { return {56, 66}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_share;
    bool m_isChosen = true;
};

/// Which scans ran: the timeline, the scan set of the selected mixer as drawings, and the router's choices in all
/// mixers.
class ScansView : public QWidget {
    Q_OBJECT
public:
    explicit ScansView(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document, Playback* playback);
    FigureView* routing() const { return m_routing; }
    const QList<ScanButton*>& scanButtons() const { return m_buttons; }

private:
    void refreshScans();
    void refreshSelection();
    void onClicked(int button);
    void showMenu(int button, const QPoint& at);
    /// Index among the mixer's chosen scans of a button, -1 for those not chosen.
    int scanOfButton(int button) const;

    InspectionDocument* m_document = nullptr;
    Transport* m_transport;
    QLabel* m_heading;
    QToolButton* m_allPaths;
    QToolButton* m_free;
    QWidget* m_strip;
    QGridLayout* m_grid;
    QList<ScanButton*> m_buttons;
    FigureView* m_routing;
};

}  // namespace mixer::ui
