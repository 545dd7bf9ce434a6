// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/MainWindow.h"

#include "ui/document/FigureOutput.h"
#include "ui/theme/Theme.h"
#include "ui/views/AttentionView.h"
#include "ui/views/AttributionView.h"
#include "ui/views/Canvas.h"
#include "ui/views/ChannelsView.h"
#include "ui/views/FigureView.h"
#include "ui/views/ImagesView.h"
#include "ui/views/InterventionsView.h"
#include "ui/views/MixingView.h"
#include "ui/views/ModelView.h"
#include "ui/views/PredictionsView.h"
#include "ui/views/RouterView.h"
#include "ui/views/ScanOrderView.h"
#include "ui/views/ScansView.h"
#include "ui/views/StatesView.h"
#include "ui/views/TensorsView.h"
#include "ui/window/Actions.h"
#include "ui/window/ActivityWidget.h"
#include "ui/window/CanvasPane.h"
#include "ui/window/ExportDialog.h"
#include "ui/window/InputDialog.h"
#include "ui/window/MessageBar.h"
#include "ui/window/ReceiptDialog.h"
#include "ui/window/Sheets.h"

#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QMenuBar>
#include <QMimeData>
#include <QPointer>
#include <QScreen>
#include <QSignalBlocker>
#include <QStatusBar>
#include <QToolButton>

#include <utility>

namespace mixer::ui {

namespace {

constexpr QSize kDefaultSize(1440, 900);
constexpr QSize kFrameAllowance(12, 48);

QStringList droppedFiles(const QMimeData* data)
{
    QStringList files;
    const QList<QUrl> urls = data->urls();
    for (const QUrl& url : urls) {
        if (url.isLocalFile())
            files << url.toLocalFile();
    }
    return files;
}

}  // namespace

MainWindow::MainWindow(const SessionOptions& options, QWidget* parent)
    : QMainWindow(parent)
    , m_document(options)
    , m_playback(&m_document)
    , m_actions(new Actions(this))
    , m_pane(new CanvasPane(m_actions, this))
    , m_docks(this)
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowIcon(programIcon());
    setAcceptDrops(true);
    ViewSettings view = m_settings.view();
    m_theme = view.theme;
    applyTheme(view.theme);
    m_document.restoreViewSettings(view);
    m_playback.setStepsPerSecond(m_settings.playbackSpeed());
    makeViews();
    makeMenus();
    makeStatusBar();
    wireDocument();
    wireActions();
    restoreLayout();
    m_actions->refreshIcons(palette());
    refreshActions();
    refreshStatus();
    refreshTitle();
}

MainWindow::~MainWindow()
{
    // Views outlive the members; nothing may reach them while the document ends its jobs.
    m_document.disconnect();
    m_document.worker().disconnect();
}

Canvas* MainWindow::canvas() const
{
    return m_pane->canvas();
}

QString MainWindow::message() const
{
    return m_pane->messages()->text();
}

void MainWindow::makeViews()
{
    setCentralWidget(m_pane);
    m_images = new ImagesView(this);
    m_model = new ModelView(this);
    m_predictions = new PredictionsView(this);
    m_scans = new ScansView(this);
    m_channels = new ChannelsView(this);
    m_states = new StatesView(this);
    m_attention = new AttentionView(this);
    m_attribution = new AttributionView(this);
    m_mixing = new MixingView(this);
    m_edits = new InterventionsView(this);
    m_scanOrder = new ScanOrderView(this);
    m_router = new RouterView(this);
    m_tensors = new TensorsView(this);
    using Group = Docks::Group;
    m_docks.add(QStringLiteral("imagesDock"), tr("Images"), m_images, Group::Images);
    m_docks.add(QStringLiteral("modelDock"), tr("Model"), m_model, Group::Model);
    m_docks.add(QStringLiteral("predictionsDock"), tr("Predictions"), m_predictions, Group::Predictions);
    m_docks.add(QStringLiteral("channelsDock"), tr("Channels"), m_channels, Group::Inside);
    m_docks.add(QStringLiteral("attentionDock"), tr("Attention"), m_attention, Group::Inside);
    m_docks.add(QStringLiteral("attributionDock"), tr("Attribution"), m_attribution, Group::Inside);
    m_docks.add(QStringLiteral("mixingDock"), tr("Mixing"), m_mixing, Group::Inside);
    m_docks.add(QStringLiteral("statesDock"), tr("States"), m_states, Group::State);
    m_docks.add(QStringLiteral("editsDock"), tr("Edits"), m_edits, Group::State);
    m_docks.add(QStringLiteral("scansDock"), tr("Scans"), m_scans, Group::Scans);
    m_docks.add(QStringLiteral("scanOrderDock"), tr("Scan order"), m_scanOrder, Group::Scans);
    m_docks.add(QStringLiteral("routerDock"), tr("Router statistics"), m_router, Group::Scans);
    m_docks.add(QStringLiteral("tensorsDock"), tr("Tensors"), m_tensors, Group::Scans);
}

