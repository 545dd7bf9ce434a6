// SPDX-License-Identifier: MIT
// mixer::scan_set on the CPU: one call of a kernel for each image and slot, or for the whole batch where that is the
// same.
#include "engine/ops/ScanSetCheck.h"
#include "engine/ops/ScanSetOperator.h"
#include "kernels/scan.h"
#include "kernels/scan_backward.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <torch/library.h>

#include <tuple>

namespace mixer::ops {
namespace {

using at::Tensor;

/// A scan set as the kernels take it: their own layout of what they cannot stride over, integers and weights on the
/// host.
class CpuScanSet {
public:
    explicit CpuScanSet(const ScanSet& given)
        : m_set(given)
    {
        checkScanSet(given);
        TORCH_CHECK(given.u.scalar_type() == at::kFloat || given.u.scalar_type() == at::kDouble,
                    "scan: u must be float32 or float64, not ", given.u.scalar_type(), "; convert it with .float().");
        for (Tensor* tensor : {&m_set.delta, &m_set.A, &m_set.B, &m_set.C, &m_set.D, &m_set.deltaBias, &m_set.weights})
            TORCH_CHECK(!tensor->defined() || tensor->scalar_type() == given.u.scalar_type(), "scan: u is ",
                        given.u.scalar_type(), " and another tensor is ", tensor->scalar_type(),
                        "; all must be the same.");
        const auto rows = [](const Tensor& x) { return x.stride(-1) == 1 ? x : x.contiguous(); };
        m_set.A = given.A.contiguous();
        m_set.B = rows(given.B);
        m_set.C = rows(given.C);
        for (Tensor* tensor : {&m_set.D, &m_set.deltaBias, &m_set.orders, &m_set.scanIds, &m_set.weights}) {
            if (tensor->defined())
                *tensor = tensor->contiguous();
        }
        checkRange("orders", m_set.orders, m_set.steps());
        checkRange("scan_ids", m_set.scanIds, m_set.scans());
    }

    const ScanSet& set() const { return m_set; }
    /// Every image of the batch does the same in a slot: one call serves all.
    bool isUniform() const { return !m_set.scanIds.defined() && !m_set.weights.defined(); }
    std::int64_t scanOf(std::int64_t image, std::int64_t slot) const
    {
        const std::int64_t scan
            = m_set.scanIds.defined() ? m_set.scanIds.data_ptr<std::int32_t>()[image * m_set.slots() + slot] : slot;
        return m_set.scans() == 1 ? 0 : scan;
    }
    template <typename T> T weightOf(std::int64_t image, std::int64_t slot) const
    {
        return m_set.weights.defined() ? m_set.weights.data_ptr<T>()[image * m_set.slots() + slot] : T(1);
    }

    /// Of `images` images from `image` on, without output.
    template <typename T>
    kernels::ScanParams<T> params(std::int64_t image, std::int64_t images, std::int64_t slot) const
    {
        const ScanSet& s = m_set;
        const std::int64_t scan = scanOf(image, slot);
        const auto copy = [](const Tensor& x, std::int64_t axis, std::int64_t index) {
            return x.size(axis) == 1 ? 0 : index * x.stride(axis);
        };
        kernels::ScanParams<T> p;
        p.batch = images, p.seqlen = s.steps(), p.dim = s.lanes(), p.dstate = s.states();
        p.u = s.u.data_ptr<T>() + image * s.u.stride(0);
        p.u_batch_stride = s.u.stride(0), p.u_step_stride = s.u.stride(1), p.u_dim_stride = s.u.stride(2);
        p.delta = s.delta.data_ptr<T>() + image * s.delta.stride(0) + copy(s.delta, 1, slot);
        p.delta_batch_stride = s.delta.stride(0), p.delta_step_stride = s.delta.stride(2);
        p.delta_dim_stride = s.delta.stride(3);
        p.A = s.A.data_ptr<T>() + copy(s.A, 0, scan);
        p.A_dim_stride = s.A.size(1) == 1 ? 0 : s.A.stride(1);
        p.B = s.B.data_ptr<T>() + image * s.B.stride(0) + copy(s.B, 1, slot);
        p.B_batch_stride = s.B.stride(0), p.B_step_stride = s.B.stride(2);
        p.C = s.C.data_ptr<T>() + image * s.C.stride(0) + copy(s.C, 1, slot);
        p.C_batch_stride = s.C.stride(0), p.C_step_stride = s.C.stride(2);
        if (s.D.defined()) {
            p.D = s.D.data_ptr<T>() + copy(s.D, 0, scan);
            p.D_dim_stride = s.D.dim() == 2, p.D_step_stride = s.D.dim() == 3;
        }
        if (s.deltaBias.defined()) {
            p.delta_bias = s.deltaBias.data_ptr<T>() + copy(s.deltaBias, 0, scan);
            p.bias_dim_stride = s.deltaBias.dim() == 2, p.bias_step_stride = s.deltaBias.dim() == 3;
        }
        p.delta_softplus = s.deltaSoftplus;
        p.order = s.orders.defined() ? s.orders.data_ptr<std::int32_t>() + copy(s.orders, 0, scan) : nullptr;
        return p;
    }

private:
    static void checkRange(const char* name, const Tensor& tensor, std::int64_t end)
    {
        if (!tensor.defined())
            return;
        const std::int32_t* values = tensor.data_ptr<std::int32_t>();
        bool inside = true;
        for (std::int64_t i = 0; i < tensor.numel(); ++i)
            inside &= values[i] >= 0 && values[i] < end;
        TORCH_CHECK(inside, "scan: ", name, " must be within 0 and ", end - 1, ".");
    }

