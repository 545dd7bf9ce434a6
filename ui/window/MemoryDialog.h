// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/MemoryRoom.h"

#include <QDialog>

#include <memory>

class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QTreeWidget;

namespace mixer::ui {

/// Before a run at another size: what each part would take, how it is kept, and whether it fits. Not modal.
class MemoryDialog : public QDialog {
    Q_OBJECT
public:
    MemoryDialog(std::shared_ptr<const InferenceSession> session, const SessionOptions& options, QWidget* parent);

Q_SIGNALS:
    /// Pictures are to be of this size.
    void sizeChosen(int height, int width);

private:
    QWidget* makeParts();
    void refresh();
    void fillMixers(const MemoryPlan& plan);

    std::shared_ptr<const InferenceSession> m_session;
    int m_elementBytes;
    QSpinBox* m_height;
    QSpinBox* m_width;
    QProgressBar* m_bar;
    QLabel* m_verdict;
    QLabel* m_recorded;
    QLabel* m_look;
    QLabel* m_states;
    QTreeWidget* m_mixers;
    QPushButton* m_use;
};

}  // namespace mixer::ui
