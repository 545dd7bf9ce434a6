// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/ImageDropTarget.h"

#include "ui/document/PatchEdits.h"

#include <QDropEvent>
#include <QPainter>
#include <QWidget>

namespace mixer::ui {

/// A frame with words in it, over the widget; the mouse does not see it.
class DropFrame : public QWidget {
public:
    explicit DropFrame(QWidget* parent)
        : QWidget(parent)
    {
        setAttribute(Qt::WA_TransparentForMouseEvents);
        setObjectName(QStringLiteral("dropFrame"));
        hide();
    }

    void showAt(const QRect& frame, const QString& hint)
    {
        m_hint = hint;
        const int height = fontMetrics().height() + 10;
        m_chip = QRect(0, 0, std::min(fontMetrics().horizontalAdvance(hint) + 20, parentWidget()->width()), height);
        // Below a line of a list, in the middle of anything larger.
        const bool isLine = frame.height() < 2 * height;
        const bool hasRoomBelow = frame.bottom() + height + 4 < parentWidget()->height();
        m_frame = frame;
        m_chip.moveCenter(frame.center());
        if (isLine)
            hasRoomBelow ? m_chip.moveTop(frame.bottom() + 3) : m_chip.moveBottom(frame.top() - 3);
        m_chip.moveLeft(std::clamp(m_chip.left(), 0, std::max(0, parentWidget()->width() - m_chip.width())));
        setGeometry(parentWidget()->rect());
        raise();
        show();
        update();
    }

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QColor accent = palette().color(QPalette::Highlight);
        QColor veil = accent;
        veil.setAlpha(40);
        painter.setPen(QPen(accent, 2));
        painter.setBrush(veil);
        painter.drawRoundedRect(QRectF(m_frame).adjusted(1, 1, -1, -1), 4, 4);
        painter.setPen(Qt::NoPen);
        painter.setBrush(accent);
        painter.drawRoundedRect(m_chip, 4, 4);
        painter.setPen(palette().color(QPalette::HighlightedText));
        painter.drawText(m_chip, Qt::AlignCenter,
                         fontMetrics().elidedText(m_hint, Qt::ElideRight, m_chip.width() - 12));
    }

private:
    QString m_hint;
    QRect m_frame;
    QRect m_chip;
};

ImageDropTarget::ImageDropTarget(QWidget* widget, Find find)
    : QObject(widget)
    , m_widget(widget)
    , m_frame(new DropFrame(widget))
    , m_find(std::move(find))
{
    widget->setAcceptDrops(true);
    widget->installEventFilter(this);
}

bool ImageDropTarget::eventFilter(QObject* watched, QEvent* event)
{
    switch (event->type()) {
    case QEvent::DragEnter:
    case QEvent::DragMove:
        return follow(static_cast<QDropEvent*>(event), false);
    case QEvent::Drop:
        return follow(static_cast<QDropEvent*>(event), true);
    case QEvent::DragLeave:
        m_frame->hide();
        return false;
    default:
        return QObject::eventFilter(watched, event);
    }
}

bool ImageDropTarget::follow(QDropEvent* event, bool isDropped)
{
    const QString image = draggedImage(event->mimeData());
    if (image.isEmpty()) {
        event->ignore();  // a file: the window's
        return true;
    }
    const std::optional<Place> place = m_find(event->position().toPoint());
    if (isDropped || !place)
        m_frame->hide();
    else
        m_frame->showAt(place->frame, place->hint);
    if (isDropped && place)
        place->take(image);
    // Entered anywhere: only who accepts that hears of the moves.
    if (place || event->type() == QEvent::DragEnter)
        event->acceptProposedAction();
    else
        event->ignore();
    return true;
}

}  // namespace mixer::ui
