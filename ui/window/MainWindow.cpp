// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/MainWindow.h"

#include "ui/compare/CompareCommands.h"
#include "ui/compare/CompareView.h"
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
#include "ui/views/PatchEffectsView.h"
#include "ui/views/PredictionsView.h"
#include "ui/views/RouterView.h"
#include "ui/views/ScanOrderView.h"
#include "ui/views/ScansView.h"
#include "ui/views/StatesView.h"
#include "ui/views/TensorsView.h"
#include "ui/window/Actions.h"
#include "ui/window/CanvasPane.h"
#include "ui/window/CommandSearch.h"
#include "ui/window/ExportDialog.h"
#include "ui/window/FileCommands.h"
#include "ui/window/Findables.h"
#include "ui/window/HelpCommands.h"
#include "ui/window/InputDialog.h"
#include "ui/window/MemoryDialog.h"
#include "ui/window/MessageBar.h"
#include "ui/window/PreferencesDialog.h"
#include "ui/window/ReceiptDialog.h"
#include "ui/window/Sheets.h"
#include "ui/window/StatusStrip.h"
#include "visualizers/FeatureMap.h"

#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QDockWidget>
#include <QFileInfo>
#include <QMenuBar>
#include <QMimeData>
#include <QPointer>
#include <QScreen>
#include <QStatusBar>
#include <QToolButton>

#include <utility>

