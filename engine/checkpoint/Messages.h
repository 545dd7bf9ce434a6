// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: text from files, made fit for messages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mixer::checkpoint {

/// In quotes, cut after 100 bytes, control characters as '?': a hostile file must not fill or garble a message.
inline std::string inQuotes(const std::string& text)
{
    constexpr std::size_t kMaxLength = 100;
    std::size_t length = text.size();
    if (length > kMaxLength) {
        length = kMaxLength;
        while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U)  // not inside a UTF-8 letter
            --length;
    }
    std::string result = "'";
    for (std::size_t i = 0; i < length; ++i)
        result += static_cast<unsigned char>(text[i]) < 0x20 || text[i] == 0x7F ? '?' : text[i];
    return result + (length < text.size() ? "...'" : "'");
}

/// "(96, 3, 4, 4)"; "()" for a scalar.
inline std::string shapeText(const std::vector<std::int64_t>& shape)
{
    std::string result = "(";
    for (const std::int64_t size : shape)
        result += (result.size() > 1 ? ", " : "") + std::to_string(size);
    return result + ")";
}

}  // namespace mixer::checkpoint