void MainWindow::showPanel(const QString& dockName)
{
    for (QDockWidget* dock : m_docks.all()) {
        if (dock->objectName() == dockName)
            Docks::bringForward(dock);
    }
}

void MainWindow::makeMenus()
{
    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addActions({m_actions->openImage, m_actions->openModel, m_actions->paste});
    m_recentMenu = file->addMenu(tr("&Recent"));
    file->addSeparator();
    file->addActions({m_actions->inputAndLabels, m_actions->loadReceipt});
    file->addSeparator();
    file->addActions({m_actions->exportFigure, m_actions->copyFigure});
    file->addSeparator();
    file->addAction(m_actions->quit);

    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    edit->addActions({m_actions->undo, m_actions->redo});
    edit->addSeparator();
    edit->addAction(m_actions->clearEdits);

    QMenu* view = menuBar()->addMenu(tr("&View"));
    view->addActions({m_actions->patchGrid, m_actions->scanPath});
    view->addSeparator();
    view->addActions({m_actions->gateMap, m_actions->meanGateMap, m_actions->stateNormMap, m_actions->attentionMap,
                      m_actions->halfLifeMap, m_actions->outputGateMap, m_actions->attributionMap,
                      m_actions->noOverlay});
    view->addSeparator();
    view->addActions({m_actions->fit, m_actions->actualSize, m_actions->zoomIn, m_actions->zoomOut});
    view->addSeparator();
    QMenu* docks = view->addMenu(tr("&Panels"));
    docks->addActions(m_docks.toggleActions());
    QMenu* theme = view->addMenu(tr("&Theme"));
    theme->addActions({m_actions->themeSystem, m_actions->themeLight, m_actions->themeDark});
    view->addAction(m_actions->resetLayout);

    QMenu* select = menuBar()->addMenu(tr("&Select"));
    select->addActions({m_actions->previousMixer, m_actions->nextMixer, m_actions->allLanes});

    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addActions({m_actions->shortcuts, m_actions->about});
    connect(m_recentMenu, &QMenu::aboutToShow, this, &MainWindow::refreshRecent);
    refreshRecent();
}

void MainWindow::makeStatusBar()
{
    m_activity = new ActivityWidget(this);
    m_runLabel = new QLabel(this);
    m_imageLabel = new QLabel(this);
    m_deviceLabel = new QLabel(this);
    m_editsButton = new QToolButton(this);
    m_editsButton->setObjectName(QStringLiteral("editsButton"));
    m_editsButton->setToolTip(tr("What is done differently from the network as it was trained"));
    connect(m_editsButton, &QToolButton::clicked, this, [this] { showPanel(QStringLiteral("editsDock")); });
    m_warnings = new QToolButton(this);
    m_warnings->setObjectName(QStringLiteral("warningsButton"));
    m_warnings->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_warnings->setIconSize(QSize(14, 14));
    m_warnings->setToolTip(tr("Show all warnings"));
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(m_editsButton);
    statusBar()->addWidget(m_activity);
    for (QLabel* label : {m_runLabel, m_imageLabel, m_deviceLabel}) {
        label->setContentsMargins(8, 0, 8, 0);
        statusBar()->addPermanentWidget(label);
    }
    statusBar()->addPermanentWidget(m_warnings);
    connect(m_warnings, &QToolButton::clicked, this, [this] { showWarnings(this, m_document.warnings()); });
}

