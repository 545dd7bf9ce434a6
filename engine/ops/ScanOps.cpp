// SPDX-License-Identifier: MIT
// The scans as PyTorch operators, for CPU tensors, with gradients. As a library of its own, mixer_ops, loadable from
// Python: torch.ops.load_library("libmixer_ops.so"), then torch.ops.mixer.selective_scan(...).
//
// selective_scan, quasi_separable_scan(u, delta, A, B, C, D=None, delta_bias=None, order=None, delta_softplus=False):
//     u, delta        (batch, steps, lanes), any strides
//     A               (lanes, states), or (1, states) for all lanes
//     B, C            (batch, steps, states)
//     D, delta_bias   (lanes), or (steps, 1) for one value at each step
//     order           int32 or int64 (steps): step t works on row order[t] of u, delta, B, C and of the result
//     result          (batch, steps, lanes)
// All but order float32 or all float64. What they compute is in kernels/scan.h.
//
// Both go through scan_forward and scan_backward, which a kernel for another device has to bring.
#include "kernels/parallel.h"
#include "kernels/scan.h"
#include "kernels/scan_backward.h"

#include <ATen/Parallel.h>
#include <torch/library.h>
#include <torch/torch.h>
#include <torch/version.h>

#include <array>
#include <optional>
#include <tuple>
#include <vector>

