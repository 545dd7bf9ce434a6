// SPDX-License-Identifier: MIT
// mixer::scan_set on NVIDIA GPUs: tensors of float32, bfloat16 or float16; parameters (A, D, delta_bias, weights) are
// taken as float32. Runs on PyTorch's current stream with memory of its allocator and waits for nothing.
#include "engine/ops/ScanSetOperator.h"

#include "kernels/cuda/scan_cuda.h"
#include "kernels/scan.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

namespace mixer::ops {
namespace {

using at::Tensor;
namespace cuda = kernels::cuda;

cuda::ElementType elementType(const Tensor& u)
{
    switch (u.scalar_type()) {
    case at::kFloat:
        return cuda::ElementType::Float32;
    case at::kBFloat16:
        return cuda::ElementType::BFloat16;
    case at::kHalf:
        return cuda::ElementType::Float16;
    default:
        TORCH_CHECK(false, "scan: on a GPU u must be float32, bfloat16 or float16, not ", u.scalar_type(),
                    "; convert it with .float(), or run it on the CPU.");
    }
}

void require(const cuda::Status& status)
{
    TORCH_CHECK(status.ok(), "scan on the GPU: ", status.text);
}

/// A scan set as the kernels take it: checked, rows contiguous, parameters float32.
class CudaScanSet {
public:
    explicit CudaScanSet(const ScanSet& given)
        : m_set(given)
    {
        checkScanSet(m_set);
        for (const Tensor* data : {&m_set.delta, &m_set.B, &m_set.C})
            TORCH_CHECK(data->scalar_type() == m_set.u.scalar_type(), "scan: u is ", m_set.u.scalar_type(),
                        " and another tensor is ", data->scalar_type(), "; u, delta, B and C must be the same.");
        m_set.u = rows(m_set.u);
        m_set.delta = rows(m_set.delta);
        m_set.B = packs(m_set.B);
        m_set.C = packs(m_set.C);
        for (Tensor* parameter : {&m_set.A, &m_set.D, &m_set.deltaBias, &m_set.weights})
            if (parameter->defined())
                *parameter = parameter->to(at::kFloat).contiguous();
        for (Tensor* integers : {&m_set.orders, &m_set.scanIds})
            if (integers->defined())
                *integers = integers->contiguous();
        describe();
    }

    const ScanSet& set() const { return m_set; }
    cuda::DeviceScan scan;

private:
    static Tensor rows(const Tensor& x) { return x.stride(-1) == 1 && x.stride(-2) >= x.size(-1) ? x : x.contiguous(); }
    /// Narrow slices of a wider projection: copied where four at a time could not be read otherwise.
    static Tensor packs(const Tensor& x)
    {
        const bool aligned
            = x.stride(-2) % 4 == 0 && reinterpret_cast<std::uintptr_t>(x.data_ptr()) % (4 * x.element_size()) == 0;
        return aligned || x.size(-1) % 4 != 0 ? rows(x) : x.clone(at::MemoryFormat::Contiguous);
    }
    static std::int64_t copies(const Tensor& x, std::int64_t axis) { return x.size(axis) == 1 ? 0 : x.stride(axis); }

    void describe()
    {
        cuda::DeviceScan& p = scan;
        const ScanSet& s = m_set;
        p.type = elementType(s.u);
        p.batch = s.images(), p.scans = s.slots(), p.scan_count = s.scans();
        p.dim = s.lanes(), p.seqlen = s.steps(), p.dstate = s.states();
        p.u = s.u.data_ptr(), p.u_batch_stride = s.u.stride(0), p.u_step_stride = s.u.stride(1);
        p.delta = s.delta.data_ptr(), p.delta_batch_stride = s.delta.stride(0);
        p.delta_scan_stride = copies(s.delta, 1), p.delta_step_stride = s.delta.stride(2);
        p.B = s.B.data_ptr(), p.B_batch_stride = s.B.stride(0);
        p.B_scan_stride = copies(s.B, 1), p.B_step_stride = s.B.stride(2);
        p.C = s.C.data_ptr(), p.C_batch_stride = s.C.stride(0);
        p.C_scan_stride = copies(s.C, 1), p.C_step_stride = s.C.stride(2);
        p.A = s.A.data_ptr<float>(), p.A_scan_stride = copies(s.A, 0), p.A_dim_stride = copies(s.A, 1);
        if (s.D.defined()) {
            p.D = s.D.data_ptr<float>(), p.D_scan_stride = copies(s.D, 0);
            p.D_dim_stride = s.D.dim() == 2, p.D_step_stride = s.D.dim() == 3;
        }
        if (s.deltaBias.defined()) {
            p.delta_bias = s.deltaBias.data_ptr<float>(), p.bias_scan_stride = copies(s.deltaBias, 0);
            p.bias_dim_stride = s.deltaBias.dim() == 2, p.bias_step_stride = s.deltaBias.dim() == 3;
        }
        p.delta_softplus = s.deltaSoftplus;
        if (s.orders.defined())
            p.orders = s.orders.data_ptr<std::int32_t>(), p.order_stride = copies(s.orders, 0);
        // Without ids slot k runs scan k, or every slot the one scan there is.
        if (s.scanIds.defined())
            p.scan_ids = s.scanIds.data_ptr<std::int32_t>();
        else
            p.scan_count = p.scans;
        p.weights = s.weights.defined() ? s.weights.data_ptr<float>() : nullptr;
    }

