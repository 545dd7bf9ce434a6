// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/session/InferenceSession.h"

#include <QDialog>

#include <array>
#include <memory>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace mixer::ui {

/// How pictures are prepared and what classes are called, instead of what the configuration says.
class InputDialog : public QDialog {
    Q_OBJECT
public:
    InputDialog(std::shared_ptr<const InferenceSession> session, const SessionOptions& options, QWidget* parent);

    /// `options` with what was chosen; only what differs from the configuration is an override.
    SessionOptions chosen() const;

private:
    void show(const PreprocessOptions& preprocess);
    PreprocessOptions entered() const;
    /// What a run would take; what does not fit cannot be accepted.
    void refreshMemory();

    std::shared_ptr<const InferenceSession> m_session;
    SessionOptions m_options;
    PreprocessOptions m_configured;
    QSpinBox* m_height;
    QSpinBox* m_width;
    QComboBox* m_mode;
    QDoubleSpinBox* m_crop;
    std::array<QDoubleSpinBox*, 3> m_mean{};
    std::array<QDoubleSpinBox*, 3> m_std{};
    QLineEdit* m_labels;
    QLabel* m_memory;
    QPushButton* m_ok = nullptr;
};

}  // namespace mixer::ui
