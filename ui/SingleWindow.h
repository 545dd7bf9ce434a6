// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLocalServer>
#include <QObject>
#include <QStringList>

namespace mixer::ui {

/// A second start of the program gives its files to the window that is open already, through a socket that only the
/// same user can open. The first window listens; where another listens, or nothing can, nothing happens.
class SingleWindow : public QObject {
    Q_OBJECT
public:
    /// `name`: of the socket; empty: the program's, one for each user and display.
    explicit SingleWindow(const QString& name = {}, QObject* parent = nullptr);

    /// Gives the files to the window that listens. False: there is none.
    bool handOver(const QStringList& files);
    /// From now on other starts find this one. False: another listens.
    bool listen();

Q_SIGNALS:
    void filesReceived(const QStringList& files);

private:
    void onConnection();

    QString m_name;
    QLocalServer m_server;
};

}  // namespace mixer::ui
