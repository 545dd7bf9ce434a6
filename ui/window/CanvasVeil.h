// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/InferenceWorker.h"

#include <QTimer>
#include <QWidget>

namespace mixer::ui {

class InspectionDocument;

/// Over the canvas while another model or image is on its way and takes longer than a blink: what is opened, how far it
/// is, and that what lies below is of the one before. Mouse and keys go through to the canvas.
class CanvasVeil : public QWidget {
    Q_OBJECT
public:
    explicit CanvasVeil(QWidget* canvas);

    void setDocument(InspectionDocument* document);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void refresh();
    /// Lines of the card: what is opened, how far it is, what is still shown.
    QStringList lines() const;

    InspectionDocument* m_document = nullptr;
    JobStatus m_status;
    QTimer m_timer;
};

}  // namespace mixer::ui
