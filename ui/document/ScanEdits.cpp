// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/ScanEdits.h"

#include "engine/core/Error.h"
#include "ui/Translate.h"
#include "ui/document/EditText.h"
#include "ui/document/InspectionDocument.h"

#include <QRegularExpression>

#include <algorithm>

namespace mixer::ui {

namespace {

bool isOfMixer(const Edit& edit, const MixerId& mixer)
{
    return edit.mixers.size() == 1 && edit.mixers.front() == mixer;
}

template <class... Changes> bool isOneOf(const Edit& edit)
{
    return (std::holds_alternative<Changes>(edit.change) || ...);
}

/// The stack without what `matches`, and with one more entry.
template <class Matches> void put(InspectionDocument& document, const Edit& edit, Matches matches)
{
    Interventions edits = document.interventions();
    const MixerId mixer = document.selection().mixer;
    edits.edits.erase(std::remove_if(edits.edits.begin(), edits.edits.end(),
                                     [&](const Edit& old) { return isOfMixer(old, mixer) && matches(old); }),
                      edits.edits.end());
    edits.edits.push_back(edit);
    document.setInterventions(edits, editText(edit));
}

}  // namespace

void forceScan(InspectionDocument& document, const QString& scan, bool onlyThis)
{
    if (!document.detail() || document.selection().mixer.isChannelMixer)
        return;
    ForceScans change;
    if (!onlyThis) {
        const Routing& routing = document.detail()->record().routing;
        for (const int chosen : routing.chosen)
            change.scans.push_back(routing.scans[static_cast<std::size_t>(chosen)]);
    }
    const std::string name = scan.toStdString();
    if (std::find(change.scans.begin(), change.scans.end(), name) == change.scans.end())
        change.scans.push_back(name);
    put(document, {change, {document.selection().mixer}, true},
        [](const Edit& old) { return isOneOf<ForceScans, ForbidScans>(old); });
}

void forbidScan(InspectionDocument& document, const QString& scan)
{
    if (!document.detail() || document.selection().mixer.isChannelMixer)
        return;
    ForbidScans change;
    change.scans = {scan.toStdString()};
    for (const Edit& edit : document.interventions().edits) {
        const auto* old = std::get_if<ForbidScans>(&edit.change);
        if (!old || !edit.enabled || !isOfMixer(edit, document.selection().mixer))
            continue;
        for (const std::string& name : old->scans) {
            if (name != change.scans.front())
                change.scans.push_back(name);
        }
    }
    put(document, {change, {document.selection().mixer}, true},
        [](const Edit& old) { return isOneOf<ForceScans, ForbidScans>(old); });
}

void weighScan(InspectionDocument& document, const QString& scan, double weight)
{
    if (!document.detail() || document.selection().mixer.isChannelMixer)
        return;
    WeighScan change;
    change.scan = scan.toStdString();
    change.weight = weight;
    put(document, {change, {document.selection().mixer}, true}, [&](const Edit& old) {
        const auto* other = std::get_if<WeighScan>(&old.change);
        return other && other->scan == change.scan;
    });
}

bool hasScanEdits(const InspectionDocument& document)
{
    const auto& edits = document.interventions().edits;
    return std::any_of(edits.begin(), edits.end(), [&](const Edit& edit) {
        return isOfMixer(edit, document.selection().mixer)
            && isOneOf<ForceScans, ForbidScans, WeighScan, ReplaceOrder>(edit);
    });
}

void freeScans(InspectionDocument& document)
{
    Interventions edits = document.interventions();
    const MixerId mixer = document.selection().mixer;
    edits.edits.erase(std::remove_if(edits.edits.begin(), edits.edits.end(),
                                     [&](const Edit& edit) {
                                         return isOfMixer(edit, mixer)
                                             && isOneOf<ForceScans, ForbidScans, WeighScan, ReplaceOrder>(edit);
                                     }),
                      edits.edits.end());
    document.setInterventions(edits, tr("Leave the scans to the router"));
}

void replaceOrder(InspectionDocument& document, const std::vector<std::int32_t>& order)
{
    if (!document.detail() || document.selection().mixer.isChannelMixer)
        return;
    const MixerRecord& record = document.detail()->record();
    ReplaceOrder change;
    change.scan = document.detail()->scanName(document.selection().scan);
    change.height = record.height;
    change.width = record.width;
    change.order = order;
    put(document, {change, {record.id}, true}, [&](const Edit& old) {
        const auto* other = std::get_if<ReplaceOrder>(&old.change);
        return other && other->scan == change.scan;
    });
}

std::vector<std::int32_t> parseOrder(const QString& text, int height, int width)
{
    static const QRegularExpression separators(QStringLiteral("[^0-9]+"));
    std::vector<std::int32_t> order;
    const QStringList numbers = text.split(separators, Qt::SkipEmptyParts);
    for (const QString& number : numbers) {
        bool isNumber = false;
        order.push_back(number.toInt(&isNumber));
        if (!isNumber)
            throw Error(ErrorKind::Format, "the order has the number " + number.toStdString() + ", which is no token");
    }
    requirePermutation(order, height, width, "the order");
    return order;
}

}  // namespace mixer::ui
