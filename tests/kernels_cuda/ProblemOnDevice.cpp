// SPDX-License-Identifier: MIT
#include "tests/kernels_cuda/ProblemOnDevice.h"

#include "tests/kernels_cuda/Elements.h"

#include "kernels/scan.h"

namespace mixer::kernels::cuda::test {
namespace {

constexpr char kPoison = '\xff';  // a NaN in every format

std::shared_ptr<void> onDevice(const void* data, std::size_t bytes)
{
    std::shared_ptr<void> memory(allocate(bytes), release);
    upload(memory.get(), data, bytes);
    return memory;
}

void putElement(ElementType type, char* to, double value)
{
    if (type == ElementType::Float32) {
        const auto x = static_cast<float>(value);
        std::memcpy(to, &x, sizeof x);
        return;
    }
    const std::uint16_t bits = type == ElementType::BFloat16 ? toBFloat16(value) : toFloat16(value);
    std::memcpy(to, &bits, sizeof bits);
}

double getElement(ElementType type, const char* from)
{
    if (type == ElementType::Float32) {
        float x;
        std::memcpy(&x, from, sizeof x);
        return x;
    }
    std::uint16_t bits;
    std::memcpy(&bits, from, sizeof bits);
    return type == ElementType::BFloat16 ? fromBFloat16(bits) : fromFloat16(bits);
}

}  // namespace

DeviceTensor::DeviceTensor(const std::vector<double>& values, ElementType type, std::int64_t row, bool padded)
    : m_type(type)
    , m_rows(row > 0 ? static_cast<std::int64_t>(values.size()) / row : 0)
    , m_row(row)
    , m_stride(row + (padded ? 3 : 0))
    , m_skip(padded ? 1 : 0)
{
    put(&values);
}

DeviceTensor DeviceTensor::output(std::size_t count, ElementType type, std::int64_t row, bool padded)
{
    DeviceTensor tensor;
    tensor.m_type = type;
    tensor.m_rows = static_cast<std::int64_t>(count) / row;
    tensor.m_row = row;
    tensor.m_stride = row + (padded ? 3 : 0);
    tensor.m_skip = padded ? 1 : 0;
    tensor.put(nullptr);
    return tensor;
}

void DeviceTensor::put(const std::vector<double>* values)
{
    std::vector<char> bytes(static_cast<std::size_t>(total() * elementSize()), kPoison);
    for (std::int64_t i = 0; values && i < m_rows * m_row; ++i)
        putElement(m_type, bytes.data() + (m_skip + i / m_row * m_stride + i % m_row) * elementSize(),
                   (*values)[static_cast<std::size_t>(i)]);
    m_memory = onDevice(bytes.data(), bytes.size());
}

std::vector<char> DeviceTensor::bytes() const
{
    std::vector<char> bytes(static_cast<std::size_t>(total() * elementSize()));
    if (m_memory)
        download(bytes.data(), m_memory.get(), bytes.size());
    return bytes;
}

std::vector<double> DeviceTensor::values() const
{
    const std::vector<char> all = bytes();
    std::vector<double> values;
    for (std::int64_t i = 0; i < m_rows * m_row; ++i)
        values.push_back(getElement(m_type, all.data() + (m_skip + i / m_row * m_stride + i % m_row) * elementSize()));
    return values;
}

bool DeviceTensor::poisonIntact() const
{
    const std::vector<char> all = bytes();
    for (std::int64_t i = 0; i < total(); ++i) {
        const bool between = i < m_skip || (i - m_skip) % m_stride >= m_row;
        for (std::int64_t b = i * elementSize(); between && b < (i + 1) * elementSize(); ++b)
            if (all[static_cast<std::size_t>(b)] != kPoison)
                return false;
    }
    return true;
}

ProblemOnDevice::ProblemOnDevice(const Problem& problem)
    : m_multiprocessors(problem.options.multiprocessors)
{
    const ProblemOptions& o = problem.options;
    scan.type = o.type;
    scan.batch = o.batch;
    scan.scans = o.scans;
    scan.scan_count = o.scan_count;
    scan.dim = o.dim;
    scan.seqlen = o.seqlen;
    scan.dstate = o.dstate;
    scan.delta_softplus = o.softplus;
    describeData(problem);
    describeParameters(problem);
    describeChoice(problem);
    describeOutputs(problem);
}

void ProblemOnDevice::describeData(const Problem& problem)
{
    const ProblemOptions& o = problem.options;
    const auto tensor = [&](const std::vector<double>& values, std::int64_t row) {
        return DeviceTensor(values, o.type, row, o.padded);
    };
    m_u = tensor(problem.u, o.dim);
    m_delta = tensor(problem.delta, o.dim);
    m_B = tensor(problem.B, o.dstate);
    m_C = tensor(problem.C, o.dstate);
    m_dout = tensor(problem.dout, o.dim);
    const auto describe
        = [&](const DeviceTensor& from, bool per_slot, std::int64_t& batch, std::int64_t& slot, std::int64_t& step) {
              step = from.rowStride();
              slot = per_slot ? o.seqlen * step : 0;
              batch = o.seqlen * step * (per_slot ? o.scans : 1);
              return from.pointer();
          };
    std::int64_t unused = 0;
    scan.u = describe(m_u, false, scan.u_batch_stride, unused, scan.u_step_stride);
    scan.delta
        = describe(m_delta, o.slots_have_data, scan.delta_batch_stride, scan.delta_scan_stride, scan.delta_step_stride);
    scan.B = describe(m_B, o.slots_have_data, scan.B_batch_stride, scan.B_scan_stride, scan.B_step_stride);
    scan.C = describe(m_C, o.slots_have_data, scan.C_batch_stride, scan.C_scan_stride, scan.C_step_stride);
    gradients.dout = describe(m_dout, false, gradients.dout_batch_stride, unused, gradients.dout_step_stride);
}

void ProblemOnDevice::describeParameters(const Problem& problem)
{
    const ProblemOptions& o = problem.options;
    const std::int64_t sets = o.scans_have_parameters ? o.scan_count : 1;
    const auto tensor = [&](const std::vector<double>& values) {
        const auto count = static_cast<std::int64_t>(values.size());
        return DeviceTensor(values, ElementType::Float32, count, o.padded);
    };
    const auto scanStride = [&](const std::vector<double>& values) {
        return o.scans_have_parameters ? static_cast<std::int64_t>(values.size()) / sets : 0;
    };
    m_A = tensor(problem.A);
    scan.A = m_A.floats();
    scan.A_scan_stride = scanStride(problem.A);
    scan.A_dim_stride = o.shared_A ? 0 : o.dstate;
    if (o.skip != Per::None) {
        m_D = tensor(problem.D);
        scan.D = m_D.floats();
        scan.D_scan_stride = scanStride(problem.D);
        scan.D_dim_stride = o.skip == Per::Lane ? 1 : 0;
        scan.D_step_stride = o.skip == Per::Row ? 1 : 0;
    }
    if (o.bias != Per::None) {
        m_bias = tensor(problem.bias);
        scan.delta_bias = m_bias.floats();
        scan.bias_scan_stride = scanStride(problem.bias);
        scan.bias_dim_stride = o.bias == Per::Lane ? 1 : 0;
        scan.bias_step_stride = o.bias == Per::Row ? 1 : 0;
    }
}

void ProblemOnDevice::describeChoice(const Problem& problem)
{
    const ProblemOptions& o = problem.options;
    if (!problem.orders.empty()) {
        m_orders = onDevice(problem.orders.data(), problem.orders.size() * sizeof(std::int32_t));
        scan.orders = static_cast<const std::int32_t*>(m_orders.get());
        scan.order_stride = o.seqlen;
    }
    if (!problem.scan_ids.empty()) {
        m_scan_ids = onDevice(problem.scan_ids.data(), problem.scan_ids.size() * sizeof(std::int32_t));
        scan.scan_ids = static_cast<const std::int32_t*>(m_scan_ids.get());
    }
    if (!problem.weights.empty()) {
        m_weights = DeviceTensor(problem.weights, ElementType::Float32, o.scans, false);
        scan.weights = m_weights.floats();
    }
}

void ProblemOnDevice::describeOutputs(const Problem& problem)
{
    const ProblemOptions& o = problem.options;
    const auto gradient = [&](const std::vector<double>& like, ElementType type) {
        return like.empty() ? DeviceTensor()
                            : DeviceTensor::output(like.size(), type, static_cast<std::int64_t>(like.size()), false);
    };
    du = gradient(problem.u, o.type);
    ddelta = gradient(problem.delta, o.type);
    dB = gradient(problem.B, o.type);
    dC = gradient(problem.C, o.type);
    dA = gradient(problem.A, ElementType::Float32);
    dD = gradient(problem.D, ElementType::Float32);
    dbias = gradient(problem.bias, ElementType::Float32);
    dweights = DeviceTensor::output(static_cast<std::size_t>(o.batch * o.scans), ElementType::Float32, o.scans, false);
    gradients.du = du.pointer();
    gradients.ddelta = ddelta.pointer();
    gradients.dB = dB.pointer();
    gradients.dC = dC.pointer();
    gradients.dA = dA.floats();
    gradients.dD = dD.floats();
    gradients.ddelta_bias = dbias.floats();
    gradients.dweights = dweights.floats();

    out = o.accumulate ? DeviceTensor(problem.out_before, o.type, o.dim, o.padded)
                       : DeviceTensor::output(problem.u.size(), o.type, o.dim, o.padded);
    scan.out = out.pointer();
    scan.out_step_stride = out.rowStride();
    scan.out_batch_stride = o.seqlen * out.rowStride();
    scan.accumulate = o.accumulate;
    if (o.save_states) {
        const std::int64_t count = o.batch * o.scans * chunk_count(o.seqlen) * o.dim * o.dstate;
        chunk_states = DeviceTensor::output(static_cast<std::size_t>(count), ElementType::Float32, count, false);
        backward_chunk_states
            = chunk_states.output(static_cast<std::size_t>(count), ElementType::Float32, count, false);
        scan.chunk_states = chunk_states.floats();
        scan.backward_chunk_states = backward_chunk_states.floats();
    }
}

std::string ProblemOnDevice::forward(bool bidirectional)
{
    return runOperation(scan, nullptr, bidirectional ? Operation::QuasiSeparableScan : Operation::SelectiveScan,
                        m_multiprocessors);
}

std::string ProblemOnDevice::backward(bool bidirectional)
{
    return runOperation(scan, &gradients,
                        bidirectional ? Operation::QuasiSeparableScanBackward : Operation::SelectiveScanBackward,
                        m_multiprocessors);
}

}  // namespace mixer::kernels::cuda::test
