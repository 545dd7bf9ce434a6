// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/FileCommands.h"

#include "engine/core/Error.h"
#include "ui/Settings.h"
#include "ui/document/CheckpointFilter.h"
#include "ui/document/InspectionDocument.h"
#include "ui/window/Actions.h"
#include "ui/window/MissingFileDialog.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMainWindow>
#include <QMenu>
#include <QMimeData>
#include <QStandardPaths>
#include <QStatusBar>

namespace mixer::ui {

namespace {

constexpr int kKeepAfterMs = 3000;

QStringList localFiles(const QMimeData* data)
{
    QStringList files;
    const QList<QUrl> urls = data ? data->urls() : QList<QUrl>();
    for (const QUrl& url : urls) {
        if (url.isLocalFile())
            files << url.toLocalFile();
    }
    return files;
}

/// A convenience: a full disk is no reason to disturb.
bool writeLastSession(const SavedSession& session)
{
    if (session.model.isEmpty() && session.images.isEmpty())
        return false;
    const QString path = FileCommands::lastSessionPath();
    QDir().mkpath(QFileInfo(path).path());
    try {
        saveSession(session, path);
    } catch (const Error&) {
        return false;
    }
    return true;
}

}  // namespace

FileCommands::FileCommands(QMainWindow* window, InspectionDocument* document, Settings* settings, Actions* actions)
    : QObject(window)
    , m_window(window)
    , m_document(document)
    , m_settings(settings)
    , m_actions(actions)
{
    m_keep.setSingleShot(true);
    m_keep.setInterval(kKeepAfterMs);
    connect(&m_keep, &QTimer::timeout, this, &FileCommands::keepInBackground);
    wire();
}

void FileCommands::wire()
{
    connect(m_actions->openImage, &QAction::triggered, this, &FileCommands::chooseImages);
    connect(m_actions->openModel, &QAction::triggered, this, &FileCommands::chooseModel);
    connect(m_actions->openSession, &QAction::triggered, this, &FileCommands::chooseSession);
    connect(m_actions->saveSession, &QAction::triggered, this, &FileCommands::save);
    connect(m_actions->saveSessionAs, &QAction::triggered, this, &FileCommands::saveAs);
    connect(m_actions->reopenLast, &QAction::triggered, this, [this] { openSession(lastSessionPath()); });
    connect(m_actions->reloadModel, &QAction::triggered, m_document, [this] { m_document->reloadModel(); });
    connect(m_actions->clearRecent, &QAction::triggered, this, [this] { m_settings->clearRecentFiles(); });
    connect(m_actions->paste, &QAction::triggered, this, [this] { take(QApplication::clipboard()->mimeData()); });
    connect(m_document, &InspectionDocument::sessionChanged, this,
            [this] { m_settings->addRecentFile(m_document->modelPath()); });
    connect(m_document, &InspectionDocument::pictureChanged, this, [this] {
        if (m_document->picture() && !m_document->picture()->path.isEmpty())
            m_settings->addRecentFile(m_document->picture()->path);
    });
    for (const auto signal : {&InspectionDocument::sessionChanged, &InspectionDocument::pictureChanged,
                              &InspectionDocument::selectionChanged, &InspectionDocument::viewSettingsChanged,
                              &InspectionDocument::interventionsChanged, &InspectionDocument::comparisonChanged})
        connect(m_document, signal, &m_keep, qOverload<>(&QTimer::start));
}

void FileCommands::open(const QStringList& paths)
{
    QStringList pictures;
    QStringList models;
    QString session;
    for (const QString& path : paths) {
        if (looksLikeSession(path))
            session = path;
        else if (looksLikeModel(path))
            models << path;
        else
            pictures << path;
    }
    if (!session.isEmpty()) {
        openSession(session);
        return;
    }
    if (!models.isEmpty())
        m_document->openModel(models.front());
    if (models.size() > 1)
        m_document->compareWithFile(CompareChoice::With::Model, models[1]);
    if (models.size() > 2)
        m_document->report(tr("Two checkpoints are compared at a time; %n were left out", nullptr,
                              static_cast<int>(models.size()) - 2));
    if (!pictures.isEmpty())
        m_document->openPictures(pictures);
}

bool FileCommands::canTake(const QMimeData* data)
{
    return data->hasImage() || !localFiles(data).isEmpty();
}

void FileCommands::take(const QMimeData* data)
{
    const QStringList files = localFiles(data);
    if (!files.isEmpty())
        open(files);
    else
        m_document->openPastedImage(data ? data->imageData().value<QImage>() : QImage());
}

void FileCommands::fillRecent(QMenu* menu)
{
    menu->clear();
    const QStringList recent = m_settings->recentFiles();
    for (const QString& path : recent)
        menu->addAction(QFileInfo(path).fileName(), this, [this, path] { open({path}); })->setToolTip(path);
    menu->setToolTipsVisible(true);
    menu->addSeparator();
    menu->addAction(m_actions->clearRecent);
    m_actions->clearRecent->setEnabled(!recent.isEmpty());
    m_actions->reopenLast->setEnabled(QFileInfo::exists(lastSessionPath()));
}

void FileCommands::chooseImages()
{
    auto* dialog = new QFileDialog(m_window, tr("Open images"), m_settings->lastFolder(Settings::FileKind::Image),
                                   tr("Pictures (%1);;All files (*)").arg(pictureNameFilters().join(QLatin1Char(' '))));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList& files) {
        m_settings->setLastFolder(Settings::FileKind::Image, files.value(0));
        m_document->openPictures(files);
    });
    dialog->open();
}

