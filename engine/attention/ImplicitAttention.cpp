// SPDX-License-Identifier: MIT
#include "engine/attention/ImplicitAttention.h"

#include "engine/attention/ScanMatrices.h"
#include "engine/core/Error.h"
#include "kernels/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>

namespace mixer {

namespace {

/// Lanes are summed in this many groups, each in order, then the groups in order: the same bits on any number of
/// threads.
constexpr int kGroups = 16;

/// Beyond this exponent a decay is below the smallest float.
constexpr double kGone = 104;

/// What is left of M's row or column at each step, without the decay and Delta: C_t . B_s for all s, or C_t . B_s for
/// all t. The same for all lanes. (steps, padded)
std::vector<float> stateProducts(const ScanMatrices& scan, int position, bool isRow)
{
    std::vector<float> products(scan.order.size() * static_cast<std::size_t>(scan.padded));
    const float* fixed = isRow ? scan.cOf(position) : scan.bOf(position);
    float* to = products.data();
    for (const std::int32_t other : scan.order) {
        const float* moving = isRow ? scan.bOf(other) : scan.cOf(other);
        for (int n = 0; n < scan.padded; ++n)
            *to++ = fixed[n] * moving[n];
    }
    return products;
}

/// Adds weight * M[position, .] or weight * M[., position] of one lane to `map`, by position.
class LaneWalk {
public:
    LaneWalk(const ScanMatrices& scan, const std::vector<float>& products, int lane, int position, bool isRow,
             double weight, float* map)
        : m_scan(scan)
        , m_products(products.data())
        , m_delta(scan.deltaOf(lane))
        , m_rates(scan.ratesOf(lane))
        , m_slowest(static_cast<double>(scan.slowestOf(lane)))
        , m_step(scan.stepOf[static_cast<std::size_t>(position)])
        , m_isRow(isRow)
        , m_weight(weight)
        , m_map(map)
    {
        // A row looks back to what the scan met before, a column forward to what it met after.
        go(isRow ? -1 : 1);
        if (scan.quasiSeparable)
            go(isRow ? 1 : -1);
        const float own = decayedSum(m_products + std::int64_t{m_step} * scan.padded, m_rates, scan.padded, 0);
        add(position, m_delta[position] * own + scan.skipOf(lane, position));
    }

private:
    void add(int position, float value)
    {
        m_map[position] += static_cast<float>(m_weight * static_cast<double>(value));
    }

    /// The decay between two steps is that of the summed Delta from the earlier (not with it) to the later one; in a
    /// backward state from the earlier one to the later (not with it). Seen from a row's step t, the Delta of the step
    /// passed last joins the sum; seen from a column's, that of the step reached.
    void go(int direction)
    {
        const int end = direction > 0 ? m_scan.positions : -1;
        const float writeHere = m_delta[m_scan.order[static_cast<std::size_t>(m_step)]];
        double distance = 0;
        for (int step = m_step + direction; step != end; step += direction) {
            const int position = m_scan.order[static_cast<std::size_t>(step)];
            const int passed = m_isRow ? m_scan.order[static_cast<std::size_t>(step - direction)] : position;
            distance += static_cast<double>(m_delta[passed]);
            if (distance * m_slowest > kGone)
                break;
            const float sum = decayedSum(m_products + std::int64_t{step} * m_scan.padded, m_rates, m_scan.padded,
                                         static_cast<float>(distance));
            add(position, (m_isRow ? m_delta[position] : writeHere) * sum);
        }
    }

    const ScanMatrices& m_scan;
    const float* m_products;
    const float* m_delta;
    const float* m_rates;
    double m_slowest;
    int m_step;
    bool m_isRow;
    double m_weight;
    float* m_map;
};

double dot(const float* a, const float* b, int count)
{
    double sum = 0;
    for (int i = 0; i < count; ++i)
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

double ratio(double squaredError, double squaredSize)
{
    return std::sqrt(squaredSize > 0 ? squaredError / squaredSize : squaredError);
}

/// Runs work(group, lane) for every lane, groups side by side, the lanes of one group in order.
template <class Work> void forEachLane(const LaneRange& lanes, const CancelToken& cancel, Work&& work)
{
    kernels::parallel_for(std::min(kGroups, lanes.count), 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto group = static_cast<int>(begin); group < end; ++group)
            for (int i = group; i < lanes.count && !cancel.isCancelled(); i += kGroups)
                work(group, lanes.first + i);
    });
    cancel.check();
}

}  // namespace

