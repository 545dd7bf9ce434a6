// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/Theme.h"

#include <QApplication>
#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QProxyStyle>
#include <QStyleOptionSpinBox>
#include <QSvgRenderer>
#include <QWidget>

#include <algorithm>
#include <memory>

namespace mixer::ui {

namespace {

struct Shades {
    QColor window, base, alternate, button, text, muted, border, accent, onAccent, link, tip;
};

Shades shadesOf(vis::Theme theme)
{
    if (theme == vis::Theme::Dark)
        return {QColor(0x20, 0x23, 0x29), QColor(0x18, 0x1a, 0x1f), QColor(0x1d, 0x20, 0x26), QColor(0x2c, 0x30, 0x38),
                QColor(0xe4, 0xe7, 0xec), QColor(0x98, 0xa0, 0xad), QColor(0x3a, 0x3f, 0x49), QColor(0x3d, 0x7e, 0xd6),
                QColor(0xff, 0xff, 0xff), QColor(0x7f, 0xb2, 0xf5), QColor(0x2f, 0x34, 0x3d)};
    return {QColor(0xf2, 0xf3, 0xf5), QColor(0xff, 0xff, 0xff), QColor(0xf7, 0xf8, 0xfa), QColor(0xfb, 0xfb, 0xfc),
            QColor(0x1d, 0x21, 0x29), QColor(0x69, 0x71, 0x7e), QColor(0xd3, 0xd7, 0xde), QColor(0x25, 0x6a, 0xc4),
            QColor(0xff, 0xff, 0xff), QColor(0x1f, 0x5f, 0xb4), QColor(0xff, 0xff, 0xff)};
}

/// Only what a palette cannot say: spacing, borders, the flat dock titles.
QString styleSheetOf(vis::Theme theme)
{
    const Shades s = shadesOf(theme);
    const QString sheet = QStringLiteral(R"(
QMainWindow::separator { background: %1; width: 5px; height: 5px; }
QMainWindow::separator:hover { background: %2; }
QDockWidget { font-weight: 600; }
QDockWidget::title { padding: 5px 8px 4px 8px; background: %1; border-bottom: 1px solid %3; }
QToolTip { color: %5; background: %6; border: 1px solid %3; padding: 1px; }
QStatusBar { border-top: 1px solid %3; }
QStatusBar::item { border: none; }
#editsList { padding: 0 6px; }
#editsList::item { padding: 2px 0; }
QToolButton { border: 1px solid transparent; border-radius: 4px; padding: 3px; }
QToolButton[outlined="true"] { border-color: %3; padding: 3px 6px; }
QToolButton:hover { background: %7; border-color: %3; }
QToolButton:checked { background: %8; border-color: %2; }
QToolButton:focus { border-color: %2; }
QToolButton:disabled { background: transparent; border-color: transparent; }
QToolBar { border: none; border-bottom: 1px solid %3; padding: 3px 6px; spacing: 3px; background: %1; }
QToolBar::separator { background: %3; width: 1px; margin: 4px 6px; }
QTreeView, QListView { border: none; background: %4; }
QTreeView::item { padding: 2px 0; }
QHeaderView::section { border: none; border-bottom: 1px solid %3; padding: 3px 6px; background: %1; }
QTabBar { qproperty-drawBase: 0; background: %1; }
QTabBar::tab { padding: 4px 10px; border: none; border-bottom: 2px solid transparent; background: transparent; color: %9; }
QTabBar::tab:selected { color: %5; border-bottom-color: %2; }
QTabBar::tab:hover { color: %5; }
QTableView { border: none; background: %4; }
QProgressBar { border: 1px solid %9; border-radius: 4px; background: %4; }
QProgressBar::chunk { border-radius: 3px; background: %2; }
QLineEdit { border: 1px solid %3; border-radius: 4px; padding: 2px 6px; background: %4; }
QLineEdit:focus { border-color: %2; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; border-radius: 0; padding: 0; }
QListView::indicator, QTreeView::indicator, QCheckBox::indicator { width: 13px; height: 13px; border: 1px solid %9; border-radius: 3px; background: %4; }
QListView::indicator:checked, QTreeView::indicator:checked, QCheckBox::indicator:checked { border-color: %2; background: %2; image: url(:/mixerscope/icons/check.svg); }
#qt_toolbar_ext_button { padding: 0; min-width: 16px; }
#commandSearch { border: 1px solid %9; background: %1; }
#messageBar { border: 1px solid %3; border-radius: 6px; background: %6; }
)");
    QColor checked = s.accent;
    checked.setAlpha(theme == vis::Theme::Dark ? 90 : 45);
    return sheet.arg(s.window.name(), s.accent.name(), s.border.name(), s.base.name(), s.text.name(), s.tip.name(),
                     s.button.name(), checked.name(QColor::HexArgb), s.muted.name());
}

vis::Theme& systemTheme()
{
    static vis::Theme theme = vis::Theme::Light;
    return theme;
}

/// Paints the SVG at whatever size and scale is asked for, in one colour for each mode.
class InkIconEngine : public QIconEngine {
public:
    InkIconEngine(QByteArray source, QColor ink, QColor disabled)
        : m_source(std::move(source))
        , m_ink(std::move(ink))
        , m_disabled(std::move(disabled))
    {
    }

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override
    {
        QByteArray svg = m_source;
        svg.replace("currentColor", (mode == QIcon::Disabled ? m_disabled : m_ink).name().toLatin1());
        QSvgRenderer(svg).render(painter, rect);
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override
    {
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return pixmap;
    }
    QIconEngine* clone() const override { return new InkIconEngine(*this); }

private:
    QByteArray m_source;
    QColor m_ink;
    QColor m_disabled;
};

/// Fusion frames its spin boxes darker than the window, which a dark window swallows: ours have the frame of all other
/// fields.
class FramedStyle : public QProxyStyle {
public:
    using QProxyStyle::QProxyStyle;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                            const QWidget* widget) const override
    {
        QProxyStyle::drawComplexControl(control, option, painter, widget);
        const auto* box = qstyleoption_cast<const QStyleOptionSpinBox*>(option);
        if (control != CC_SpinBox || !box || !box->frame || themeOf(option->palette) != vis::Theme::Dark)
            return;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setBrush(Qt::NoBrush);
        const bool hasFocus = option->state & State_HasFocus;
        painter->setPen(option->palette.color(hasFocus ? QPalette::Highlight : QPalette::Mid));
        painter->drawRoundedRect(QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
        painter->restore();
    }
};

}  // namespace

void installStyle(QApplication& application)
{
    systemTheme() = themeOf(QGuiApplication::palette());
    application.setStyle(new FramedStyle(QStringLiteral("Fusion")));  // the application's
    applyTheme(ThemeChoice::System);
}

void applyTheme(ThemeChoice choice)
{
    vis::Theme theme = systemTheme();
    if (choice != ThemeChoice::System)
        theme = choice == ThemeChoice::Dark ? vis::Theme::Dark : vis::Theme::Light;
    QApplication::setPalette(paletteOf(theme));
    qApp->setStyleSheet(styleSheetOf(theme));
}

QPalette paletteOf(vis::Theme theme)
{
    const Shades s = shadesOf(theme);
    QPalette palette(s.text, s.button, s.base.lighter(150), s.border, s.border, s.text, s.text, s.base, s.window);
    palette.setColor(QPalette::AlternateBase, s.alternate);
    palette.setColor(QPalette::PlaceholderText, s.muted);
    palette.setColor(QPalette::Mid, s.border);
    palette.setColor(QPalette::Midlight, s.button);
    palette.setColor(QPalette::Highlight, s.accent);
    palette.setColor(QPalette::HighlightedText, s.onAccent);
    palette.setColor(QPalette::Link, s.link);
    palette.setColor(QPalette::ToolTipBase, s.tip);
    palette.setColor(QPalette::ToolTipText, s.text);
    palette.setColor(QPalette::Shadow, s.window.darker(200));
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, s.muted);
    palette.setColor(QPalette::Disabled, QPalette::Highlight, s.border);
    return palette;
}

vis::Theme themeOf(const QPalette& palette)
{
    return palette.color(QPalette::Window).lightness() < 128 ? vis::Theme::Dark : vis::Theme::Light;
}

vis::FigureStyle figureStyleFor(const QWidget& widget)
{
    const QPalette palette = widget.palette();
    vis::FigureStyle style = vis::FigureStyle::of(themeOf(palette));
    style.background = palette.color(QPalette::Base);
    style.text = palette.color(QPalette::Text);
    style.mutedText = palette.color(QPalette::PlaceholderText);
    style.fontFamily = widget.font().family();
    style.fontPixelSize = std::max(10, widget.fontInfo().pixelSize() - 2);
    style.showTitle = false;
    return style;
}

QIcon themedIcon(const QString& name, const QPalette& palette)
{
    QFile file(QStringLiteral(":/mixerscope/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return QIcon(new InkIconEngine(file.readAll(), palette.color(QPalette::Text),
                                   palette.color(QPalette::Disabled, QPalette::Text)));
}

QIcon programIcon()
{
    return QIcon(QStringLiteral(":/mixerscope/icons/mixerscope.svg"));
}

}  // namespace mixer::ui
