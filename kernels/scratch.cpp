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

thread_local Scratch scratch;

}  // namespace

float* thread_scratch(std::size_t count)
{
    if (count > scratch.count) {
        scratch = Scratch{};
        scratch.data.reset(static_cast<float*>(::operator new(count * sizeof(float), kAlignment)));
        scratch.count = count;
    }
    return scratch.data.get();
}

void release_large_scratch()
{
    if (scratch.count * sizeof(float) > kKeptScratchBytes)
        scratch = Scratch{};
}

}  // namespace mixer::kernels
