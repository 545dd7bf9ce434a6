// SPDX-License-Identifier: MIT
#pragma once

#include "engine/models/Network.h"
#include "engine/trace/Trace.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mixer {

/// MixerDetail over the parts of a token or channel mixer. Memory: the inputs (positions x lanes, a few times),
/// the chunk states (positions/64 x lanes x N for each scan), and Delta of the scans that were asked for.
class ScanDetail : public MixerDetail {
public:
    /// Runs every scan once to get its chunk states. The output gate is brought into natural axes here. Throws
    /// Cancelled.
    ScanDetail(const MixerRecord& record, MixerParts parts, const CancelToken& cancel);

    int scanCount() const override { return static_cast<int>(m_scans.size()); }
    std::string scanName(int scan) const override { return at(scan).name; }
    bool isQuasiSeparable() const override { return m_scans.front()->input.quasiSeparable; }
    int laneCount() const override { return static_cast<int>(m_scans.front()->input.lanes()); }
    int positionCount() const override { return static_cast<int>(m_scans.front()->input.positions()); }
    int stateSize() const override { return static_cast<int>(m_scans.front()->input.stateSize()); }
    int positionAt(int scan, int step) const override;
    int stepOf(int scan, int position) const override;

    const Array& delta(int scan) const override;
    Array gate(int scan) const override;
    Array meanGate(int scan) const override;
    Array laneGate(int scan) const override;
    const Array& outputGate() const override { return m_outputGate; }
    Array input(int scan) const override;
    Array skip(int scan) const override;
    Array inputMatrix(int scan) const override;
    Array outputMatrix(int scan) const override;
    const Array& stateMatrix(int scan) const override { return at(scan).stateMatrix; }
    Array state(int scan, int firstLane, int count, int step, Direction direction) const override;
    const Array& stateNorm(int scan, Direction direction) const override;
    Array stateNorm(int scan, int firstLane, int count, Direction direction) const override;
    Array output(int scan) const override;

private:
    struct Scan {
        ScanInput input;
        std::string name;
        at::Tensor chunkStates;          ///< (1, chunks, lanes, N)
        at::Tensor backwardChunkStates;  ///< quasi-separable only
        std::vector<std::int32_t> stepOfPosition;
        Array stateMatrix;
        mutable std::once_flag deltaOnce, normOnce[2];
        mutable Array delta, norm[2];
    };
    const Scan& at(int scan) const;
    void requireDirection(const Scan& scan, Direction direction) const;
    void requireLanes(int firstLane, int count) const;

    std::vector<std::unique_ptr<const Scan>> m_scans;  ///< behind pointers: a once_flag does not move
    Array m_outputGate;
};

}  // namespace mixer
