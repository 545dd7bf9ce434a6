// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/CurveFigure.h"

#include "app/Commands.h"
#include "visualizers/FigureExport.h"
#include "visualizers/TrainingCurveFigure.h"

#include <QApplication>
#include <QFileInfo>

#include <array>

namespace mixer::app {

class CurveFigure::Application {
public:
    Application()
        : m_application(m_argumentCount, m_arguments.data())
    {
    }

private:
    int m_argumentCount = 1;
    std::array<char*, 2> m_arguments = {programName(), nullptr};
    QApplication m_application;
};

CurveFigure::CurveFigure()
{
    // Files do not depend on a display.
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    m_application = std::make_unique<Application>();
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