void MainWindow::wireDocument()
{
    m_pane->setDocument(&m_document);
    m_images->setDocument(&m_document);
    m_model->setDocument(&m_document);
    m_predictions->setDocument(&m_document);
    m_scans->setDocument(&m_document, &m_playback);
    m_channels->setDocument(&m_document);
    m_states->setDocument(&m_document);
    m_attention->setDocument(&m_document);
    m_attribution->setDocument(&m_document);
    m_mixing->setDocument(&m_document);
    m_edits->setDocument(&m_document);
    m_scanOrder->setDocument(&m_document);
    m_router->setDocument(&m_document);
    m_tensors->setDocument(&m_document);
    for (const auto signal : {&InspectionDocument::interventionsChanged, &InspectionDocument::traceChanged,
                              &InspectionDocument::viewSettingsChanged})
        connect(&m_document, signal, this, &MainWindow::refreshEdits);
    connect(m_document.undoStack(), &QUndoStack::indexChanged, this, &MainWindow::refreshEdits);
    refreshEdits();
    m_activity->setDocument(&m_document);
    connect(&m_document, &InspectionDocument::sessionChanged, this, &MainWindow::refreshTitle);
    connect(&m_document, &InspectionDocument::pictureChanged, this, &MainWindow::refreshTitle);
    for (const auto signal :
         {&InspectionDocument::sessionChanged, &InspectionDocument::pictureChanged, &InspectionDocument::traceChanged,
          &InspectionDocument::detailChanged, &InspectionDocument::warningsChanged})
        connect(&m_document, signal, this, &MainWindow::refreshStatus);
    for (const auto signal : {&InspectionDocument::viewSettingsChanged, &InspectionDocument::detailChanged,
                              &InspectionDocument::selectionChanged})
        connect(&m_document, signal, this, &MainWindow::refreshActions);
    connect(&m_document, &InspectionDocument::sessionChanged, this,
            [this] { m_settings.addRecentFile(m_document.modelPath()); });
    connect(&m_document, &InspectionDocument::pictureChanged, this, [this] {
        if (m_document.picture() && !m_document.picture()->path.isEmpty())
            m_settings.addRecentFile(m_document.picture()->path);
    });
}

