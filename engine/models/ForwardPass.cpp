// SPDX-License-Identifier: MIT
#include "engine/models/ForwardPass.h"

#include <ATen/ATen.h>

namespace mixer {

at::Tensor ForwardPass::withNoise(const at::Tensor& input, const at::Tensor& output) const
{
    const at::Tensor factors = m_context.noise->branchFactors(m_done, input.size(0));
    if (!factors.defined())
        return output;
    std::vector<std::int64_t> shape(static_cast<std::size_t>(input.dim()), 1);
    shape[0] = input.size(0);
    return at::addcmul(input, output - input, factors.view(shape).to(output.scalar_type()));
}

}  // namespace mixer
