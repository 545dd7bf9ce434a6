// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/TestSupport.h"

#include "ui/window/ExportDialog.h"
#include "ui/window/MainWindow.h"

#include <QApplication>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QLineEdit>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QUrl>

namespace mixer::ui::testing {

QString fixture(const QString& name)
{
    return QStringLiteral(MIXER_FIXTURES "/") + name;
}

QImage paintMotif(Motif motif, const QSize& size)
{
    QImage image(size, QImage::Format_RGB32);
    image.fill(motif == Motif::Disc ? QColor(20, 40, 120) : QColor(230, 220, 190));
    QPainter painter(&image);
    painter.setPen(Qt::NoPen);
    switch (motif) {
    case Motif::Disc:
        painter.setBrush(QColor(250, 170, 30));
        painter.drawEllipse(QPointF(size.width() * 0.5, size.height() * 0.55), size.height() * 0.35,
                            size.height() * 0.35);
        break;
    case Motif::Stripes:
        for (int x = 0; x < size.width(); x += 16)
            painter.fillRect(x, 0, 8, size.height(), QColor(30, 110, 50));
        break;
    case Motif::Checks:
        for (int y = 0; y < size.height(); y += 12)
            for (int x = (y / 12 % 2) * 12; x < size.width(); x += 24)
                painter.fillRect(x, y, 12, 12, QColor(150, 20, 60));
        break;
    }
    return image;
}

QString Workspace::picture(const QString& name, Motif motif) const
{
    const QString file = path(name);
    return paintMotif(motif).save(file) ? file : QString();
}

QString Workspace::text(const QString& name, const QByteArray& content) const
{
    QFile file(path(name));
    return file.open(QIODevice::WriteOnly) && file.write(content) == content.size() ? file.fileName() : QString();
}

void click(QWidget* widget, const QPointF& point)
{
    QTest::mouseClick(widget, Qt::LeftButton, Qt::NoModifier, point.toPoint());
}

void click(QWidget* widget)
{
    click(widget, QPointF(widget->rect().center()));
}

void drop(QWidget& window, const QStringList& files)
{
    QMimeData data;
    QList<QUrl> urls;
    for (const QString& file : files)
        urls << QUrl::fromLocalFile(file);
    data.setUrls(urls);
    QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &enter);
    QDropEvent event(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &event);
}

QByteArray contentsOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

ExportDialog* openExportDialog(MainWindow& window)
{
    window.activateWindow();
    if (!QTest::qWaitForWindowActive(&window))
        return nullptr;
    QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
    return window.findChild<ExportDialog*>();
}

void exportThrough(ExportDialog* dialog, const QString& figure, const QString& path)
{
    auto* combo = dialog->findChild<QComboBox*>(QStringLiteral("exportFigureCombo"));
    combo->setCurrentIndex(combo->findData(figure));
    auto* edit = dialog->findChild<QLineEdit*>(QStringLiteral("exportPath"));
    edit->selectAll();
    QTest::keyClicks(edit, path);
    QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("exportButton")), Qt::LeftButton);
}

void Door::open()
{
    {
        const std::lock_guard<std::mutex> lock(m_mutex);
        m_isOpen = true;
    }
    m_opened.notify_all();
}

void Door::wait()
{
    std::unique_lock<std::mutex> lock(m_mutex);
    m_hasVisitor = true;
    m_opened.wait(lock, [this] { return m_isOpen; });
}

bool Door::hasVisitor() const
{
    const std::lock_guard<std::mutex> lock(m_mutex);
    return m_hasVisitor;
}

Snapshot::Snapshot(InspectionDocument& document)
    : session(document.session())
    , picture(document.picture())
    , trace(document.trace())
    , detail(document.detail())
    , selection(document.selection())
    , images(document.images()->count())
    , current(document.currentImage())
{
}

bool Snapshot::operator==(const Snapshot& other) const
{
    return session == other.session && picture == other.picture && trace == other.trace && detail == other.detail
        && selection == other.selection && images == other.images && current == other.current;
}

}  // namespace mixer::ui::testing
