// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QHash>
#include <QKeySequence>

class QCheckBox;
class QComboBox;
class QKeySequenceEdit;
class QLabel;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace mixer::ui {

class Actions;
class InspectionDocument;
class Settings;

/// What is a matter of taste: theme, colours, whether windows are shared, and the keys of every command. What is
/// changed applies at once and is kept.
class PreferencesDialog : public QDialog {
    Q_OBJECT
public:
    PreferencesDialog(InspectionDocument* document, Settings* settings, Actions* actions, QWidget* parent);

private:
    QWidget* makeGeneral();
    QWidget* makeLanguage();
    QWidget* makeKeys();
    void refreshKeys();
    void onCurrentCommand();
    void assign(const QKeySequence& keys);
    QAction* currentAction() const;
    /// Another command that has the keys; null: none.
    QAction* ownerOf(const QKeySequence& keys, const QAction* but) const;

    InspectionDocument* m_document;
    Settings* m_settings;
    Actions* m_actions;
    QTreeWidget* m_commands;
    QKeySequenceEdit* m_keys;
    QPushButton* m_default;
    QLabel* m_conflict;
};

}  // namespace mixer::ui
