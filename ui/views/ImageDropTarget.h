// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPoint>
#include <QRect>
#include <QString>

#include <functional>
#include <optional>

class QDropEvent;
class QWidget;

namespace mixer::ui {

class DropFrame;

/// Lets a widget take an image that is dragged from the list of images, frames the place where it would fall and says
/// what would happen there. Files from outside go on to the window. Owned by the widget.
class ImageDropTarget : public QObject {
    Q_OBJECT
public:
    struct Place {
        QRect frame;   ///< in the widget
        QString hint;  ///< "Take over its output of S3 B1 T1"
        std::function<void(const QString& image)> take;
    };
    /// None: an image means nothing at that point.
    using Find = std::function<std::optional<Place>(const QPoint& point)>;

    ImageDropTarget(QWidget* widget, Find find);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    /// True when the event was for this.
    bool follow(QDropEvent* event, bool isDropped);

    QWidget* m_widget;
    DropFrame* m_frame;
    Find m_find;
};

}  // namespace mixer::ui