namespace mixer::ops {
namespace {

using at::Tensor;
#if TORCH_VERSION_MAJOR == 1
using OptionalTensor = c10::optional<Tensor>;
#else
using OptionalTensor = std::optional<Tensor>;
#endif

// The tensors of a scan, as the kernels take them.
struct ScanTensors {
    Tensor u, delta, A, B, C;
    Tensor D, bias;  ///< undefined: none
    Tensor order;    ///< int32; undefined: none
    bool softplus;
};

void checkShape(const char* name, const Tensor& tensor, at::IntArrayRef expected, const char* meaning)
{
    TORCH_CHECK(tensor.sizes() == expected, "scan: ", name, " must have the shape ", meaning, " = ", expected, ", not ",
                tensor.sizes(), ".");
}

// (lanes), or (steps, 1) for one value at each step.
Tensor checkParameter(const char* name, const OptionalTensor& given, const Tensor& u)
{
    if (!given || !given->defined())
        return {};
    if (given->dim() == 2)
        checkShape(name, *given, {u.size(1), 1}, "(steps, 1)");
    else
        checkShape(name, *given, {u.size(2)}, "(lanes), or (steps, 1),");
    return given->contiguous();
}

Tensor checkOrder(const OptionalTensor& given, std::int64_t steps)
{
    if (!given || !given->defined())
        return {};
    TORCH_CHECK(given->scalar_type() == at::kInt || given->scalar_type() == at::kLong,
                "scan: order must be int32 or int64, not ", given->scalar_type(), ".");
    checkShape("order", *given, {steps}, "(steps)");
    const Tensor wide = given->to(at::kLong).contiguous();
    const std::int64_t* row = wide.data_ptr<std::int64_t>();
    std::vector<bool> visited(static_cast<std::size_t>(steps), false);
    for (std::int64_t t = 0; t < steps; ++t) {
        TORCH_CHECK(row[t] >= 0 && row[t] < steps && !visited[row[t]], "scan: order must visit each of the ", steps,
                    " rows once; ", row[t], " at step ", t, " is outside or was there before.");
        visited[row[t]] = true;
    }
    return wide.to(at::kInt);
}

ScanTensors checkTensors(const Tensor& u, const Tensor& delta, const Tensor& A, const Tensor& B, const Tensor& C,
                         const OptionalTensor& D, const OptionalTensor& bias, const OptionalTensor& order,
                         bool softplus)
{
    TORCH_CHECK(u.dim() == 3 && u.numel() > 0, "scan: u must be (batch, steps, lanes), none of them 0, not ", u.sizes(),
                ".");
    TORCH_CHECK(u.scalar_type() == at::kFloat || u.scalar_type() == at::kDouble,
                "scan: u must be float32 or float64, not ", u.scalar_type(), "; convert it with .float().");
    TORCH_CHECK(A.dim() == 2, "scan: A must be (lanes, states) or (1, states), not ", A.sizes(), ".");
    const std::int64_t batch = u.size(0), steps = u.size(1), lanes = u.size(2), states = A.size(1);
    checkShape("delta", delta, u.sizes(), "of u");
    if (A.size(0) != 1)
        checkShape("A", A, {lanes, states}, "(lanes, states), or (1, states),");
    checkShape("B", B, {batch, steps, states}, "(batch, steps, states)");
    checkShape("C", C, {batch, steps, states}, "(batch, steps, states)");
    // B and C: their states side by side, batch and steps by any strides.
    const auto rows = [](const Tensor& x) { return x.stride(2) == 1 ? x : x.contiguous(); };
    const ScanTensors s{u,
                        delta,
                        A.contiguous(),
                        rows(B),
                        rows(C),
                        checkParameter("D", D, u),
                        checkParameter("delta_bias", bias, u),
                        checkOrder(order, steps),
                        softplus};
    for (const Tensor* tensor : {&delta, &s.A, &s.B, &s.C, &s.D, &s.bias}) {
        TORCH_CHECK(!tensor->defined() || tensor->scalar_type() == u.scalar_type(), "scan: u is ", u.scalar_type(),
                    " and another tensor is ", tensor->scalar_type(), "; all must be the same.");
        TORCH_CHECK(!tensor->defined() || tensor->device() == u.device(), "scan: u is on ", u.device(),
                    " and another tensor on ", tensor->device(), "; all must be on the same device.");
    }
    return s;
}

template <typename T> kernels::ScanParams<T> paramsOf(const ScanTensors& s)
{
    kernels::ScanParams<T> p;
    p.batch = s.u.size(0), p.seqlen = s.u.size(1), p.dim = s.u.size(2), p.dstate = s.A.size(1);
    p.u = s.u.data_ptr<T>();
    p.u_batch_stride = s.u.stride(0), p.u_step_stride = s.u.stride(1), p.u_dim_stride = s.u.stride(2);
    p.delta = s.delta.data_ptr<T>();
    p.delta_batch_stride = s.delta.stride(0), p.delta_step_stride = s.delta.stride(1);
    p.delta_dim_stride = s.delta.stride(2);
    p.A = s.A.data_ptr<T>(), p.A_dim_stride = s.A.size(0) == 1 ? 0 : p.dstate;
    p.B = s.B.data_ptr<T>(), p.B_batch_stride = s.B.stride(0), p.B_step_stride = s.B.stride(1);
    p.C = s.C.data_ptr<T>(), p.C_batch_stride = s.C.stride(0), p.C_step_stride = s.C.stride(1);
    if (s.D.defined()) {
        p.D = s.D.data_ptr<T>();
        p.D_dim_stride = s.D.dim() == 1, p.D_step_stride = s.D.dim() == 2;
    }
    if (s.bias.defined()) {
        p.delta_bias = s.bias.data_ptr<T>();
        p.bias_dim_stride = s.bias.dim() == 1, p.bias_step_stride = s.bias.dim() == 2;
    }
    p.delta_softplus = s.softplus;
    p.order = s.order.defined() ? s.order.data_ptr<std::int32_t>() : nullptr;
    return p;
}

void useTorchThreads()
{
    const auto onTorchThreads
        = [](std::int64_t count, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body) {
              at::parallel_for(0, count, grain, body);
          };
    static const bool once = (kernels::set_parallel_backend(onTorchThreads), true);
    static_cast<void>(once);
    kernels::set_num_threads(at::get_num_threads());
}

Tensor emptyStates(const ScanTensors& s)
{
    return at::empty({s.u.size(0), kernels::chunk_count(s.u.size(1)), s.u.size(2), s.A.size(1)}, s.u.options());
}

// The result, and for the backward pass the states at the borders of chunks (empty without `keepStates`).
std::tuple<Tensor, Tensor, Tensor> scanForward(const Tensor& u, const Tensor& delta, const Tensor& A, const Tensor& B,
                                               const Tensor& C, const OptionalTensor& D, const OptionalTensor& bias,
                                               const OptionalTensor& order, bool softplus, bool quasiSeparable,
                                               bool keepStates)
{
    const ScanTensors s = checkTensors(u, delta, A, B, C, D, bias, order, softplus);
    const Tensor none = at::empty({0}, u.options());
    Tensor out = at::empty(u.sizes(), u.options());
    Tensor states = keepStates ? emptyStates(s) : none;
    Tensor backwardStates = keepStates && quasiSeparable ? emptyStates(s) : none;
    useTorchThreads();
    AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "mixer::scan_forward", [&] {
        kernels::ScanParams<scalar_t> p = paramsOf<scalar_t>(s);
        p.out = out.data_ptr<scalar_t>();
        p.out_batch_stride = out.stride(0), p.out_step_stride = out.stride(1);
        p.chunk_states = keepStates ? states.data_ptr<scalar_t>() : nullptr;
        p.backward_chunk_states = keepStates && quasiSeparable ? backwardStates.data_ptr<scalar_t>() : nullptr;
        const char* reason = check(p);
        TORCH_CHECK(!reason, "scan: ", reason);
        quasiSeparable ? kernels::quasi_separable_scan(p) : kernels::selective_scan(p);
    });
    return {out, states, backwardStates};
}

using Gradients = std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor>;

// The gradients for u, delta, A, B, C, D and delta_bias, undefined where they are not wanted.
Gradients scanBackward(const Tensor& givenDout, const Tensor& u, const Tensor& delta, const Tensor& A, const Tensor& B,
                       const Tensor& C, const OptionalTensor& D, const OptionalTensor& bias,
                       const OptionalTensor& order, bool softplus, bool quasiSeparable, const Tensor& states,
                       const Tensor& backwardStates, std::array<bool, 7> wanted)
{
    const ScanTensors s = checkTensors(u, delta, A, B, C, D, bias, order, softplus);
    checkShape("the gradient", givenDout, u.sizes(), "of u");
    const Tensor dout = givenDout.to(u.scalar_type());
    const auto checkStates = [&](const Tensor& kept, bool needed) {
        if (needed) {
            checkShape("states", kept, {u.size(0), kernels::chunk_count(u.size(1)), u.size(2), A.size(1)},
                       "(batch, chunks, lanes, states)");
            TORCH_CHECK(kept.is_contiguous() && kept.scalar_type() == u.scalar_type(),
                        "scan: states must be those that scan_forward returned.");
        }
    };
    checkStates(states, true);
    checkStates(backwardStates, quasiSeparable);
    const Tensor* inputs[] = {&s.u, &s.delta, &s.A, &s.B, &s.C, &s.D, &s.bias};
    Tensor gradients[7];
    for (int i = 0; i < 7; ++i) {
        if (wanted[i] && inputs[i]->defined())
            gradients[i] = at::empty(inputs[i]->sizes(), u.options());
    }
    useTorchThreads();
    AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "mixer::scan_backward", [&] {
        const auto data = [&](int i) { return gradients[i].defined() ? gradients[i].data_ptr<scalar_t>() : nullptr; };
        kernels::ScanBackwardParams<scalar_t> p;
        p.scan = paramsOf<scalar_t>(s);
        p.scan.chunk_states = states.data_ptr<scalar_t>();
        p.scan.backward_chunk_states = quasiSeparable ? backwardStates.data_ptr<scalar_t>() : nullptr;
        p.dout = dout.data_ptr<scalar_t>();
        p.dout_batch_stride = dout.stride(0), p.dout_step_stride = dout.stride(1), p.dout_dim_stride = dout.stride(2);
        p.du = data(0), p.ddelta = data(1), p.dA = data(2), p.dB = data(3), p.dC = data(4), p.dD = data(5);
        p.ddelta_bias = data(6);
        p.du_batch_stride = p.ddelta_batch_stride = u.size(1) * u.size(2);
        p.du_step_stride = p.ddelta_step_stride = u.size(2);
        p.dB_batch_stride = p.dC_batch_stride = u.size(1) * A.size(1);
        p.dB_step_stride = p.dC_step_stride = A.size(1);
        const char* reason = check(p, quasiSeparable);
        TORCH_CHECK(!reason, "scan: ", reason);
        quasiSeparable ? kernels::quasi_separable_scan_backward(p) : kernels::selective_scan_backward(p);
    });
    return {gradients[0], gradients[1], gradients[2], gradients[3], gradients[4], gradients[5], gradients[6]};
}

