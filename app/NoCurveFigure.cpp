// SPDX-License-Identifier: GPL-3.0-or-later
// In a build without Qt: the curve is a CSV file only.
#include "app/CurveFigure.h"

namespace mixer::app {

class WindowlessApplication { };  // never made

CurveFigure::CurveFigure() = default;
CurveFigure::~CurveFigure() = default;

void CurveFigure::write(const std::vector<CurvePoint>&, const std::string&) const { }

}  // namespace mixer::app
