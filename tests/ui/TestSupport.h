// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/InspectionDocument.h"

#include <QImage>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>
#include <QtTest>

#include <condition_variable>
#include <mutex>

/// Patience with a job of the worker, debug builds under sanitizers included; nothing waits this long when all is well.
constexpr int kPatienceMs = 60000;

/// Nothing queued, running or undelivered: everything that a change brings with it is on screen.
#define SETTLE(document) QTRY_VERIFY_WITH_TIMEOUT((document).worker().isIdle(), kPatienceMs)

namespace mixer::ui {
class ExportDialog;
class MainWindow;
}  // namespace mixer::ui

namespace mixer::ui::testing {

/// A net of tests/fixtures, real weights of both families; "golden/vim2.safetensors".
QString fixture(const QString& name);

enum class Motif { Disc, Stripes, Checks };
/// A picture that a network can tell from the others.
QImage paintMotif(Motif motif, const QSize& size = {150, 120});

/// Files of one test, gone after it.
class Workspace {
public:
    QString path(const QString& name) const { return m_folder.filePath(name); }
    QString picture(const QString& name, Motif motif) const;
    QString text(const QString& name, const QByteArray& content) const;
    QString folder() const { return m_folder.path(); }

private:
    QTemporaryDir m_folder;
};

/// With the left button, at a point or in the middle.
void click(QWidget* widget, const QPointF& point);
void click(QWidget* widget);

/// Files of the disk, let go near the window's corner.
void drop(QWidget& window, const QStringList& files);

/// Empty when it cannot be read.
QByteArray contentsOf(const QString& path);

/// Ctrl+E; null when the window does not become the active one.
ExportDialog* openExportDialog(MainWindow& window);
/// Types the path and presses Export; the dialog closes when the file is there.
void exportThrough(ExportDialog* dialog, const QString& figure, const QString& path);

/// A door that holds jobs on the engine thread until the test opens it.
class Door {
public:
    void open();
    /// On the engine thread.
    void wait();
    bool hasVisitor() const;

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_opened;
    bool m_isOpen = false;
    bool m_hasVisitor = false;
};

/// Everything a test may ask a document for afterwards, to see that nothing moved.
struct Snapshot {
    explicit Snapshot(InspectionDocument& document);
    bool operator==(const Snapshot& other) const;

    std::shared_ptr<const InferenceSession> session;
    std::shared_ptr<const Picture> picture;
    std::shared_ptr<const Trace> trace;
    std::shared_ptr<const MixerDetail> detail;
    Selection selection;
    int images;
    int current;
};

}  // namespace mixer::ui::testing
