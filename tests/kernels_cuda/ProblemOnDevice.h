// SPDX-License-Identifier: MIT
#pragma once

#include "tests/kernels_cuda/Backend.h"
#include "tests/kernels_cuda/ScanProblem.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace mixer::kernels::cuda::test {

/// A tensor of rows in the backend's memory, of float32 or a 16-bit type. Rows may be apart; what lies between them is
/// poison that must survive.
class DeviceTensor {
public:
    DeviceTensor() = default;
    DeviceTensor(const std::vector<double>& values, ElementType type, std::int64_t row, bool padded);
    /// To be written: poison all over.
    static DeviceTensor output(std::size_t count, ElementType type, std::int64_t row, bool padded);

    void* pointer() const { return m_memory ? static_cast<char*>(m_memory.get()) + m_skip * elementSize() : nullptr; }
    float* floats() const { return static_cast<float*>(pointer()); }
    std::int64_t rowStride() const { return m_stride; }
    std::vector<double> values() const;
    bool poisonIntact() const;

private:
    std::int64_t elementSize() const { return m_type == ElementType::Float32 ? 4 : 2; }
    void put(const std::vector<double>* values);
    std::vector<char> bytes() const;
    std::int64_t total() const { return m_skip + m_rows * m_stride; }

    ElementType m_type = ElementType::Float32;
    std::int64_t m_rows = 0, m_row = 0, m_stride = 0, m_skip = 0;
    std::shared_ptr<void> m_memory;
};

/// A problem's arrays on the backend, and calls over them.
class ProblemOnDevice {
public:
    explicit ProblemOnDevice(const Problem& problem);

    /// Empty, or what went wrong.
    std::string forward(bool bidirectional);
    std::string backward(bool bidirectional);

    DeviceScan scan;
    DeviceScanGradients gradients;
    DeviceTensor out, chunk_states, backward_chunk_states;
    DeviceTensor du, ddelta, dB, dC, dA, dD, dbias, dweights;

private:
    void describeData(const Problem& problem);
    void describeParameters(const Problem& problem);
    void describeChoice(const Problem& problem);
    void describeOutputs(const Problem& problem);

    DeviceTensor m_u, m_delta, m_B, m_C, m_A, m_D, m_bias, m_weights, m_dout;
    std::shared_ptr<void> m_orders, m_scan_ids;
    int m_multiprocessors;
};

}  // namespace mixer::kernels::cuda::test
