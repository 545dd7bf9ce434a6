// SPDX-License-Identifier: MIT
#include "engine/session/ForwardBenchmark.h"

#include "engine/session/ProcessMemory.h"

#include <algorithm>
#include <random>

namespace mixer {

namespace {

Array noise(int height, int width, int batch)
{
    Array images({batch, 3, height, width});
    std::mt19937 generator(1);
    std::normal_distribution<float> normal;
    for (float& value : images.values)
        value = normal(generator);
    return images;
}

}  // namespace

ForwardBenchmark::ForwardBenchmark(std::shared_ptr<const InferenceSession> session)
    : m_session(std::move(session))
{
    restartPeak();
    m_loadedBytes = residentBytes();
}

ForwardCost ForwardBenchmark::run(int height, int width, int batch, int repeats, const CancelToken& cancel) const
{
    if (repeats < 1)
        throw Error(ErrorKind::Usage, "a benchmark needs at least one repeat");
    const Array images = noise(height, width, batch);
    const bool peakKnown = restartPeak() && m_loadedBytes >= 0;
    m_session->logits(images, cancel);
    std::vector<ForwardTimes> passes;
    for (int i = 0; i < repeats; ++i) {
        cancel.check();
        ForwardProfile profile;
        m_session->logits(images, cancel);
        passes.push_back(profile.finish());
    }
    std::sort(passes.begin(), passes.end(),
              [](const ForwardTimes& a, const ForwardTimes& b) { return a.milliseconds < b.milliseconds; });
    ForwardCost cost;
    cost.height = height;
    cost.width = width;
    cost.batch = batch;
    cost.repeats = repeats;
    cost.fastest = passes.front().milliseconds;
    cost.slowest = passes.back().milliseconds;
    cost.median = passes[passes.size() / 2];
    cost.peakBytes = peakKnown ? std::max<std::int64_t>(0, peakResidentBytes() - m_loadedBytes) : -1;
    return cost;
}

}  // namespace mixer
