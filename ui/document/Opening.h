// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace mixer::ui {

class InspectionDocument;

/// A model or an image is on its way: everything shown is still of the one before.
bool isOpening(InspectionDocument& document);

}  // namespace mixer::ui
