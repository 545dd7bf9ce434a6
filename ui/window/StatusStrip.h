// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QLabel;
class QStatusBar;
class QToolButton;

namespace mixer::ui {

class ActivityWidget;
class InspectionDocument;

/// What the status bar says: edits that are active, what runs, time and memory of the run, image, device, warnings.
class StatusStrip : public QObject {
    Q_OBJECT
public:
    explicit StatusStrip(QStatusBar* bar);

    void setDocument(InspectionDocument* document);
    void refreshIcons();

Q_SIGNALS:
    void editsRequested();
    void warningsRequested();

private:
    void refresh();
    void refreshEdits();

    InspectionDocument* m_document = nullptr;
    QStatusBar* m_bar;
    ActivityWidget* m_activity;
    QLabel* m_facts;
    QToolButton* m_edits;
    QToolButton* m_warnings;
};

}  // namespace mixer::ui
