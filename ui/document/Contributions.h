// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace mixer::ui {

class InspectionDocument;

/// Finds out what each channel of the selected token mixer contributes to the shown class: how far the class's logit
/// falls when the channel is held at zero, everything else as it runs now. One edited run for each channel, on the
/// worker, with progress, cancellable; the document gets the result. Channel mixers, whose lanes are tokens, have none.
void computeContributions(InspectionDocument& document);

}  // namespace mixer::ui
