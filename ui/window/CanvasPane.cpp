// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/CanvasPane.h"

#include "ui/Translate.h"
#include "ui/document/InspectionDocument.h"
#include "ui/document/ScanEdits.h"
#include "ui/theme/Theme.h"
#include "ui/views/Canvas.h"
#include "ui/window/Actions.h"
#include "ui/window/CanvasVeil.h"
#include "ui/window/MessageBar.h"
#include "visualizers/FeatureMap.h"

#include <QComboBox>
#include <QEvent>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace mixer::ui {

CanvasPane::CanvasPane(Actions* actions, QWidget* parent)
    : QWidget(parent)
    , m_actions(actions)
    , m_bar(new QToolBar(this))
    , m_overlay(new QComboBox(this))
    , m_colors(new QComboBox(this))
    , m_component(new QComboBox(this))
    , m_opacity(new QSlider(Qt::Horizontal, this))
    , m_brush(new QComboBox(this))
    , m_zoom(new QLabel(this))
    , m_pictures(new QWidget(this))
    , m_canvas(new Canvas(m_pictures))
    , m_veil(new CanvasVeil(m_canvas))
    , m_messages(new MessageBar(m_canvas))
    , m_welcome(makeWelcome())
{
    m_veil->raise();  // over the welcome, under messages
    m_messages->raise();
    fillToolBar();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_bar);
    layout->addWidget(m_pictures, 1);
    auto* pictures = new QHBoxLayout(m_pictures);
    pictures->setContentsMargins(0, 0, 0, 0);
    pictures->setSpacing(2);
    pictures->addWidget(m_canvas, 1);
    m_canvas->installEventFilter(this);
    connect(m_canvas, &Canvas::zoomChanged, this,
            [this](double zoom) { m_zoom->setText(tr("%1 %").arg(qRound(100 * zoom * devicePixelRatioF()))); });
}

void CanvasPane::putBeside(QWidget* canvas, bool isLeft)
{
    static_cast<QHBoxLayout*>(m_pictures->layout())->insertWidget(isLeft ? 0 : 1, canvas, 1);
    canvas->show();
}

void CanvasPane::putAbove(QWidget* bar)
{
    static_cast<QVBoxLayout*>(layout())->insertWidget(1, bar);
}

void CanvasPane::fillToolBar()
{
    m_bar->setIconSize(QSize(20, 20));
    m_bar->setObjectName(QStringLiteral("canvasBar"));
    m_bar->addActions({m_actions->patchGrid, m_actions->scanPath});
    // By name: a picture of a path would have to be learned first.
    m_actions->patchGrid->setIconText(tr("Grid"));
    m_actions->scanPath->setIconText(tr("Path"));
    for (QAction* overlay : {m_actions->patchGrid, m_actions->scanPath})
        static_cast<QToolButton*>(m_bar->widgetForAction(overlay))->setToolButtonStyle(Qt::ToolButtonTextOnly);
    fillCombos();
    // Beside each other in a window of 1280 pixels.
    m_overlay->setMaximumWidth(122);
    m_colors->setMaximumWidth(84);
    m_brush->setMaximumWidth(96);
    m_component->setMaximumWidth(84);
    m_bar->addWidget(m_overlay);
    m_colorsShown = m_bar->addWidget(m_colors);
    m_componentShown = m_bar->addWidget(m_component);
    m_bar->addWidget(m_opacity);
    m_bar->addWidget(m_brush);
    auto* spacer = new QWidget(m_bar);
    spacer->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    m_bar->addWidget(spacer);
    m_zoom->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("000 %")));
    m_zoom->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_bar->addWidget(m_zoom);
    m_bar->addActions({m_actions->fit, m_actions->actualSize});
    m_bar->addSeparator();
    m_bar->addAction(m_actions->exportFigure);
}

