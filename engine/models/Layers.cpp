// SPDX-License-Identifier: MIT
#include "engine/models/Layers.h"

#include "engine/core/Error.h"

#include <ATen/ATen.h>

namespace mixer {

at::Tensor takeLinear(const WeightReader& weights, const std::string& name, std::int64_t out, std::int64_t in)
{
    if (weights.rank(name) == 4)
        return weights.takeReshaped(name, {out, in, 1, 1}, {out, in}, "a 1x1 convolution is a linear layer");
    return weights.take(name, {out, in});
}

at::Tensor activated(const at::Tensor& x, Activation activation)
{
    switch (activation) {
    case Activation::Gelu:
        return at::gelu(x);
    case Activation::Relu:
        return at::relu(x);
    case Activation::Sigmoid:
        return at::sigmoid(x);
    case Activation::Silu:
        break;
    }
    return at::silu(x);
}

at::Tensor patchesOf(const at::Tensor& images, const at::Tensor& weight, const at::Tensor& bias, std::int64_t patch)
{
    const std::int64_t height = images.size(2) / patch;
    const std::int64_t width = images.size(3) / patch;
    const at::Tensor patches = images.narrow(2, 0, height * patch)
                                   .narrow(3, 0, width * patch)
                                   .reshape({images.size(0), 3, height, patch, width, patch})
                                   .permute({0, 2, 4, 1, 3, 5})
                                   .reshape({images.size(0), height, width, 3 * patch * patch});
    return at::linear(patches, weight.flatten(1), bias);
}

at::Tensor mergedNeighbours(const at::Tensor& x)
{
    const std::int64_t padRight = x.size(2) % 2;
    const std::int64_t padBottom = x.size(1) % 2;
    const at::Tensor even = padRight || padBottom ? at::constant_pad_nd(x, {0, 0, 0, padRight, 0, padBottom}) : x;
    const auto corner = [&](std::int64_t row, std::int64_t column) {
        return even.slice(1, row, c10::nullopt, 2).slice(2, column, c10::nullopt, 2);
    };
    return at::cat({corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)}, 3);
}

void requireImages(const at::Tensor& images, std::int64_t smallest)
{
    if (images.dim() != 4 || images.size(1) != 3 || images.size(2) < smallest || images.size(3) < smallest)
        throw Error(ErrorKind::Image,
                    "expected images of shape (batch, 3, height, width), height and width at least "
                        + std::to_string(smallest) + " pixels");
}

std::map<std::string, std::int64_t> countParameters(const Checkpoint& checkpoint,
                                                    const std::vector<MixerRecord>& mixers)
{
    std::map<std::string, std::int64_t> counts;
    for (const MixerRecord& mixer : mixers)
        counts[mixer.id.name()] = 0;
    for (const TensorInfo& info : checkpoint.file->tensors()) {
        const std::string name = checkpoint.shortName(info);
        for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
            const auto found = counts.find(name.substr(0, dot));
            if (found != counts.end())
                found->second += info.elementCount();
        }
    }
    return counts;
}

}  // namespace mixer
