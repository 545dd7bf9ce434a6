// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

class QLabel;
class QToolButton;

namespace mixer::ui {

/// One problem to read, on top of the canvas, until it is closed or another takes its place. Never in the way of work.
class MessageBar : public QFrame {
    Q_OBJECT
public:
    explicit MessageBar(QWidget* parent = nullptr);

    void showMessage(const QString& text);
    QString text() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    void refreshIcons();

    QLabel* m_icon;
    QLabel* m_text;
    QToolButton* m_close;
};

}  // namespace mixer::ui