    ScanSet m_set;
};

Tensor emptyStates(const ScanSet& s)
{
    return at::empty({s.images(), s.slots(), kernels::chunk_count(s.steps()), s.lanes(), s.states()}, s.u.options());
}

std::tuple<Tensor, Tensor, Tensor> scanSetForward(SCAN_SET_ARGUMENTS, bool keepStates)
{
    const CpuScanSet cpu(SCAN_SET_FROM_ARGUMENTS);
    const ScanSet& s = cpu.set();
    const Tensor none = at::empty({0}, u.options());
    const Tensor out = at::empty(u.sizes(), u.options());
    const Tensor states = keepStates ? emptyStates(s) : none;
    const Tensor backwardStates = keepStates && quasiSeparable ? emptyStates(s) : none;
    // The states of a batch's images lie side by side only where each has one slot.
    const bool together = cpu.isUniform() && (!keepStates || s.slots() == 1);
    const std::int64_t images = together ? s.images() : 1;
    AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "mixer::scan_set_forward", [&] {
        for (std::int64_t image = 0; image < s.images(); image += images) {
            for (std::int64_t slot = 0; slot < s.slots(); ++slot) {
                kernels::ScanParams<scalar_t> p = cpu.params<scalar_t>(image, images, slot);
                p.weight = cpu.weightOf<scalar_t>(image, slot);
                p.accumulate = slot > 0;
                p.out = out.data_ptr<scalar_t>() + image * out.stride(0);
                p.out_batch_stride = out.stride(0), p.out_step_stride = out.stride(1);
                if (keepStates)
                    p.chunk_states = states[image][slot].data_ptr<scalar_t>();
                if (keepStates && quasiSeparable)
                    p.backward_chunk_states = backwardStates[image][slot].data_ptr<scalar_t>();
                const char* reason = check(p);
                TORCH_CHECK(!reason, "scan: ", reason);
                quasiSeparable ? kernels::quasi_separable_scan(p) : kernels::selective_scan(p);
            }
        }
    });
    return {out, states, backwardStates};
}

/// Gradients of one image and slot at weight 1, where the kernels write them.
struct SlotGradients {
    Tensor du, ddelta, dA, dB, dC, dD, dbias;

    SlotGradients(const ScanSet& s, const ScanSetWanted& wanted)
    {
        const auto make = [&](bool isWanted, at::IntArrayRef shape) {
            return isWanted ? at::empty(shape, s.u.options()) : Tensor();
        };
        const bool weight = wanted[7];
        du = make(wanted[0], {s.steps(), s.lanes()});
        ddelta = make(wanted[1], {s.steps(), s.lanes()});
        dA = make(wanted[2], {s.A.size(1), s.states()});
        dB = make(wanted[3], {s.steps(), s.states()});
        dC = make(wanted[4] || weight, {s.steps(), s.states()});
        dD = make(s.D.defined() && (wanted[5] || weight), s.D.defined() ? s.D.sizes().slice(1) : at::IntArrayRef());
        dbias = make(s.deltaBias.defined() && wanted[6],
                     s.deltaBias.defined() ? s.deltaBias.sizes().slice(1) : at::IntArrayRef());
    }

