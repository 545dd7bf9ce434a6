// SPDX-License-Identifier: MIT
#include "engine/attention/HalfLife.h"
#include "engine/attention/ImplicitAttention.h"
#include "engine/session/InferenceSession.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/MadeDetail.h"
#include "tests/engine/RandomImage.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mixer {
namespace {

class MadeAttention : public testing::TestWithParam<MadeDetail::Options> {
protected:
    std::shared_ptr<const MadeDetail> detail = std::make_shared<const MadeDetail>(GetParam());
    ImplicitAttention attention{detail};
    int lanes = detail->laneCount();
    int positions = detail->positionCount();
};

void expectClose(const Array& found, const std::vector<double>& wanted, const std::string& what)
{
    ASSERT_EQ(found.values.size(), wanted.size());
    double scale = 0;
    for (const double value : wanted)
        scale = std::max(scale, std::abs(value));
    for (std::size_t i = 0; i < wanted.size(); ++i)
        ASSERT_NEAR(static_cast<double>(found.values[i]), wanted[i], 1e-5 * scale + 2e-6) << what << ", element " << i;
}

TEST_P(MadeAttention, RowsAndColumnsAreThoseOfTheMatrix)
{
    for (const int position : {0, 1, positions / 2, positions - 1}) {
        for (int lane = -1; lane < lanes; ++lane) {
            std::vector<double> row(static_cast<std::size_t>(positions)), rowSize(row), column(row), columnSize(row);
            for (int e = lane < 0 ? 0 : lane; e < (lane < 0 ? lanes : lane + 1); ++e) {
                const double share = lane < 0 ? 1.0 / lanes : 1;
                for (int other = 0; other < positions; ++other) {
                    const auto i = static_cast<std::size_t>(other);
                    const double from = detail->element(e, position, other);
                    const double to = detail->element(e, other, position);
                    row[i] += share * from, rowSize[i] += share * std::abs(from);
                    column[i] += share * to, columnSize[i] += share * std::abs(to);
                }
            }
            AttentionScope scope;
            scope.lane = lane;
            const AttentionMap foundRow = attention.row(scope, position);
            expectClose(foundRow.mean, row, "row");
            expectClose(foundRow.absolute, rowSize, "|row|");
            EXPECT_LT(foundRow.residual, 1e-4);
            const AttentionMap foundColumn = attention.column(scope, position);
            expectClose(foundColumn.mean, column, "column");
            expectClose(foundColumn.absolute, columnSize, "|column|");
            EXPECT_TRUE(std::isnan(foundColumn.residual));
        }
    }
    EXPECT_LT(attention.residual({}, positions), 1e-5);
}

TEST_P(MadeAttention, TheSplitIsThatOfTheMatrix)
{
    for (int lane = -1; lane < lanes; ++lane) {
        double energy[AttentionSplit::kParts] = {}, alignment[AttentionSplit::kParts] = {}, total = 0;
        const Array u = detail->input(0);
        const Array D = detail->skip(0);
        std::vector<double> squares(static_cast<std::size_t>(AttentionSplit::kParts * positions));
        for (int e = lane < 0 ? 0 : lane; e < (lane < 0 ? lanes : lane + 1); ++e) {
            for (int to = 0; to < positions; ++to) {
                double part[AttentionSplit::kParts] = {};
                part[AttentionSplit::Skip]
                    = static_cast<double>(D.size(0) == 1 ? D.at(0, to) : D.at(e, 0)) * static_cast<double>(u.at(e, to));
                part[AttentionSplit::Diagonal] = -part[AttentionSplit::Skip];
                for (int from = 0; from < positions; ++from) {
                    const int order = detail->stepOf(0, from) - detail->stepOf(0, to);
                    part[order < 0        ? AttentionSplit::Lower
                             : order == 0 ? AttentionSplit::Diagonal
                                          : AttentionSplit::Upper]
                        += detail->element(e, to, from) * static_cast<double>(u.at(e, from));
                }
                const double y = part[0] + part[1] + part[2] + part[3];
                total += y * y;
                for (int i = 0; i < AttentionSplit::kParts; ++i) {
                    energy[i] += part[i] * part[i];
                    alignment[i] += part[i] * y;
                    squares[static_cast<std::size_t>(i * positions + to)] += part[i] * part[i];
                }
            }
        }
        const AttentionSplit split = attention.split(0, lane);
        for (int i = 0; i < AttentionSplit::kParts; ++i) {
            EXPECT_NEAR(split.energy[i], energy[i] / total, 1e-5) << i;
            EXPECT_NEAR(split.share[i], alignment[i] / total, 1e-5) << i;
            for (int to = 0; to < positions; ++to)
                ASSERT_NEAR(split.norm.at(i, to), std::sqrt(squares[static_cast<std::size_t>(i * positions + to)]),
                            1e-4);
        }
        EXPECT_EQ(split.energy[AttentionSplit::Upper] > 0, detail->isQuasiSeparable());
    }
}

TEST_P(MadeAttention, HalfLifeIsWhereTheInfluenceHasHalved)
{
    const Array& delta = detail->delta(0);
    const Array& A = detail->stateMatrix(0);
    const auto direction = MixerDetail::Direction::Forward;
    Array all({lanes, positions});
    for (int lane = 0; lane < lanes; ++lane) {
        for (int state = -1; state < detail->stateSize(); ++state) {
            const Array found = halfLife(*detail, 0, lane, state, direction);
            for (int p = 0; p < positions; ++p) {
                const float steps = found.values[static_cast<std::size_t>(p)];
                const auto influence = [&](int count) {
                    double passed = 0;
                    for (int k = 1; k <= count; ++k)
                        passed += static_cast<double>(delta.at(lane, detail->positionAt(0, detail->stepOf(0, p) + k)));
                    double sum = 0;
                    int states = 0;
                    for (int n = 0; n < detail->stateSize(); ++n) {
                        if (state >= 0 && state != n)
                            continue;
                        sum += std::exp(static_cast<double>(A.at(A.size(0) == 1 ? 0 : lane, n)) * passed);
                        ++states;
                    }
                    return sum / states;
                };
                const int left = positions - 1 - detail->stepOf(0, p);
                if (std::isinf(steps)) {
                    ASSERT_GT(influence(left), 0.5);
                    continue;
                }
                ASSERT_GT(steps, 0.0F);
                ASSERT_LE(std::ceil(steps), left);
                ASSERT_LE(influence(static_cast<int>(std::ceil(steps))), 0.5 + 1e-6);
                ASSERT_GE(influence(static_cast<int>(std::ceil(steps)) - 1), 0.5 - 1e-6);
            }
            if (state < 0)
                std::copy(found.values.begin(), found.values.end(), all.values.begin() + lane * positions);
        }
    }
    const Array median = halfLife(*detail, 0);
    for (int p = 0; p < positions; ++p) {
        std::vector<float> column;
        for (int lane = 0; lane < lanes; ++lane)
            column.push_back(all.at(lane, p));
        std::sort(column.begin(), column.end());
        EXPECT_EQ(median.values[static_cast<std::size_t>(p)], column[(column.size() - 1) / 2]);
    }
}

/// The fastest cumulated decay is below e^-1000: forms that divide by it lose all but the first tokens.
TEST(Attention, LateTokensKeepTheirWeights)
{
    MadeDetail::Options options;
    options.positions = 250;
    options.largestDelta = 2;
    options.lanes = 1;
    const auto detail = std::make_shared<const MadeDetail>(options);
    const ImplicitAttention attention(detail);
    const int last = detail->positionAt(0, options.positions - 1);
    const int before = detail->positionAt(0, options.positions - 2);
    const Array row = attention.row({}, last).mean;
    const double wanted = detail->element(0, last, before);
    EXPECT_NEAR(static_cast<double>(row.values[static_cast<std::size_t>(before)]), wanted, 1e-5 * std::abs(wanted));
    const int middle = detail->positionAt(0, options.positions - 20);
    const double small = detail->element(0, last, middle);
    EXPECT_NEAR(static_cast<double>(row.values[static_cast<std::size_t>(middle)]), small, 1e-4 * std::abs(small));
}

INSTANTIATE_TEST_SUITE_P(Made, MadeAttention,
                         testing::Values(MadeDetail::Options{}, MadeDetail::Options{3, 70, 5, true, false, 0.2F, 2},
                                         MadeDetail::Options{4, 33, 16, true, true, 1.5F, 3},
                                         MadeDetail::Options{2, 40, 1, false, true, 0.05F, 4},
                                         MadeDetail::Options{19, 12, 37, false, false, 3.0F, 5}));

class NetworkAttention : public testing::TestWithParam<const char*> {
protected:
    std::shared_ptr<const InferenceSession> session = InferenceSession::open(fixture(GetParam()));
    std::shared_ptr<const Trace> trace = session->run(randomImage(45, 38, 11));
};

/// Every mixer of a network: the matrix reproduces what the scans put out, one by one and as the mixer sums them.
TEST_P(NetworkAttention, TheMatrixTimesTheInputIsTheOutput)
{
    for (const MixerRecord& mixer : trace->mixers()) {
        const ImplicitAttention attention(trace->detail(mixer.id));
        for (int scan = 0; scan < attention.detail().scanCount(); ++scan)
            EXPECT_LT(attention.residual({{scan}, false, -1}, 40), 1e-4) << mixer.id.name() << " scan " << scan;
        EXPECT_LT(attention.residual({{}, true, -1}, 40), 1e-4) << mixer.id.name();
        EXPECT_LT(attention.residual({{}, true, 0}, 1 << 20), 1e-4) << mixer.id.name() << ", one lane, every row";
    }
}

TEST_P(NetworkAttention, MergedIsTheWeightedSumOfTheScans)
{
    const MixerRecord& mixer = trace->mixers().front();
    const ImplicitAttention attention(trace->detail(mixer.id));
    const Array merged = attention.row({{}, true, 2}, 7).mean;
    std::vector<double> sum(merged.values.size());
    for (int scan = 0; scan < attention.detail().scanCount(); ++scan) {
        const Array one = attention.row({{scan}, false, 2}, 7).mean;
        for (std::size_t i = 0; i < sum.size(); ++i)
            sum[i] += mixer.routing.weights[static_cast<std::size_t>(scan)] * static_cast<double>(one.values[i]);
    }
    expectClose(merged, sum, "merged");
    EXPECT_THROW(attention.row({{99}, false, -1}, 0), Error);
    EXPECT_THROW(attention.row({{0}, false, 1 << 20}, 0), Error);
    EXPECT_THROW(attention.row({}, mixer.height * mixer.width), Error);
    CancelToken cancelled;
    cancelled.cancel();
    EXPECT_THROW(attention.row({}, 0, cancelled), Cancelled);
}

INSTANTIATE_TEST_SUITE_P(Nets, NetworkAttention,
                         testing::Values("vim2-default.safetensors", "vim2-perscan-multires.safetensors",
                                         "vim2-cross.safetensors", "viqs-default.safetensors",
                                         "viqs-every-scan.safetensors"));

}  // namespace
}  // namespace mixer
