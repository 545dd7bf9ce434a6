// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/interventions/Interventions.h"

#include <QString>

class QMimeData;

namespace mixer::ui {

class InspectionDocument;

/// What another image of the list computes in place of what the shown one does. Each is one step of undo and takes the
/// place of an earlier edit of the same place. The image that is shown has nothing to give: the document says so.
void patchOutput(InspectionDocument& document, const MixerId& mixer, const QString& image);
/// The state of the selected scan of the selected mixer after the selected step.
void patchState(InspectionDocument& document, const QString& image);

/// Makes this patch an edit, or takes away the edit that it is already; one step of undo.
void togglePatch(InspectionDocument& document, const Edit& patch);

/// The image that is dragged out of the list of images; empty: something else is dragged.
QString draggedImage(const QMimeData* data);

}  // namespace mixer::ui
