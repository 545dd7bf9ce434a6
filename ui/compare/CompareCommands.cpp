// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/CompareCommands.h"

#include "ui/Settings.h"
#include "ui/compare/CompareBar.h"
#include "ui/compare/Comparison.h"
#include "ui/compare/PaneLink.h"
#include "ui/document/CheckpointFilter.h"
#include "ui/document/InspectionDocument.h"
#include "ui/window/Actions.h"
#include "ui/window/CanvasPane.h"
#include "ui/window/Docks.h"

#include <QApplication>
#include <QDockWidget>
#include <QFileDialog>
#include <QKeyEvent>
#include <QMainWindow>
#include <QMenu>
#include <QToolButton>

#include <algorithm>

namespace mixer::ui {

namespace {

using With = CompareChoice::With;

}  // namespace

CompareCommands::CompareCommands(QMainWindow* window, InspectionDocument* document, Settings* settings,
                                 Actions* actions, CanvasPane* pane)
    : QObject(window)
    , m_window(window)
    , m_document(document)
    , m_settings(settings)
    , m_actions(actions)
    , m_comparison(new Comparison(document, this))
    , m_link(new PaneLink(m_comparison, pane, this))
    , m_bar(new CompareBar(m_comparison, actions, pane))
{
    pane->putAbove(m_bar);
    wire();
    refresh();
}

void CompareCommands::fillMenu(QMenu* menu)
{
    menu->addActions({m_actions->compareModel, m_actions->compareImage, m_actions->compareBaseline});
    QMenu* arithmetic = menu->addMenu(tr("With another &precision or device"));
    arithmetic->addActions({m_actions->compareFloat32, m_actions->compareFloat64, m_actions->compareBFloat16,
                            m_actions->compareFloat16, m_actions->compareGpu});
    menu->addSeparator();
    menu->addActions({m_actions->flipCompare, m_actions->compareDifference});
    menu->addSeparator();
    menu->addAction(m_actions->endCompare);
    connect(menu, &QMenu::aboutToShow, this, [this] {
        // Only now: it loads half a gigabyte where there is a GPU and nothing runs on it yet.
        m_hasGpu = m_document->session() && gpuCount() > 0;
        refresh();
    });
}

void CompareCommands::setPanel(QDockWidget* panel)
{
    m_panel = panel;
}

void CompareCommands::compareArithmetic(Precision precision, const char* device, const QString& text)
{
    CompareChoice choice;
    choice.with = With::Arithmetic;
    choice.precision = precision;
    choice.device = device;
    m_document->setComparison(choice, text);
}

void CompareCommands::wire()
{
    connect(m_actions->compareModel, &QAction::triggered, this, &CompareCommands::chooseModel);
    connect(m_actions->compareImage, &QAction::triggered, this, &CompareCommands::chooseImage);
    connect(m_actions->compareBaseline, &QAction::triggered, this, [this] {
        CompareChoice choice;
        choice.with = With::Baseline;
        m_document->setComparison(choice, tr("Compare with the baseline"));
    });
    const struct {
        QAction* action;
        Precision precision;
        const char* device;
    } arithmetics[] = {
        {m_actions->compareFloat32, Precision::Float32, "cpu"},
        {m_actions->compareFloat64, Precision::Float64, "cpu"},
        {m_actions->compareBFloat16, Precision::BFloat16, "cuda"},
        {m_actions->compareFloat16, Precision::Float16, "cuda"},
        {m_actions->compareGpu, Precision::Float32, "cuda"},
    };
    for (const auto& entry : arithmetics)
        connect(entry.action, &QAction::triggered, this, [this, entry] {
            compareArithmetic(entry.precision, entry.device,
                              tr("Compare: %1").arg(QString(entry.action->text()).remove(QLatin1Char('&'))));
        });
    connect(m_actions->compareDifference, &QAction::triggered, this, [this](bool on) {
        CompareChoice choice = m_document->comparison();
        choice.showsDifference = on;
        m_document->setComparison(choice, tr("Difference"));
    });
    connect(m_actions->endCompare, &QAction::triggered, this,
            [this] { m_document->setComparison({}, tr("End the comparison")); });
    // Down to up: the key's release comes through the filter, for a shortcut has none.
    connect(m_actions->flipCompare, &QAction::triggered, this, [this] { m_link->setFlipped(true); });
    connect(m_bar->flipButton(), &QToolButton::pressed, this, [this] { m_link->setFlipped(true); });
    connect(m_bar->flipButton(), &QToolButton::released, this, [this] { m_link->setFlipped(false); });
    connect(m_link, &PaneLink::flippedChanged, this, [this](bool on) {
        if (on)
            qApp->installEventFilter(this);
        else
            qApp->removeEventFilter(this);
    });
    connect(m_comparison, &Comparison::otherChanged, this, &CompareCommands::onOtherChanged);
    connect(m_comparison, &Comparison::stateChanged, this, &CompareCommands::refresh);
    for (const auto signal : {&InspectionDocument::sessionChanged, &InspectionDocument::interventionsChanged,
                              &InspectionDocument::pictureChanged})
        connect(m_document, signal, this, &CompareCommands::refresh);
}

bool CompareCommands::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::KeyRelease) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const QKeySequence keys = m_actions->flipCompare->shortcut();
        if (!key->isAutoRepeat() && !keys.isEmpty() && keys[0].key() == key->key())
            m_link->setFlipped(false);
    } else if (event->type() == QEvent::WindowDeactivate && !m_bar->flipButton()->isDown()) {
        m_link->setFlipped(false);  // the release goes to another window
    }
    return QObject::eventFilter(watched, event);
}

