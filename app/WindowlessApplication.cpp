// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/WindowlessApplication.h"

#include "app/Commands.h"

namespace mixer::app {
namespace {

QtMessageHandler s_next = nullptr;

// Containers, cron and plain ssh have no folder for sockets, and no file here needs one.
void passOn(QtMsgType type, const QMessageLogContext& context, const QString& message)
{
    if (!message.startsWith(QLatin1String("QStandardPaths: XDG_RUNTIME_DIR not set")) && s_next != nullptr)
        s_next(type, context, message);
}

char* prepared(char* name)
{
    s_next = qInstallMessageHandler(passOn);
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    return name;
}

}  // namespace

WindowlessApplication::WindowlessApplication()
    : m_arguments{prepared(programName()), nullptr}
    , m_application(m_argumentCount, m_arguments.data())
{
}

}  // namespace mixer::app
