// SPDX-License-Identifier: MIT
#include "tests/kernels_cuda/ProblemCases.h"

#include "tests/kernels_cuda/Backend.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace mixer::kernels::cuda::test {
namespace {

using Cases = std::vector<ProblemOptions>;

template <class Change> void add(Cases& cases, const Change& change)
{
    ProblemOptions options;
    options.seed = static_cast<unsigned>(cases.size()) + 1;
    change(options);
    cases.push_back(options);
}

void addSizes(Cases& cases, std::int64_t max_dstate)
{
    for (const std::int64_t seqlen : {1, 63, 64, 65, 200})  // below, at and above tiles and chunks
        add(cases, [&](ProblemOptions& o) { o.seqlen = seqlen; });
    for (const std::int64_t dim : {1, 3, 33, 130})  // lanes that fill no block, no pack of 16 bytes
        add(cases, [&](ProblemOptions& o) { o.dim = dim; });
    for (const std::int64_t dstate : {1, 2, 5, 8, 17, 64, 128})  // one group to a whole warp of them, padded or not
        if (dstate <= max_dstate)
            add(cases, [&](ProblemOptions& o) { o.dstate = dstate, o.seqlen = 100; });
    for (const std::int64_t seqlen : {1000, 1030})  // segments side by side
        add(cases, [&](ProblemOptions& o) { o.multiprocessors = 200, o.dim = 12, o.seqlen = seqlen, o.orders = true; });
    for (const std::int64_t dim : {8, 33})  // narrow blocks, long chunks
        add(cases, [&](ProblemOptions& o) { o.multiprocessors = 200, o.dim = dim, o.seqlen = 200; });
}

void addScans(Cases& cases)
{
    const auto several = [](ProblemOptions& o) {
        o.batch = 2, o.scans = 2, o.scan_count = 5, o.dim = 24, o.seqlen = 70;
        o.orders = o.choose = true;
    };
    for (const int multiprocessors : {1, 200}) {  // scans one after another, and side by side
        for (const ElementType type : {ElementType::Float32, ElementType::BFloat16, ElementType::Float16}) {
            const auto base = [&](ProblemOptions& o) {
                several(o);
                o.multiprocessors = multiprocessors;
                o.type = type;
            };
            add(cases, base);
            add(cases, [&](ProblemOptions& o) { base(o), o.accumulate = true, o.slots_have_data = true; });
            add(cases, [&](ProblemOptions& o) { base(o), o.padded = true, o.scans_have_parameters = true; });
        }
    }
    add(cases, [](ProblemOptions& o) { o.orders = true; });
    add(cases, [](ProblemOptions& o) { o.scans = o.scan_count = 2, o.orders = true; });  // an order and its reverse
    add(cases, [](ProblemOptions& o) { o.batch = 3, o.accumulate = true; });
}

void addVariations(Cases& cases)
{
    // The channel mixer: lanes are tokens, rows are channels with their own D and bias, A is shared.
    for (const std::int64_t scans : {1, 2})
        add(cases, [&](ProblemOptions& o) {
            o.skip = o.bias = Per::Row, o.shared_A = true, o.dim = 49, o.seqlen = 96;
            o.scans = o.scan_count = scans, o.orders = scans == 2, o.slots_have_data = o.scans_have_parameters = true;
        });
    add(cases, [](ProblemOptions& o) { o.skip = Per::None; });
    add(cases, [](ProblemOptions& o) { o.bias = Per::None; });
    add(cases, [](ProblemOptions& o) { o.softplus = false; });
    add(cases, [](ProblemOptions& o) { o.shared_A = true, o.dim = 40, o.seqlen = 90; });
    add(cases, [](ProblemOptions& o) { o.padded = true, o.dim = 16; });
    for (const ElementType type : {ElementType::BFloat16, ElementType::Float16})
        for (const std::int64_t dim : {16, 13})
            add(cases, [&](ProblemOptions& o) { o.type = type, o.dim = dim, o.seqlen = 100; });
}

// Kernels of one tile: whole packs and more lanes than a block has.
void addWholePacks(Cases& cases)
{
    for (const std::int64_t dstate : {16, 64, 128})
        for (const ElementType type : {ElementType::Float32, ElementType::BFloat16})
            add(cases, [&](ProblemOptions& o) {
                o.dstate = dstate, o.type = type, o.dim = 132, o.seqlen = 70, o.scans = o.scan_count = 2;
                o.multiprocessors = 2;
                o.orders = o.scans_have_parameters = true;
            });
    add(cases, [](ProblemOptions& o) { o.dstate = 128, o.dim = 13, o.seqlen = 40; });  // and the same in broken packs
    if (!isEmulated())  // what it takes to make a real device choose them
        for (const std::int64_t dstate : {1, 16, 64, 128})
            add(cases, [&](ProblemOptions& o) {
                o.dstate = dstate, o.batch = 64, o.dim = 260, o.seqlen = 70, o.orders = true;
                o.type = ElementType::BFloat16;
            });
    add(cases, [](ProblemOptions& o) { o.dim = 64, o.seqlen = 33, o.skip = o.bias = Per::Row, o.shared_A = true; });
}

void addRandom(Cases& cases, int count, std::int64_t max_dstate)
{
    std::mt19937 engine(20261123);
    const auto pick = [&](std::initializer_list<std::int64_t> from) {
        return from.begin()[std::uniform_int_distribution<std::size_t>(0, from.size() - 1)(engine)];
    };
    const auto coin = [&] { return pick({0, 1}) == 1; };
    for (int i = 0; i < count; ++i) {
        add(cases, [&](ProblemOptions& o) {
            o.dim = pick({1, 2, 7, 8, 16, 31, 48, 65});
            o.seqlen = pick({1, 2, 15, 16, 17, 64, 70, 129, 150});
            o.dstate = std::min(pick({1, 2, 3, 4, 8, 16, 16, 16, 20, 32}), max_dstate);
            o.batch = pick({1, 2});
            o.scan_count = pick({1, 2, 4});
            o.scans = std::min(o.scan_count, pick({1, 2}));
            o.type = static_cast<ElementType>(pick({0, 0, 1, 2}));
            o.orders = coin(), o.choose = coin(), o.slots_have_data = coin(), o.scans_have_parameters = coin();
            o.shared_A = coin(), o.accumulate = coin(), o.padded = coin(), o.softplus = pick({0, 1, 1}) == 1;
            o.skip = static_cast<Per>(pick({0, 1, 2})), o.bias = static_cast<Per>(pick({0, 1, 2}));
            o.multiprocessors = static_cast<int>(pick({1, 8, 200}));
        });
    }
}

}  // namespace