    ScanSet m_set;
};

/// Memory for one operation; freed to the allocator at once, which hands it out again in the stream's order only.
Tensor workspaceFor(cuda::DeviceScan& p, cuda::Operation operation, const Tensor& u)
{
    std::size_t bytes = 0;
    require(cuda::workspace_bytes(p, operation, &bytes));
    Tensor workspace = at::empty({static_cast<std::int64_t>(bytes)}, u.options().dtype(at::kByte));
    p.workspace = bytes > 0 ? workspace.data_ptr() : nullptr;
    p.workspace_size = bytes;
    return workspace;
}

std::tuple<Tensor, Tensor, Tensor> scanSetForward(SCAN_SET_ARGUMENTS, bool keepStates)
{
    const c10::cuda::CUDAGuard device(u.device());
    CudaScanSet given(SCAN_SET_FROM_ARGUMENTS);
    const ScanSet& s = given.set();
    cuda::DeviceScan& p = given.scan;
    const Tensor none = at::empty({0}, u.options());
    const Tensor out = at::empty(u.sizes(), u.options());
    p.out = out.data_ptr(), p.out_batch_stride = out.stride(0), p.out_step_stride = out.stride(1);
    // The quasi-separable scan's gradients find their states anew.
    Tensor states = none;
    if (keepStates && !quasiSeparable) {
        states = at::empty({s.images(), s.slots(), kernels::chunk_count(s.steps()), s.lanes(), s.states()},
                           u.options().dtype(at::kFloat));
        p.chunk_states = states.data_ptr<float>();
    }
    const auto operation = quasiSeparable ? cuda::Operation::QuasiSeparableScan : cuda::Operation::SelectiveScan;
    const Tensor workspace = workspaceFor(p, operation, u);
    CUstream_st* stream = c10::cuda::getCurrentCUDAStream().stream();
    require(quasiSeparable ? cuda::quasi_separable_scan(p, stream) : cuda::selective_scan(p, stream));
    return {out, states, none};
}

ScanSetGradients scanSetBackward(const Tensor& givenDout, SCAN_SET_ARGUMENTS, const Tensor& states, const Tensor&,
                                 ScanSetWanted wanted)
{
    const c10::cuda::CUDAGuard device(u.device());
    CudaScanSet given(SCAN_SET_FROM_ARGUMENTS);
    const ScanSet& s = given.set();
    cuda::DeviceScan& p = given.scan;
    checkShape("the gradient", givenDout, u.sizes(), "of u");
    const Tensor dout = givenDout.to(u.scalar_type()).contiguous();
    if (states.numel() > 0) {
        checkShape("states", states, {s.images(), s.slots(), kernels::chunk_count(s.steps()), s.lanes(), s.states()},
                   "(batch, scans of an image, chunks, lanes, states)");
        TORCH_CHECK(states.is_contiguous() && states.scalar_type() == at::kFloat,
                    "scan: states must be those that scan_set_forward returned.");
        p.chunk_states = states.data_ptr<float>();
    }
    const Tensor* inputs[] = {&s.u, &s.delta, &s.A, &s.B, &s.C, &s.D, &s.deltaBias, &s.weights};
    Tensor gradients[8];
    for (int i = 0; i < 8; ++i)
        if (wanted[i] && inputs[i]->defined())
            gradients[i] = at::empty(inputs[i]->sizes(), inputs[i]->options());
    const auto data = [&](int i) { return gradients[i].defined() ? gradients[i].data_ptr() : nullptr; };
    cuda::DeviceScanGradients g;
    g.dout = dout.data_ptr(), g.dout_batch_stride = dout.stride(0), g.dout_step_stride = dout.stride(1);
    g.du = data(0), g.ddelta = data(1), g.dB = data(3), g.dC = data(4);
    g.dA = static_cast<float*>(data(2)), g.dD = static_cast<float*>(data(5));
    g.ddelta_bias = static_cast<float*>(data(6)), g.dweights = static_cast<float*>(data(7));
    const auto operation
        = quasiSeparable ? cuda::Operation::QuasiSeparableScanBackward : cuda::Operation::SelectiveScanBackward;
    const Tensor workspace = workspaceFor(p, operation, u);
    CUstream_st* stream = c10::cuda::getCurrentCUDAStream().stream();
    require(quasiSeparable ? cuda::quasi_separable_scan_backward(p, g, stream)
                           : cuda::selective_scan_backward(p, g, stream));
    // Each in its input's type, whatever type the parameters came in.
    const ScanSet original SCAN_SET_FROM_ARGUMENTS;
    const Tensor* originals[] = {&original.u, &original.delta, &original.A,         &original.B,
                                 &original.C, &original.D,     &original.deltaBias, &original.weights};
    for (int i = 0; i < 8; ++i)
        if (gradients[i].defined())
            gradients[i] = gradients[i].to(originals[i]->scalar_type());
    return {gradients[0], gradients[1], gradients[2], gradients[3],
            gradients[4], gradients[5], gradients[6], gradients[7]};
}

}  // namespace

TORCH_LIBRARY_IMPL(mixer, CUDA, library)
{
    library.impl("scan_set_forward", &scanSetForward);
    library.impl("scan_set_backward", &scanSetBackward);
}

}  // namespace mixer::ops
