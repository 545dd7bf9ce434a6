// SPDX-License-Identifier: MIT
#include "engine/ops/Convolutions.h"

#include "kernels/depthwise_conv.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <ATen/record_function.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

namespace mixer {

namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

bool wantsGradient(std::initializer_list<const Tensor*> tensors)
{
    return at::GradMode::is_enabled()
        && std::any_of(tensors.begin(), tensors.end(), [](const Tensor* x) { return x->requires_grad(); });
}

/// out = (out +) f(conv(x)) on the CPU.
void runDepthwise(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& out, bool silu,
                  bool accumulate)
{
    RECORD_FUNCTION("mixer::depthwise_conv", {});
    const Tensor in = x.contiguous();
    const Tensor filters = weight.contiguous();
    const Tensor offsets = bias.contiguous();
    AT_DISPATCH_FLOATING_TYPES(in.scalar_type(), "depthwiseConv", [&] {
        kernels::DepthwiseConvParams<scalar_t> p;
        p.batch = in.size(0);
        p.height = in.size(1);
        p.width = in.size(2);
        p.channels = in.size(3);
        p.kernel = static_cast<int>(weight.size(2));
        p.in = in.data_ptr<scalar_t>();
        p.weight = filters.data_ptr<scalar_t>();
        p.bias = offsets.data_ptr<scalar_t>();
        p.out = out.data_ptr<scalar_t>();
        p.silu = silu;
        p.accumulate = accumulate;
        kernels::depthwise_conv(p);
    });
}

Tensor depthwiseOnCpu(const Tensor& x, const Tensor& weight, const Tensor& bias, bool silu)
{
    const Tensor out = at::empty(x.sizes(), x.options());
    runDepthwise(x, weight, bias, out, silu, /*accumulate=*/false);
    return out;
}

/// Gradients for weight and bias on the CPU; `dout` contiguous.
void runGradient(const Tensor& x, const Tensor& dout, const Tensor& dweight, const Tensor& dbias)
{
    const Tensor in = x.contiguous();
    AT_DISPATCH_FLOATING_TYPES(in.scalar_type(), "depthwiseConvGradient", [&] {
        kernels::DepthwiseConvGradientParams<scalar_t> p;
        p.batch = in.size(0);
        p.height = in.size(1);
        p.width = in.size(2);
        p.channels = in.size(3);
        p.kernel = static_cast<int>(dweight.size(2));
        p.in = in.data_ptr<scalar_t>();
        p.dout = dout.data_ptr<scalar_t>();
        p.dweight = dweight.data_ptr<scalar_t>();
        p.dbias = dbias.data_ptr<scalar_t>();
        kernels::depthwise_conv_gradient(p);
    });
}

/// For devices that kernels/depthwise_conv.h does not serve.
Tensor depthwiseByTorch(const Tensor& x, const Tensor& weight, const Tensor& bias, bool silu)
{
    const std::int64_t padding = weight.size(2) / 2;
    const Tensor y = at::conv2d(x.permute({0, 3, 1, 2}), weight, bias, 1, padding, 1, x.size(3)).permute({0, 2, 3, 1});
    return (silu ? at::silu(y) : y).contiguous();
}

class DepthwiseConvFunction : public torch::autograd::Function<DepthwiseConvFunction> {
public:
    static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias,
                          bool silu)
    {
        const at::AutoDispatchBelowADInplaceOrView belowAutograd;
        context->save_for_backward({x, weight, bias});
        context->saved_data["silu"] = silu;
        return depthwiseOnCpu(x, weight, bias, silu);
    }

    static variable_list backward(AutogradContext* context, const variable_list& douts)
    {
        const at::AutoDispatchBelowADInplaceOrView belowAutograd;
        const variable_list saved = context->get_saved_variables();
        const Tensor& x = saved[0];
        const Tensor& weight = saved[1];
        const Tensor& bias = saved[2];
        Tensor dout = douts[0].contiguous();
        if (context->saved_data["silu"].toBool())
            dout = at::silu_backward(dout, depthwiseOnCpu(x, weight, bias, false));
        Tensor dx, dweight, dbias;
        if (x.requires_grad())
            dx = depthwiseOnCpu(dout, weight.flip({2, 3}), at::zeros_like(bias), false);
        if (weight.requires_grad() || bias.requires_grad()) {
            dweight = at::empty(weight.sizes(), weight.options().requires_grad(false));
            dbias = at::empty(bias.sizes(), bias.options().requires_grad(false));
            runGradient(x, dout, dweight, dbias);
        }
        return {dx, dweight, dbias, Tensor()};
    }
};

/// conv(x) along the last axis, before SiLU.
Tensor channelConvLinear(const Tensor& x, const Tensor& weight, const Tensor& bias)
{
    const Tensor padded = at::constant_pad_nd(x, {1, 1});
    const std::int64_t length = x.size(-1);
    const Tensor w = weight.flatten();
    return padded.narrow(-1, 0, length) * w[0] + padded.narrow(-1, 1, length) * w[1]
        + padded.narrow(-1, 2, length) * w[2] + bias;
}

}  // namespace

Tensor depthwiseConv(const Tensor& x, const Tensor& weight, const Tensor& bias, bool silu)
{
    if (!x.is_cpu())
        return depthwiseByTorch(x, weight, bias, silu);
    if (wantsGradient({&x, &weight, &bias}))
        return DepthwiseConvFunction::apply(x, weight, bias, silu);
    return depthwiseOnCpu(x, weight, bias, silu);
}

Tensor addDepthwiseConv(const Tensor& sum, const Tensor& x, const Tensor& weight, const Tensor& bias)
{
    if (!x.is_cpu() || wantsGradient({&sum, &x, &weight, &bias}))
        return sum + depthwiseConv(x, weight, bias, /*silu=*/false);
    runDepthwise(x, weight, bias, sum, /*silu=*/false, /*accumulate=*/true);
    return sum;
}

Tensor channelConv(const Tensor& x, const Tensor& weight, const Tensor& bias)
{
    if (!x.is_cpu() || wantsGradient({&x, &weight, &bias}))
        return at::silu(channelConvLinear(x, weight, bias));
    RECORD_FUNCTION("mixer::channel_conv", {});
    const Tensor in = x.contiguous();
    const Tensor filter = weight.contiguous();
    const Tensor out = at::empty(x.sizes(), x.options());
    AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "channelConv", [&] {
        kernels::shared_conv3_silu(in.data_ptr<scalar_t>(), out.data_ptr<scalar_t>(), in.numel() / in.size(-1),
                                   in.size(-1), filter.data_ptr<scalar_t>(), *bias.data_ptr<scalar_t>());
    });
    return out;
}

}  // namespace mixer
