// SPDX-License-Identifier: MIT
#include "engine/analysis/RouterStatistics.h"
#include "engine/core/Error.h"
#include "engine/scan/ScanOrder.h"
#include "engine/scan/ScanStatistics.h"
#include "engine/trace/MemoryPlan.h"
#include "tests/engine/Fixtures.h"
#include "tests/engine/RandomImage.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

namespace mixer {
namespace {

ScanStatistics of(const std::string& name, int height, int width)
{
    return scanStatistics(ScanOrder::get(name, height, width)->order(), height, width);
}

TEST(ScanStatistics, NumbersOfKnownScans)
{
    const ScanStatistics row = of("row", 3, 4);
    EXPECT_TRUE(row.isPermutation);
    EXPECT_EQ(row.name, "row");
    EXPECT_NEAR(row.meanStep, (9 + 2 * std::hypot(1, 3)) / 11, 1e-12);
    EXPECT_DOUBLE_EQ(row.longestStep, std::hypot(1, 3));
    EXPECT_DOUBLE_EQ(row.unitShare, 9.0 / 11);
    EXPECT_EQ(row.jumps, 2);
    EXPECT_DOUBLE_EQ(row.meanGap, (9 * 1 + 8 * 4) / 17.0);  // 9 horizontal pairs, 8 vertical ones
    EXPECT_DOUBLE_EQ(row.medianGap, 1);
    EXPECT_EQ(row.largestGap, 4);

    const ScanStatistics hilbert = of("hilbert", 16, 16);
    EXPECT_DOUBLE_EQ(hilbert.unitShare, 1);
    EXPECT_DOUBLE_EQ(hilbert.longestStep, 1);
    EXPECT_EQ(of("serpentine-row", 5, 7).unitShare, 1);
    EXPECT_LT(hilbert.medianGap, of("row", 16, 16).largestGap);
    EXPECT_EQ(of("row", 1, 1).meanStep, 0);
}

TEST(ScanStatistics, EveryKnownScanIsRecognized)
{
    std::set<std::string> seen;
    for (const std::string& name : recognizableScans()) {
        const ScanStatistics statistics = of(name, 17, 19);
        EXPECT_TRUE(statistics.isPermutation);
        EXPECT_EQ(statistics.name, name);
    }
    std::vector<std::int32_t> other = ScanOrder::get("row", 4, 4)->order();
    std::swap(other[3], other[9]);
    EXPECT_EQ(scanStatistics(other, 4, 4).name, "");
    EXPECT_TRUE(scanStatistics(other, 4, 4).isPermutation);
}

TEST(ScanStatistics, WhatIsNoPermutationIsSaid)
{
    EXPECT_EQ(scanStatistics({0, 1, 1, 3}, 2, 2).problem, "step 2 visits token 1, as step 1 did");
    EXPECT_EQ(scanStatistics({0, 1, 4, 3}, 2, 2).problem, "step 2 visits token 4, which does not exist");
    EXPECT_EQ(scanStatistics({0, 1}, 2, 2).problem, "2 steps for 4 tokens");
    EXPECT_FALSE(scanStatistics({}, 0, 2).isPermutation);
}

TEST(MemoryPlan, BoundsWhatARunReallyTakes)
{
    for (const char* net : {"vim2-default.safetensors", "viqs-default.safetensors", "golden/vim2.safetensors"}) {
        const auto session = InferenceSession::open(fixture(net));
        const auto trace = session->run(randomImage(75, 90, 3));
        const MemoryPlan plan = planMemory(session->config(), session->mixers(), 75, 90);
        ASSERT_EQ(plan.mixers.size(), trace->mixers().size());
        std::uint64_t largest = 0;
        for (std::size_t i = 0; i < plan.mixers.size(); ++i) {
            EXPECT_EQ(plan.mixers[i].height, trace->mixers()[i].height);
            EXPECT_EQ(plan.mixers[i].width, trace->mixers()[i].width);
            const auto detail = trace->detail(plan.mixers[i].id);
            EXPECT_EQ(plan.mixers[i].states,
                      std::uint64_t{4} * static_cast<std::uint64_t>(detail->scanCount())
                          * static_cast<std::uint64_t>(detail->laneCount())
                          * static_cast<std::uint64_t>(detail->positionCount())
                          * static_cast<std::uint64_t>(detail->stateSize()) * (detail->isQuasiSeparable() ? 2U : 1U));
            largest = std::max(largest, plan.mixers[i].detail);
        }
        EXPECT_EQ(plan.largestDetail, largest);
        EXPECT_GE(plan.trace, trace->recordedBytes());
        EXPECT_LE(plan.trace, 2.2 * static_cast<double>(trace->recordedBytes()));
        requireMemory(plan, plan.needed());
        try {
            requireMemory(plan, plan.needed() / 4);
            ADD_FAILURE();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Memory);
            EXPECT_NE(std::string(error.what()).find("About 32 x 32 pixels would fit"), std::string::npos)
                << error.what();
        }
    }
}

TEST(RouterStatistics, MarginIsTheGapAtTheBorder)
{
    Routing routing;
    routing.scans = {"a", "b", "c", "d"};
    routing.hasRouter = true;
    routing.logits = {0.5, 3, -1, 1.25};
    routing.chosen = {1, 3};
    EXPECT_DOUBLE_EQ(routerMargin(routing), 0.75);
    EXPECT_EQ(runnerUp(routing), 0);
    routing.chosen = {0, 1, 2, 3};
    EXPECT_TRUE(std::isinf(routerMargin(routing)));
    EXPECT_EQ(runnerUp(routing), -1);
}

TEST(RouterStatistics, CountsWhatTheTracesSay)
{
    const auto session = InferenceSession::open(fixture("vim2-default.safetensors"));
    const int classes = session->config().numClasses;
    RouterStatistics statistics(classes);
    std::vector<std::shared_ptr<const Trace>> traces;
    std::array<int, kPerturbations> kept = {};
    for (unsigned i = 0; i < 5; ++i) {
        const PreparedImage image = randomImage(32, 40, i);
        statistics.study(*session, image, static_cast<int>(i) % 2);
        traces.push_back(session->run(image));
        for (int p = 0; p < kPerturbations; ++p) {
            const auto changed = session->run(perturbed(image, static_cast<Perturbation>(p)));
            kept[static_cast<std::size_t>(p)]
                += changed->mixers().front().routing.chosen == traces.back()->mixers().front().routing.chosen;
        }
    }
    EXPECT_EQ(statistics.imageCount(), 5);
    EXPECT_EQ(statistics.imagesOfClass()[0], 3);
    EXPECT_EQ(statistics.imagesOfClass()[1], 2);
    const RouterStatistics::Mixer& mixer = statistics.mixers().front();
    EXPECT_EQ(mixer.id, traces.front()->mixers().front().id);
    for (int c = 0; c < classes; ++c) {
        for (int scan = 0; scan < static_cast<int>(mixer.scans.size()); ++scan) {
            float chosen = 0;
            double probability = 0;
            int images = 0;
            for (std::size_t i = 0; i < traces.size(); ++i) {
                if (static_cast<int>(i) % 2 != c)
                    continue;
                const Routing& routing = traces[i]->mixers().front().routing;
                chosen += static_cast<float>(std::count(routing.chosen.begin(), routing.chosen.end(), scan));
                probability += routing.probabilities[static_cast<std::size_t>(scan)];
                ++images;
            }
            EXPECT_EQ(mixer.chosen.at(c, scan), chosen);
            EXPECT_NEAR(mixer.probability.at(c, scan), images > 0 ? probability / images : 0, 1e-6);
        }
    }
    EXPECT_EQ(mixer.kept, kept);
    EXPECT_EQ(mixer.tested, (std::array<int, kPerturbations>{5, 5, 5}));
    const std::vector<int> closest = statistics.closestCalls(mixer.id, 3);
    ASSERT_EQ(closest.size(), 3U);
    double smallest = 1e30;
    MixerId divided;
    for (const RouterStatistics::Mixer& each : statistics.mixers()) {
        const double sum = std::accumulate(each.margin.begin(), each.margin.end(), 0.0);
        divided = sum < smallest ? each.id : divided;
        smallest = std::min(smallest, sum);
    }
    ASSERT_TRUE(statistics.mostDivided());
    EXPECT_EQ(statistics.mostDivided()->id, divided);
    EXPECT_LE(mixer.margin[static_cast<std::size_t>(closest[0])], mixer.margin[static_cast<std::size_t>(closest[1])]);
    EXPECT_THROW(statistics.add(*traces.front(), classes), Error);
}

TEST(RouterStatistics, PerturbationsAreWhatTheySay)
{
    const PreparedImage image = randomImage(9, 8, 3);
    const PreparedImage flipped = perturbed(image, Perturbation::Flip);
    EXPECT_EQ(perturbed(flipped, Perturbation::Flip).tensor.values, image.tensor.values);
    EXPECT_EQ(flipped.tensor.values[0], image.tensor.values[7]);
    PreparedImage ramp = image;  // linear in x and y: a zoom about the middle is exact inside
    for (int y = 0; y < 9; ++y)
        for (int x = 0; x < 8; ++x)
            ramp.tensor.values[static_cast<std::size_t>(8 * y + x)] = static_cast<float>(2 * y + x);
    const Array zoomed = perturbed(ramp, Perturbation::Crop).tensor;
    EXPECT_NEAR(zoomed.values[8 * 4 + 4], 2 * 4 + 3.5 + 0.5 * 7 / 8, 1e-5);
    EXPECT_EQ(perturbed(image, Perturbation::Noise, 4).tensor.values,
              perturbed(image, Perturbation::Noise, 4).tensor.values);
    EXPECT_NE(perturbed(image, Perturbation::Noise, 4).tensor.values, image.tensor.values);
}

}  // namespace
}  // namespace mixer
