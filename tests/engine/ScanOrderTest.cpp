// SPDX-License-Identifier: MIT
#include "engine/scan/ScanOrder.h"
#include "engine/core/Error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace mixer {
namespace {

using Order = std::vector<std::int32_t>;

const std::vector<std::string>& forwardNames()
{
    static const std::vector<std::string> names
        = {"row",      "column",    "serpentine-row", "serpentine-column", "diagonal",   "hilbert",  "spiral",
           "morton",   "window-2",  "window-3",       "window-4",          "window-7",   "atrous-2", "atrous-3",
           "atrous-5", "window-30", "atrous-30",      "window-1024",       "atrous-1024"};
    return names;
}

const Order& orderOf(const std::string& name, int height, int width)
{
    return ScanOrder::get(name, height, width)->order();
}

void expectPermutation(const ScanOrder& scan, int height, int width)
{
    const std::string what = scan.name() + " " + std::to_string(height) + "x" + std::to_string(width);
    Order sorted = scan.order();
    std::sort(sorted.begin(), sorted.end());
    Order all(static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
    std::iota(all.begin(), all.end(), 0);
    ASSERT_EQ(sorted, all) << what;
    ASSERT_EQ(scan.inverse().size(), all.size()) << what;
    for (std::size_t step = 0; step < all.size(); ++step)
        ASSERT_EQ(scan.inverse()[static_cast<std::size_t>(scan.order()[step])], static_cast<std::int32_t>(step))
            << what;
}

TEST(ScanOrder, MatchesTheGoldenOrders)
{
    std::ifstream stream(std::string(MIXER_FIXTURES) + "/scan_orders.json");
    ASSERT_TRUE(stream) << "tests/fixtures/scan_orders.json is missing";
    const nlohmann::json golden = nlohmann::json::parse(stream);
    int compared = 0;
    for (const auto& [name, grids] : golden.at("orders").items()) {
        for (const auto& [grid, order] : grids.items()) {
            const int height = std::stoi(grid);
            const int width = std::stoi(grid.substr(grid.find('x') + 1));
            EXPECT_EQ(orderOf(name, height, width), order.get<Order>()) << name << " " << grid;
            ++compared;
        }
    }
    EXPECT_GE(compared, 84);
}

TEST(ScanOrder, EveryScanIsAPermutationOfEverySmallGrid)
{
    for (const std::string& name : forwardNames()) {
        for (int height = 1; height <= 20; ++height) {
            for (int width = 1; width <= 20; ++width) {
                const auto scan = ScanOrder::get(name, height, width);
                ASSERT_EQ(scan->name(), name);
                ASSERT_EQ(scan->height(), height);
                ASSERT_EQ(scan->width(), width);
                ASSERT_EQ(scan->size(), height * width);
                expectPermutation(*scan, height, width);
            }
        }
    }
}

TEST(ScanOrder, ReverseIsTheSameOrderBackwards)
{
    for (const std::string& name : forwardNames()) {
        for (const auto& [height, width] : {std::pair{1, 1}, {1, 9}, {9, 1}, {5, 7}, {14, 14}}) {
            Order forward = orderOf(name, height, width);
            std::reverse(forward.begin(), forward.end());
            const auto backward = ScanOrder::get(name + "-reverse", height, width);
            EXPECT_EQ(backward->order(), forward) << name;
            expectPermutation(*backward, height, width);
        }
    }
}

// MODEL section 3: unit moves, but for one diagonal move when the longer side is odd and the shorter even and over 2.
TEST(ScanOrder, HilbertMovesByOneTokenButForTheKnownException)
{
    for (int height = 1; height <= 40; ++height) {
        for (int width = 1; width <= 40; ++width) {
            const Order& order = orderOf("hilbert", height, width);
            int diagonalMoves = 0;
            for (std::size_t t = 1; t < order.size(); ++t) {
                const int dy = std::abs(order[t] / width - order[t - 1] / width);
                const int dx = std::abs(order[t] % width - order[t - 1] % width);
                ASSERT_TRUE(dx <= 1 && dy <= 1) << height << "x" << width << " at step " << t;
                diagonalMoves += dx + dy == 2 ? 1 : 0;
            }
            const int longer = std::max(height, width);
            const int shorter = std::min(height, width);
            const bool exception = longer % 2 == 1 && shorter % 2 == 0 && shorter > 2;
            ASSERT_EQ(diagonalMoves, exception ? 1 : 0) << height << "x" << width;
            ASSERT_EQ(order.front(), 0);
        }
    }
}

TEST(ScanOrder, SerpentineAndSpiralMoveByOneToken)
{
    for (const char* name : {"serpentine-row", "serpentine-column", "spiral"}) {
        for (int height = 1; height <= 12; ++height) {
            for (int width = 1; width <= 12; ++width) {
                const Order& order = orderOf(name, height, width);
                for (std::size_t t = 1; t < order.size(); ++t) {
                    const int distance = std::abs(order[t] / width - order[t - 1] / width)
                        + std::abs(order[t] % width - order[t - 1] % width);
                    ASSERT_EQ(distance, 1) << name << " " << height << "x" << width << " at step " << t;
                }
            }
        }
    }
}

TEST(ScanOrder, SpiralTurnsClockwise)
{
    EXPECT_EQ(orderOf("spiral", 3, 4), (Order{0, 1, 2, 3, 7, 11, 10, 9, 8, 4, 5, 6}));
    EXPECT_EQ(orderOf("spiral", 4, 3), (Order{0, 1, 2, 5, 8, 11, 10, 9, 6, 3, 4, 7}));
}

TEST(ScanOrder, DiagonalsAlternate)
{
    EXPECT_EQ(orderOf("diagonal", 3, 4), (Order{0, 1, 4, 8, 5, 2, 3, 6, 9, 10, 7, 11}));
}

TEST(ScanOrder, MortonFollowsTheInterleavedBits)
{
    const auto interleaved = [](int y, int x) {
        int value = 0;
        for (int bit = 0; bit < 5; ++bit)
            value |= ((x >> bit & 1) << (2 * bit)) | ((y >> bit & 1) << (2 * bit + 1));
        return value;
    };
    for (const auto& [height, width] : {std::pair{5, 19}, {19, 5}, {16, 16}, {1, 17}}) {
        const Order& order = orderOf("morton", height, width);
        for (std::size_t t = 1; t < order.size(); ++t) {
            EXPECT_LT(interleaved(order[t - 1] / width, order[t - 1] % width),
                      interleaved(order[t] / width, order[t] % width));
        }
    }
}

TEST(ScanOrder, WindowsAndPhasesAreCutAtTheEdge)
{
    EXPECT_EQ(orderOf("window-2", 3, 3), (Order{0, 1, 3, 4, 2, 5, 6, 7, 8}));
    EXPECT_EQ(orderOf("atrous-2", 3, 3), (Order{0, 2, 6, 8, 1, 7, 3, 5, 4}));
}

TEST(ScanOrder, AWindowOrPhaseOverTheWholeGridIsRaster)
{
    for (const auto& [height, width] : {std::pair{3, 5}, {5, 3}, {1, 7}, {8, 8}}) {
        for (const char* name : {"window-8", "atrous-8", "window-1000", "atrous-1000"})
            EXPECT_EQ(orderOf(name, height, width), orderOf("row", height, width)) << name;
    }
}

TEST(ScanOrder, ExtremeAspectRatios)
{
    constexpr int kLong = 1'000'000;
    for (const std::string& name : forwardNames()) {
        for (const auto& [height, width] : {std::pair{1, kLong}, {kLong, 1}, {2, kLong / 2}, {kLong / 3, 3}}) {
            const Order& order = ScanOrder::get(name, height, width)->order();
            ASSERT_EQ(order.size(), static_cast<std::size_t>(height) * static_cast<std::size_t>(width)) << name;
            std::vector<bool> seen(order.size());
            for (const std::int32_t token : order)
                seen[static_cast<std::size_t>(token)] = true;
            EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](bool visited) { return visited; })) << name;
        }
    }
}