struct ImplicitAttention::Scan {
    std::once_flag once;
    std::unique_ptr<const ScanMatrices> matrices;
};

struct ImplicitAttention::Request {
    struct Term {
        const ScanMatrices* scan;
        double weight;
    };
    std::vector<Term> terms;
    LaneRange lanes;
    int position;
};

ImplicitAttention::ImplicitAttention(std::shared_ptr<const MixerDetail> detail)
    : m_detail(std::move(detail))
{
    for (int i = 0; i < m_detail->scanCount(); ++i)
        m_scans.push_back(std::make_unique<Scan>());
}

ImplicitAttention::~ImplicitAttention() = default;

const ImplicitAttention::Scan& ImplicitAttention::scan(int index) const
{
    requireScan(*m_detail, index);
    Scan& found = *m_scans[static_cast<std::size_t>(index)];
    std::call_once(found.once, [&] { found.matrices = std::make_unique<const ScanMatrices>(*m_detail, index); });
    return found;
}

ImplicitAttention::Request ImplicitAttention::request(const AttentionScope& scope, int position) const
{
    requirePosition(*m_detail, position);
    Request result;
    result.lanes = laneRange(*m_detail, scope.lane);
    result.position = position;
    std::vector<int> scans = scope.scans;
    if (scans.empty()) {
        scans.resize(m_scans.size());
        std::iota(scans.begin(), scans.end(), 0);
    }
    for (const int index : scans) {
        const ScanMatrices* matrices = scan(index).matrices.get();
        result.terms.push_back({matrices, scope.weighted ? matrices->weight : 1.0});
    }
    return result;
}

AttentionMap ImplicitAttention::map(const Request& request, bool isRow, const CancelToken& cancel) const
{
    struct Group {
        std::vector<float> mean, absolute;
        double squaredError = 0;
        double squaredSize = 0;
    };
    const int positions = m_detail->positionCount();
    const auto size = static_cast<std::size_t>(positions);
    std::vector<std::vector<float>> products;
    for (const Request::Term& term : request.terms) {
        products.push_back(stateProducts(*term.scan, request.position, isRow));
        if (isRow) {  // not from within parallel work: they run scans themselves
            term.scan->input();
            term.scan->output();
        }
    }

    std::vector<Group> groups(static_cast<std::size_t>(std::min(kGroups, request.lanes.count)));
    for (Group& group : groups)
        group = {std::vector<float>(size), std::vector<float>(size)};
    forEachLane(request.lanes, cancel, [&](int index, int lane) {
        Group& group = groups[static_cast<std::size_t>(index)];
        std::vector<float> sum(size), single(size);
        double error = 0;
        double y = 0;
        for (std::size_t i = 0; i < request.terms.size(); ++i) {
            const auto& [scan, weight] = request.terms[i];
            std::fill(single.begin(), single.end(), 0.0F);
            const LaneWalk walk(*scan, products[i], lane, request.position, isRow, weight, single.data());
            for (std::size_t p = 0; p < size; ++p)
                sum[p] += single[p];
            if (isRow) {
                const std::int64_t row = std::int64_t{lane} * positions;
                const double out = weight * static_cast<double>(scan->output().at(lane, request.position));
                error += dot(single.data(), scan->input().values.data() + row, positions) - out;
                y += out;
            }
        }
        for (std::size_t p = 0; p < size; ++p) {
            group.mean[p] += sum[p];
            group.absolute[p] += std::abs(sum[p]);
        }
        group.squaredError += error * error;
        group.squaredSize += y * y;
    });

    AttentionMap result;
    result.mean = Array({positions});
    result.absolute = Array({positions});
    double squaredError = 0;
    double squaredSize = 0;
    for (const Group& group : groups) {
        for (std::size_t p = 0; p < size; ++p) {
            result.mean.values[p] += group.mean[p] / static_cast<float>(request.lanes.count);
            result.absolute.values[p] += group.absolute[p] / static_cast<float>(request.lanes.count);
        }
        squaredError += group.squaredError;
        squaredSize += group.squaredSize;
    }
    result.residual = isRow ? ratio(squaredError, squaredSize) : std::numeric_limits<double>::quiet_NaN();
    return result;
}

AttentionMap ImplicitAttention::row(const AttentionScope& scope, int position, const CancelToken& cancel) const
{
    return map(request(scope, position), true, cancel);
}

AttentionMap ImplicitAttention::column(const AttentionScope& scope, int position, const CancelToken& cancel) const
{
    return map(request(scope, position), false, cancel);
}