void MainWindow::wireActions()
{
    connect(m_actions->openImage, &QAction::triggered, this, &MainWindow::chooseImages);
    connect(m_actions->openModel, &QAction::triggered, this, &MainWindow::chooseModel);
    connect(m_actions->inputAndLabels, &QAction::triggered, this, &MainWindow::showInputDialog);
    connect(m_actions->loadReceipt, &QAction::triggered, this, &MainWindow::showReceipt);
    connect(m_model, &ModelView::receiptRequested, this, &MainWindow::showReceipt);
    connect(m_model, &ModelView::inputRequested, this, &MainWindow::showInputDialog);
    connect(m_actions->paste, &QAction::triggered, this, &MainWindow::pasteImage);
    connect(m_actions->clearRecent, &QAction::triggered, this, [this] { m_settings.clearRecentFiles(); });
    connect(m_actions->exportFigure, &QAction::triggered, this, [this] { showExportDialog(focusedFigure()); });
    connect(m_actions->copyFigure, &QAction::triggered, this, [this] { copyFigure(focusedFigure()); });
    connect(m_actions->quit, &QAction::triggered, this, &QWidget::close);
    connect(m_actions->fit, &QAction::triggered, canvas(), &Canvas::fit);
    connect(m_actions->actualSize, &QAction::triggered, canvas(), &Canvas::showActualSize);
    connect(m_actions->zoomIn, &QAction::triggered, canvas(), [this] { canvas()->zoomBy(1.25); });
    connect(m_actions->zoomOut, &QAction::triggered, canvas(), [this] { canvas()->zoomBy(0.8); });
    connect(m_actions->resetLayout, &QAction::triggered, this, [this] { m_docks.arrange(); });
    connect(m_actions->undo, &QAction::triggered, m_document.undoStack(), &QUndoStack::undo);
    connect(m_actions->redo, &QAction::triggered, m_document.undoStack(), &QUndoStack::redo);
    connect(m_actions->clearEdits, &QAction::triggered, this,
            [this] { m_document.setInterventions({}, tr("Remove all edits")); });
    connect(m_scanOrder, &ScanOrderView::drawingRequested, this,
            [this](bool on) { canvas()->setTool(on ? Canvas::Tool::DrawOrder : Canvas::Tool::Look); });
    connect(canvas(), &Canvas::toolChanged, this,
            [this](Canvas::Tool tool) { m_scanOrder->drawButton()->setChecked(tool == Canvas::Tool::DrawOrder); });
    connect(m_actions->previousMixer, &QAction::triggered, &m_document, [this] { m_document.stepMixer(-1); });
    connect(m_actions->nextMixer, &QAction::triggered, &m_document, [this] { m_document.stepMixer(1); });
    connect(m_actions->allLanes, &QAction::triggered, &m_document, [this] { m_document.setLane(-1); });
    connect(m_actions->shortcuts, &QAction::triggered, this, [this] { showShortcutSheet(this, *m_actions); });
    connect(m_actions->about, &QAction::triggered, this, [this] { showAbout(this, m_document); });
    const auto useTheme = [this](ThemeChoice theme) {
        ViewSettings view = m_document.viewSettings();
        view.theme = theme;
        m_document.setViewSettings(view, tr("Theme"));
    };
    connect(&m_document, &InspectionDocument::viewSettingsChanged, this, [this] {
        if (std::exchange(m_theme, m_document.viewSettings().theme) != m_document.viewSettings().theme)
            applyTheme(m_theme);
    });
    connect(m_actions->themeSystem, &QAction::triggered, this, [useTheme] { useTheme(ThemeChoice::System); });
    connect(m_actions->themeLight, &QAction::triggered, this, [useTheme] { useTheme(ThemeChoice::Light); });
    connect(m_actions->themeDark, &QAction::triggered, this, [useTheme] { useTheme(ThemeChoice::Dark); });
    wireOverlayActions();
    const QList<FigureView*> figures = findChildren<FigureView*>();
    for (FigureView* view : figures) {
        connect(view, &FigureView::exportRequested, this, &MainWindow::showExportDialog);
        connect(view, &FigureView::copyRequested, this, &MainWindow::copyFigure);
    }
    connect(m_predictions, &PredictionsView::exportRequested, this, &MainWindow::showExportDialog);
    connect(m_predictions, &PredictionsView::copyRequested, this, &MainWindow::copyFigure);
}

void MainWindow::showReceipt()
{
    if (const auto& session = m_document.session())
        (new ReceiptDialog(m_document.modelPath(), session->receipt(), this))->show();
}

