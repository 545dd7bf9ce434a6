// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/PatchEdits.h"

#include "ui/Translate.h"
#include "ui/document/EditText.h"
#include "ui/document/InspectionDocument.h"

#include <QFile>
#include <QMimeData>

#include <algorithm>

namespace mixer::ui {

namespace {

/// The shown image cannot be patched with itself.
bool isOther(InspectionDocument& document, const QString& image)
{
    const auto& shown = document.picture();
    if (!shown || image.isEmpty())
        return false;
    if (shown->path != image)
        return true;
    document.report(tr("This image is the one that is shown: patching it with itself changes nothing. Drag another "
                       "image of the list."));
    return false;
}

template <typename IsSame> void put(InspectionDocument& document, const Edit& edit, IsSame isSame)
{
    Interventions edits = document.interventions();
    edits.edits.erase(std::remove_if(edits.edits.begin(), edits.edits.end(),
                                     [&](const Edit& old) { return old.mixers == edit.mixers && isSame(old.change); }),
                      edits.edits.end());
    edits.edits.push_back(edit);
    document.setInterventions(edits, tr("Edit: %1").arg(editText(edit)));
}

}  // namespace

void patchOutput(InspectionDocument& document, const MixerId& mixer, const QString& image)
{
    if (!isOther(document, image))
        return;
    PatchOutput change;
    change.image = QFile::encodeName(image).toStdString();
    put(document, {change, {mixer}, true}, [](const Change& old) {
        const auto* other = std::get_if<PatchOutput>(&old);
        return other && other->tokens.isAll();
    });
}

void patchState(InspectionDocument& document, const QString& image)
{
    if (!document.detail() || !isOther(document, image))
        return;
    const Selection& s = document.selection();
    PatchState change;
    change.image = QFile::encodeName(image).toStdString();
    change.scan = document.detail()->scanName(s.scan);
    change.step = s.step;
    put(document, {change, {s.mixer}, true}, [&](const Change& old) {
        const auto* other = std::get_if<PatchState>(&old);
        return other && other->scan == change.scan && other->step == change.step;
    });
}

void togglePatch(InspectionDocument& document, const Edit& patch)
{
    Interventions edits = document.interventions();
    const auto old = std::find_if(edits.edits.begin(), edits.edits.end(), [&](const Edit& edit) {
        return edit.mixers == patch.mixers && edit.change == patch.change;
    });
    if (old == edits.edits.end()) {
        document.addEdit(patch);
        return;
    }
    edits.edits.erase(old);
    document.setInterventions(edits, tr("Remove: %1").arg(QString::fromStdString(patch.description())));
}

QString draggedImage(const QMimeData* data)
{
    return data ? QString::fromUtf8(data->data(QLatin1String(ImageListModel::kMimeType))) : QString();
}

}  // namespace mixer::ui
