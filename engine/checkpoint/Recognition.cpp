// SPDX-License-Identifier: MIT
#include "engine/checkpoint/Recognition.h"

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace mixer::checkpoint {

namespace {

bool startsWith(std::string_view text, std::string_view begin)
{
    return text.substr(0, begin.size()) == begin;
}

bool endsWith(std::string_view text, std::string_view end)
{
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

/// "layers.3.blocks.12.rest" to "rest" with `levels` 2, "layers.3.rest" with 1; nothing when the name is no such.
std::optional<std::string_view> behindLayer(std::string_view name, int levels)
{
    for (const std::string_view level : {std::string_view("layers."), std::string_view("blocks.")}) {
        if (levels-- == 0)
            break;
        if (!startsWith(name, level))
            return std::nullopt;
        name.remove_prefix(level.size());
        const std::size_t digits = name.find_first_not_of("0123456789");
        if (digits == 0 || digits == std::string_view::npos || name[digits] != '.')
            return std::nullopt;
        name.remove_prefix(digits + 1);
    }
    return name;
}

std::optional<NetworkFamily> familyOf(std::string_view name)
{
    if (startsWith(name, "stem.proj.") || startsWith(name, "stages."))
        return NetworkFamily::Mixer;
    const auto behindBlock = behindLayer(name, 2);
    if (behindBlock && (endsWith(*behindBlock, "op.A_logs") || endsWith(*behindBlock, "self_attention.A_logs")))
        return NetworkFamily::VMamba;
    const auto behind = behindLayer(name, 1);
    if (behind && *behind == "mixer.A_log")
        return NetworkFamily::Vim;
    return std::nullopt;
}

std::string replaced(const std::string& name, std::size_t position, std::string_view old, std::string_view now)
{
    return name.substr(0, position) + std::string(now) + name.substr(position + old.size());
}

std::string currentVMambaName(const std::string& stored, const TensorInfo& info)
{
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kAtTop = {{
        {"patch_embed.proj.", "patch_embed.0."},
        {"patch_embed.norm.", "patch_embed.2."},
        {"norm.", "classifier.norm."},
        {"head.", "classifier.head."},
    }};
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kInBlock = {{
        {"ln_1.", "norm."},
        {"self_attention.", "op."},
    }};
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kInLayer = {{
        {"downsample.norm.", "downsample.1."},
        {"downsample.reduction.", "downsample.2."},
    }};
    std::string name = stored;
    for (const auto& [old, now] : kAtTop)
        if (startsWith(name, old))
            return replaced(name, 0, old, now);
    if (const auto rest = behindLayer(name, 1))
        for (const auto& [old, now] : kInLayer)
            if (startsWith(*rest, old))
                return replaced(name, name.size() - rest->size(), old, now);
    if (const auto rest = behindLayer(name, 2)) {
        const std::size_t position = name.size() - rest->size();
        for (const auto& [old, now] : kInBlock)
            if (startsWith(*rest, old))
                name = replaced(name, position, old, now);
        // A convolution in place of the norm stood alone once.
        if (endsWith(name, "op.out_norm.weight") && info.shape.size() == 4)
            name = replaced(name, name.size() - 6, "weight", "1.weight");
    }
    return name;
}

}  // namespace

void refuse(const TensorFile& file)
{
    const auto found = [&](std::string_view text) {
        for (const TensorInfo& info : file.tensors())
            if (info.name.find(text) != std::string::npos)
                return true;
        return false;
    };
    const std::string begins = "the file begins with " + inQuotes(file.tensors().front().name);
    const bool isVMamba = found(".A_logs");
    if (isVMamba || found(".mixer.A_log")) {
        const bool hasTask = found("decode_head") || found("auxiliary_head") || found("roi_head") || found("rpn_head");
        throw Error(ErrorKind::Model,
                    file.path() + ": this holds a " + (isVMamba ? "VMamba" : "Vim") + " network "
                        + (hasTask ? "for segmentation or detection (decode_head, roi_head ...)"
                                   : "under names that are not its own")
                        + "; " + begins
                        + "; MixerScope runs networks that classify: expected their tensors alone, with a classifier's "
                          "head");
    }
    throw Error(ErrorKind::Model,
                file.path() + ": its tensors are named as in no family that MixerScope knows; " + begins
                    + "; expected 'stem.proj.weight' and 'stages.0 ...' of ViM2 or ViQS, "
                      "'layers.0.blocks.0.op.A_logs' of VMamba, or 'layers.0.mixer.A_log' of Vim");
}

std::string_view unprefixed(std::string_view name, std::string_view prefix)
{
    return startsWith(name, prefix) ? name.substr(prefix.size()) : name;
}

std::optional<Recognition> recognize(const TensorFile& file, const std::string& prefix)
{
    for (const TensorInfo& info : file.tensors()) {
        const std::string_view name = unprefixed(info.name, prefix);
        if (const auto family = familyOf(name))
            return Recognition{*family, std::string(name)};
    }
    return std::nullopt;
}

std::string currentName(NetworkFamily family, const std::string& stored, const TensorInfo& info)
{
    return family == NetworkFamily::VMamba ? currentVMambaName(stored, info) : stored;
}

}  // namespace mixer::checkpoint
