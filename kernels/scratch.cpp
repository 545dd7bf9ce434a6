// SPDX-License-Identifier: MIT
#include "kernels/scratch.h"

#include <memory>
#include <new>

namespace mixer::kernels {
namespace {

constexpr std::align_val_t kAlignment{64};

struct AlignedDelete {
    void operator()(float* p) const { ::operator delete(p, kAlignment); }
};

struct Scratch {
    std::unique_ptr<float, AlignedDelete> data;
    std::size_t count = 0;
};

thread_local Scratch of_range, of_call;

float* atLeast(std::size_t count, Scratch& scratch)
{
    if (count > scratch.count) {
        scratch = Scratch{};
        scratch.data.reset(static_cast<float*>(::operator new(count * sizeof(float), kAlignment)));
        scratch.count = count;
    }
    return scratch.data.get();
}

void releaseIfLarge(Scratch& scratch)
{
    if (scratch.count * sizeof(float) > kKeptScratchBytes)
        scratch = Scratch{};
}

}  // namespace

float* thread_scratch(std::size_t count)
{
    return atLeast(count, of_range);
}

float* call_scratch(std::size_t count)
{
    return atLeast(count, of_call);
}

void release_large_scratch()
{
    releaseIfLarge(of_range);
}

void release_large_call_scratch()
{
    releaseIfLarge(of_call);
}

}  // namespace mixer::kernels
