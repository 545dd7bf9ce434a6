// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/training/TrainingCurve.h"

#include <memory>
#include <string>
#include <vector>

namespace mixer::app {

class WindowlessApplication;

/// Writes the curve of a training run as a picture; in a build without Qt it writes nothing. One at a time.
class CurveFigure {
public:
    CurveFigure();
    ~CurveFigure();
    /// Replaces the picture before.
    void write(const std::vector<CurvePoint>& curve, const std::string& path) const;

private:
    std::unique_ptr<WindowlessApplication> m_application;  ///< figures need one; it must end before the program does
};

}  // namespace mixer::app
