// SPDX-License-Identifier: MIT
#include "engine/trace/MixerId.h"

#include "engine/core/Error.h"

#include <cctype>
#include <string_view>

namespace mixer {

namespace {

// Reads a text piece by piece; every step fails for good once one has failed.
class NameReader {
public:
    explicit NameReader(std::string_view text)
        : m_rest(text)
    {
    }

    bool skip(std::string_view expected)
    {
        if (m_rest.substr(0, expected.size()) != expected)
            return false;
        m_rest.remove_prefix(expected.size());
        return true;
    }

    /// A number as name() writes it: digits, no sign, no leading zero.
    bool number(int& value)
    {
        constexpr std::size_t kMaxDigits = 6;
        std::size_t digits = 0;
        int sum = 0;
        while (digits < m_rest.size() && std::isdigit(static_cast<unsigned char>(m_rest[digits])) != 0) {
            if (digits == kMaxDigits)
                return false;
            sum = 10 * sum + (m_rest[digits++] - '0');
        }
        if (digits == 0 || (digits > 1 && m_rest.front() == '0'))
            return false;
        m_rest.remove_prefix(digits);
        value = sum;
        return true;
    }

    bool atEnd() const { return m_rest.empty(); }

private:
    std::string_view m_rest;
};

bool readName(std::string_view text, MixerId& id)
{
    NameReader reader(text);
    if (!reader.skip("stages.") || !reader.number(id.stage) || !reader.skip(".blocks.") || !reader.number(id.block))
        return false;
    if (reader.skip(".channel_mixer"))
        id.isChannelMixer = true;
    else if (!reader.skip(".token_mixers.") || !reader.number(id.index))
        return false;
    return reader.atEnd();
}

}  // namespace

std::string MixerId::name() const
{
    const std::string place = "stages." + std::to_string(stage) + ".blocks." + std::to_string(block);
    return place + (isChannelMixer ? ".channel_mixer" : ".token_mixers." + std::to_string(index));
}

std::string MixerId::shortName() const
{
    const std::string place = "S" + std::to_string(stage + 1) + " B" + std::to_string(block + 1);
    return place + (isChannelMixer ? " C" : " T" + std::to_string(index + 1));
}

MixerId MixerId::parse(const std::string& text)
{
    MixerId id;
    if (!readName(text, id)) {
        throw Error(ErrorKind::Usage,
                    "'" + text.substr(0, 100)
                        + "' is not the name of a mixer; expected one like stages.2.blocks.1.token_mixers.0 or "
                          "stages.2.blocks.1.channel_mixer, counted from 0");
    }
    return id;
}

}  // namespace mixer