void FileCommands::chooseModel()
{
    auto* dialog = new QFileDialog(m_window, tr("Open a model"), m_settings->lastFolder(Settings::FileKind::Model),
                                   tr("Checkpoints (%1);;All files (*)").arg(checkpointPatterns()));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        m_settings->setLastFolder(Settings::FileKind::Model, file);
        m_document->openModel(file);
    });
    dialog->open();
}

void FileCommands::chooseSession()
{
    auto* dialog = new QFileDialog(m_window, tr("Open a session"), m_settings->lastFolder(Settings::FileKind::Session),
                                   tr("Sessions (*.mixerscope);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &FileCommands::openSession);
    dialog->open();
}

void FileCommands::save()
{
    if (m_sessionPath.isEmpty())
        saveAs();
    else
        saveSession(m_sessionPath);
}

void FileCommands::saveAs()
{
    auto* dialog = new QFileDialog(m_window, tr("Save the session"),
                                   m_settings->lastFolder(Settings::FileKind::Session), tr("Sessions (*.mixerscope)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QLatin1String(kSessionSuffix));
    connect(dialog, &QFileDialog::fileSelected, this, &FileCommands::saveSession);
    dialog->open();
}

bool FileCommands::isModified() const
{
    return !m_sessionPath.isEmpty() && !m_document->undoStack()->isClean();
}

bool FileCommands::saveSession(const QString& path)
{
    try {
        ui::saveSession(m_document->saved(), path);
    } catch (const Error& error) {
        m_document->report(QString::fromUtf8(error.what()));
        return false;
    }
    m_document->undoStack()->setClean();
    m_settings->setLastFolder(Settings::FileKind::Session, path);
    m_settings->addRecentFile(path);
    setSessionPath(path);
    int pasted = 0;
    for (int row = 0; row < m_document->images()->count(); ++row)
        pasted += m_document->images()->entry(row).path.isEmpty() ? 1 : 0;
    m_window->statusBar()->showMessage(
        pasted > 0 ? tr("Saved %1, without the pasted images: they have no file").arg(path) : tr("Saved %1").arg(path),
        8000);
    return true;
}

void FileCommands::openSession(const QString& path)
{
    try {
        SavedSession session = loadSession(path);
        if (!findMissing(session))
            return;
        m_document->restore(session);
    } catch (const Error& error) {
        m_document->report(QString::fromUtf8(error.what()));
        return;
    }
    const bool isLast = path == lastSessionPath();
    if (!isLast) {
        m_settings->setLastFolder(Settings::FileKind::Session, path);
        m_settings->addRecentFile(path);
    }
    setSessionPath(isLast ? QString() : path);
}

bool FileCommands::findMissing(SavedSession& session)
{
    QStringList missing;
    const QStringList files = session.files();
    for (const QString& file : files) {
        if (!QFileInfo::exists(file))
            missing << file;
    }
    QHash<QString, QString> found;
    QString before;  // a file that was found elsewhere: others of its folder may have moved with it
    bool isWithoutAll = false;
    for (int i = 0; i < missing.size(); ++i) {
        const QString& file = missing[i];
        QString now;
        if (!before.isEmpty())
            now = QDir::cleanPath(
                QFileInfo(found.value(before)).dir().filePath(QFileInfo(before).dir().relativeFilePath(file)));
        if ((now.isEmpty() || !QFileInfo::exists(now)) && !isWithoutAll) {
            const auto answer = MissingFileDialog::ask(m_window, file, file == session.model,
                                                       static_cast<int>(missing.size()) - i - 1);
            if (answer.isGivenUp)
                return false;
            isWithoutAll = answer.isForAll;
            now = answer.path;
            before = now.isEmpty() ? before : file;
        } else if (isWithoutAll && !QFileInfo::exists(now)) {
            now.clear();
        }
        found.insert(file, now);
    }
    session.rename(found);
    return true;
}

void FileCommands::setSessionPath(const QString& path)
{
    m_sessionPath = path;
    Q_EMIT sessionPathChanged();
}

QString FileCommands::lastSessionPath()
{
    return QDir(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation))
        .filePath(QStringLiteral("last.mixerscope"));
}

void FileCommands::keepLastSession()
{
    m_keep.stop();
    writeLastSession(m_document->saved());
}

void FileCommands::keepInBackground()
{
    const auto work = [session = m_document->saved()](const JobContext&) { return writeLastSession(session); };
    m_document->worker().submit<bool>(
        QStringLiteral("last-session"), QString(), work,
        [this](const JobOutcome<bool>& outcome) {
            if (outcome.end == JobEnd::Cancelled)
                m_keep.start();  // it made way for something that a person waits for
        },
        JobPriority::Background);
}

}  // namespace mixer::ui
