// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: how pickles write texts and large integers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mixer::checkpoint {

/// Whether this is well-formed UTF-8 (no surrogates, no overlong forms).
bool isUtf8(std::string_view text);

/// Whether this is digits, perhaps behind a minus sign.
bool isDecimal(std::string_view text);

/// An integer in two's complement, little-endian, not empty, as "0x..." or "-0x...".
std::string hexText(std::string_view bytes);

/// The meaning of a line of protocol 0: 'text' in quotes with Python's escapes, or (`unicode`) bare Latin-1 with \u and
/// \U escapes only, which becomes UTF-8. None when quotes are missing or an escape is malformed.
std::optional<std::string> unescaped(std::string_view line, bool unicode);

}  // namespace mixer::checkpoint