void MainWindow::showInputDialog()
{
    const auto session = m_document.session();
    if (!session)
        return;
    auto* dialog = new InputDialog(*session, m_document.sessionOptions(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { m_document.reopenModel(dialog->chosen()); });
    dialog->open();
}

void MainWindow::wireOverlayActions()
{
    connect(m_actions->patchGrid, &QAction::triggered, this, [this](bool on) {
        vis::FigureOptions options = m_document.viewSettings().figure;
        options.showPatchGrid = on;
        m_document.setFigureOptions(options, tr("Patch grid"));
    });
    connect(m_actions->scanPath, &QAction::triggered, this, [this](bool on) {
        vis::FigureOptions options = m_document.viewSettings().figure;
        options.showPath = on;
        m_document.setFigureOptions(options, tr("Scan path"));
    });
    connect(m_actions->noOverlay, &QAction::triggered, this, [this] {
        vis::FigureOptions options = m_document.viewSettings().figure;
        options.showPatchGrid = false;
        options.showPath = false;
        options.overlay = vis::OverlayQuantity::None;
        m_document.setFigureOptions(options, tr("No overlays"));
    });
    const std::pair<QAction*, vis::OverlayQuantity> maps[] = {
        {m_actions->gateMap, vis::OverlayQuantity::Gate},
        {m_actions->meanGateMap, vis::OverlayQuantity::MeanGate},
        {m_actions->stateNormMap, vis::OverlayQuantity::StateNorm},
        {m_actions->attentionMap, vis::OverlayQuantity::Attention},
        {m_actions->halfLifeMap, vis::OverlayQuantity::HalfLife},
        {m_actions->outputGateMap, vis::OverlayQuantity::OutputGate},
        {m_actions->attributionMap, vis::OverlayQuantity::Attribution},
    };
    for (const auto& [action, quantity] : maps)
        connect(action, &QAction::triggered, this,
                [this, quantity = quantity](bool on) { toggleOverlay(quantity, on); });
}

void MainWindow::toggleOverlay(vis::OverlayQuantity quantity, bool on)
{
    vis::FigureOptions options = m_document.viewSettings().figure;
    options.overlay = on ? quantity : vis::OverlayQuantity::None;
    m_document.setFigureOptions(options, tr("Heat map"));
}

void MainWindow::restoreLayout()
{
    // The window manager's frame comes on top, and its size is known only once the window is shown.
    resize(kDefaultSize.boundedTo(screen()->availableSize() - kFrameAllowance));
    m_docks.arrange();
    restoreGeometry(m_settings.geometry());
    m_hasDefaultLayout = !restoreState(m_settings.layout());
}

void MainWindow::showEvent(QShowEvent* event)
{
    QMainWindow::showEvent(event);
    // Shares of the room can be given only when it is known.
    if (std::exchange(m_hasDefaultLayout, false))
        m_docks.applySizes();
}

void MainWindow::refreshActions()
{
    const ViewSettings& view = m_document.viewSettings();
    m_actions->patchGrid->setChecked(view.figure.showPatchGrid);
    m_actions->scanPath->setChecked(view.figure.showPath);
    m_actions->gateMap->setChecked(view.figure.overlay == vis::OverlayQuantity::Gate);
    m_actions->meanGateMap->setChecked(view.figure.overlay == vis::OverlayQuantity::MeanGate);
    m_actions->stateNormMap->setChecked(view.figure.overlay == vis::OverlayQuantity::StateNorm);
    m_actions->attentionMap->setChecked(view.figure.overlay == vis::OverlayQuantity::Attention);
    m_actions->halfLifeMap->setChecked(view.figure.overlay == vis::OverlayQuantity::HalfLife);
    m_actions->outputGateMap->setChecked(view.figure.overlay == vis::OverlayQuantity::OutputGate);
    m_actions->attributionMap->setChecked(view.figure.overlay == vis::OverlayQuantity::Attribution);
    m_actions->themeSystem->setChecked(view.theme == ThemeChoice::System);
    m_actions->themeLight->setChecked(view.theme == ThemeChoice::Light);
    m_actions->themeDark->setChecked(view.theme == ThemeChoice::Dark);
    const bool hasDetail = m_document.detail() != nullptr;
    for (QAction* action :
         {m_actions->exportFigure, m_actions->copyFigure, m_actions->previousMixer, m_actions->nextMixer})
        action->setEnabled(hasDetail);
    m_actions->scanPath->setEnabled(!hasDetail || !m_document.selection().mixer.isChannelMixer);
    m_actions->allLanes->setEnabled(hasDetail && m_document.selection().lane >= 0);
}

void MainWindow::refreshEdits()
{
    const QUndoStack& stack = *m_document.undoStack();
    const auto named = [](const QString& word, const QString& step) {
        return step.isEmpty() ? word : QStringLiteral("%1: %2").arg(word, step);
    };
    m_actions->undo->setEnabled(stack.canUndo());
    m_actions->undo->setText(named(tr("&Undo"), stack.undoText()));
    m_actions->redo->setEnabled(stack.canRedo());
    m_actions->redo->setText(named(tr("&Redo"), stack.redoText()));
    const int active = m_document.interventions().activeCount();
    m_actions->clearEdits->setEnabled(!m_document.interventions().edits.empty());
    m_editsButton->setVisible(active > 0);
    QString text = active == 1 ? tr("1 edit active") : tr("%n edits active", nullptr, active);
    const vis::ShownRun shown = m_document.viewSettings().figure.shownRun;
    if (shown == vis::ShownRun::Baseline)
        text += tr(", the baseline is shown");
    else if (shown == vis::ShownRun::Difference)
        text += tr(", the difference is shown");
    else if (!m_document.editProblem().isEmpty())
        text += tr(", but they do not fit");
    m_editsButton->setText(text);
    refreshTitle();
}

void MainWindow::refreshStatus()
{
    const auto& trace = m_document.trace();
    m_runLabel->setText(trace ? tr("%1 ms forward  ·  %2 MB kept")
                                    .arg(locale().toString(trace->milliseconds(), 'f', 1),
                                         locale().toString(static_cast<double>(trace->recordedBytes()) / 1e6, 'f', 1))
                              : QString());
    QString image;
    if (const auto& picture = m_document.picture())
        image = tr("%1 × %2 px").arg(picture->size().width()).arg(picture->size().height());
    if (m_document.detail()) {
        const MixerRecord& record = m_document.detail()->record();
        image += tr("  ·  %1 × %2 tokens").arg(record.width).arg(record.height);
    }
    m_imageLabel->setText(image);
    if (const auto& session = m_document.session()) {
        const RuntimeInfo runtime = session->runtime();
        const QString threads = runtime.threads == 1 ? tr("1 thread") : tr("%n threads", nullptr, runtime.threads);
        m_deviceLabel->setText(
            QStringList({QString::fromStdString(runtime.device), QString::fromStdString(runtime.kernel), threads})
                .join(QStringLiteral("  ·  ")));
    } else {
        m_deviceLabel->setText(tr("no model"));
    }
    const auto warnings = static_cast<int>(m_document.warnings().size());
    m_warnings->setVisible(warnings > 0);
    m_warnings->setText(warnings == 1 ? tr("1 warning") : tr("%n warnings", nullptr, warnings));
    m_warnings->setIcon(themedIcon(QStringLiteral("warning"), palette()));
}

void MainWindow::refreshTitle()
{
    QStringList parts;
    if (m_document.picture())
        parts << m_document.picture()->name;
    if (m_document.session())
        parts << QFileInfo(m_document.modelPath()).fileName();
    const int active = m_document.interventions().activeCount();
    if (active > 0)
        parts << (active == 1 ? tr("1 edit") : tr("%n edits", nullptr, active));
    parts << QStringLiteral("MixerScope");
    setWindowTitle(parts.join(QStringLiteral(" \u2013 ")));
}

void MainWindow::refreshRecent()
{
    m_recentMenu->clear();
    const QStringList recent = m_settings.recentFiles();
    for (const QString& path : recent)
        m_recentMenu->addAction(QFileInfo(path).fileName(), this, [this, path] { openFiles({path}); })
            ->setToolTip(path);
    m_recentMenu->setToolTipsVisible(true);
    m_recentMenu->addSeparator();
    m_recentMenu->addAction(m_actions->clearRecent);
    m_actions->clearRecent->setEnabled(!recent.isEmpty());
}

void MainWindow::openFiles(const QStringList& paths)
{
    QStringList pictures;
    QString model;
    for (const QString& path : paths) {
        if (looksLikeModel(path))
            model = path;
        else
            pictures << path;
    }
    if (!model.isEmpty())
        m_document.openModel(model);
    if (!pictures.isEmpty())
        m_document.openPictures(pictures);
}

void MainWindow::chooseImages()
{
    auto* dialog = new QFileDialog(this, tr("Open images"), m_settings.lastFolder(Settings::FileKind::Image),
                                   tr("Pictures (%1);;All files (*)").arg(pictureNameFilters().join(QLatin1Char(' '))));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList& files) {
        m_settings.setLastFolder(Settings::FileKind::Image, files.value(0));
        m_document.openPictures(files);
    });
    dialog->open();
}

