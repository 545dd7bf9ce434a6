// SPDX-License-Identifier: MIT
#include "engine/interventions/StatePatch.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <map>

namespace mixer {

namespace {

/// Steps worked on at once: bounds memory at this x lanes x N numbers.
constexpr std::int64_t kChunk = 256;

std::int64_t scanAt(const ScanSet& set, std::int64_t image, std::int64_t slot)
{
    return set.scanIds.defined() ? set.scanIds[image][slot].item<std::int64_t>() : slot;
}

/// One image and slot of a scan set, rows in the order of the steps.
struct OneScan {
    OneScan(const ScanSet& set, const at::Tensor& delta, std::int64_t image, std::int64_t slot)
    {
        const std::int64_t scan = scanAt(set, image, slot);
        const auto copy = [](const at::Tensor& x, std::int64_t index) { return x[x.size(0) == 1 ? 0 : index]; };
        rows = set.orders.defined() ? copy(set.orders, scan).to(at::kLong)
                                    : at::arange(set.steps(), set.u.options().dtype(at::kLong));
        steps = delta[image][slot].index_select(0, rows);
        A = copy(set.A, scan);
        write = steps * set.u[image].index_select(0, rows);
        B = copy(set.B[image], slot).index_select(0, rows);
        C = copy(set.C[image], slot).index_select(0, rows);
    }
    at::Tensor rows;   ///< row at each step
    at::Tensor steps;  ///< Delta (L, E)
    at::Tensor A, B, C, write;
};

/// exp(A (distance)): distance (n, E), A (E or 1, N), to (n, E, N).
at::Tensor decays(const at::Tensor& distance, const at::Tensor& A)
{
    return (distance.unsqueeze(2) * A.unsqueeze(0)).exp();
}

/// Running sum of Delta in double, back in the type of Delta once differences were taken.
at::Tensor runningSum(const at::Tensor& delta)
{
    return delta.to(at::kDouble).cumsum(0);
}

at::Tensor stateAfter(const OneScan& scan, const at::Tensor& sum, std::int64_t step)
{
    at::Tensor state;
    for (std::int64_t first = 0; first <= step; first += kChunk) {
        const std::int64_t count = std::min(kChunk, step + 1 - first);
        const at::Tensor distance = (sum[step] - sum.narrow(0, first, count)).to(scan.steps.scalar_type());
        const at::Tensor part = (decays(distance, scan.A) * scan.write.narrow(0, first, count).unsqueeze(2)
                                 * scan.B.narrow(0, first, count).unsqueeze(1))
                                    .sum(0);
        state = state.defined() ? state + part : part;
    }
    return state;
}

std::vector<StateJump> jumpsOf(const OneScan& scan, std::int64_t id, const std::vector<StatePatch>& patches)
{
    std::map<int, at::Tensor> wanted;  // by step; of two, the later patch
    for (const StatePatch& patch : patches)
        if (patch.scan == id)
            wanted[patch.step] = patch.state.to(scan.steps.options());
    std::vector<StateJump> jumps;
    const at::Tensor sum = runningSum(scan.steps);
    for (const auto& [step, state] : wanted) {
        at::Tensor own = stateAfter(scan, sum, step);
        for (const StateJump& before : jumps) {
            const at::Tensor distance = (sum[step] - sum[before.step]).to(scan.steps.scalar_type());
            own = own + decays(distance.unsqueeze(0), scan.A)[0] * before.difference;
        }
        jumps.push_back({step, state - own});
    }
    return jumps;
}

}  // namespace

at::Tensor stepSizes(const ScanSet& set)
{
    const std::int64_t images = set.images();
    const std::int64_t slots = set.slots();
    at::Tensor delta = set.delta;
    if (set.deltaBias.defined()) {
        at::Tensor bias = set.deltaBias;
        if (bias.size(0) > 1 && set.scanIds.defined())
            bias = bias.index_select(0, set.scanIds.flatten().to(at::kLong)).unflatten(0, {images, slots});
        else
            bias = bias.unsqueeze(0);
        delta = delta + (bias.dim() == 3 ? bias.unsqueeze(2) : bias);
    }
    if (set.deltaSoftplus)
        delta = at::softplus(delta);
    return delta.expand({images, slots, set.steps(), set.lanes()});
}

std::vector<StateJump> stateJumps(const ScanSet& set, std::int64_t image, std::int64_t slot,
                                  const std::vector<StatePatch>& patches)
{
    return jumpsOf(OneScan(set, stepSizes(set), image, slot), scanAt(set, image, slot), patches);
}

at::Tensor jumpOutputs(const std::vector<StateJump>& jumps, const at::Tensor& delta, const at::Tensor& A,
                       const at::Tensor& C)
{
    const std::int64_t length = delta.size(0);
    const at::Tensor sum = runningSum(delta);
    at::Tensor total = at::zeros_like(delta);
    for (const StateJump& jump : jumps) {
        std::vector<at::Tensor> parts = {at::zeros({jump.step + 1, delta.size(1)}, delta.options())};
        for (std::int64_t first = jump.step + 1; first < length; first += kChunk) {
            const std::int64_t count = std::min(kChunk, length - first);
            const at::Tensor distance = (sum.narrow(0, first, count) - sum[jump.step]).to(delta.scalar_type());
            parts.push_back(
                (decays(distance, A) * jump.difference.unsqueeze(0) * C.narrow(0, first, count).unsqueeze(1)).sum(2));
        }
        total = total + at::cat(parts);
    }
    return total;
}

at::Tensor patchStates(const ScanSet& set, const std::vector<StatePatch>& patches, const at::Tensor& y)
{
    if (patches.empty())
        return y;
    const at::Tensor delta = stepSizes(set);
    std::vector<at::Tensor> images;
    for (std::int64_t image = 0; image < set.images(); ++image) {
        at::Tensor patched = y[image];
        for (std::int64_t slot = 0; slot < set.slots(); ++slot) {
            const OneScan scan(set, delta, image, slot);
            const std::vector<StateJump> jumps = jumpsOf(scan, scanAt(set, image, slot), patches);
            if (jumps.empty())
                continue;
            at::Tensor added = jumpOutputs(jumps, scan.steps, scan.A, scan.C);
            if (set.weights.defined())
                added = added * set.weights[image][slot];
            patched = patched.index_add(0, scan.rows, added);
        }
        images.push_back(patched);
    }
    return at::stack(images);
}

}  // namespace mixer
