// SPDX-License-Identifier: MIT
#include "engine/image/PreprocessOverrides.h"

#include "engine/core/Error.h"

#include <charconv>
#include <cmath>
#include <string_view>

namespace mixer {

namespace {

constexpr double kMinCropFraction = 0.1;
constexpr int kMinSide = 4;
constexpr int kMaxSide = 16384;

// The whole text as a number of this type.
template <typename Number> std::optional<Number> number(std::string_view text)
{
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                     : std::nullopt;
}

std::string shortest(double value)
{
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, static_cast<float>(value)).ptr};
}

std::string channelsText(const std::array<float, 3>& values)
{
    return shortest(values[0]) + ',' + shortest(values[1]) + ',' + shortest(values[2]);
}

std::string sizeText(const PreprocessOptions& options)
{
    return std::to_string(options.height) + " x " + std::to_string(options.width);
}

std::string modeText(const PreprocessOptions& options)
{
    switch (options.mode) {
    case ResizeMode::Whole:
        return "whole picture, at most " + std::to_string(options.maxSide) + " pixels";
    case ResizeMode::Stretch:
        return "none, stretched";
    case ResizeMode::Crop:
        break;
    }
    return "centre, " + shortest(options.cropFraction);
}

[[noreturn]] void failChannels(const std::string& text, const std::string& name, bool positive)
{
    std::string message = name;
    message += ": expected three numbers";
    message += positive ? " above 0" : "";
    message += " for red, green and blue, such as 0.485,0.456,0.406, found '";
    message += text;
    throw Error(ErrorKind::Usage, message + "'");
}

}  // namespace

bool PreprocessOverrides::isEmpty() const
{
    return !size && !mean && !std && !cropFraction && !mode && !maxSide;
}

PreprocessOptions PreprocessOverrides::applyTo(PreprocessOptions configured) const
{
    if (size) {
        configured.height = size->height;
        configured.width = size->width;
    }
    configured.mean = mean.value_or(configured.mean);
    configured.std = std.value_or(configured.std);
    configured.cropFraction = cropFraction.value_or(configured.cropFraction);
    configured.mode = mode.value_or(cropFraction ? ResizeMode::Crop : configured.mode);
    configured.maxSide = maxSide.value_or(configured.maxSide);
    return configured;
}

PreprocessOverrides::Size parseSize(const std::string& text)
{
    const std::string_view view = text;
    const std::size_t cross = view.find_first_of("xX");
    const auto height = number<int>(view.substr(0, cross));
    const auto width = cross == std::string_view::npos ? height : number<int>(view.substr(cross + 1));
    const auto fits = [](std::optional<int> side) { return side && *side >= kMinSide && *side <= kMaxSide; };
    if (!fits(height) || !fits(width))
        throw Error(ErrorKind::Usage,
                    "size: expected HEIGHTxWIDTH in pixels, each from " + std::to_string(kMinSide) + " to "
                        + std::to_string(kMaxSide) + ", such as 224x224, found '" + text + "'");
    return {*height, *width};
}

double parseCropFraction(const std::string& text)
{
    const auto fraction = number<double>(text);
    if (!fraction || !(*fraction >= kMinCropFraction && *fraction <= 1))
        throw Error(ErrorKind::Usage,
                    "crop: expected a number from " + shortest(kMinCropFraction) + " to 1, or none, found '" + text
                        + "'");
    return *fraction;
}

std::array<float, 3> parseChannels(const std::string& text, const std::string& name, bool positive)
{
    std::array<float, 3> values{};
    std::string_view rest = text;
    for (std::size_t i = 0; i < 3; ++i) {
        const std::size_t comma = i < 2 ? rest.find(',') : rest.size();
        const auto value = number<float>(rest.substr(0, comma));
        if (comma == std::string_view::npos || !value || !std::isfinite(*value) || (positive && *value <= 0))
            failChannels(text, name, positive);
        values[i] = *value;
        rest.remove_prefix(i < 2 ? comma + 1 : 0);
    }
    return values;
}

std::vector<std::string> preprocessDifferences(const PreprocessOptions& used, const PreprocessOptions& configured)
{
    std::vector<std::string> result;
    const auto compare = [&](const std::string& what, const std::string& value, const std::string& standard) {
        if (value != standard)
            result.push_back(what + ' ' + value + " (configuration: " + standard + ')');
    };
    // Of a whole picture, the size is the picture's own.
    if (used.mode != ResizeMode::Whole)
        compare("size", sizeText(used), sizeText(configured));
    compare("crop", modeText(used), modeText(configured));
    compare("mean", channelsText(used.mean), channelsText(configured.mean));
    compare("std", channelsText(used.std), channelsText(configured.std));
    return result;
}

}  // namespace mixer
