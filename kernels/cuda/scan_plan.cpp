// SPDX-License-Identifier: MIT
#include "kernels/cuda/scan_plan.h"

#include <algorithm>
#include <limits>

namespace mixer::kernels::cuda {
namespace {

constexpr std::int64_t kMaxBlocks = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMaxImage = std::numeric_limits<std::int32_t>::max() - 64;  // elements of an image's tensor
constexpr std::int64_t kMaxSize = std::int64_t{1} << 40;  // keeps every product of two sizes inside 64 bits

int elementSize(ElementType type)
{
    return type == ElementType::Float32 ? 4 : 2;
}

std::int64_t ceilDivide(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

bool aligned(const void* pointer)
{
    return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0;
}

// Whether rows that start `strides` apart can be accessed four elements at a time.
bool canVectorize(ElementType type, const void* pointer, std::initializer_list<std::int64_t> strides)
{
    return reinterpret_cast<std::uintptr_t>(pointer) % (4 * static_cast<unsigned>(elementSize(type))) == 0
        && std::all_of(strides.begin(), strides.end(), [](std::int64_t stride) { return stride % 4 == 0; });
}

BlockShape shapeFor(std::int64_t dstate, int threads, int lanes, int steps)
{
    BlockShape shape;
    shape.states_per_thread = dstate == 1 ? 1 : 4;
    shape.groups = dstate == 1 ? 1 : dstate <= 16 ? 4 : dstate <= 64 ? 16 : 32;
    shape.padded_states = shape.groups * shape.states_per_thread;
    shape.lanes = lanes;
    shape.log2_lanes = log2Of(lanes);
    shape.threads = threads;
    shape.tiles = threads / (shape.groups * lanes);
    shape.chunk = shape.tiles * steps;
    return shape;
}

// Everything of a block's shared memory but what is fetched ahead.
SharedLayout layoutFor(const BlockShape& s, Operation operation)
{
    SharedLayout layout;
    const auto add = [&layout](int& offset, int floats) {
        offset = layout.size;
        layout.size += (floats + 3) / 4 * 4;
    };
    const bool backward = isBackward(operation);
    const int steps = s.chunk / s.tiles;
    const int lane_floats = s.tiles * s.lanes * (steps + 4);
    const int state_floats = s.tiles * s.padded_states * (backward ? steps + 4 : steps);
    const int recurrences = (backward ? 2 : 1) * (isBidirectional(operation) ? 2 : 1);
    add(layout.delta, lane_floats);
    add(layout.u, lane_floats);
    add(layout.out, lane_floats);
    add(layout.B, state_floats);
    add(layout.C, state_floats);
    if (!s.one_tile)
        add(layout.summaries, (recurrences + 1) * s.threads * s.states_per_thread);
    if (backward) {
        const int sums = s.lanes * s.groups / 32 * s.chunk * s.padded_states;
        add(layout.dB, sums);
        add(layout.dC, sums);
    }
    add(layout.rows, 3 * s.chunk);
    add(layout.bias, s.lanes);
    add(layout.skip, s.lanes);
    return layout;
}

constexpr int kReservedBytes = 1024;  // of every block's shared memory, by the system

// And the next chunk's bytes. Not at the price of threads that a multiprocessor could hold, unless the kernel knows no
// other way.
SharedLayout layoutFor(const BlockShape& s, const DeviceScan& p, Operation operation, const DeviceLimits& device)
{
    SharedLayout layout = layoutFor(s, operation);
    const int inputs = isBackward(operation) ? 3 : 2;
    const int raw = s.chunk * (inputs * s.lanes + 2 * s.padded_states) * elementSize(p.type) / 4;
    const bool fits
        = residentThreads(operation, s) / s.threads * ((layout.size + raw) * 4 + kReservedBytes) <= device.shared_bytes;
    if (fits || s.one_tile) {
        layout.raw = layout.size;
        layout.size += (raw + 3) / 4 * 4;
    }
    return layout;
}

// What a quasi-separable scan costs, measured in selective ones of the same shape.
double passesOf(const BlockShape& shape, const DeviceScan& p, Operation operation)
{
    if (operation != Operation::QuasiSeparableScan)
        return 1.0;
    constexpr double kFused = 1.45, kWithBoundaries = 2.2;
    return shape.one_tile ? 2.0 : shape.chunk >= p.seqlen ? kFused : kWithBoundaries;
}

// Clocks of a launch, roughly. A thread issues so many instructions a chunk; a quarter of a multiprocessor issues at
// best two in three clocks, one warp alone one in four; a multiprocessor holds residentThreads().
double costOf(const BlockShape& shape, const DeviceScan& p, std::int64_t images, std::int64_t scans_in_a_row,
              std::int64_t segments, Operation operation, const DeviceLimits& device)
{
    constexpr double kOneTile = 900, kSeveralTiles = 830, kFold = 14, kIssue = 0.65, kWarpAlone = 0.25;
    const double once = shape.one_tile ? kOneTile : kSeveralTiles + kFold * shape.tiles;
    const double instructions = once * passesOf(shape, p, operation);
    const auto chunks = static_cast<double>(scans_in_a_row * ceilDivide(ceilDivide(p.seqlen, shape.chunk), segments));
    const std::int64_t blocks = ceilDivide(p.dim, shape.lanes) * images * segments;
    const int shared_bytes = layoutFor(shape, p, operation, device).size * 4 + kReservedBytes;
    const std::int64_t at_a_time
        = std::max(1, std::min(residentThreads(operation, shape) / shape.threads, device.shared_bytes / shared_bytes));
    const std::int64_t fullest = ceilDivide(blocks, device.multiprocessors);
    double clocks = 0.0;
    for (std::int64_t left = fullest; left > 0;) {  // rounds of full multiprocessors are alike: only the last differs
        const std::int64_t full = left / at_a_time;
        const std::int64_t now = full > 0 ? at_a_time : left;
        const double warps = static_cast<double>(now * shape.threads) / 128.0;
        const double round = std::max(warps / kIssue, 1.0 / kWarpAlone);
        clocks += round * static_cast<double>(full > 0 ? full : 1);
        left -= full > 0 ? full * at_a_time : left;
    }
    // The pass before costs two thirds as much again, and a launch.
    constexpr double kSegmentPass = 0.65, kLaunch = 5000;
    return clocks * chunks * instructions * (segments > 1 ? 1 + kSegmentPass : 1) + (segments > 1 ? kLaunch : 0);
}

struct Choice {
    BlockShape shape;
    std::int64_t segments = 1;
    double cost = std::numeric_limits<double>::infinity();
};

// As many segments as make the device's multiprocessors full once, of at least 64 steps and some chunks each.
std::int64_t segmentsFor(const BlockShape& shape, const DeviceScan& p, std::int64_t images, std::int64_t scans_in_a_row,
                         Operation operation, int multiprocessors)
{
    const std::int64_t least_chunks = shape.one_tile ? 2 : 4;
    if (operation != Operation::SelectiveScan || scans_in_a_row > 1)
        return 1;
    const std::int64_t blocks = ceilDivide(p.dim, shape.lanes) * images;
    const std::int64_t room = residentThreads(operation, shape) / shape.threads * std::int64_t{multiprocessors};
    const std::int64_t chunks = ceilDivide(p.seqlen, shape.chunk);
    const std::int64_t segments = std::max<std::int64_t>(std::min(room / blocks, chunks / least_chunks), 1);
    return ceilDivide(chunks, ceilDivide(chunks, segments));  // none without chunks
}

// At least 8 lanes: 16 bytes of a 16-bit type; at least a warp to a tile; no more shared memory than every device has.
Choice chooseShape(const DeviceScan& p, Operation operation, bool whole, std::int64_t images,
                   std::int64_t scans_in_a_row, const DeviceLimits& device)
{
    constexpr int kSharedBytes = 64 * 1024;
    const int steps = isBackward(operation) ? kBackwardSteps : kForwardSteps;
    const int groups = shapeFor(p.dstate, kMaxThreads, 8, steps).groups;
    // Its two sweeps over a sequence add up in one place: scans side by side have none in common.
    const bool sweeps_add_up = operation != Operation::QuasiSeparableScan || scans_in_a_row == p.scans;
    const bool may_be_one_tile = whole && sweeps_add_up && groups > 1 && !isBackward(operation);
    Choice best;
    for (const int threads : {kMaxThreads / 2, kMaxThreads}) {
        for (int lanes = std::max(8, 32 / groups); lanes <= std::min(64, threads / groups); lanes *= 2) {
            BlockShape shape = shapeFor(p.dstate, threads, lanes, steps);
            shape.one_tile = may_be_one_tile && shape.tiles == 1 && threads == oneTileThreads(groups);
            if (shape.one_tile)
                shape.chunk = oneTileSteps(groups);
            if (layoutFor(shape, p, operation, device).size * 4 > kSharedBytes)
                continue;
            for (const std::int64_t segments :
                 {std::int64_t{1}, segmentsFor(shape, p, images, scans_in_a_row, operation, device.multiprocessors)}) {
                const double cost = costOf(shape, p, images, scans_in_a_row, segments, operation, device);
                if (cost < best.cost)
                    best = {shape, segments, cost};
            }
        }
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
void planScans(const DeviceScan& p, Operation operation, const DeviceLimits& device, Plan& plan)
{
    constexpr double kWorthSplitting = 0.8;
    const Choice in_a_row = chooseShape(p, operation, plan.whole, p.batch, p.scans, device);
    const Choice side_by_side = chooseShape(p, operation, plan.whole, p.batch * p.scans, 1, device);
    plan.split_scans = p.scans > 1 && side_by_side.cost < kWorthSplitting * in_a_row.cost;
    const Choice& chosen = plan.split_scans || p.scans == 1 ? side_by_side : in_a_row;
    plan.shape = chosen.shape;
    plan.scans_per_block = plan.split_scans ? 1 : p.scans;
    plan.lane_tiles = ceilDivide(p.dim, plan.shape.lanes);
    plan.chunks = ceilDivide(p.seqlen, plan.shape.chunk);
    plan.segments = chosen.segments;
    plan.segment_chunks = ceilDivide(plan.chunks, plan.segments);
    plan.blocks = plan.lane_tiles * plan.segments * p.batch * (p.scans / plan.scans_per_block);
}

std::int64_t sumsSize(const DeviceScan& p, const Plan& plan)
{
    return plan.split_scans ? p.batch * p.scans * p.seqlen * p.dim : p.batch * p.seqlen * p.dim;
}

bool needsSums(const DeviceScan& p, const Plan& plan, Operation operation)
{
    const bool sweeps = operation == Operation::QuasiSeparableScan && plan.shape.one_tile;
    return (p.scans > 1 || sweeps) && (plan.split_scans || p.type != ElementType::Float32);
}

void planForward(const DeviceScan& p, Operation operation, Plan& plan)
{
    WorkspaceBuilder workspace(plan.workspace);
    if (plan.segments > 1) {
        const std::int64_t states = p.batch * p.scans * plan.segments * p.dim * p.dstate;
        workspace.add(plan.workspace.segment_products, states);
        workspace.add(plan.workspace.segment_ends, states);
    }
    if (isBidirectional(operation) && plan.chunks > 1 && !plan.shape.one_tile)
        workspace.add(plan.workspace.boundaries, p.batch * p.scans * plan.chunks * p.dim * p.dstate);
    if (needsSums(p, plan, operation))
        workspace.add(plan.workspace.sums, sumsSize(p, plan));
}

void planBackward(const DeviceScan& p, Operation operation, Plan& plan)
{
    const std::int64_t runs = p.batch * p.scans;
    WorkspaceLayout& w = plan.workspace;
    WorkspaceBuilder workspace(w);
    if (plan.chunks > 1) {
        workspace.add(w.boundaries, runs * plan.chunks * p.dim * p.dstate);
        if (isBidirectional(operation))
            workspace.add(w.adjoint_boundaries, runs * plan.chunks * p.dim * p.dstate);
    }
    if (needsSums(p, plan, operation)) {
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
    if (p.dim > std::numeric_limits<std::int32_t>::max() - 64)
        return "dim must fit 31 bits";
    const std::int64_t widest = std::max(
        {p.u_step_stride, p.delta_step_stride, p.B_step_stride, p.C_step_stride, p.out_step_stride, p.dim, p.dstate});
    if (std::min({p.u_step_stride, p.delta_step_stride, p.B_step_stride, p.C_step_stride, p.out_step_stride}) < 0
        || widest > kMaxImage / p.seqlen)
        return "an image's rows must span less than 2^31 elements, with strides that are not negative";
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
    if (g.dout_step_stride < 0 || g.dout_step_stride > kMaxImage / p.seqlen)
        return "an image's rows of dout must span less than 2^31 elements, with a stride that is not negative";
    return g.dout ? nullptr : "dout must not be null";
}

Plan makePlan(const DeviceScan& p, Operation operation, const DeviceLimits& device)
{
    Plan plan;
    plan.vector_inputs = canVectorize(p.type, p.u, {p.u_batch_stride, p.u_step_stride})
        && canVectorize(p.type, p.delta, {p.delta_batch_stride, p.delta_scan_stride, p.delta_step_stride});
    plan.vector_states = p.dstate == shapeFor(p.dstate, kMaxThreads, 8, kForwardSteps).padded_states
        && canVectorize(p.type, p.B, {p.B_batch_stride, p.B_scan_stride, p.B_step_stride})
        && canVectorize(p.type, p.C, {p.C_batch_stride, p.C_scan_stride, p.C_step_stride});
    plan.vector_out = canVectorize(p.type, p.out, {p.out_batch_stride, p.out_step_stride}) && p.dim % 4 == 0;
    // A single state is fetched on its own.
    plan.whole = plan.vector_inputs && (p.dstate == 1 || plan.vector_states) && plan.vector_out;
    plan.row_parameters = (p.D && p.D_step_stride != 0) || (p.delta_bias && p.bias_step_stride != 0);
    planScans(p, operation, device, plan);
    plan.shared = layoutFor(plan.shape, p, operation, device);
    if (isBackward(operation))
        planBackward(p, operation, plan);
    else
        planForward(p, operation, plan);
    return plan;
}

Plan makePlan(const DeviceScan& p, const DeviceScanGradients& g, Operation operation, const DeviceLimits& device)
{
    Plan plan = makePlan(p, operation, device);
    plan.vector_inputs = plan.vector_inputs && canVectorize(p.type, g.dout, {g.dout_batch_stride, g.dout_step_stride});
    plan.vector_out = p.dim % 4 == 0 && aligned(g.du) && aligned(g.ddelta);
    return plan;
}

}  // namespace mixer::kernels::cuda
