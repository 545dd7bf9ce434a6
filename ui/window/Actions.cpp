// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/Actions.h"

#include "ui/Glossary.h"
#include "ui/Translate.h"
#include "ui/theme/Theme.h"

#include <QActionGroup>

namespace mixer::ui {

namespace {
constexpr char kIconProperty[] = "iconName";
constexpr char kKeysProperty[] = "defaultKeys";
constexpr char kTipProperty[] = "tipWithoutKeys";
}  // namespace

Actions::Actions(QObject* parent)
    : QObject(parent)
{
    addFileActions();
    addEditActions();
    addOverlayActions();
    addViewActions();
    addCompareActions();
    addSelectionAndHelpActions();
}

QAction* Actions::add(const QString& name, const QString& text, const QKeySequence& keys, const QString& tip,
                      const QString& icon)
{
    auto* action = new QAction(text, this);
    action->setObjectName(name);
    action->setProperty(kKeysProperty, QVariant::fromValue(keys));
    action->setProperty(kTipProperty, tip.isEmpty() ? withoutMnemonic(text) : tip);
    setKeys(action, keys);
    action->setStatusTip(QString());
    action->setProperty(kIconProperty, icon);
    m_all << action;
    return action;
}

QAction* Actions::addOverlay(const QString& name, const QString& text, const QKeySequence& keys, const QString& tip,
                             const QString& icon)
{
    QAction* action = add(name, text, keys, tip, icon);
    action->setCheckable(true);
    return action;
}

void Actions::addMap(vis::OverlayQuantity quantity, const QString& name, QAction* action)
{
    m_maps.push_back({quantity, action, name});
}

void Actions::setKeys(QAction* action, const std::optional<QKeySequence>& keys)
{
    const QKeySequence now = keys.value_or(defaultKeys(action));
    action->setShortcut(now);
    const QString tip = action->property(kTipProperty).toString();
    const QString name = now.toString(QKeySequence::NativeText);
    const bool isRich = tip.startsWith(QLatin1Char('<'));
    action->setToolTip(now.isEmpty() ? tip
                           : isRich  ? tip + tr("<p>Key %1</p>").arg(name.toHtmlEscaped())
                                     : tr("%1 (%2)").arg(tip, name));
}

QKeySequence Actions::defaultKeys(const QAction* action)
{
    return action->property(kKeysProperty).value<QKeySequence>();
}

void Actions::addFileActions()
{
    openImage = add(QStringLiteral("openImage"), tr("&Open image…"), QKeySequence(Qt::CTRL | Qt::Key_O), {},
                    QStringLiteral("open-image"));
    openModel = add(QStringLiteral("openModel"), tr("Open &model…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O), {},
                    QStringLiteral("open-model"));
    openSession
        = add(QStringLiteral("openSession"), tr("Open &session…"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_O));
    saveSession = add(QStringLiteral("saveSession"), tr("&Save session"), QKeySequence(Qt::CTRL | Qt::Key_S),
                      tr("Model, images, edits, selection and view, as names of files"));
    saveSessionAs
        = add(QStringLiteral("saveSessionAs"), tr("Save session &as…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S));
    reopenLast = add(QStringLiteral("reopenLast"), tr("Reopen the last session"), {},
                     tr("What the window showed when it was closed last, or when it crashed"));
    reloadModel = add(QStringLiteral("reloadModel"), tr("&Reload the model"), QKeySequence(Qt::Key_F5),
                      tr("Reads the checkpoint again; selection, edits and view stay"));
    watchModel = add(QStringLiteral("watchModel"), tr("&Watch the model"), {},
                     tr("Reloads the checkpoint whenever its file changes, while it trains"));
    watchModel->setCheckable(true);
    memoryPlan = add(QStringLiteral("memoryPlan"), tr("&Memory planner…"), {},
                     tr("What a run at another size would take, part by part, before it runs"));
    inputAndLabels = add(QStringLiteral("inputAndLabels"), tr("&Input and labels…"), {},
                         tr("Size, crop and normalization of pictures, and names of the classes"));
    loadReceipt = add(QStringLiteral("loadReceipt"), tr("&Load receipt…"), QKeySequence(Qt::CTRL | Qt::Key_L),
                      tr("What became of every tensor of the checkpoint"));
    paste = add(QStringLiteral("paste"), tr("&Paste image"), QKeySequence(Qt::CTRL | Qt::Key_V));
    clearRecent = add(QStringLiteral("clearRecent"), tr("Clear the recent files"));
    exportFigure = add(QStringLiteral("exportFigure"), tr("&Export figure…"), QKeySequence(Qt::CTRL | Qt::Key_E), {},
                       QStringLiteral("export"));
    copyFigure = add(QStringLiteral("copyFigure"), tr("&Copy figure"), QKeySequence(Qt::CTRL | Qt::Key_C),
                     tr("Copies the figure of the view that has the focus"), QStringLiteral("copy"));
    quit = add(QStringLiteral("quit"), tr("&Quit"), QKeySequence(Qt::CTRL | Qt::Key_Q));
}

void Actions::addEditActions()
{
    undo = add(QStringLiteral("undo"), tr("&Undo"), QKeySequence(Qt::CTRL | Qt::Key_Z), {}, QStringLiteral("undo"));
    redo = add(QStringLiteral("redo"), tr("&Redo"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), {},
               QStringLiteral("redo"));
    clearEdits = add(QStringLiteral("clearEdits"), tr("Remove all &edits"));
    commandSearch = add(QStringLiteral("commandSearch"), tr("&Search everything…"), QKeySequence(Qt::CTRL | Qt::Key_K),
                        tr("Commands, panels, mixers, classes, images and words by their name"));
    preferences = add(QStringLiteral("preferences"), tr("&Preferences…"), QKeySequence(Qt::CTRL | Qt::Key_Comma));
}

void Actions::addOverlayActions()
{
    patchGrid = addOverlay(QStringLiteral("patchGrid"), tr("Patch &grid"), QKeySequence(Qt::Key_1),
                           definition(Term::PatchGrid), QStringLiteral("patch-grid"));
    scanPath = addOverlay(QStringLiteral("scanPath"), tr("Scan &path"), QKeySequence(Qt::Key_2),
                          definition(Term::ScanPath), QStringLiteral("scan-path"));
    using Quantity = vis::OverlayQuantity;
    addMap(Quantity::Gate, tr("gate"),
           addOverlay(QStringLiteral("gateMap"), tr("Gate of the selected &lane"), QKeySequence(Qt::Key_3),
                      definition(Term::Gate), QStringLiteral("gate")));
    addMap(Quantity::MeanGate, tr("mean gate"),
           addOverlay(QStringLiteral("meanGateMap"), tr("&Mean gate"), QKeySequence(Qt::Key_4),
                      tr("<p>The gate g, averaged over all lanes, for each token.</p>"), QStringLiteral("mean-gate")));
    addMap(Quantity::StateNorm, tr("state norm"),
           addOverlay(QStringLiteral("stateNormMap"), tr("State &norm"), QKeySequence(Qt::Key_5),
                      definition(Term::StateNorm), QStringLiteral("state-norm")));
    addMap(Quantity::Attention, tr("attention"),
           addOverlay(QStringLiteral("attentionMap"), tr("&Attention of the selected token"), QKeySequence(Qt::Key_6),
                      definition(Term::Attention), QString()));
    addMap(Quantity::HalfLife, tr("half-life"),
           addOverlay(QStringLiteral("halfLifeMap"), tr("Memory &half-life"), QKeySequence(Qt::Key_7),
                      tr("<p>Steps of the scan until half of what was written at a token is forgotten.</p>")
                          + definition(Term::Horizon),
                      QString()));
    addMap(Quantity::OutputGate, tr("output gate"),
           addOverlay(QStringLiteral("outputGateMap"), tr("&Output gate"), QKeySequence(Qt::Key_8),
                      definition(Term::OutputGate), QString()));
    addMap(Quantity::Attribution, tr("attribution"),
           addOverlay(QStringLiteral("attributionMap"), tr("A&ttribution"), QKeySequence(Qt::Key_9),
                      definition(Term::Attribution), QString()));
    addMap(Quantity::FeaturePca, tr("feature PCA"),
           addOverlay(QStringLiteral("featureMap"), tr("&Feature PCA"), QKeySequence(Qt::Key_P),
                      definition(Term::FeaturePca), QString()));
    nextComponent
        = add(QStringLiteral("nextComponent"), tr("Next feature &component"), QKeySequence(Qt::SHIFT | Qt::Key_P),
              tr("Feature PCA: three components as colours, then the first, second and third alone"));
    noOverlay = add(QStringLiteral("noOverlay"), tr("No overlays"), QKeySequence(Qt::Key_0));
    lockRange
        = add(QStringLiteral("lockRange"), tr("Loc&k the colours"), QKeySequence(Qt::Key_L),
              tr("The heat map keeps the ends of its colours, feature PCA its axes: other images and models are then "
                 "shown on one scale"));
    lockRange->setCheckable(true);
}

void Actions::addViewActions()
{
    fit = add(QStringLiteral("fit"), tr("&Fit the image"), QKeySequence(Qt::Key_F), {}, QStringLiteral("fit"));
    actualSize = add(QStringLiteral("actualSize"), tr("&Actual pixels (1:1)"), QKeySequence(Qt::Key_Z), {},
                     QStringLiteral("actual-size"));
    zoomIn = add(QStringLiteral("zoomIn"), tr("Zoom in"), QKeySequence(Qt::Key_Plus));
    zoomOut = add(QStringLiteral("zoomOut"), tr("Zoom out"), QKeySequence(Qt::Key_Minus));
    resetLayout = add(QStringLiteral("resetLayout"), tr("&Reset layout"));
    auto* themes = new QActionGroup(this);
    themeSystem = add(QStringLiteral("themeSystem"), tr("&System"));
    themeLight = add(QStringLiteral("themeLight"), tr("&Light"));
    themeDark = add(QStringLiteral("themeDark"), tr("&Dark"));
    for (QAction* theme : {themeSystem, themeLight, themeDark}) {
        theme->setCheckable(true);
        themes->addAction(theme);
    }
}

void Actions::addCompareActions()
{
    compareModel = add(QStringLiteral("compareModel"), tr("With another &model…"), {},
                       tr("Another checkpoint on the same image, beside what is shown"));
    compareImage = add(QStringLiteral("compareImage"), tr("With another &image…"), {},
                       tr("Another image under the same model, beside what is shown"));
    compareBaseline = add(QStringLiteral("compareBaseline"), tr("&Baseline and edited"), {},
                          tr("The run without the edits beside the edited one"));
    compareFloat32 = add(QStringLiteral("compareFloat32"), tr("With float32 on the CPU"));
    compareFloat64 = add(QStringLiteral("compareFloat64"), tr("With float64 on the CPU"));
    compareBFloat16 = add(QStringLiteral("compareBFloat16"), tr("With bfloat16 on the GPU"));
    compareFloat16 = add(QStringLiteral("compareFloat16"), tr("With float16 on the GPU"));
    compareGpu = add(QStringLiteral("compareGpu"), tr("With float32 on the GPU"));
    flipCompare = add(QStringLiteral("flipCompare"), tr("&Flip while held"), QKeySequence(Qt::Key_QuoteLeft),
                      tr("While the key is held, the second picture stands in place of the first"));
    flipCompare->setAutoRepeat(false);
    compareDifference = add(QStringLiteral("compareDifference"), tr("&Difference"), QKeySequence(Qt::Key_D),
                            tr("The second picture shows the difference of the two heat maps, B − A, with its size"));
    compareDifference->setCheckable(true);
    endCompare = add(QStringLiteral("endCompare"), tr("&End the comparison"), {}, tr("Back to one picture"));
}

void Actions::addSelectionAndHelpActions()
{
    previousMixer = add(QStringLiteral("previousMixer"), tr("Previous mixer"), QKeySequence(Qt::Key_BracketLeft));
    nextMixer = add(QStringLiteral("nextMixer"), tr("Next mixer"), QKeySequence(Qt::Key_BracketRight));
    allLanes = add(QStringLiteral("allLanes"), tr("Select all lanes"), QKeySequence(Qt::Key_Escape));
    guide = add(QStringLiteral("guide"), tr("&User guide"), QKeySequence(Qt::Key_F1),
                tr("The chapter of the panel that has the focus"));
    shortcuts = add(QStringLiteral("shortcuts"), tr("&Keyboard shortcuts"), QKeySequence(Qt::CTRL | Qt::Key_F1));
    about = add(QStringLiteral("about"), tr("&About MixerScope"));
}

void Actions::refreshIcons(const QPalette& palette)
{
    for (QAction* action : m_all) {
        const QString icon = action->property(kIconProperty).toString();
        if (!icon.isEmpty())
            action->setIcon(themedIcon(icon, palette));
    }
}

}  // namespace mixer::ui
