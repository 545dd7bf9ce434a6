// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/interventions/Interventions.h"

#include <QString>

namespace mixer::ui {

/// What an edit changes, in the language of the window. In English it is Edit::description(), word for word.
QString editText(const Edit& edit);

}  // namespace mixer::ui
