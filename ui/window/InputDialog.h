// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/session/InferenceSession.h"

#include <QDialog>

#include <array>

class QComboBox;
class QDoubleSpinBox;
class QLineEdit;
class QSpinBox;

namespace mixer::ui {

/// How pictures are prepared and what classes are called, instead of what the configuration says.
class InputDialog : public QDialog {
    Q_OBJECT
public:
    InputDialog(const InferenceSession& session, const SessionOptions& options, QWidget* parent);

    /// `options` with what was chosen; only what differs from the configuration is an override.
    SessionOptions chosen() const;

private:
    void show(const PreprocessOptions& preprocess);
    PreprocessOptions entered() const;

    SessionOptions m_options;
    PreprocessOptions m_configured;
    QSpinBox* m_height;
    QSpinBox* m_width;
    QComboBox* m_mode;
    QDoubleSpinBox* m_crop;
    std::array<QDoubleSpinBox*, 3> m_mean{};
    std::array<QDoubleSpinBox*, 3> m_std{};
    QLineEdit* m_labels;
};

}  // namespace mixer::ui