std::vector<ProblemOptions> forwardCases()
{
    Cases cases;
    addSizes(cases, 128);
    addScans(cases);
    addVariations(cases);
    addWholePacks(cases);
    addRandom(cases, 30, 128);
    return cases;
}

std::vector<ProblemOptions> backwardCases()
{
    Cases cases;
    addSizes(cases, 64);
    addScans(cases);
    addVariations(cases);
    addRandom(cases, 16, 64);
    return cases;
}

double forwardTolerance(ElementType type)
{
    switch (type) {
    case ElementType::Float32:
        return 2e-6;
    case ElementType::BFloat16:
        return 0x1p-8 + 1e-5;
    case ElementType::Float16:
        return 0x1p-11 + 1e-5;
    }
    return 0.0;
}

double gradientTolerance(ElementType type)
{
    switch (type) {
    case ElementType::Float32:
        return 5e-6;
    case ElementType::BFloat16:
        return 0x1p-8 + 1e-5;
    case ElementType::Float16:
        return 0x1p-11 + 1e-5;
    }
    return 0.0;
}

double largestError(const std::vector<double>& got, const std::vector<double>& wanted)
{
    if (got.size() != wanted.size())
        return std::numeric_limits<double>::infinity();
    double largest = 0.0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const double error = std::abs(got[i] - wanted[i]);
        largest = std::isfinite(error) ? std::max(largest, error) : std::numeric_limits<double>::infinity();
    }
    return largest;
}

double relativeError(const std::vector<double>& got, const std::vector<double>& wanted)
{
    double magnitude = std::numeric_limits<double>::min();
    for (const double value : wanted)
        magnitude = std::max(magnitude, std::abs(value));
    return largestError(got, wanted) / magnitude;
}

}  // namespace mixer::kernels::cuda::test
