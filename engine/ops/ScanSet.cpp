// SPDX-License-Identifier: MIT
// mixer::scan_set for every device: its definition, its gradients, and the single scans that Python knows. As a library
// of its own, mixer_ops, loadable from Python: torch.ops.load_library("libmixer_ops.so").
//
// scan_set(u, delta, A, B, C, D=None, delta_bias=None, orders=None, scan_ids=None, weights=None, delta_softplus=True,
//          quasi_separable=False): see ScanSet.h.
// selective_scan, quasi_separable_scan(u, delta, A, B, C, D=None, delta_bias=None, order=None, delta_softplus=False):
//     u, delta        (batch, steps, lanes), any strides
//     A               (lanes, states), or (1, states) for all lanes
//     B, C            (batch, steps, states)
//     D, delta_bias   (lanes), or (steps, 1) for one value at each step
//     order           int32 or int64 (steps): step t works on row order[t] of u, delta, B, C and of the result
//     result          (batch, steps, lanes)
#include "engine/ops/ScanSetOperator.h"

#include "kernels/parallel.h"

#include <ATen/Parallel.h>
#include <torch/library.h>
#include <torch/torch.h>

namespace mixer {
namespace ops {
namespace {

using at::Tensor;

using ForwardSignature = std::tuple<Tensor, Tensor, Tensor>(SCAN_SET_ARGUMENTS, bool);
using BackwardSignature
    = ScanSetGradients(const Tensor&, SCAN_SET_ARGUMENTS, const Tensor&, const Tensor&, ScanSetWanted);

const auto& forwardOperator()
{
    static const auto op
        = c10::Dispatcher::singleton().findSchemaOrThrow("mixer::scan_set_forward", "").typed<ForwardSignature>();
    return op;
}

const auto& backwardOperator()
{
    static const auto op
        = c10::Dispatcher::singleton().findSchemaOrThrow("mixer::scan_set_backward", "").typed<BackwardSignature>();
    return op;
}

class ScanSetFunction : public torch::autograd::Function<ScanSetFunction> {
public:
    static Tensor forward(torch::autograd::AutogradContext* context, SCAN_SET_ARGUMENTS)
    {
        const at::AutoDispatchBelowADInplaceOrView belowAutograd;
        auto [out, states, backwardStates]
            = forwardOperator().call(u, delta, A, B, C, D, deltaBias, orders, scanIds, weights, deltaSoftplus,
                                     quasiSeparable, /*keepStates=*/true);
        const auto orNone = [](const OptionalTensor& x) { return x.value_or(Tensor()); };
        context->save_for_backward({u, delta, A, B, C, orNone(D), orNone(deltaBias), orNone(weights), orNone(orders),
                                    orNone(scanIds), states, backwardStates});
        context->saved_data["delta_softplus"] = deltaSoftplus;
        context->saved_data["quasi_separable"] = quasiSeparable;
        return out;
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& douts)
    {
        TORCH_CHECK(!at::GradMode::is_enabled(),
                    "scan: there is no second derivative; call backward() without create_graph.");
        const torch::autograd::variable_list s = context->get_saved_variables();
        ScanSetWanted wanted{};
        for (std::size_t i = 0; i < wanted.size(); ++i)
            wanted[i] = s[i].defined() && s[i].requires_grad();
        const at::AutoDispatchBelowADInplaceOrView belowAutograd;
        auto [du, ddelta, dA, dB, dC, dD, dbias, dweights] = backwardOperator().call(
            douts[0], s[0], s[1], s[2], s[3], s[4], optional(s[5]), optional(s[6]), optional(s[8]), optional(s[9]),
            optional(s[7]), context->saved_data["delta_softplus"].toBool(),
            context->saved_data["quasi_separable"].toBool(), s[10], s[11], wanted);
        return {du, ddelta, dA, dB, dC, dD, dbias, Tensor(), Tensor(), dweights, Tensor(), Tensor()};
    }
};

Tensor runScanSet(SCAN_SET_ARGUMENTS)
{
    const auto wantsGradient = [](const OptionalTensor& x) { return x && x->defined() && x->requires_grad(); };
    const bool differentiable = at::GradMode::is_enabled()
        && (u.requires_grad() || delta.requires_grad() || A.requires_grad() || B.requires_grad() || C.requires_grad()
            || wantsGradient(D) || wantsGradient(deltaBias) || wantsGradient(weights));
    if (differentiable)
        return ScanSetFunction::apply(u, delta, A, B, C, D, deltaBias, orders, scanIds, weights, deltaSoftplus,
                                      quasiSeparable);
    return std::get<0>(forwardOperator().call(u, delta, A, B, C, D, deltaBias, orders, scanIds, weights, deltaSoftplus,
                                              quasiSeparable, /*keepStates=*/false));
}

/// From Python: on as many threads as PyTorch was told, and with orders that nobody has checked yet.
void prepareCall(const OptionalTensor& orders)
{
    kernels::set_num_threads(at::get_num_threads());
    if (orders && orders->defined())
        checkPermutations(*orders);
}

Tensor scanSetChecked(SCAN_SET_ARGUMENTS)
{
    if (orders && orders->defined())
        TORCH_CHECK(orders->dim() == 2, "scan: orders must be (scans, steps), not ", orders->sizes(), ".");
    prepareCall(orders);
    return runScanSet(u, delta, A, B, C, D, deltaBias, orders, scanIds, weights, deltaSoftplus, quasiSeparable);
}

/// (lanes) becomes (1, lanes); (steps, 1) becomes (1, steps, 1).
OptionalTensor oneCopy(const char* name, const OptionalTensor& given, const Tensor& u)
{
    if (!given || !given->defined())
        return {};
    if (given->dim() == 2)
        checkShape(name, *given, {u.size(1), 1}, "(steps, 1)");
    else
        checkShape(name, *given, {u.size(2)}, "(lanes), or (steps, 1),");
    return given->unsqueeze(0);
}

template <bool QuasiSeparable>
Tensor singleScan(const Tensor& u, const Tensor& delta, const Tensor& A, const Tensor& B, const Tensor& C,
                  const OptionalTensor& D, const OptionalTensor& bias, const OptionalTensor& order, bool softplus)
{
    TORCH_CHECK(u.dim() == 3 && u.numel() > 0, "scan: u must be (batch, steps, lanes), none of them 0, not ", u.sizes(),
                ".");
    TORCH_CHECK(A.dim() == 2, "scan: A must be (lanes, states) or (1, states), not ", A.sizes(), ".");
    checkShape("delta", delta, u.sizes(), "of u");
    if (A.size(0) != 1)
        checkShape("A", A, {u.size(2), A.size(1)}, "(lanes, states), or (1, states),");
    checkShape("B", B, {u.size(0), u.size(1), A.size(1)}, "(batch, steps, states)");
    checkShape("C", C, {u.size(0), u.size(1), A.size(1)}, "(batch, steps, states)");
    OptionalTensor orders;
    if (order && order->defined()) {
        TORCH_CHECK(order->scalar_type() == at::kInt || order->scalar_type() == at::kLong,
                    "scan: order must be int32 or int64, not ", order->scalar_type(), ".");
        checkShape("order", *order, {u.size(1)}, "(steps)");
        orders = order->unsqueeze(0);
    }
    prepareCall(orders);
    if (orders)
        orders = orders->to(at::kInt);
    return runScanSet(u, delta.unsqueeze(1), A.unsqueeze(0), B.unsqueeze(1), C.unsqueeze(1), oneCopy("D", D, u),
                      oneCopy("delta_bias", bias, u), orders, {}, {}, softplus, QuasiSeparable);
}

}  // namespace

// The arguments of SCAN_SET_ARGUMENTS without defaults, and those of one scan.
#define SCAN_SET_SCHEMA                                                                                                \
    "Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor? D, Tensor? delta_bias, Tensor? orders, "            \
    "Tensor? scan_ids, Tensor? weights, bool delta_softplus, bool quasi_separable"
#define SINGLE_SCAN_SCHEMA                                                                                             \
    "(Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor? D=None, Tensor? delta_bias=None, "                 \
    "Tensor? order=None, bool delta_softplus=False) -> Tensor"

TORCH_LIBRARY(mixer, library)
{
    library.def("selective_scan" SINGLE_SCAN_SCHEMA, &singleScan<false>);
    library.def("quasi_separable_scan" SINGLE_SCAN_SCHEMA, &singleScan<true>);
    library.def("scan_set(Tensor u, Tensor delta, Tensor A, Tensor B, Tensor C, Tensor? D=None, "
                "Tensor? delta_bias=None, Tensor? orders=None, Tensor? scan_ids=None, Tensor? weights=None, "
                "bool delta_softplus=True, bool quasi_separable=False) -> Tensor",
                &scanSetChecked);
    library.def("scan_set_forward(" SCAN_SET_SCHEMA ", bool keep_states) -> (Tensor, Tensor, Tensor)");
    library.def("scan_set_backward(Tensor dout, " SCAN_SET_SCHEMA ", Tensor states, Tensor backward_states, "
                "bool[8] wanted) -> (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)");
}

}  // namespace ops

at::Tensor scanSet(const ScanSet& set)
{
    using ops::optional;
    return ops::runScanSet(set.u, set.delta, set.A, set.B, set.C, optional(set.D), optional(set.deltaBias),
                           optional(set.orders), optional(set.scanIds), optional(set.weights), set.deltaSoftplus,
                           set.quasiSeparable);
}

}  // namespace mixer
