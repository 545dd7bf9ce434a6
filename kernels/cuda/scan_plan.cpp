// SPDX-License-Identifier: MIT
#include "kernels/cuda/scan_plan.h"

#include <algorithm>
#include <limits>

namespace mixer::kernels::cuda {
namespace {

constexpr std::int64_t kMaxBlocks = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMaxSize = std::int64_t{1} << 40;  // keeps every product of two sizes inside 64 bits

int elementSize(ElementType type)
{
    return type == ElementType::Float32 ? 4 : 2;
}

std::int64_t ceilDivide(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

int log2Of(int power)
{
    int exponent = 0;
    while ((1 << exponent) < power)
        ++exponent;
    return exponent;
}

bool aligned(const void* pointer)
{
    return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0;
}

// Whether rows that start `strides` apart can be read 16 bytes at a time.
bool canVectorize(ElementType type, const void* pointer, std::initializer_list<std::int64_t> strides)
{
    const int width = 16 / elementSize(type);
    return aligned(pointer)
        && std::all_of(strides.begin(), strides.end(), [width](std::int64_t stride) { return stride % width == 0; });
}

BlockShape shapeFor(int dstate, int lanes, int steps)
{
    BlockShape shape;
    shape.states_per_thread = dstate == 1 ? 1 : 4;
    while (shape.groups * shape.states_per_thread < dstate)
        shape.groups *= 2;
    shape.padded_states = shape.groups * shape.states_per_thread;
    shape.lanes = lanes;
    shape.tiles = kThreads / (shape.groups * shape.lanes);
    shape.log2_groups = log2Of(shape.groups);
    shape.log2_lanes = log2Of(shape.lanes);
    shape.chunk = shape.tiles * steps;
    return shape;
}

// Time of a launch in arbitrary units. A block's time goes with its chunks, each of the same work whatever the block's
// shape, a little longer with more tiles to fold. A multiprocessor runs two blocks at a time; a last round of one block
// each takes less than a full one.
double costOf(const BlockShape& shape, const DeviceScan& p, std::int64_t images, std::int64_t scans_in_a_row,
              int multiprocessors)
{
    const std::int64_t slots = 2 * std::int64_t{multiprocessors};
    const std::int64_t blocks = ceilDivide(p.dim, shape.lanes) * images;
    const std::int64_t rest = blocks % slots;
    const std::int64_t full_rounds = blocks / slots;
    const double rounds = static_cast<double>(full_rounds) + (rest == 0 ? 0.0 : 2 * rest <= slots ? 0.65 : 1.0);
    const auto chunks = static_cast<double>(scans_in_a_row * ceilDivide(p.seqlen, shape.chunk));
    return rounds * chunks * (1.0 + 0.0125 * shape.tiles);
}

struct Choice {
    BlockShape shape;
    double cost = std::numeric_limits<double>::infinity();
};

// At least 8 lanes: 16 bytes of a 16-bit type; at least a warp; at most the block.
Choice chooseShape(const DeviceScan& p, int steps, std::int64_t images, std::int64_t scans_in_a_row,
                   int multiprocessors)
{
    const int groups = shapeFor(static_cast<int>(p.dstate), 1, steps).groups;
    Choice best;
    for (int lanes = std::max(8, 32 / groups); lanes <= std::min(64, kThreads / groups); lanes *= 2) {
        const BlockShape shape = shapeFor(static_cast<int>(p.dstate), lanes, steps);
        const double cost = costOf(shape, p, images, scans_in_a_row, multiprocessors);
        if (cost < best.cost)
            best = {shape, cost};
    }
    return best;
}

class WorkspaceBuilder {
public:
    explicit WorkspaceBuilder(WorkspaceLayout& layout)
        : m_layout(layout)
    {
    }
    void add(std::int64_t& offset, std::int64_t floats)
    {
        offset = m_layout.size;
        m_layout.size += (floats + 3) / 4 * 4;
    }

private:
    WorkspaceLayout& m_layout;
};

// Slots run one after another inside a block where the images alone fill the device: their sum then needs no second
// kernel and less memory. Otherwise side by side.
void planScans(const DeviceScan& p, int steps, int multiprocessors, Plan& plan)
{
    constexpr double kWorthSplitting = 0.8;
    const Choice in_a_row = chooseShape(p, steps, p.batch, p.scans, multiprocessors);
    const Choice side_by_side = chooseShape(p, steps, p.batch * p.scans, 1, multiprocessors);
    plan.split_scans = p.scans > 1 && side_by_side.cost < kWorthSplitting * in_a_row.cost;
    plan.shape = plan.split_scans ? side_by_side.shape : in_a_row.shape;
    plan.scans_per_block = plan.split_scans ? 1 : p.scans;
    plan.lane_tiles = ceilDivide(p.dim, plan.shape.lanes);
    plan.chunks = ceilDivide(p.seqlen, plan.shape.chunk);
    plan.blocks = plan.lane_tiles * p.batch * (p.scans / plan.scans_per_block);
}

std::int64_t sumsSize(const DeviceScan& p, const Plan& plan)
{
    return plan.split_scans ? p.batch * p.scans * p.seqlen * p.dim : p.batch * p.seqlen * p.dim;
}

bool needsSums(const DeviceScan& p, const Plan& plan)
{
    return p.scans > 1 && (plan.split_scans || p.type != ElementType::Float32);
}

void planForward(const DeviceScan& p, bool bidirectional, const DeviceLimits& device, Plan& plan)
{
    WorkspaceBuilder workspace(plan.workspace);
    if (bidirectional && plan.chunks > 1)
        workspace.add(plan.workspace.boundaries, p.batch * p.scans * plan.chunks * p.dim * p.dstate);
    if (needsSums(p, plan))
        workspace.add(plan.workspace.sums, sumsSize(p, plan));
    const BlockShape& s = plan.shape;
    plan.shared_floats = 2 * s.chunk * s.lanes + 2 * s.chunk * s.padded_states
        + (bidirectional ? 3 : 2) * kThreads * s.states_per_thread;
    // u, delta, B and C as they come. Not at the price of the second block.
    const int raw = (2 * s.chunk * s.lanes + 2 * s.chunk * s.padded_states) * elementSize(p.type) / 4;
    constexpr int kReservedBytes = 1024;  // of every block, by the system
    if (2 * ((plan.shared_floats + raw) * 4 + kReservedBytes) <= device.shared_bytes) {
        plan.raw_floats = plan.shared_floats;
        plan.shared_floats += raw;
    }
}

void planBackward(const DeviceScan& p, bool bidirectional, Plan& plan)
{
    const std::int64_t runs = p.batch * p.scans;
    WorkspaceLayout& w = plan.workspace;
    WorkspaceBuilder workspace(w);
    if (plan.chunks > 1) {
        workspace.add(w.boundaries, runs * plan.chunks * p.dim * p.dstate);
        if (bidirectional)
            workspace.add(w.adjoint_boundaries, runs * plan.chunks * p.dim * p.dstate);
    }
    if (needsSums(p, plan)) {
        workspace.add(w.sums, sumsSize(p, plan));
        if (p.delta_scan_stride == 0)
            workspace.add(w.delta_sums, sumsSize(p, plan));
    }
    workspace.add(w.dB, runs * plan.lane_tiles * p.seqlen * p.dstate);
    workspace.add(w.dC, runs * plan.lane_tiles * p.seqlen * p.dstate);
    workspace.add(w.dA, runs * (p.A_dim_stride ? p.dim : plan.lane_tiles) * p.dstate);
    const auto perLaneOrRow
        = [&](std::int64_t dim_stride) { return runs * (dim_stride ? p.dim : plan.lane_tiles * p.seqlen); };
    if (p.D)
        workspace.add(w.dD, perLaneOrRow(p.D_dim_stride));
    if (p.delta_bias)
        workspace.add(w.dbias, perLaneOrRow(p.bias_dim_stride));
    workspace.add(w.dweights, runs * plan.lane_tiles);

    const BlockShape& s = plan.shape;
    const int warps_per_tile = s.lanes * s.groups / 32;
    plan.shared_floats = 3 * s.chunk * s.lanes + 2 * s.chunk * s.padded_states
        + (bidirectional ? 5 : 3) * kThreads * s.states_per_thread + 2 * warps_per_tile * s.chunk * s.padded_states;
}

const char* checkSizes(const DeviceScan& p, Operation operation)
{
    for (const std::int64_t size : {p.batch, p.scans, p.dim, p.seqlen, p.dstate, p.scan_count})
        if (size < 1 || size > kMaxSize)
            return "batch, scans, dim, seqlen, dstate and scan_count must be at least 1 (and below 2^40)";
    if (p.seqlen > std::numeric_limits<std::int32_t>::max())
        return "seqlen must fit 31 bits";
    if (isBackward(operation) ? p.dstate > kMaxBackwardStates : p.dstate > kMaxForwardStates)
        return "dstate must be at most 128, for gradients at most 64";
    if (!p.scan_ids && p.scan_count < p.scans)
        return "without scan_ids, slot k runs scan k: scan_count must be at least scans";
    if (p.batch > kMaxBlocks / p.scans || ceilDivide(p.dim, 8) > kMaxBlocks / (p.batch * p.scans))
        return "batch * scans * dim is more than one grid holds";
    return nullptr;
}

bool laneOrRow(std::int64_t dim_stride, std::int64_t step_stride)
{
    return (dim_stride == 1 && step_stride == 0) || (dim_stride == 0 && step_stride == 1);
}

}  // namespace

const char* check(const DeviceScan& p, Operation operation)
{
    if (const char* problem = checkSizes(p, operation))
        return problem;
    if (!p.u || !p.delta || !p.A || !p.B || !p.C)
        return "u, delta, A, B and C must not be null";
    if (!isBackward(operation) && !p.out)
        return "out must not be null";
    if (p.D && !laneOrRow(p.D_dim_stride, p.D_step_stride))
        return "D is per lane (strides 1, 0) or per row (strides 0, 1)";
    if (p.delta_bias && !laneOrRow(p.bias_dim_stride, p.bias_step_stride))
        return "delta_bias is per lane (strides 1, 0) or per row (strides 0, 1)";
    if (p.workspace && !aligned(p.workspace))
        return "the workspace must begin at a multiple of 16 bytes";
    return nullptr;
}

const char* check(const DeviceScan& p, const DeviceScanGradients& g, Operation operation)
{
    if (const char* problem = check(p, operation))
        return problem;
    return g.dout ? nullptr : "dout must not be null";
}

Plan makePlan(const DeviceScan& p, Operation operation, const DeviceLimits& device)
{
    Plan plan;
    planScans(p, isBackward(operation) ? kBackwardSteps : kForwardSteps, device.multiprocessors, plan);
    if (isBackward(operation))
        planBackward(p, isBidirectional(operation), plan);
    else
        planForward(p, isBidirectional(operation), device, plan);
    plan.vector_u = canVectorize(p.type, p.u, {p.u_batch_stride, p.u_step_stride});
    plan.vector_delta = canVectorize(p.type, p.delta, {p.delta_batch_stride, p.delta_scan_stride, p.delta_step_stride});
    plan.vector_states = p.dstate == plan.shape.padded_states && p.dstate % (16 / elementSize(p.type)) == 0
        && canVectorize(p.type, p.B, {p.B_batch_stride, p.B_scan_stride, p.B_step_stride})
        && canVectorize(p.type, p.C, {p.C_batch_stride, p.C_scan_stride, p.C_step_stride});
    plan.vector_out = canVectorize(p.type, p.out, {p.out_batch_stride, p.out_step_stride}) && p.dim % 8 == 0;
    return plan;
}

Plan makePlan(const DeviceScan& p, const DeviceScanGradients& g, Operation operation, const DeviceLimits& device)
{
    Plan plan = makePlan(p, operation, device);
    plan.vector_dout = canVectorize(p.type, g.dout, {g.dout_batch_stride, g.dout_step_stride});
    plan.vector_out = p.dim % 8 == 0 && aligned(g.du) && aligned(g.ddelta);
    return plan;
}

}  // namespace mixer::kernels::cuda
