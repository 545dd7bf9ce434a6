// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QSlider;
class QToolButton;

namespace mixer::ui {

class InspectionDocument;
class Playback;

/// Play, pause, step, speed and the timeline of the selected scan.
class Transport : public QWidget {
    Q_OBJECT
public:
    explicit Transport(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document, Playback* playback);

protected:
    void changeEvent(QEvent* event) override;

private:
    QToolButton* addButton(const QString& objectName, const QString& text, const QString& keys);
    void refreshAll();
    void refreshStep();
    void refreshIcons();

    InspectionDocument* m_document = nullptr;
    Playback* m_playback = nullptr;
    QToolButton* m_toStart;
    QToolButton* m_back;
    QToolButton* m_play;
    QToolButton* m_forward;
    QSlider* m_timeline;
    QLabel* m_step;
    QComboBox* m_speed;
};

}  // namespace mixer::ui
