// SPDX-License-Identifier: MIT
#include "engine/checkpoint/LoadReceipt.h"

#include <algorithm>
#include <array>

namespace mixer {

namespace {

constexpr std::array<TensorUse, 5> kUses
    = {TensorUse::Used, TensorUse::Renamed, TensorUse::Reshaped, TensorUse::Unused, TensorUse::Missing};

std::string counted(int count, const std::string& one, const std::string& many)
{
    return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

}  // namespace

std::string tensorUseName(TensorUse use)
{
    constexpr std::array<const char*, kUses.size()> kNames = {"used", "renamed", "reshaped", "unused", "missing"};
    return kNames.at(static_cast<std::size_t>(use));
}

int LoadReceipt::count(TensorUse use) const
{
    return static_cast<int>(
        std::count_if(tensors.begin(), tensors.end(), [use](const TensorReceipt& line) { return line.use == use; }));
}

int LoadReceipt::guessCount() const
{
    return static_cast<int>(std::count_if(remarks.begin(), remarks.end(),
                                          [](const Remark& remark) { return remark.kind == Remark::Kind::Guess; }));
}

bool LoadReceipt::isPlain() const
{
    return count(TensorUse::Used) == static_cast<int>(tensors.size())
        && std::all_of(remarks.begin(), remarks.end(),
                       [](const Remark& remark) { return remark.kind == Remark::Kind::Note; });
}

std::string LoadReceipt::summary() const
{
    std::string text;
    const int all = static_cast<int>(tensors.size());
    if (count(TensorUse::Used) == all) {
        text = "all " + counted(all, "tensor", "tensors") + " used";
    } else {
        text = counted(all, "tensor", "tensors");
        const char* separator = ": ";
        for (const TensorUse use : kUses) {
            if (count(use) == 0)
                continue;
            text += separator + std::to_string(count(use)) + ' ' + tensorUseName(use);
            separator = ", ";
        }
    }
    if (const int guesses = guessCount(); guesses > 0)
        text += "; " + counted(guesses, "guess", "guesses");
    return text;
}

}  // namespace mixer