void CanvasPane::fillCombos()
{
    m_overlay->setObjectName(QStringLiteral("overlayCombo"));
    m_overlay->setAccessibleName(tr("Heat map over the image"));
    m_overlay->setToolTip(tr("Heat map over the image (3 to 9, P; 0: none)"));
    m_overlay->addItem(tr("no heat map"), static_cast<int>(vis::OverlayQuantity::None));
    for (const Actions::MapCommand& map : m_actions->maps())
        m_overlay->addItem(map.name, static_cast<int>(map.quantity));
    m_brush->setObjectName(QStringLiteral("brushCombo"));
    m_brush->setAccessibleName(tr("Brush"));
    m_brush->setToolTip(tr("Paint over patches: every scan's step size Δ there is multiplied. 0 steps over them, large "
                           "ones make the scans start afresh. An edit, which can be undone"));
    m_brush->addItem(tr("no brush"), -1.0);
    for (const double factor : {0.0, 0.25, 4.0, 20.0})
        m_brush->addItem(tr("Δ × %1").arg(factor), factor);
    m_colors->setObjectName(QStringLiteral("colorMapCombo"));
    m_colors->setAccessibleName(tr("Colour map"));
    m_colors->setToolTip(tr("Colour map of overlays and matrices"));
    m_colors->addItem(tr("viridis"), static_cast<int>(vis::ColorMapId::Viridis));
    m_colors->addItem(tr("magma"), static_cast<int>(vis::ColorMapId::Magma));
    m_colors->addItem(tr("cividis"), static_cast<int>(vis::ColorMapId::Cividis));
    m_component->setObjectName(QStringLiteral("componentCombo"));
    m_component->setAccessibleName(tr("Feature component"));
    m_component->setToolTip(tr("Principal components of the features: the first three as red, green and blue, or one "
                               "alone, which needs no sense of colours"));
    m_component->addItem(tr("RGB"), 0);
    for (int component = 1; component < vis::kFeatureChoices; ++component)
        m_component->addItem(tr("PC %1").arg(component), component);
    m_opacity->setObjectName(QStringLiteral("opacitySlider"));
    m_opacity->setAccessibleName(tr("Opacity of the heat map"));
    m_opacity->setToolTip(tr("Opacity of the heat map"));
    m_opacity->setRange(5, 100);
    m_opacity->setFixedWidth(56);
}

QWidget* CanvasPane::makeWelcome()
{
    auto* welcome = new QWidget(m_canvas);
    auto* icon = new QLabel(welcome);
    icon->setPixmap(programIcon().pixmap(QSize(72, 72), devicePixelRatioF()));
    icon->setAlignment(Qt::AlignCenter);
    m_welcomeText = new QLabel(welcome);
    m_welcomeText->setAlignment(Qt::AlignCenter);
    auto* layout = new QVBoxLayout(welcome);
    layout->setSpacing(12);
    layout->addWidget(icon);
    layout->addWidget(m_welcomeText);
    auto* buttons = new QHBoxLayout;
    for (QAction* action : {m_actions->openModel, m_actions->openImage}) {
        auto* button = new QPushButton(withoutMnemonic(action->text()), welcome);
        button->setToolTip(action->toolTip());
        connect(button, &QPushButton::clicked, action, &QAction::trigger);
        buttons->addWidget(button);
    }
    layout->addLayout(buttons);
    return welcome;
}