auto forwardOperator()
{
    static const auto op
        = c10::Dispatcher::singleton().findSchemaOrThrow("mixer::scan_forward", "").typed<decltype(scanForward)>();
    return op;
}

auto backwardOperator()
{
    static const auto op
        = c10::Dispatcher::singleton().findSchemaOrThrow("mixer::scan_backward", "").typed<decltype(scanBackward)>();
    return op;
}

class ScanFunction : public torch::autograd::Function<ScanFunction> {
public:
    static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& u, const Tensor& delta,
                          const Tensor& A, const Tensor& B, const Tensor& C, const OptionalTensor& D,
                          const OptionalTensor& bias, const OptionalTensor& order, bool softplus, bool quasiSeparable)
    {
        const at::AutoDispatchBelowADInplaceOrView belowAutograd;
        auto [out, states, backwardStates]
            = forwardOperator().call(u, delta, A, B, C, D, bias, order, softplus, quasiSeparable, true);
        context->save_for_backward({u, delta, A, B, C, D.value_or(Tensor()), bias.value_or(Tensor()),
                                    order.value_or(Tensor()), states, backwardStates});
        context->saved_data["softplus"] = softplus;
        context->saved_data["quasi_separable"] = quasiSeparable;
        return out;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& douts)
    {
        TORCH_CHECK(!at::GradMode::is_enabled(),
                    "scan: there is no second derivative; call backward() without create_graph.");
        const torch::autograd::variable_list s = context->get_saved_variables();
        std::array<bool, 7> wanted{};
        for (std::size_t i = 0; i < wanted.size(); ++i)
            wanted[i] = s[i].defined() && s[i].requires_grad();
        const at::AutoDispatchBelowADInplaceOrView belowAutograd;
        auto [du, ddelta, dA, dB, dC, dD, dbias] = backwardOperator().call(
            douts[0], s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], context->saved_data["softplus"].toBool(),
            context->saved_data["quasi_separable"].toBool(), s[8], s[9], wanted);
        return {du, ddelta, dA, dB, dC, dD, dbias, Tensor(), Tensor(), Tensor()};
    }
};

