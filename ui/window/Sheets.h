// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/Glossary.h"

#include <QStringList>

class QDialog;
class QWidget;

namespace mixer::ui {

class Actions;
class InspectionDocument;

/// Windows to read: not modal, closed with Esc, deleted when closed. Each function shows one and returns it.
QDialog* showShortcutSheet(QWidget* parent, const Actions& actions);
QDialog* showAbout(QWidget* parent, const InspectionDocument& document);
QDialog* showDefinition(QWidget* parent, Term term);
QDialog* showWarnings(QWidget* parent, const QStringList& warnings);

}  // namespace mixer::ui
