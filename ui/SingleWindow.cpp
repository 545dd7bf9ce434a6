// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/SingleWindow.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLocalSocket>
#include <QPointer>
#include <QStandardPaths>
#include <QTimer>

namespace mixer::ui {

namespace {

constexpr int kPatienceMs = 1000;
constexpr qint64 kLargestMessage = 16 << 20;
const QByteArray kTaken = QByteArrayLiteral("taken\n");

QString socketName()
{
    // One window to a display: a second screen, or a session over the network, has its own.
    QString display = qEnvironmentVariable("WAYLAND_DISPLAY", qEnvironmentVariable("DISPLAY"));
    for (QChar& c : display) {
        if (!c.isLetterOrNumber())
            c = QLatin1Char('-');
    }
    const QString runtime = QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation);
    return QDir(runtime).filePath(QStringLiteral("mixerscope-window%1").arg(display));
}

}  // namespace

SingleWindow::SingleWindow(const QString& name, QObject* parent)
    : QObject(parent)
    , m_name(name.isEmpty() ? socketName() : name)
{
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &SingleWindow::onConnection);
}

bool SingleWindow::handOver(const QStringList& files)
{
    QLocalSocket socket;
    socket.connectToServer(m_name);
    if (!socket.waitForConnected(kPatienceMs))
        return false;
    QJsonArray list;
    for (const QString& file : files)
        list << QFileInfo(file).absoluteFilePath();
    socket.write(QJsonDocument(list).toJson(QJsonDocument::Compact) + '\n');
    // A window that hangs is no reason for the files to be lost.
    return socket.waitForBytesWritten(kPatienceMs) && socket.waitForReadyRead(kPatienceMs)
        && socket.readAll().startsWith(kTaken);
}

bool SingleWindow::listen()
{
    // Asked first: listening would take the name from whoever has it.
    QLocalSocket probe;
    probe.connectToServer(m_name);
    if (probe.waitForConnected(kPatienceMs))
        return false;
    // Perhaps left behind by a window that crashed.
    QLocalServer::removeServer(m_name);
    return m_server.listen(m_name);
}

void SingleWindow::onConnection()
{
    while (QLocalSocket* socket = m_server.nextPendingConnection()) {
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        QTimer::singleShot(10 * kPatienceMs, socket, [socket] { socket->abort(); });
        const auto read = [this, socket = QPointer<QLocalSocket>(socket)] {
            if (!socket)
                return;
            if (socket->bytesAvailable() > kLargestMessage) {
                socket->abort();
                return;
            }
            if (!socket->canReadLine())
                return;
            const QJsonDocument message = QJsonDocument::fromJson(socket->readLine());
            if (!message.isArray()) {
                socket->abort();
                return;
            }
            QStringList files;
            const QJsonArray list = message.array();
            for (const QJsonValue& file : list) {
                if (QDir::isAbsolutePath(file.toString()))
                    files << file.toString();
            }
            socket->write(kTaken);
            socket->flush();
            Q_EMIT filesReceived(files);
        };
        connect(socket, &QLocalSocket::readyRead, this, read);
        read();
    }
}

}  // namespace mixer::ui
