// SPDX-License-Identifier: MIT
#include "engine/interventions/Interventions.h"

#include "engine/core/Error.h"

#include <algorithm>
#include <cstdio>

namespace mixer {

namespace {

std::string number(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
}

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::string channelsText(const std::vector<int>& channels)
{
    constexpr std::size_t kNamed = 4;
    std::string text = channels.size() == 1 ? "channel" : "channels";
    for (std::size_t i = 0; i < std::min(channels.size(), kNamed); ++i)
        text += (i ? ", " : " ") + std::to_string(channels[i]);
    return channels.size() > kNamed ? text + " and " + std::to_string(channels.size() - kNamed) + " more" : text;
}

std::string tokensText(const TokenMask& mask)
{
    return mask.isAll() ? "" : " on " + std::to_string(mask.tokens.size()) + " painted tokens";
}

/// An image is named by its path; people know it by the file's name.
std::string fileName(const std::string& path)
{
    return path.substr(path.rfind('/') + 1);
}

/// What a change does, without where.
struct Describe {
    std::string operator()(const ForceScans& c) const { return "only " + joined(c.scans); }
    std::string operator()(const ForbidScans& c) const { return "never " + joined(c.scans); }
    std::string operator()(const WeighScan& c) const { return "weight of " + c.scan + " = " + number(c.weight); }
    std::string operator()(const ReplaceOrder& c) const
    {
        return (c.scan.empty() ? std::string("every scan") : c.scan) + " in the order "
            + (c.name.empty() ? "that was drawn" : "of " + c.name);
    }
    std::string operator()(const HoldChannels& c) const
    {
        const std::string what = channelsText(c.channels);
        switch (c.at) {
        case HoldChannels::At::Zero:
            return what + " held at 0";
        case HoldChannels::At::Mean:
            return what + " held at the mean";
        case HoldChannels::At::Factor:
            break;
        }
        return what + " times " + number(c.factor);
    }
    std::string operator()(const ScaleDelta& c) const
    {
        return "step size times " + number(c.factor) + (c.channels.empty() ? "" : ", " + channelsText(c.channels))
            + tokensText(c.tokens) + (c.scan.empty() ? "" : ", scan " + c.scan);
    }
    std::string operator()(const SkipMixer&) const { return "skipped"; }
    std::string operator()(const SetMixWeight& c) const
    {
        constexpr const char* kNames[] = {"alpha", "beta", "theta", "gamma"};
        return "stage " + std::to_string(c.stage + 1) + ": " + kNames[static_cast<int>(c.matrix)] + "["
            + std::to_string(c.row) + "," + std::to_string(c.column) + "] = " + number(c.value);
    }
    std::string operator()(const PatchOutput& c) const
    {
        return "output of " + fileName(c.image) + tokensText(c.tokens);
    }
    std::string operator()(const PatchState& c) const
    {
        return "state of " + fileName(c.image) + " after step " + std::to_string(c.step) + " of " + c.scan;
    }
};

/// Whether a change can apply to a token mixer, to a channel mixer.
struct Reach {
    bool token;
    bool channel;
};

Reach reachOf(const Change& change)
{
    if (std::holds_alternative<SetMixWeight>(change))
        return {false, false};
    const bool ofScanSet = std::holds_alternative<ForceScans>(change) || std::holds_alternative<ForbidScans>(change)
        || std::holds_alternative<WeighScan>(change) || std::holds_alternative<ReplaceOrder>(change);
    return {true, !ofScanSet};
}

}  // namespace

std::vector<bool> TokenMask::on(int gridHeight, int gridWidth) const
{
    std::vector<bool> result(static_cast<std::size_t>(gridHeight) * static_cast<std::size_t>(gridWidth), isAll());
    if (isAll())
        return result;
    std::vector<bool> painted(static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
    for (const std::int32_t token : tokens)
        painted[static_cast<std::size_t>(token)] = true;
    const auto cell = [](int i, int count, int cells) {  // that the middle of token i falls into
        return (std::int64_t{2} * i + 1) * cells / (std::int64_t{2} * count);
    };
    for (int y = 0; y < gridHeight; ++y)
        for (int x = 0; x < gridWidth; ++x)
            result[static_cast<std::size_t>(y) * static_cast<std::size_t>(gridWidth) + static_cast<std::size_t>(x)]
                = painted[static_cast<std::size_t>(cell(y, gridHeight, height) * width + cell(x, gridWidth, width))];
    return result;
}

bool Edit::appliesTo(const MixerId& id) const
{
    const Reach reach = reachOf(change);
    if (id.isChannelMixer ? !reach.channel : !reach.token)
        return false;
    return mixers.empty() || std::find(mixers.begin(), mixers.end(), id) != mixers.end();
}

std::string Edit::description() const
{
    const std::string what = std::visit(Describe(), change);
    if (std::holds_alternative<SetMixWeight>(change))
        return what;
    if (mixers.empty())
        return "all mixers: " + what;
    return (mixers.size() == 1 ? mixers.front().shortName() : std::to_string(mixers.size()) + " mixers") + ": " + what;
}

int Interventions::activeCount() const
{
    return static_cast<int>(std::count_if(edits.begin(), edits.end(), [](const Edit& edit) { return edit.enabled; }));
}

void requirePermutation(const std::vector<std::int32_t>& order, int height, int width, const std::string& what)
{
    const std::int64_t tokens = std::int64_t{height} * width;
    if (height < 1 || width < 1 || static_cast<std::int64_t>(order.size()) != tokens)
        throw Error(ErrorKind::Format,
                    what + ": an order of a " + std::to_string(height) + " x " + std::to_string(width) + " grid has "
                        + std::to_string(std::max<std::int64_t>(tokens, 0)) + " steps; found "
                        + std::to_string(order.size()));
    std::vector<bool> visited(order.size());
    for (std::size_t step = 0; step < order.size(); ++step) {
        const std::int32_t token = order[step];
        if (token < 0 || token >= tokens)
            throw Error(ErrorKind::Format,
                        what + ": step " + std::to_string(step) + " visits token " + std::to_string(token)
                            + "; expected 0 to " + std::to_string(tokens - 1));
        if (visited[static_cast<std::size_t>(token)])
            throw Error(ErrorKind::Format,
                        what + ": step " + std::to_string(step) + " visits token " + std::to_string(token)
                            + " a second time; an order visits every token once");
        visited[static_cast<std::size_t>(token)] = true;
    }
}

}  // namespace mixer