    template <typename T> void aim(kernels::ScanBackwardParams<T>& p) const
    {
        const auto data = [](const Tensor& x) { return x.defined() ? x.data_ptr<T>() : nullptr; };
        p.du = data(du), p.ddelta = data(ddelta), p.dA = data(dA), p.dB = data(dB), p.dC = data(dC), p.dD = data(dD);
        p.ddelta_bias = data(dbias);
        p.du_step_stride = p.ddelta_step_stride = p.scan.dim;
        p.dB_step_stride = p.dC_step_stride = p.scan.dstate;
    }
};

ScanSetGradients scanSetBackward(const Tensor& givenDout, SCAN_SET_ARGUMENTS, const Tensor& states,
                                 const Tensor& backwardStates, ScanSetWanted wanted)
{
    const CpuScanSet cpu(SCAN_SET_FROM_ARGUMENTS);
    const ScanSet& s = cpu.set();
    checkShape("the gradient", givenDout, u.sizes(), "of u");
    const Tensor dout = givenDout.to(u.scalar_type());
    const auto checkStates = [&](const Tensor& kept) {
        checkShape("states", kept, {s.images(), s.slots(), kernels::chunk_count(s.steps()), s.lanes(), s.states()},
                   "(batch, scans of an image, chunks, lanes, states)");
        TORCH_CHECK(kept.is_contiguous() && kept.scalar_type() == u.scalar_type(),
                    "scan: states must be those that scan_set_forward returned.");
    };
    checkStates(states);
    if (quasiSeparable)
        checkStates(backwardStates);

    const Tensor* inputs[] = {&s.u, &s.delta, &s.A, &s.B, &s.C, &s.D, &s.deltaBias, &s.weights};
    Tensor gradients[8];
    for (int i = 0; i < 8; ++i) {
        wanted[i] = wanted[i] && inputs[i]->defined();
        if (wanted[i])
            gradients[i] = at::zeros(inputs[i]->sizes(), u.options());
    }
    const SlotGradients one(s, wanted);
    const auto add = [](const Tensor& sum, const Tensor& part, double weight) { sum.add_(part, weight); };
    AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "mixer::scan_set_backward", [&] {
        for (std::int64_t image = 0; image < s.images(); ++image) {
            for (std::int64_t slot = 0; slot < s.slots(); ++slot) {
                kernels::ScanBackwardParams<scalar_t> p;
                p.scan = cpu.params<scalar_t>(image, 1, slot);
                p.scan.chunk_states = states[image][slot].data_ptr<scalar_t>();
                if (quasiSeparable)
                    p.scan.backward_chunk_states = backwardStates[image][slot].data_ptr<scalar_t>();
                p.dout = dout.data_ptr<scalar_t>() + image * dout.stride(0);
                p.dout_step_stride = dout.stride(1), p.dout_dim_stride = dout.stride(2);
                one.aim(p);
                const char* reason = check(p, quasiSeparable);
                TORCH_CHECK(!reason, "scan: ", reason);
                quasiSeparable ? kernels::quasi_separable_scan_backward(p) : kernels::selective_scan_backward(p);

                const double weight = cpu.weightOf<scalar_t>(image, slot);
                const std::int64_t scan = cpu.scanOf(image, slot);
                const auto copy = [](const Tensor& x, std::int64_t index) { return x[x.size(0) == 1 ? 0 : index]; };
                if (wanted[0])
                    add(gradients[0][image], one.du, weight);
                if (wanted[1])
                    add(copy(gradients[1][image], slot), one.ddelta, weight);
                if (wanted[2])
                    add(copy(gradients[2], scan), one.dA, weight);
                if (wanted[3])
                    add(copy(gradients[3][image], slot), one.dB, weight);
                if (wanted[4])
                    add(copy(gradients[4][image], slot), one.dC, weight);
                if (wanted[5])
                    add(copy(gradients[5], scan), one.dD, weight);
                if (wanted[6])
                    add(copy(gradients[6], scan), one.dbias, weight);
                if (wanted[7]) {
                    // y is linear in C and D together, so <dout, y> = <dC, C> + <dD, D>: y need not be kept.
                    Tensor product = (one.dC * copy(s.C[image], slot)).sum();
                    if (s.D.defined())
                        product = product + (one.dD * copy(s.D, scan)).sum();
                    gradients[7][image][slot].copy_(product);
                }
            }
        }
    });
    return {gradients[0], gradients[1], gradients[2], gradients[3],
            gradients[4], gradients[5], gradients[6], gradients[7]};
}

}  // namespace

TORCH_LIBRARY_IMPL(mixer, CPU, library)
{
    library.impl("scan_set_forward", &scanSetForward);
    library.impl("scan_set_backward", &scanSetBackward);
}

}  // namespace mixer::ops