namespace mixer::ui {

namespace {

constexpr QSize kDefaultSize(1440, 900);
constexpr QSize kFrameAllowance(12, 48);

}  // namespace

MainWindow::MainWindow(const SessionOptions& options, QWidget* parent)
    : QMainWindow(parent)
    , m_document(options)
    , m_playback(&m_document)
    , m_actions(new Actions(this))
    , m_pane(new CanvasPane(m_actions, this))
    , m_docks(this)
    , m_watcher(&m_document)
    , m_files(new FileCommands(this, &m_document, &m_settings, m_actions))
    , m_help(new HelpCommands(this, &m_document, m_actions))
    , m_compare(new CompareCommands(this, &m_document, &m_settings, m_actions, m_pane))
    , m_status(new StatusStrip(statusBar()))
{
    setObjectName(QStringLiteral("mainWindow"));
    setWindowIcon(programIcon());
    setAcceptDrops(true);
    ViewSettings view = m_settings.view();
    m_theme = view.theme;
    applyTheme(view.theme);
    m_document.restoreViewSettings(view);
    m_playback.setStepsPerSecond(m_settings.playbackSpeed());
    const QList<QAction*> commands = m_actions->all();
    for (QAction* command : commands) {
        if (const auto keys = m_settings.keys(command->objectName()))
            Actions::setKeys(command, keys);
    }
    makeViews();
    makeMenus();
    wireDocument();
    wireActions();
    restoreLayout();
    m_actions->refreshIcons(palette());
    refreshActions();
    refreshTitle();
}

MainWindow::~MainWindow()
{
    m_compare->shutDown();
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
    m_patchEffects = new PatchEffectsView(this);
    m_scanOrder = new ScanOrderView(this);
    m_router = new RouterView(this);
    m_tensors = new TensorsView(this);
    m_compareView = new CompareView(this);
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
    m_docks.add(QStringLiteral("patchEffectsDock"), tr("Patching"), m_patchEffects, Group::State);
    m_compare->setPanel(m_docks.add(QStringLiteral("compareDock"), tr("Compare"), m_compareView, Group::State));
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
    file->addActions({m_actions->openImage, m_actions->openModel, m_actions->openSession, m_actions->paste});
    QMenu* recent = file->addMenu(tr("&Recent"));
    recent->setObjectName(QStringLiteral("recentMenu"));
    file->addAction(m_actions->reopenLast);
    file->addSeparator();
    file->addActions({m_actions->saveSession, m_actions->saveSessionAs});
    file->addSeparator();
    file->addActions({m_actions->exportFigure, m_actions->copyFigure});
    file->addSeparator();
    file->addAction(m_actions->quit);

    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    edit->addActions({m_actions->undo, m_actions->redo});
    edit->addSeparator();
    edit->addAction(m_actions->clearEdits);
    edit->addSeparator();
    edit->addActions({m_actions->commandSearch, m_actions->preferences});

    QMenu* view = menuBar()->addMenu(tr("&View"));
    view->addActions({m_actions->patchGrid, m_actions->scanPath});
    view->addSeparator();
    for (const Actions::MapCommand& map : m_actions->maps())
        view->addAction(map.action);
    view->addActions({m_actions->nextComponent, m_actions->noOverlay, m_actions->lockRange});
    view->addSeparator();
    view->addActions({m_actions->fit, m_actions->actualSize, m_actions->zoomIn, m_actions->zoomOut});
    view->addSeparator();
    QMenu* docks = view->addMenu(tr("&Panels"));
    docks->addActions(m_docks.toggleActions());
    QMenu* theme = view->addMenu(tr("&Theme"));
    theme->addActions({m_actions->themeSystem, m_actions->themeLight, m_actions->themeDark});
    view->addAction(m_actions->resetLayout);

    QMenu* model = menuBar()->addMenu(tr("&Model"));
    model->addActions({m_actions->loadReceipt, m_actions->inputAndLabels, m_actions->memoryPlan});
    model->addSeparator();
    model->addActions({m_actions->reloadModel, m_actions->watchModel});

    QMenu* select = menuBar()->addMenu(tr("&Select"));
    select->addActions({m_actions->previousMixer, m_actions->nextMixer, m_actions->allLanes});

    m_compare->fillMenu(menuBar()->addMenu(tr("&Compare")));

    QMenu* help = menuBar()->addMenu(tr("&Help"));
    help->addActions({m_actions->guide, m_actions->shortcuts, m_actions->about});
    connect(file, &QMenu::aboutToShow, this, [this, recent] { m_files->fillRecent(recent); });
    m_files->fillRecent(recent);
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
    m_patchEffects->setDocument(&m_document);
    m_scanOrder->setDocument(&m_document);
    m_router->setDocument(&m_document);
    m_tensors->setDocument(&m_document);
    m_compareView->setDocument(&m_document);
    m_status->setDocument(&m_document);
    connect(m_status, &StatusStrip::editsRequested, this, [this] { showPanel(QStringLiteral("editsDock")); });
    connect(m_status, &StatusStrip::warningsRequested, this, [this] { showWarnings(this, m_document.warnings()); });
    connect(&m_document, &InspectionDocument::interventionsChanged, this, &MainWindow::refreshUndo);
    connect(m_document.undoStack(), &QUndoStack::indexChanged, this, &MainWindow::refreshUndo);
    connect(m_document.undoStack(), &QUndoStack::cleanChanged, this, &MainWindow::refreshTitle);
    connect(m_files, &FileCommands::sessionPathChanged, this, &MainWindow::refreshTitle);
    refreshUndo();
    for (const auto signal : {&InspectionDocument::sessionChanged, &InspectionDocument::pictureChanged,
                              &InspectionDocument::interventionsChanged})
        connect(&m_document, signal, this, &MainWindow::refreshTitle);
    for (const auto signal : {&InspectionDocument::sessionChanged, &InspectionDocument::viewSettingsChanged,
                              &InspectionDocument::detailChanged, &InspectionDocument::selectionChanged})
        connect(&m_document, signal, this, &MainWindow::refreshActions);
}

void MainWindow::wireActions()
{
    connect(m_actions->watchModel, &QAction::toggled, &m_watcher, &ModelWatcher::setWatching);
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
    wireSheets();
    const QList<FigureView*> figures = findChildren<FigureView*>();
    for (FigureView* view : figures) {
        connect(view, &FigureView::exportRequested, this, &MainWindow::showExportDialog);
        connect(view, &FigureView::copyRequested, this, &MainWindow::copyFigure);
    }
    connect(m_predictions, &PredictionsView::exportRequested, this, &MainWindow::showExportDialog);
    connect(m_predictions, &PredictionsView::copyRequested, this, &MainWindow::copyFigure);
}

void MainWindow::wireSheets()
{
    connect(m_actions->inputAndLabels, &QAction::triggered, this, &MainWindow::showInputDialog);
    connect(m_actions->loadReceipt, &QAction::triggered, this, &MainWindow::showReceipt);
    connect(m_actions->memoryPlan, &QAction::triggered, this, &MainWindow::showMemoryPlan);
    connect(m_model, &ModelView::receiptRequested, this, &MainWindow::showReceipt);
    connect(m_model, &ModelView::inputRequested, this, &MainWindow::showInputDialog);
    connect(m_actions->commandSearch, &QAction::triggered, this, &MainWindow::showCommandSearch);
    connect(m_actions->preferences, &QAction::triggered, this, &MainWindow::showPreferences);
}

void MainWindow::showCommandSearch()
{
    (new CommandSearch(findables(*this, *m_actions, m_docks, m_settings.recentFiles()), this))->show();
}

void MainWindow::showPreferences()
{
    auto* dialog = new PreferencesDialog(&m_document, &m_settings, m_actions, this);
    m_help->explain(dialog, QStringLiteral("window"));
    dialog->show();
}

void MainWindow::showMemoryPlan()
{
    if (!m_document.session())
        return;
    auto* dialog = new MemoryDialog(m_document.session(), m_document.sessionOptions(), this);
    m_help->explain(dialog, QStringLiteral("model"));
    connect(dialog, &MemoryDialog::sizeChosen, this, [this](int height, int width) {
        SessionOptions options = m_document.sessionOptions();
        options.preprocess.size = PreprocessOverrides::Size{height, width};
        m_document.reopenModel(options);
    });
    dialog->show();
}

void MainWindow::setWatchingModel(bool on)
{
    m_actions->watchModel->setChecked(on);
}

void MainWindow::bringToFront()
{
    setWindowState(windowState() & ~Qt::WindowMinimized);
    show();
    raise();
    activateWindow();
}

void MainWindow::showReceipt()
{
    const auto& session = m_document.session();
    if (!session)
        return;
    auto* dialog = new ReceiptDialog(m_document.modelPath(), session->receipt(), this);
    m_help->explain(dialog, QStringLiteral("checkpoints"));
    dialog->show();
}

void MainWindow::showInputDialog()
{
    const auto session = m_document.session();
    if (!session)
        return;
    auto* dialog = new InputDialog(session, m_document.sessionOptions(), this);
    m_help->explain(dialog, QStringLiteral("model"));
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
    connect(m_actions->nextComponent, &QAction::triggered, this, [this] {
        vis::FigureOptions options = m_document.viewSettings().figure;
        const bool isShown = options.overlay == vis::OverlayQuantity::FeaturePca;
        options.featureComponent = isShown ? (options.featureComponent + 1) % vis::kFeatureChoices : 0;
        options.overlay = vis::OverlayQuantity::FeaturePca;
        m_document.setFigureOptions(options, tr("Feature component"));
    });
    connect(m_actions->lockRange, &QAction::triggered, this, &MainWindow::holdRange);
    for (const Actions::MapCommand& map : m_actions->maps())
        connect(map.action, &QAction::triggered, this,
                [this, quantity = map.quantity](bool on) { toggleOverlay(quantity, on); });
}

void MainWindow::toggleOverlay(vis::OverlayQuantity quantity, bool on)
{
    vis::FigureOptions options = m_document.viewSettings().figure;
    options.overlay = on ? quantity : vis::OverlayQuantity::None;
    m_document.setFigureOptions(options, tr("Heat map"));
}

void MainWindow::holdRange(bool on)
{
    vis::FigureOptions options = m_document.viewSettings().figure;
    options.heldRange.reset();
    options.featureImages.clear();
    if (on && options.overlay == vis::OverlayQuantity::FeaturePca)
        options.featureImages = {m_document.picture()->path};
    else if (on && !canvas()->tokenMap().values.empty())
        options.heldRange = vis::HeldRange{options.overlay, canvas()->tokenMap().range};
    m_document.setFigureOptions(options, on ? tr("Lock the colours") : tr("Unlock the colours"));
    refreshActions();
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
    for (const Actions::MapCommand& map : m_actions->maps())
        map.action->setChecked(view.figure.overlay == map.quantity);
    const bool showsFeatures = view.figure.overlay == vis::OverlayQuantity::FeaturePca;
    const bool isHeld = showsFeatures ? !view.figure.featureImages.isEmpty()
                                      : view.figure.heldRange && view.figure.heldRange->quantity == view.figure.overlay;
    m_actions->lockRange->setChecked(isHeld);
    // A pasted picture has no file to name.
    const bool canHold = !showsFeatures || isHeld || (m_document.picture() && !m_document.picture()->path.isEmpty());
    m_actions->lockRange->setEnabled(view.figure.overlay != vis::OverlayQuantity::None && canHold);
    m_actions->themeSystem->setChecked(view.theme == ThemeChoice::System);
    m_actions->themeLight->setChecked(view.theme == ThemeChoice::Light);
    m_actions->themeDark->setChecked(view.theme == ThemeChoice::Dark);
    const bool hasDetail = m_document.detail() != nullptr;
    for (QAction* action :
         {m_actions->exportFigure, m_actions->copyFigure, m_actions->previousMixer, m_actions->nextMixer})
        action->setEnabled(hasDetail);
    const bool hasModel = m_document.session() != nullptr;
    for (QAction* action :
         {m_actions->loadReceipt, m_actions->inputAndLabels, m_actions->memoryPlan, m_actions->reloadModel})
        action->setEnabled(hasModel);
    m_actions->scanPath->setEnabled(!hasDetail || !m_document.selection().mixer.isChannelMixer);
    m_actions->allLanes->setEnabled(hasDetail && m_document.selection().lane >= 0);
}

void MainWindow::refreshUndo()
{
    const QUndoStack& stack = *m_document.undoStack();
    const auto named = [](const QString& word, const QString& step) {
        return step.isEmpty() ? word : QStringLiteral("%1: %2").arg(word, step);
    };
    m_actions->undo->setEnabled(stack.canUndo());
    m_actions->undo->setText(named(tr("&Undo"), stack.undoText()));
    m_actions->redo->setEnabled(stack.canRedo());
    m_actions->redo->setText(named(tr("&Redo"), stack.redoText()));
    m_actions->clearEdits->setEnabled(!m_document.interventions().edits.empty());
}

void MainWindow::refreshTitle()
{
    QStringList parts;
    if (!m_files->sessionPath().isEmpty())
        parts << QFileInfo(m_files->sessionPath()).fileName() + QStringLiteral("[*]");
    if (m_document.picture())
        parts << m_document.picture()->name;
    if (m_document.session())
        parts << QFileInfo(m_document.modelPath()).fileName();
    const int active = m_document.interventions().activeCount();
    if (active > 0)
        parts << (active == 1 ? tr("1 edit") : tr("%n edits", nullptr, active));
    parts << QStringLiteral("MixerScope");
    setWindowTitle(parts.join(QStringLiteral(" \u2013 ")));
    setWindowModified(m_files->isModified());
}

void MainWindow::openFiles(const QStringList& paths)
{
    m_files->open(paths);
}

void MainWindow::showExportDialog(const QString& figureId)
{
    auto* dialog = new ExportDialog(&m_document, &m_settings, figureId, this);
    m_help->explain(dialog, QStringLiteral("export"));
    connect(dialog, &ExportDialog::exported, this,
            [this](const QString& path) { statusBar()->showMessage(tr("Wrote %1").arg(path), 8000); });
    dialog->open();
}

void MainWindow::copyFigure(const QString& figureId)
{
    vis::ExportOptions options;
    options.theme = themeOf(palette());
    const QPointer<MainWindow> self(this);
    copyFigureOf(m_document, figureId, options, [self](const FigureCopies& copies) {
        if (!self || copies.image.isNull())
            return;
        auto* mime = new QMimeData;  // the clipboard's
        mime->setImageData(copies.image);
        for (const auto& [type, bytes] : copies.files)
            mime->setData(type, bytes);
        QApplication::clipboard()->setMimeData(mime);
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
    m_help->close();
    m_files->keepLastSession();
    m_settings.setWindow(saveGeometry(), saveState());
    m_settings.setView(m_document.viewSettings());
    m_settings.setPlaybackSpeed(m_playback.stepsPerSecond());
    event->accept();
}

void MainWindow::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::PaletteChange) {
        m_actions->refreshIcons(palette());
        m_status->refreshIcons();
    }
    QMainWindow::changeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (FileCommands::canTake(event->mimeData()))
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    m_files->take(event->mimeData());
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