void MainWindow::chooseModel()
{
    auto* dialog = new QFileDialog(this, tr("Open a model"), m_settings.lastFolder(Settings::FileKind::Model),
                                   tr("Checkpoints (*.safetensors *.pth *.pt);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        m_settings.setLastFolder(Settings::FileKind::Model, file);
        m_document.openModel(file);
    });
    dialog->open();
}

void MainWindow::pasteImage()
{
    const QMimeData* held = QApplication::clipboard()->mimeData();
    const QStringList files = held ? droppedFiles(held) : QStringList();
    if (!files.isEmpty())
        openFiles(files);
    else
        m_document.openPastedImage(QApplication::clipboard()->image());
}

void MainWindow::showExportDialog(const QString& figureId)
{
    auto* dialog = new ExportDialog(&m_document, &m_settings, figureId, this);
    connect(dialog, &ExportDialog::exported, this,
            [this](const QString& path) { statusBar()->showMessage(tr("Wrote %1").arg(path), 8000); });
    dialog->open();
}

void MainWindow::copyFigure(const QString& figureId)
{
    vis::ExportOptions options;
    options.theme = themeOf(palette());
    const QPointer<MainWindow> self(this);
    renderFigureOf(m_document, figureId, options, [self](const QImage& image) {
        if (!self || image.isNull())
            return;
        QApplication::clipboard()->setImage(image);
        self->statusBar()->showMessage(tr("Copied the figure"), 4000);
    });
}

