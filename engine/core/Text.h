// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace mixer {

/// A name from elsewhere, fit for messages, JSON and tables: control characters and bytes that are no UTF-8 become '?'.
std::string readable(const std::string& text);

}  // namespace mixer
