// SPDX-License-Identifier: MIT
#include "engine/session/GateWatch.h"

#include "engine/core/Error.h"
#include "engine/ops/ScanSet.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

namespace mixer {

namespace {

thread_local GateWatch* t_watch = nullptr;

/// Of what scan_set_forward is called with (engine/ops/ScanSetOperator.h): only what gates come from.
ScanSet gatesOf(c10::ArrayRef<const c10::IValue> arguments)
{
    const auto tensor = [&](std::size_t i) { return arguments[i].isTensor() ? arguments[i].toTensor() : at::Tensor(); };
    ScanSet set;
    set.u = tensor(0);
    set.delta = tensor(1);
    set.A = tensor(2);
    set.deltaBias = tensor(6);
    set.orders = tensor(7);
    set.scanIds = tensor(8);
    set.deltaSoftplus = arguments[10].toBool();
    return set;
}

/// Gates that are looked at together: those of all scans of a whole batch would be the largest tensor of the pass.
constexpr std::int64_t kMostGates = std::int64_t(1) << 20;

/// Delta before softplus of some images: (images, K or 1, L, E).
at::Tensor rawDelta(const ScanSet& set, std::int64_t first, std::int64_t count)
{
    const at::Tensor delta
        = set.delta.narrow(0, first, count).to(at::promote_types(set.delta.scalar_type(), at::kFloat));
    if (!set.deltaBias.defined())
        return delta;
    at::Tensor bias = set.deltaBias;  // (S or 1, E) or (S or 1, L, 1)
    if (bias.dim() == 2)
        bias = bias.unsqueeze(1);
    if (set.scanIds.defined() && bias.size(0) > 1) {
        const at::Tensor ids = set.scanIds.narrow(0, first, count);
        bias = bias.index_select(0, ids.flatten().to(at::kLong)).unflatten(0, ids.sizes());
    }
    return delta + bias;
}

/// g = 1 - exp(-Delta); of Delta = softplus(x) that is the logistic function of x.
at::Tensor gateOf(const at::Tensor& raw, bool softplus)
{
    return softplus ? raw.sigmoid() : at::expm1(raw.neg()).neg();
}

}  // namespace

struct GateWatchCallback {
    static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function)
    {
        if (std::strcmp(function.name(), "mixer::scan_set_forward") == 0)
            t_watch->see(gatesOf(function.inputs()));
        return nullptr;
    }
};

GateWatch::GateWatch()
{
    if (t_watch)
        throw Error(ErrorKind::Usage, "this thread's gates are watched already");
    t_watch = this;
    m_callback = at::addThreadLocalCallback(
        at::RecordFunctionCallback(&GateWatchCallback::begin).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
}

GateWatch::~GateWatch()
{
    at::removeCallback(m_callback);
    t_watch = nullptr;
}

void GateWatch::see(const ScanSet& set)
{
    const at::DisableRecordFunctionGuard notMyOwn;
    const std::int64_t slots = std::max(set.delta.size(1), set.scanIds.defined() ? set.scanIds.size(1) : 1);
    const std::int64_t together = std::max<std::int64_t>(1, kMostGates / (slots * set.steps() * set.lanes()));
    std::vector<at::Tensor> parts;
    for (std::int64_t first = 0; first < set.images(); first += together) {
        const std::int64_t count = std::min(together, set.images() - first);
        const at::Tensor gate = gateOf(rawDelta(set, first, count), set.deltaSoftplus);
        const at::Tensor open = gate.amin(2).ge(kOpenGate).sum({1, 2}, false, at::kDouble);
        const at::Tensor shut = gate.amax(2).le(kShutGate).sum({1, 2}, false, at::kDouble);
        parts.push_back(at::stack({gate.sum(2).sum({1, 2}, false, at::kDouble), open, shut}, 1));
        if (first == 0) {
            m_seen.m_values += gate[0].numel();
            m_seen.m_lanes += gate.size(1) * gate.size(3);
        }
    }
    const at::Tensor sums = at::cat(parts);
    m_seen.m_sums = m_seen.m_sums.defined() ? m_seen.m_sums + sums : sums;
}

GateWatch::Seen GateWatch::take()
{
    return std::exchange(m_seen, Seen());
}

std::vector<GateSummary> GateWatch::Seen::summaries() const
{
    std::vector<GateSummary> result;
    if (!m_sums.defined())
        return result;
    const at::Tensor sums = m_sums.to(at::kCPU).contiguous();
    const double* row = sums.data_ptr<double>();
    for (std::int64_t image = 0; image < sums.size(0); ++image, row += 3) {
        const auto lanes = static_cast<double>(m_lanes);
        result.push_back({static_cast<float>(row[0] / static_cast<double>(m_values)),
                          static_cast<float>(row[1] / lanes), static_cast<float>(row[2] / lanes)});
    }
    return result;
}

}  // namespace mixer
