// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/document/ViewSettings.h"

#include <QJsonObject>

namespace mixer::ui {

/// View settings as words, so that a file stays readable and outlives another order of the enumerations. Without the
/// theme. What is missing or unknown keeps its default: how something is shown is no reason to refuse a file.
QJsonObject viewToJson(const ViewSettings& view);
ViewSettings viewFromJson(const QJsonObject& json);

}  // namespace mixer::ui