QString MainWindow::focusedFigure() const
{
    for (const QWidget* widget = focusWidget(); widget; widget = widget->parentWidget()) {
        if (const auto* view = qobject_cast<const FigureView*>(widget))
            return view->figureId();
        if (widget == m_predictions)
            return QStringLiteral("predictions");
    }
    return QStringLiteral("scan-path");
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    m_playback.setPlaying(false);
    m_settings.setWindow(saveGeometry(), saveState());
    m_settings.setView(m_document.viewSettings());
    m_settings.setPlaybackSpeed(m_playback.stepsPerSecond());
    event->accept();
}

void MainWindow::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) {
        m_actions->refreshIcons(palette());
        if (m_warnings)
            m_warnings->setIcon(themedIcon(QStringLiteral("warning"), palette()));
    }
    QMainWindow::changeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasImage() || !droppedFiles(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    const QStringList files = droppedFiles(event->mimeData());
    if (!files.isEmpty())
        openFiles(files);
    else
        m_document.openPastedImage(event->mimeData()->imageData().value<QImage>());
    event->acceptProposedAction();
}

void MainWindow::keyPressEvent(QKeyEvent* event)
{
    if (!takeKey(*event))
        QMainWindow::keyPressEvent(event);
}

bool MainWindow::eventFilter(QObject* watched, QEvent* event)
{
    // A floating panel is a window of its own: what its widgets leave over comes here.
    const auto* dock = qobject_cast<const QDockWidget*>(watched);
    if (dock && dock->isFloating() && event->type() == QEvent::KeyPress
        && takeKey(*static_cast<const QKeyEvent*>(event)))
        return true;
    return QMainWindow::eventFilter(watched, event);
}

bool MainWindow::takeKey(const QKeyEvent& event)
{
    // Here and not as shortcuts: a list, a tree or a slider that has the focus takes its arrows first.
    const int stride = event.modifiers() & Qt::ShiftModifier ? 10 : 1;
    switch (event.key()) {
    case Qt::Key_Left:
        m_playback.stepBy(-stride);
        return true;
    case Qt::Key_Right:
        m_playback.stepBy(stride);
        return true;
    case Qt::Key_Home:
        m_playback.stepTo(0);
        return true;
    case Qt::Key_End:
        if (m_document.detail())
            m_playback.stepTo(m_document.detail()->positionCount() - 1);
        return true;
    case Qt::Key_Up:
        m_document.setScan(m_document.selection().scan - 1);
        return true;
    case Qt::Key_Down:
        m_document.setScan(m_document.selection().scan + 1);
        return true;
    case Qt::Key_Space:
        m_playback.toggle();
        return true;
    default:
        return false;
    }
}

}  // namespace mixer::ui
