// SPDX-License-Identifier: MIT
#include "engine/trace/ScanDetail.h"

#include "engine/core/Error.h"
#include "kernels/parallel.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>

#include <algorithm>
#include <cmath>

namespace mixer {

namespace {

Array toArray(const at::Tensor& tensor)
{
    const at::Tensor host = tensor.to(at::kCPU, at::kFloat).contiguous();
    Array array;
    array.shape = host.sizes().vec();
    array.values.assign(host.data_ptr<float>(), host.data_ptr<float>() + host.numel());
    return array;
}

/// One lane's sum over n of h_t[n]^2, added to `sums` by step. Walks chunk by chunk from the recorded chunk states, so
/// that forward and backward states need no pass over the whole sequence before the first chunk.
template <typename T>
void addSquaredStates(const kernels::ScanParams<T>& p, std::int64_t lane, bool backward, const T* chunkStates,
                      double* sums)
{
    const std::int64_t chunks = kernels::chunk_count(p.seqlen);
    std::vector<T> h(static_cast<std::size_t>(p.dstate));
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
        const T* start = chunkStates + (chunk * p.dim + lane) * p.dstate;
        h.assign(start, start + p.dstate);
        const std::int64_t first = chunk * kernels::kChunkLength;
        const std::int64_t last = std::min(first + kernels::kChunkLength, p.seqlen) - 1;
        for (std::int64_t i = 0; i <= last - first; ++i) {
            const std::int64_t step = backward ? last - i : first + i;
            const std::int64_t row = p.order ? p.order[step] : step;
            const T raw = p.delta[row * p.delta_step_stride + lane]
                + p.delta_bias[lane * p.bias_dim_stride + row * p.bias_step_stride];
            const T delta = raw > T(20) ? raw : std::log1p(std::exp(raw));
            const T write = delta * p.u[row * p.u_step_stride + lane];
            const T* A = p.A + lane * p.A_dim_stride;
            const T* B = p.B + row * p.B_step_stride;
            double sum = 0;
            for (std::int64_t n = 0; n < p.dstate; ++n) {
                T& state = h[static_cast<std::size_t>(n)];
                state = std::exp(delta * A[n]) * state + write * B[n];
                sum += static_cast<double>(state) * static_cast<double>(state);
            }
            sums[step] += sum;
        }
    }
}

/// ||h_t|| over the lanes, by step. Each thread sums its lanes into a row of its own; rows are added in a fixed order,
/// so that the result does not depend on the number of threads.
template <typename T>
Array stateNorms(const kernels::ScanParams<T>& p, std::int64_t firstLane, std::int64_t count, bool backward,
                 const T* chunkStates)
{
    constexpr std::int64_t kGroups = 16;
    std::vector<std::vector<double>> sums(kGroups, std::vector<double>(static_cast<std::size_t>(p.seqlen)));
    kernels::parallel_for(kGroups, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t group = begin; group < end; ++group)
            for (std::int64_t lane = firstLane + group; lane < firstLane + count; lane += kGroups)
                addSquaredStates(p, lane, backward, chunkStates, sums[static_cast<std::size_t>(group)].data());
    });
    Array norms({p.seqlen});
    for (std::size_t step = 0; step < norms.values.size(); ++step) {
        double sum = 0;
        for (const auto& row : sums)
            sum += row[step];
        norms.values[step] = static_cast<float>(std::sqrt(sum));
    }
    return norms;
}

}  // namespace

ScanDetail::ScanDetail(const MixerRecord& record, MixerParts parts, const CancelToken& cancel)
{
    m_record = record;
    if (parts.outputGate.defined())
        m_outputGate = toArray(record.id.isChannelMixer ? parts.outputGate : parts.outputGate.t());
    for (std::size_t i = 0; i < parts.scans.size(); ++i) {
        cancel.check();
        auto scan = std::make_unique<Scan>();
        scan->input = std::move(parts.scans[i]);
        scan->name = std::move(parts.names[i]);
        const ScanInput& input = scan->input;
        const at::Tensor discarded = at::empty_like(input.u);
        input.run(discarded, 1.0, /*accumulate=*/false, &scan->chunkStates,
                  input.quasiSeparable ? &scan->backwardChunkStates : nullptr);
        scan->stateMatrix = toArray(input.A);
        scan->stepOfPosition.resize(static_cast<std::size_t>(input.positions()));
        for (std::int32_t step = 0; step < static_cast<std::int32_t>(input.positions()); ++step)
            scan->stepOfPosition[static_cast<std::size_t>(input.order ? (*input.order)[step] : step)] = step;
        m_scans.push_back(std::move(scan));
    }
}

const ScanDetail::Scan& ScanDetail::at(int scan) const
{
    if (scan < 0 || scan >= scanCount())
        throw Error(ErrorKind::Usage,
                    "mixer " + m_record.id.name() + " ran " + std::to_string(scanCount()) + " scans here; number "
                        + std::to_string(scan) + " was asked for (counted from 0)");
    return *m_scans[static_cast<std::size_t>(scan)];
}

