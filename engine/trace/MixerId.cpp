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

// "stages.2.blocks.1.token_mixers.0", "stages.2.blocks.1.channel_mixer"
bool readMixerName(NameReader reader, MixerId& id)
{
    if (!reader.skip("stages.") || !reader.number(id.stage) || !reader.skip(".blocks.") || !reader.number(id.block))
        return false;
    if (reader.skip(".channel_mixer"))
        id.isChannelMixer = true;
    else if (!reader.skip(".token_mixers.") || !reader.number(id.index))
        return false;
    return reader.atEnd();
}

// "layers.2.blocks.1.op" of VMamba, "layers.7.mixer" of Vim
bool readLayerName(NameReader reader, MixerId& id)
{
    int layer = 0;
    if (!reader.skip("layers.") || !reader.number(layer))
        return false;
    if (reader.skip(".blocks.")) {
        id.family = MixerId::Family::VMamba;
        id.stage = layer;
        if (!reader.number(id.block))
            return false;
        reader.skip(".op");
        return reader.atEnd();
    }
    id.family = MixerId::Family::Vim;
    id.block = layer;
    reader.skip(".mixer");
    return reader.atEnd();
}

}  // namespace

std::string MixerId::name() const
{
    if (family == Family::VMamba)
        return "layers." + std::to_string(stage) + ".blocks." + std::to_string(block) + ".op";
    if (family == Family::Vim)
        return "layers." + std::to_string(block) + ".mixer";
    const std::string place = "stages." + std::to_string(stage) + ".blocks." + std::to_string(block);
    return place + (isChannelMixer ? ".channel_mixer" : ".token_mixers." + std::to_string(index));
}

std::string MixerId::shortName() const
{
    if (family == Family::Vim)
        return "L" + std::to_string(block + 1);
    const std::string place = "S" + std::to_string(stage + 1) + " B" + std::to_string(block + 1);
    if (family == Family::VMamba)
        return place;
    return place + (isChannelMixer ? " C" : " T" + std::to_string(index + 1));
}

MixerId MixerId::parse(const std::string& text)
{
    for (const auto read : {readMixerName, readLayerName}) {
        MixerId id;
        if (read(NameReader(text), id))
            return id;
    }
    throw Error(ErrorKind::Usage,
                "'" + text.substr(0, 100)
                    + "' is not the name of a mixer; expected one like stages.2.blocks.1.token_mixers.0 or "
                      "stages.2.blocks.1.channel_mixer (ViM2, ViQS), layers.2.blocks.1.op (VMamba) or layers.7.mixer "
                      "(Vim), counted from 0");
}

}  // namespace mixer