template <bool QuasiSeparable>
Tensor scan(const Tensor& u, const Tensor& delta, const Tensor& A, const Tensor& B, const Tensor& C,
            const OptionalTensor& D, const OptionalTensor& bias, const OptionalTensor& order, bool softplus)
{
    const auto wantsGradient = [](const OptionalTensor& x) { return x && x->defined() && x->requires_grad(); };
    const bool differentiable = at::GradMode::is_enabled()
        && (u.requires_grad() || delta.requires_grad() || A.requires_grad() || B.requires_grad() || C.requires_grad()
            || wantsGradient(D) || wantsGradient(bias));
    if (differentiable)
        return ScanFunction::apply(u, delta, A, B, C, D, bias, order, softplus, QuasiSeparable);
    return std::get<0>(forwardOperator().call(u, delta, A, B, C, D, bias, order, softplus, QuasiSeparable, false));
}

}  // namespace

TORCH_LIBRARY(mixer, library)
{
    library.def("selective_scan(Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor? D=None, "
                "Tensor? delta_bias=None, Tensor? order=None, bool delta_softplus=False) -> Tensor",
                &scan<false>);
    library.def("quasi_separable_scan(Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor? D=None, "
                "Tensor? delta_bias=None, Tensor? order=None, bool delta_softplus=False) -> Tensor",
                &scan<true>);
    library.def("scan_forward(Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor? D, Tensor? delta_bias, "
                "Tensor? order, bool delta_softplus, bool quasi_separable, bool keep_states) "
                "-> (Tensor, Tensor, Tensor)");
    library.def("scan_backward(Tensor dout, Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor? D, "
                "Tensor? delta_bias, Tensor? order, bool delta_softplus, bool quasi_separable, Tensor states, "
                "Tensor backward_states, bool[7] wanted) "
                "-> (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(mixer, CPU, library)
{
    library.impl("scan_forward", &scanForward);
    library.impl("scan_backward", &scanBackward);
}

}  // namespace mixer::ops