void CanvasPane::setDocument(InspectionDocument* document)
{
    m_document = document;
    m_canvas->setDocument(document);
    m_veil->setDocument(document);
    connect(document, &InspectionDocument::viewSettingsChanged, this, &CanvasPane::refreshSettings);
    connect(document, &InspectionDocument::pictureChanged, this, &CanvasPane::refreshWelcome);
    connect(document, &InspectionDocument::sessionChanged, this, &CanvasPane::refreshWelcome);
    connect(document, &InspectionDocument::messageRaised, this, [this](const QString& text) {
        m_messages->showMessage(text);
        placeOnCanvas();
    });
    // A problem that is solved needs no message any more.
    connect(document, &InspectionDocument::traceChanged, m_messages, &QWidget::hide);
    connect(m_colors, &QComboBox::activated, this, [this](int index) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.colorMap = static_cast<vis::ColorMapId>(m_colors->itemData(index).toInt());
        m_document->setFigureOptions(options, tr("Colour map %1").arg(m_colors->itemText(index)));
    });
    connect(m_opacity, &QSlider::valueChanged, this, [this](int percent) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.overlayOpacity = percent / 100.0;
        m_document->setFigureOptions(options, tr("Opacity"), QStringLiteral("opacity"));
    });
    connect(m_overlay, &QComboBox::activated, this, [this](int index) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.overlay = static_cast<vis::OverlayQuantity>(m_overlay->itemData(index).toInt());
        m_document->setFigureOptions(options, tr("Heat map: %1").arg(m_overlay->itemText(index)));
    });
    connect(m_component, &QComboBox::activated, this, [this](int index) {
        vis::FigureOptions options = m_document->viewSettings().figure;
        options.featureComponent = m_component->itemData(index).toInt();
        m_document->setFigureOptions(options, tr("Feature component"));
    });
    wireTools();
    refreshSettings();
    refreshWelcome();
}

void CanvasPane::wireTools()
{
    connect(m_brush, &QComboBox::activated, this, [this](int index) {
        m_canvas->setTool(m_brush->itemData(index).toDouble() < 0 ? Canvas::Tool::Look : Canvas::Tool::Brush);
    });
    connect(m_canvas, &Canvas::toolChanged, this, [this](Canvas::Tool tool) {
        if (tool != Canvas::Tool::Brush)
            m_brush->setCurrentIndex(0);
    });
    connect(m_canvas, &Canvas::tokensBrushed, this, [this](const std::vector<std::int32_t>& tokens) {
        const MixerRecord& record = m_document->detail()->record();
        ScaleDelta change;
        change.factor = m_brush->currentData().toDouble();
        change.tokens = {record.height, record.width, tokens};
        m_document->addEdit({change, {}, true});
    });
    connect(m_canvas, &Canvas::orderDrawn, this, [this](const std::vector<std::int32_t>& order) {
        m_canvas->setTool(Canvas::Tool::Look);
        replaceOrder(*m_document, order);
    });
}

void CanvasPane::refreshSettings()
{
    const vis::FigureOptions& options = m_document->viewSettings().figure;
    const QSignalBlocker blockColors(m_colors);
    const QSignalBlocker blockOpacity(m_opacity);
    const QSignalBlocker blockOverlay(m_overlay);
    const bool showsFeatures = options.overlay == vis::OverlayQuantity::FeaturePca;
    m_colorsShown->setVisible(!showsFeatures);
    m_componentShown->setVisible(showsFeatures);
    m_component->setCurrentIndex(m_component->findData(options.featureComponent));
    m_overlay->setCurrentIndex(m_overlay->findData(static_cast<int>(options.overlay)));
    m_colors->setCurrentIndex(m_colors->findData(static_cast<int>(options.colorMap)));
    m_opacity->setValue(qRound(100 * options.overlayOpacity));
}

void CanvasPane::refreshWelcome()
{
    m_welcome->setVisible(!m_document->picture());
    m_welcomeText->setText(m_document->session() ? tr("Drop an image or a folder anywhere on the window")
                                                 : tr("Drop a checkpoint and an image anywhere on the window"));
    placeOnCanvas();
}

void CanvasPane::placeOnCanvas()
{
    constexpr int kGap = 10;
    const QRect area = m_canvas->rect();
    m_veil->setGeometry(area);
    const int width = std::min(area.width() - 2 * kGap, 760);
    const int height = m_messages->layout()->hasHeightForWidth() ? m_messages->layout()->totalHeightForWidth(width)
                                                                 : m_messages->sizeHint().height();
    m_messages->setGeometry((area.width() - width) / 2, kGap, width, height);
    QRect welcome(QPoint(), m_welcome->sizeHint());
    welcome.moveCenter(area.center());
    m_welcome->setGeometry(welcome);
}

bool CanvasPane::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_canvas && event->type() == QEvent::Resize)
        placeOnCanvas();
    return QWidget::eventFilter(watched, event);
}

}  // namespace mixer::ui
