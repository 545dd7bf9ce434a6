// SPDX-License-Identifier: MIT
#include "engine/checkpoint/TensorStatistics.h"

#include "engine/checkpoint/Checkpoint.h"
#include "engine/core/Error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace mixer {

namespace {

/// Elements between two looks at the cancel token.
constexpr std::int64_t kStride = 1 << 16;

template <typename T> T elementAt(const std::byte* data, std::int64_t index)
{
    T value;
    std::memcpy(&value, data + index * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
    return value;
}

float halfToFloat(std::uint16_t bits)
{
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    double value = 0;
    if (exponent == 31)
        value = fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : std::numeric_limits<double>::infinity();
    else if (exponent == 0)
        value = std::ldexp(fraction, -24);
    else
        value = std::ldexp(1024 + fraction, exponent - 25);
    return static_cast<float>((bits & 0x8000) != 0 ? -value : value);
}

float bfloatToFloat(std::uint16_t bits)
{
    const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
    float value;
    std::memcpy(&value, &wide, sizeof value);
    return value;
}

/// Calls visit(double) with each element; false for a type that is not known.
template <typename Visit> bool visitElements(const TensorInfo& tensor, const CancelToken& cancel, const Visit& visit)
{
    const std::int64_t count = tensor.elementCount();
    const auto each = [&](auto read) {
        for (std::int64_t begin = 0; begin < count; begin += kStride) {
            cancel.check();
            const std::int64_t end = std::min(count, begin + kStride);
            for (std::int64_t i = begin; i < end; ++i)
                visit(static_cast<double>(read(tensor.data, i)));
        }
        return true;
    };
    switch (tensor.type) {
    case DataType::Float64:
        return each(elementAt<double>);
    case DataType::Float32:
        return each(elementAt<float>);
    case DataType::Float16:
        return each(
            [](const std::byte* data, std::int64_t i) { return halfToFloat(elementAt<std::uint16_t>(data, i)); });
    case DataType::BFloat16:
        return each(
            [](const std::byte* data, std::int64_t i) { return bfloatToFloat(elementAt<std::uint16_t>(data, i)); });
    case DataType::Int64:
        return each(elementAt<std::int64_t>);
    case DataType::Int32:
        return each(elementAt<std::int32_t>);
    case DataType::Int16:
        return each(elementAt<std::int16_t>);
    case DataType::Int8:
        return each(elementAt<std::int8_t>);
    case DataType::UInt8:
    case DataType::Bool:
        return each(elementAt<std::uint8_t>);
    case DataType::Opaque:
        break;
    }
    return false;
}

}  // namespace

std::optional<TensorStatistics> tensorStatistics(const TensorInfo& tensor, const CancelToken& cancel)
{
    TensorStatistics result;
    result.count = tensor.elementCount();
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    double squares = 0;  // of the distances from the running mean (Welford, 1962)
    std::int64_t finite = 0;
    const bool isKnown = visitElements(tensor, cancel, [&](double value) {
        if (!std::isfinite(value)) {
            ++result.nonFinite;
            return;
        }
        result.zeros += value == 0 ? 1 : 0;
        low = std::min(low, value);
        high = std::max(high, value);
        const double before = value - result.mean;
        result.mean += before / static_cast<double>(++finite);
        squares += before * (value - result.mean);
    });
    if (!isKnown)
        return std::nullopt;
    if (finite > 0) {
        result.minimum = low;
        result.maximum = high;
        result.deviation = std::sqrt(squares / static_cast<double>(finite));
    }
    return result;
}

std::optional<TensorHistogram> tensorHistogram(const TensorInfo& tensor, int bins, const CancelToken& cancel)
{
    const std::optional<TensorStatistics> facts = tensorStatistics(tensor, cancel);
    if (!facts)
        return std::nullopt;
    TensorHistogram result;
    result.counts.assign(static_cast<std::size_t>(std::max(1, bins)), 0);
    result.low = facts->minimum;
    result.high = facts->maximum;
    if (!(result.low < result.high)) {
        const double margin = std::max(0.5, std::abs(result.low) / 2);
        result.low -= margin;
        result.high += margin;
    }
    const double scale = static_cast<double>(result.counts.size()) / (result.high - result.low);
    const auto last = static_cast<std::ptrdiff_t>(result.counts.size()) - 1;
    visitElements(tensor, cancel, [&](double value) {
        if (!std::isfinite(value))
            return;
        const auto bin = static_cast<std::ptrdiff_t>((value - result.low) * scale);
        ++result.counts[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(bin, 0, last))];
    });
    return result;
}

Array tensorValues(const TensorInfo& tensor, std::int64_t limit, const CancelToken& cancel)
{
    if (tensor.elementCount() > limit)
        throw Error(ErrorKind::Memory,
                    "tensor '" + tensor.name + "' has " + std::to_string(tensor.elementCount()) + " elements; at most "
                        + std::to_string(limit) + " are read here");
    Array result(tensor.shape);
    std::size_t next = 0;
    const auto keep = [&](double value) { result.values[next++] = static_cast<float>(value); };
    if (!visitElements(tensor, cancel, keep))
        throw Error(ErrorKind::Model,
                    "tensor '" + tensor.name + "' is of type " + tensor.typeName + ", which is not read as numbers");
    return result;
}

MixWeightMatrices mixWeights(const Checkpoint& checkpoint, int stage)
{
    const std::string prefix = "stages." + std::to_string(stage) + ".mix.";
    const auto read = [&](const char* name) {
        const TensorInfo* tensor = checkpoint.find(prefix + name);
        return tensor && tensor->shape.size() == 2 ? tensorValues(*tensor) : Array();
    };
    return {read("alpha"), read("beta"), read("theta"), read("gamma")};
}

}  // namespace mixer
