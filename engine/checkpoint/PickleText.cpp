// SPDX-License-Identifier: MIT
#include "engine/checkpoint/PickleText.h"

#include <algorithm>
#include <cstdint>

namespace mixer::checkpoint {

namespace {

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void appendUtf8(std::string* text, std::uint32_t code)
{
    const auto put = [&](std::uint32_t byte) { *text += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0U | code >> 6);
        put(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        put(0xE0U | code >> 12);
        put(0x80U | (code >> 6 & 0x3FU));
        put(0x80U | (code & 0x3FU));
    } else {
        put(0xF0U | code >> 18);
        put(0x80U | (code >> 12 & 0x3FU));
        put(0x80U | (code >> 6 & 0x3FU));
        put(0x80U | (code & 0x3FU));
    }
}

// Appends what the escape behind a backslash means; `*position` is behind that backslash. False: it is malformed.
bool unescape(std::string_view line, std::size_t* position, bool unicode, std::string* result)
{
    const char c = line[(*position)++];
    const std::size_t digits = unicode ? (c == 'u' ? 4 : c == 'U' ? 8 : 0) : c == 'x' ? 2 : 0;
    if (digits > 0) {
        std::uint32_t code = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            const int digit = *position < line.size() ? hexDigit(line[(*position)++]) : -1;
            if (digit < 0)
                return false;
            code = code << 4 | static_cast<std::uint32_t>(digit);
        }
        if (!unicode)
            *result += static_cast<char>(code);
        else if (code <= 0x10FFFF)
            appendUtf8(result, code);
        return !unicode || code <= 0x10FFFF;
    }
    constexpr std::string_view kLetters = "ntr\\'\"";
    constexpr std::string_view kMeanings = "\n\t\r\\'\"";
    const std::size_t letter = unicode ? std::string_view::npos : kLetters.find(c);
    if (letter == std::string_view::npos)
        *result += '\\';
    *result += letter == std::string_view::npos ? c : kMeanings[letter];
    return true;
}

}  // namespace

bool isDecimal(std::string_view text)
{
    if (!text.empty() && text.front() == '-')
        text.remove_prefix(1);
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Two's complement, little-endian, longer than 64 bits.
std::string hexText(std::string_view bytes)
{
    const bool negative = (static_cast<unsigned char>(bytes.back()) & 0x80U) != 0;
    std::string magnitude(bytes);
    if (negative) {
        unsigned carry = 1;
        for (char& byte : magnitude) {
            carry += static_cast<unsigned char>(~static_cast<unsigned char>(byte));
            byte = static_cast<char>(carry & 0xFFU);
            carry >>= 8;
        }
    }
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string digits;
    for (auto byte = magnitude.rbegin(); byte != magnitude.rend(); ++byte) {
        digits += kDigits[static_cast<unsigned char>(*byte) >> 4];
        digits += kDigits[static_cast<unsigned char>(*byte) & 0xFU];
    }
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
    return (negative ? "-0x" : "0x") + digits;
}

std::optional<std::string> unescaped(std::string_view line, bool unicode)
{
    if (!unicode) {
        if (line.size() < 2 || line.front() != line.back() || (line.front() != '\'' && line.front() != '"'))
            return std::nullopt;
        line = line.substr(1, line.size() - 2);
    }
    std::string result;
    for (std::size_t i = 0; i < line.size();) {
        const char c = line[i++];
        const bool isEscape = c == '\\' && i < line.size();
        if (isEscape && !unescape(line, &i, unicode, &result))
            return std::nullopt;
        if (!isEscape && unicode)
            appendUtf8(&result, static_cast<unsigned char>(c));
        else if (!isEscape)
            result += c;
    }
    return result;
}

bool isUtf8(std::string_view text)
{
    const auto* byte = reinterpret_cast<const unsigned char*>(text.data());
    const auto* const end = byte + text.size();
    while (byte != end) {
        const unsigned char first = *byte++;
        if (first < 0x80)
            continue;
        const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
        if (first < 0xC2 || first > 0xF4 || end - byte < more)
            return false;
        std::uint32_t code = first & (0x3FU >> more);
        for (int i = 0; i < more; ++i) {
            if ((*byte & 0xC0U) != 0x80U)
                return false;
            code = code << 6 | (*byte++ & 0x3FU);
        }
        constexpr std::uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
        if (code < kLeast[more] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
            return false;
    }
    return true;
}

}  // namespace mixer::checkpoint
