// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/checkpoint/LoadReceipt.h"

#include <QString>

namespace mixer::ui {

/// "used", "renamed" ... in the language of the window.
QString useText(TensorUse use);
/// LoadReceipt::summary() in the language of the window.
QString receiptSummary(const LoadReceipt& receipt);

}  // namespace mixer::ui
