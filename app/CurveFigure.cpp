// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/CurveFigure.h"

#include "app/WindowlessApplication.h"
#include "visualizers/FigureExport.h"
#include "visualizers/TrainingCurveFigure.h"

#include <QFileInfo>

namespace mixer::app {

CurveFigure::CurveFigure()
    : m_application(std::make_unique<WindowlessApplication>())
{
}

CurveFigure::~CurveFigure() = default;

void CurveFigure::write(const std::vector<CurvePoint>& curve, const std::string& path) const
{
    const QString file = QString::fromStdString(path);
    const QString run = QFileInfo(file).fileName().chopped(QStringLiteral(".curve.svg").size());
    vis::ExportOptions options;
    options.overwrite = true;
    vis::exportFigure(vis::TrainingCurveFigure(curve, run, QStringLiteral(MIXERSCOPE_VERSION)), file, options);
}

}  // namespace mixer::app
