// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFrame>

#include <memory>

class QLabel;
class QToolButton;

namespace mixer::ui {

class Actions;
class ActivityWidget;
class Comparison;

/// Above the two pictures: where the runs part, and what can be done with them.
class CompareBar : public QFrame {
    Q_OBJECT
public:
    CompareBar(Comparison* comparison, Actions* actions, QWidget* parent = nullptr);
    ~CompareBar() override;

    QString text() const;
    QToolButton* flipButton() const { return m_flip; }

private:
    void onOtherChanged();
    void refresh();

    Comparison* m_comparison;
    QLabel* m_verdict;
    QString m_text;
    QToolButton* m_flip;
    std::unique_ptr<ActivityWidget> m_activity;
};

}  // namespace mixer::ui