void ScanDetail::requireDirection(const Scan& scan, Direction direction) const
{
    if (direction == Direction::Backward && !scan.input.quasiSeparable)
        throw Error(ErrorKind::Usage,
                    "scan '" + scan.name + "' of " + m_record.id.name()
                        + " is causal: it has no backward state; only quasi-separable scans (ViQS) have one");
}

void ScanDetail::requireLanes(int firstLane, int count) const
{
    if (firstLane < 0 || count < 1 || firstLane > laneCount() - count)
        throw Error(ErrorKind::Usage,
                    "mixer " + m_record.id.name() + " has lanes 0 to " + std::to_string(laneCount() - 1)
                        + "; asked for " + std::to_string(count) + " from " + std::to_string(firstLane));
}

int ScanDetail::positionAt(int scan, int step) const
{
    const ScanInput& input = at(scan).input;
    if (step < 0 || step >= positionCount())
        throw Error(ErrorKind::Usage,
                    "mixer " + m_record.id.name() + " has steps 0 to " + std::to_string(positionCount() - 1)
                        + "; asked for " + std::to_string(step));
    return input.order ? (*input.order)[static_cast<std::size_t>(step)] : step;
}

int ScanDetail::stepOf(int scan, int position) const
{
    const Scan& found = at(scan);
    if (position < 0 || position >= positionCount())
        throw Error(ErrorKind::Usage,
                    "mixer " + m_record.id.name() + " has positions 0 to " + std::to_string(positionCount() - 1)
                        + "; asked for " + std::to_string(position));
    return found.stepOfPosition[static_cast<std::size_t>(position)];
}

const Array& ScanDetail::delta(int scan) const
{
    const Scan& found = at(scan);
    std::call_once(found.deltaOnce, [&] { found.delta = toArray(found.input.delta().t()); });
    return found.delta;
}

Array ScanDetail::gate(int scan) const
{
    Array gate = delta(scan);
    for (float& value : gate.values)
        value = -std::expm1(-value);
    return gate;
}

Array ScanDetail::meanGate(int scan) const
{
    return toArray(at::expm1(at(scan).input.delta().neg()).neg().mean(1));
}

Array ScanDetail::laneGate(int scan) const
{
    return toArray(at::expm1(at(scan).input.delta().neg()).neg().mean(0));
}

Array ScanDetail::input(int scan) const
{
    return toArray(at(scan).input.u.t());
}

Array ScanDetail::skip(int scan) const
{
    const ScanInput& input = at(scan).input;
    return toArray(input.D.unsqueeze(input.perPosition ? 0 : 1));
}

Array ScanDetail::inputMatrix(int scan) const
{
    return toArray(at(scan).input.B);
}

Array ScanDetail::outputMatrix(int scan) const
{
    return toArray(at(scan).input.C);
}

Array ScanDetail::state(int scan, int firstLane, int count, int step, Direction direction) const
{
    const Scan& found = at(scan);
    requireDirection(found, direction);
    requireLanes(firstLane, count);
    positionAt(scan, step);
    const bool backward = direction == Direction::Backward;
    const ScanInput& input = found.input;
    const at::Tensor state = at::empty({count, input.stateSize()}, input.u.options());
    AT_DISPATCH_FLOATING_TYPES(input.u.scalar_type(), "ScanDetail::state", [&] {
        const at::Tensor& chunkStates = backward ? found.backwardChunkStates : found.chunkStates;
        const scalar_t* start = chunkStates.data_ptr<scalar_t>()
            + ((step / kernels::kChunkLength) * input.lanes() + firstLane) * input.stateSize();
        kernels::chunk_state(input.params<scalar_t>(), 0, firstLane, count, step, backward, start,
                             state.data_ptr<scalar_t>());
    });
    return toArray(state);
}

Array ScanDetail::stateNorm(int scan, int firstLane, int count, Direction direction) const
{
    const Scan& found = at(scan);
    requireDirection(found, direction);
    requireLanes(firstLane, count);
    const bool backward = direction == Direction::Backward;
    Array norms;
    AT_DISPATCH_FLOATING_TYPES(found.input.u.scalar_type(), "ScanDetail::stateNorm", [&] {
        const at::Tensor& chunkStates = backward ? found.backwardChunkStates : found.chunkStates;
        norms
            = stateNorms(found.input.params<scalar_t>(), firstLane, count, backward, chunkStates.data_ptr<scalar_t>());
    });
    return norms;
}

const Array& ScanDetail::stateNorm(int scan, Direction direction) const
{
    const Scan& found = at(scan);
    const int index = direction == Direction::Backward ? 1 : 0;
    std::call_once(found.normOnce[index], [&] { found.norm[index] = stateNorm(scan, 0, laneCount(), direction); });
    return found.norm[index];
}

Array ScanDetail::output(int scan) const
{
    const ScanInput& input = at(scan).input;
    const at::Tensor y = at::empty_like(input.u);
    input.run(y, 1.0, /*accumulate=*/false);
    return toArray(y.t());
}

}  // namespace mixer
