// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureContext.h"

#include <memory>
#include <string>
#include <vector>

namespace mixer::test {

/// What a made-up network looks like. Every number follows from formulas in FakeTrace.cpp, so tests can say what must
/// be seen where.
struct FakeOptions {
    std::vector<int> tokenMixersPerStage = {2, 2, 4, 2};
    std::vector<std::string> scans
        = {"row", "column", "row-reverse", "column-reverse", "diagonal", "hilbert", "spiral", "window-4"};
    int topK = 4;
    bool hasRouter = true;
    bool quasiSeparable = false;
    int classes = 10;
    int inner = 48;  ///< E and P
    int states = 16;
    int inputSide = 224;  ///< the token grid of stage 0 has inputSide/4 tokens a side
    int imageWidth = 451;
    int imageHeight = 300;
};

/// One mixer: gate, state and norms by formula.
class FakeDetail : public MixerDetail {
public:
    FakeDetail(const MixerRecord& record, const FakeOptions& options);

    int scanCount() const override { return static_cast<int>(m_scans.size()); }
    std::string scanName(int scan) const override { return m_scans.at(static_cast<std::size_t>(scan)); }
    bool isQuasiSeparable() const override { return m_options.quasiSeparable; }
    int laneCount() const override { return m_lanes; }
    int positionCount() const override { return m_positions; }
    int stateSize() const override { return m_options.states; }
    int positionAt(int scan, int step) const override;
    int stepOf(int scan, int position) const override;
    const Array& delta(int) const override { return m_delta; }
    Array gate(int scan) const override;
    Array meanGate(int scan) const override;
    Array laneGate(int scan) const override;
    const Array& outputGate() const override { return m_delta; }
    Array input(int) const override { return Array({m_lanes, m_positions}); }
    Array skip(int) const override { return Array({m_lanes, 1}); }
    Array inputMatrix(int) const override { return Array({m_positions, m_options.states}); }
    Array outputMatrix(int) const override { return Array({m_positions, m_options.states}); }
    const Array& stateMatrix(int) const override { return m_stateMatrix; }
    Array state(int scan, int firstLane, int count, int step, Direction direction) const override;
    const Array& stateNorm(int scan, Direction direction) const override;
    Array stateNorm(int scan, int firstLane, int count, Direction direction) const override;
    Array output(int) const override { return m_delta; }

    static float stateValue(int lane, int n, int step);

private:
    FakeOptions m_options;
    std::vector<std::string> m_scans;
    int m_lanes = 0;
    int m_positions = 0;
    Array m_delta;
    Array m_stateMatrix;  ///< (lanes, N), -(n + 1)
    Array m_norm;
    Array m_backwardNorm;
};

class FakeTrace : public Trace {
public:
    explicit FakeTrace(const FakeOptions& options);

    const ImageGeometry& geometry() const override { return m_geometry; }
    const std::vector<float>& logits() const override { return m_logits; }
    const std::vector<float>& probabilities() const override { return m_probabilities; }
    const std::vector<MixerRecord>& mixers() const override { return m_mixers; }
    double milliseconds() const override { return 42; }
    std::size_t recordedBytes() const override { return 1; }
    std::shared_ptr<const MixerDetail> detail(const MixerId& id, const CancelToken& cancel) const override;

private:
    FakeOptions m_options;
    ImageGeometry m_geometry;
    std::vector<float> m_logits;
    std::vector<float> m_probabilities;
    std::vector<MixerRecord> m_mixers;
};

/// Trace, configuration with labels, and a picture of coloured shapes.
vis::FigureContext fakeContext(const FakeOptions& options = {});

/// A second run beside the context's, with numbers of its own: the mixer of index i differs by 10^((i - 8) / 2), the
/// third has no counterpart, the fourth's router chose otherwise. `mixer` and `step` are selected in both, the mean
/// gate is shown.
void addFakePair(vis::FigureContext& context, const FakeOptions& options, const MixerId& mixer, int step);

}  // namespace mixer::test
