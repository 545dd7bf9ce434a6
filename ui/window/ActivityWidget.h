// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace mixer::ui {

class InspectionDocument;

/// What the worker does, how far it is, and a way to stop it. Appears only when it takes longer than a blink.
class ActivityWidget : public QWidget {
    Q_OBJECT
public:
    static constexpr int kPatienceMs = 300;

    explicit ActivityWidget(QWidget* parent = nullptr);

    void setDocument(InspectionDocument* document);

private:
    void onBusyChanged(bool busy);
    void refresh();

    InspectionDocument* m_document = nullptr;
    QTimer m_timer;
    QLabel* m_text;
    QProgressBar* m_bar;
    QPushButton* m_cancel;
};

}  // namespace mixer::ui
