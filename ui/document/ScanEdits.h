// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/interventions/Interventions.h"

#include <QString>

namespace mixer::ui {

class InspectionDocument;

/// What a person may do with the scans of the selected token mixer. Each is one step of undo; what was said earlier
/// about the same thing is replaced, so that the stack says what holds.
void forceScan(InspectionDocument& document, const QString& scan, bool onlyThis);
void forbidScan(InspectionDocument& document, const QString& scan);
void weighScan(InspectionDocument& document, const QString& scan, double weight);
/// The router chooses again, scans keep their order.
void freeScans(InspectionDocument& document);
/// The selected scan visits the tokens in this order (y*W + x at each step) of the selected mixer's grid.
void replaceOrder(InspectionDocument& document, const std::vector<std::int32_t>& order);
/// Any edit of scans applies to the selected mixer alone.
bool hasScanEdits(const InspectionDocument& document);

/// Numbers separated by anything that is no digit: a permutation of the selected mixer's tokens. Throws Error(Format)
/// that says what is wrong with it.
std::vector<std::int32_t> parseOrder(const QString& text, int height, int width);

}  // namespace mixer::ui
