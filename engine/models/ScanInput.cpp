// SPDX-License-Identifier: MIT
#include "engine/models/ScanInput.h"

#include "engine/core/Error.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>

namespace mixer {

std::shared_ptr<const std::vector<std::int32_t>> orderOf(const std::shared_ptr<const ScanOrder>& scan)
{
    return {scan, &scan->order()};
}

ScanInput scanInput(const ScanSet& set, std::int64_t image, std::int64_t slot, std::int64_t scan,
                    std::shared_ptr<const std::vector<std::int32_t>> order)
{
    const auto copy = [](const at::Tensor& x, std::int64_t index) { return x[x.size(0) == 1 ? 0 : index]; };
    const auto rows = [](const at::Tensor& x) { return x.stride(1) == 1 ? x : x.contiguous(); };
    const auto onHost = [&](const at::Tensor& x) {
        const at::ScalarType type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
        return rows(x.to(at::kCPU, type));
    };
    const auto parameter = [&](const at::Tensor& x) { return onHost(copy(x, scan).view({-1, 1})).flatten(); };
    ScanInput input;
    input.u = onHost(set.u[image]);
    input.deltaRaw = onHost(copy(set.delta[image], slot));
    input.A = onHost(copy(set.A, scan));
    input.B = onHost(copy(set.B[image], slot));
    input.C = onHost(copy(set.C[image], slot));
    input.D = parameter(set.D);
    input.deltaBias = parameter(set.deltaBias);
    input.perPosition = set.deltaBias.dim() == 3;
    input.quasiSeparable = set.quasiSeparable;
    input.order = std::move(order);
    return input;
}

template <typename T> kernels::ScanParams<T> ScanInput::params() const
{
    kernels::ScanParams<T> p;
    p.dim = lanes();
    p.seqlen = positions();
    p.dstate = stateSize();
    p.u = u.data_ptr<T>();
    p.u_step_stride = u.stride(0);
    p.u_dim_stride = 1;
    p.delta = deltaRaw.data_ptr<T>();
    p.delta_step_stride = deltaRaw.stride(0);
    p.delta_dim_stride = 1;
    p.A = A.data_ptr<T>();
    p.A_dim_stride = A.size(0) == 1 ? 0 : A.stride(0);
    p.B = B.data_ptr<T>();
    p.B_step_stride = B.stride(0);
    p.C = C.data_ptr<T>();
    p.C_step_stride = C.stride(0);
    p.D = D.data_ptr<T>();
    p.delta_bias = deltaBias.data_ptr<T>();
    p.D_dim_stride = p.bias_dim_stride = perPosition ? 0 : 1;
    p.D_step_stride = p.bias_step_stride = perPosition ? 1 : 0;
    p.order = order ? order->data() : nullptr;
    return p;
}

template kernels::ScanParams<float> ScanInput::params<float>() const;
template kernels::ScanParams<double> ScanInput::params<double>() const;

void ScanInput::run(const at::Tensor& out, double weight, bool accumulate, at::Tensor* chunkStates,
                    at::Tensor* backwardChunkStates) const
{
    const auto allocateStates = [&](at::Tensor* states) {
        if (states)
            *states = at::empty({1, kernels::chunk_count(positions()), lanes(), stateSize()}, u.options());
    };
    allocateStates(chunkStates);
    allocateStates(backwardChunkStates);
    AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "ScanInput::run", [&] {
        kernels::ScanParams<scalar_t> p = params<scalar_t>();
        p.out = out.data_ptr<scalar_t>();
        p.out_step_stride = out.stride(0);
        p.out_dim_stride = 1;
        p.weight = static_cast<scalar_t>(weight);
        p.accumulate = accumulate;
        p.chunk_states = chunkStates ? chunkStates->data_ptr<scalar_t>() : nullptr;
        p.backward_chunk_states = backwardChunkStates ? backwardChunkStates->data_ptr<scalar_t>() : nullptr;
        if (const char* problem = kernels::check(p))
            throw Error(ErrorKind::Model, std::string("this scan cannot run: ") + problem);
        if (quasiSeparable)
            kernels::quasi_separable_scan(p);
        else
            kernels::selective_scan(p);
    });
}

at::Tensor ScanInput::delta() const
{
    return at::softplus(deltaRaw + (perPosition ? deltaBias.unsqueeze(1) : deltaBias));
}

}  // namespace mixer