void CompareCommands::refresh()
{
    const bool hasModel = m_document->session() != nullptr;
    const bool hasPicture = m_document->picture() != nullptr;
    const bool isActive = m_comparison->other() != nullptr;
    m_actions->compareModel->setEnabled(hasModel);
    m_actions->compareImage->setEnabled(hasModel);
    m_actions->compareBaseline->setEnabled(hasPicture && !m_document->interventions().isBaseline());
    const Precision precision = m_document->sessionOptions().precision;
    const bool isOnCpu = hasModel && m_document->session()->runtime().kernel != "cuda";
    const bool hasGpu = hasModel && (m_hasGpu || !isOnCpu);
    m_actions->compareFloat32->setEnabled(hasModel && !(isOnCpu && precision == Precision::Float32));
    m_actions->compareFloat64->setEnabled(hasModel && precision != Precision::Float64);
    m_actions->compareBFloat16->setEnabled(hasGpu && precision != Precision::BFloat16);
    m_actions->compareFloat16->setEnabled(hasGpu && precision != Precision::Float16);
    m_actions->compareGpu->setEnabled(hasGpu && (isOnCpu || precision != Precision::Float32));
    m_actions->flipCompare->setEnabled(isActive);
    m_actions->endCompare->setEnabled(isActive);
    m_actions->compareDifference->setEnabled(isActive);
    m_actions->compareDifference->setChecked(m_comparison->showsDifference());
}

void CompareCommands::onOtherChanged()
{
    refresh();
    if (!m_panel)
        return;
    const bool isActive = m_comparison->other() != nullptr;
    const QList<QDockWidget*> group = m_window->tabifiedDockWidgets(m_panel);
    const auto inFront = std::find_if(
        group.begin(), group.end(), [](const QDockWidget* dock) { return !dock->widget()->visibleRegion().isEmpty(); });
    if (isActive) {
        m_wasPanelHidden = m_panel->isHidden();
        m_panelBefore = inFront == group.end() ? nullptr : *inFront;
        Docks::bringForward(m_panel);
        return;
    }
    // The former window: the panel that was in front, if nobody has looked at another since.
    if (m_panelBefore && inFront == group.end())
        m_panelBefore->raise();
    if (m_wasPanelHidden)
        m_panel->hide();
    m_panelBefore = nullptr;
}

void CompareCommands::chooseModel()
{
    auto* dialog
        = new QFileDialog(m_window, tr("Compare with another model"), m_settings->lastFolder(Settings::FileKind::Model),
                          tr("Checkpoints (%1);;All files (*)").arg(checkpointPatterns()));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        m_settings->setLastFolder(Settings::FileKind::Model, file);
        m_document->compareWithFile(With::Model, file);
    });
    dialog->open();
}

void CompareCommands::chooseImage()
{
    auto* dialog
        = new QFileDialog(m_window, tr("Compare with another image"), m_settings->lastFolder(Settings::FileKind::Image),
                          tr("Pictures (%1);;All files (*)").arg(pictureNameFilters().join(QLatin1Char(' '))));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        m_settings->setLastFolder(Settings::FileKind::Image, file);
        m_document->compareWithFile(With::Image, file);
    });
    dialog->open();
}

void CompareCommands::shutDown()
{
    m_panel = nullptr;
    m_document->disconnect(this);
    m_comparison->shutDown();
}

}  // namespace mixer::ui