double ImplicitAttention::residual(const AttentionScope& scope, int rows, const ProgressCallback& progress,
                                   const CancelToken& cancel) const
{
    const int positions = m_detail->positionCount();
    const int count = std::clamp(rows, 1, positions);
    double squaredError = 0;
    double squaredSize = 0;
    for (int i = 0; i < count; ++i) {
        const auto position = static_cast<int>((std::int64_t{2} * i + 1) * positions / (2 * count));
        Request wanted = request(scope, position);
        double size = 0;
        for (int lane = wanted.lanes.first; lane < wanted.lanes.first + wanted.lanes.count; ++lane) {
            double y = 0;
            for (const auto& [scan, weight] : wanted.terms)
                y += weight * static_cast<double>(scan->output().at(lane, position));
            size += y * y;
        }
        const double relative = map(wanted, true, cancel).residual;
        squaredError += relative * relative * (size > 0 ? size : 1);
        squaredSize += size;
        if (progress)
            progress("checking the attention", static_cast<double>(i + 1) / count);
    }
    return ratio(squaredError, squaredSize);
}

AttentionSplit ImplicitAttention::split(int scanIndex, int lane, const CancelToken& cancel) const
{
    struct Group {
        double energy[AttentionSplit::kParts] = {};
        double alignment[AttentionSplit::kParts] = {};
        double squaredSize = 0;
        std::vector<double> squares;  ///< (parts, positions)
    };
    const LaneRange lanes = laneRange(*m_detail, lane);
    const ScanMatrices& scan = *this->scan(scanIndex).matrices;
    const auto size = static_cast<std::size_t>(scan.positions);
    const float* input = scan.input().values.data();
    std::vector<Group> groups(static_cast<std::size_t>(std::min(kGroups, lanes.count)));
    for (Group& group : groups)
        group.squares.resize(AttentionSplit::kParts * size);
    forEachLane(lanes, cancel, [&](int index, int e) {
        Group& group = groups[static_cast<std::size_t>(index)];
        const float* u = input + std::int64_t{e} * scan.positions;
        const float* delta = scan.deltaOf(e);
        const float* rates = scan.ratesOf(e);
        std::vector<float> parts(AttentionSplit::kParts * size), state(static_cast<std::size_t>(scan.padded));
        const auto run = [&](int firstStep, int direction, float* part) {
            std::fill(state.begin(), state.end(), 0.0F);
            for (int i = 0; i < scan.positions; ++i) {
                const int p = scan.order[static_cast<std::size_t>(firstStep + direction * i)];
                part[p] = decayState(state.data(), scan.cOf(p), rates, scan.padded, delta[p]);
                writeState(state.data(), scan.bOf(p), scan.padded, delta[p] * u[p]);
            }
        };
        run(0, 1, parts.data() + AttentionSplit::Lower * size);
        if (scan.quasiSeparable)
            run(scan.positions - 1, -1, parts.data() + AttentionSplit::Upper * size);
        for (int p = 0; p < scan.positions; ++p) {
            const double cb = dot(scan.cOf(p), scan.bOf(p), scan.padded);
            float* at = parts.data() + p;
            at[AttentionSplit::Diagonal * size] = delta[p] * u[p] * static_cast<float>(cb);
            at[AttentionSplit::Skip * size] = scan.skipOf(e, p) * u[p];
            double y = 0;
            for (std::size_t part = 0; part < AttentionSplit::kParts; ++part)
                y += static_cast<double>(at[part * size]);
            group.squaredSize += y * y;
            for (std::size_t part = 0; part < AttentionSplit::kParts; ++part) {
                const auto value = static_cast<double>(at[part * size]);
                group.energy[part] += value * value;
                group.alignment[part] += value * y;
                group.squares[part * size + static_cast<std::size_t>(p)] += value * value;
            }
        }
    });

    AttentionSplit result;
    result.norm = Array({AttentionSplit::kParts, scan.positions});
    double squaredSize = 0;
    for (const Group& group : groups)
        squaredSize += group.squaredSize;
    for (const Group& group : groups) {
        for (int part = 0; part < AttentionSplit::kParts && squaredSize > 0; ++part) {
            result.energy[part] += group.energy[part] / squaredSize;
            result.share[part] += group.alignment[part] / squaredSize;
        }
    }
    for (std::size_t i = 0; i < result.norm.values.size(); ++i) {
        double sum = 0;
        for (const Group& group : groups)
            sum += group.squares[i];
        result.norm.values[i] = static_cast<float>(std::sqrt(sum));
    }
    return result;
}

}  // namespace mixer