TEST(ScanOrder, UnknownNames)
{
    for (const char* name : {"",
                             "-reverse",
                             "rows",
                             "Row",
                             "row ",
                             "row-2",
                             "window",
                             "window-",
                             "window-0",
                             "window-1",
                             "window-01",
                             "window-+2",
                             "window--2",
                             "window-2x",
                             "window-1025",
                             "window-99999999999",
                             "atrous-1",
                             "atrous-2-2",
                             "window-2-reverse-reverse",
                             "row-reverse-reverse",
                             "reverse-row",
                             "serpentine",
                             "hilbert\n"}) {
        EXPECT_FALSE(ScanOrder::isKnown(name)) << name;
        try {
            ScanOrder::get(name, 4, 4);
            ADD_FAILURE() << "accepted: " << name;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Usage);
            EXPECT_NE(std::string(error.what()).find("serpentine-row"), std::string::npos) << "names what is known";
        }
    }
    for (const std::string& name : forwardNames())
        EXPECT_TRUE(ScanOrder::isKnown(name) && ScanOrder::isKnown(name + "-reverse")) << name;
    EXPECT_FALSE(ScanOrder::isKnown(std::string("row\0", 4)));
}

TEST(ScanOrder, GridsThatAreEmptyOrTooLarge)
{
    for (const auto& [height, width] : {std::pair{0, 4},
                                        {4, 0},
                                        {-1, 4},
                                        {4, -1},
                                        {-3, -3},
                                        {65536, 32768},
                                        {2147483647, 2},
                                        {2147483647, 2147483647}}) {
        try {
            ScanOrder::get("row", height, width);
            ADD_FAILURE() << "accepted: " << height << "x" << width;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Usage);
        }
    }
}

TEST(ScanOrder, OneOrderIsShared)
{
    const auto first = ScanOrder::get("hilbert", 31, 17);
    EXPECT_EQ(ScanOrder::get("hilbert", 31, 17), first);
    EXPECT_NE(ScanOrder::get("hilbert", 17, 31), first);
    EXPECT_NE(ScanOrder::get("hilbert-reverse", 31, 17), first);
}

TEST(ScanOrder, OrdersInUseStaySharedAndOthersAreLetGo)
{
    const auto held = ScanOrder::get("row", 123, 457);
    std::weak_ptr<const ScanOrder> unused = ScanOrder::get("column", 123, 457);
    EXPECT_FALSE(unused.expired()) << "recently used orders are kept";
    for (int i = 0; i < 20; ++i)  // 20 x 8 MB push everything else out of 64 MiB
        ScanOrder::get("row", 1000 + i, 1000);
    EXPECT_TRUE(unused.expired());
    EXPECT_EQ(ScanOrder::get("row", 123, 457), held);
}

TEST(ScanOrder, ManyThreadsGetTheSameOrders)
{
    constexpr int kThreads = 8;
    constexpr int kGrids = 30;
    std::vector<std::vector<std::shared_ptr<const ScanOrder>>> results(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&mine = results[static_cast<std::size_t>(i)]] {
            for (int grid = 0; grid < kGrids; ++grid)
                mine.push_back(ScanOrder::get("spiral-reverse", 41 + grid, 43));
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    for (const auto& mine : results)
        EXPECT_EQ(mine, results.front());
}

}  // namespace
}  // namespace mixer
