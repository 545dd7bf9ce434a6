// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>
#include <QString>

namespace mixer::ui::testing {

/// An application that knows how long its handlers of events take, in time of the processor: a machine that is busy
/// with other things makes no handler slow.
class WatchedApplication : public QApplication {
public:
    using QApplication::QApplication;

    bool notify(QObject* receiver, QEvent* event) override;
    /// Milliseconds of the slowest handler since reset(), events that it sent itself included.
    double slowest() const { return m_slowest; }
    /// What that was: "MouseMove to Canvas".
    QString slowestName() const { return m_name; }
    void reset();

    static WatchedApplication& instance() { return static_cast<WatchedApplication&>(*qApp); }

private:
    int m_depth = 0;
    double m_slowest = 0;
    QString m_name;
};

}  // namespace mixer::ui::testing
