// SPDX-License-Identifier: MIT
#include "engine/analysis/RouterStatistics.h"

#include "engine/core/Error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace mixer {

namespace {

Array flipped(const Array& image)
{
    Array result = image;
    const auto width = static_cast<std::ptrdiff_t>(image.size(2));
    for (auto row = result.values.begin(); row != result.values.end(); row += width)
        std::reverse(row, row + width);
    return result;
}

/// The middle `share` of the picture, enlarged to its size: bilinear between pixel centres.
Array zoomed(const Array& image, double share)
{
    const std::int64_t height = image.size(1);
    const std::int64_t width = image.size(2);
    Array result(image.shape);
    const auto source = [share](std::int64_t i, std::int64_t count) {
        const double middle = 0.5 * static_cast<double>(count);
        return std::clamp((static_cast<double>(i) + 0.5 - middle) * share + middle - 0.5, 0.0,
                          static_cast<double>(count - 1));
    };
    for (std::int64_t c = 0; c < image.size(0); ++c) {
        const float* plane = image.values.data() + c * height * width;
        for (std::int64_t y = 0; y < height; ++y) {
            const double sy = source(y, height);
            const auto y0 = static_cast<std::int64_t>(sy);
            const std::int64_t y1 = std::min(y0 + 1, height - 1);
            const double fy = sy - static_cast<double>(y0);
            for (std::int64_t x = 0; x < width; ++x) {
                const double sx = source(x, width);
                const auto x0 = static_cast<std::int64_t>(sx);
                const std::int64_t x1 = std::min(x0 + 1, width - 1);
                const double fx = sx - static_cast<double>(x0);
                const auto at = [&](std::int64_t row, std::int64_t column) {
                    return static_cast<double>(plane[row * width + column]);
                };
                result.values[static_cast<std::size_t>((c * height + y) * width + x)]
                    = static_cast<float>((1 - fy) * ((1 - fx) * at(y0, x0) + fx * at(y0, x1))
                                         + fy * ((1 - fx) * at(y1, x0) + fx * at(y1, x1)));
            }
        }
    }
    return result;
}

bool isChosen(const Routing& routing, int scan)
{
    return std::find(routing.chosen.begin(), routing.chosen.end(), scan) != routing.chosen.end();
}

}  // namespace

int runnerUp(const Routing& routing)
{
    int best = -1;
    for (int scan = 0; scan < static_cast<int>(routing.logits.size()); ++scan)
        if (!isChosen(routing, scan)
            && (best < 0
                || routing.logits[static_cast<std::size_t>(scan)] > routing.logits[static_cast<std::size_t>(best)]))
            best = scan;
    return best;
}

double routerMargin(const Routing& routing)
{
    const int next = runnerUp(routing);
    if (next < 0)
        return std::numeric_limits<double>::infinity();
    double last = std::numeric_limits<double>::infinity();
    for (const int scan : routing.chosen)
        last = std::min(last, routing.logits[static_cast<std::size_t>(scan)]);
    return last - routing.logits[static_cast<std::size_t>(next)];
}

PreparedImage perturbed(const PreparedImage& image, Perturbation perturbation, unsigned seed)
{
    PreparedImage result = image;
    switch (perturbation) {
    case Perturbation::Flip:
        result.tensor = flipped(image.tensor);
        break;
    case Perturbation::Crop:
        result.tensor = zoomed(image.tensor, 7.0 / 8);
        break;
    case Perturbation::Noise: {
        std::mt19937 generator(seed);
        std::normal_distribution<float> noise(0, 0.1F);
        for (float& value : result.tensor.values)
            value += noise(generator);
        break;
    }
    }
    return result;
}

double RouterStatistics::Mixer::stability(Perturbation p) const
{
    const auto i = static_cast<std::size_t>(p);
    return tested[i] > 0 ? static_cast<double>(kept[i]) / tested[i] : std::numeric_limits<double>::quiet_NaN();
}

RouterStatistics::Mixer* RouterStatistics::find(const MixerId& id, const Routing& routing)
{
    if (id.isChannelMixer || !routing.hasRouter)
        return nullptr;
    const auto found
        = std::find_if(m_mixers.begin(), m_mixers.end(), [&](const Mixer& mixer) { return mixer.id == id; });
    if (found != m_mixers.end())
        return &*found;
    Mixer mixer;
    mixer.id = id;
    mixer.scans = routing.scans;
    const auto scans = static_cast<std::int64_t>(mixer.scans.size());
    mixer.chosen = Array({m_classes, scans});
    mixer.probability = Array({m_classes, scans});
    m_mixers.push_back(std::move(mixer));
    return &m_mixers.back();
}

void RouterStatistics::add(const Trace& trace, int classIndex)
{
    Routings routings;
    for (const MixerRecord& record : trace.mixers())
        routings.emplace_back(record.id, record.routing);
    add(routings, classIndex);
}

void RouterStatistics::add(const Routings& routings, int classIndex)
{
    if (classIndex < 0 || classIndex >= m_classes)
        throw Error(ErrorKind::Usage,
                    "class " + std::to_string(classIndex) + " does not exist; expected 0 to "
                        + std::to_string(m_classes - 1));
    m_imagesOfClass.resize(static_cast<std::size_t>(m_classes));
    const auto count = static_cast<float>(++m_imagesOfClass[static_cast<std::size_t>(classIndex)]);
    ++m_images;
    for (const auto& [id, routing] : routings) {
        Mixer* mixer = find(id, routing);
        if (!mixer)
            continue;
        for (const int scan : routing.chosen)
            mixer->chosen.at(classIndex, scan) += 1;
        for (std::size_t scan = 0; scan < routing.probabilities.size(); ++scan) {
            float& mean = mixer->probability.at(classIndex, static_cast<std::int64_t>(scan));
            mean += (static_cast<float>(routing.probabilities[scan]) - mean) / count;
        }
        mixer->margin.push_back(static_cast<float>(routerMargin(routing)));
    }
}

void RouterStatistics::addPerturbed(const Trace& original, const Trace& changed, Perturbation perturbation)
{
    const auto i = static_cast<std::size_t>(perturbation);
    for (const MixerRecord& record : original.mixers()) {
        Mixer* mixer = find(record.id, record.routing);
        const MixerRecord* other = mixer ? changed.find(record.id) : nullptr;
        if (!other)
            continue;
        ++mixer->tested[i];
        mixer->kept[i] += other->routing.chosen == record.routing.chosen;
    }
}

void RouterStatistics::study(const InferenceSession& session, const PreparedImage& image, int classIndex,
                             const CancelToken& cancel)
{
    const auto original = session.run(image, {}, cancel);
    std::vector<std::shared_ptr<const Trace>> changed;
    for (int p = 0; p < kPerturbations; ++p)
        changed.push_back(session.run(perturbed(image, static_cast<Perturbation>(p)), {}, cancel));
    // Only now, so that a cancelled image leaves nothing behind.
    add(*original, classIndex);
    for (int p = 0; p < kPerturbations; ++p)
        addPerturbed(*original, *changed[static_cast<std::size_t>(p)], static_cast<Perturbation>(p));
}

std::vector<int> RouterStatistics::closestCalls(const MixerId& id, int count) const
{
    const auto found = std::find_if(m_mixers.begin(), m_mixers.end(), [&](const Mixer& m) { return m.id == id; });
    if (found == m_mixers.end())
        return {};
    std::vector<int> images(found->margin.size());
    std::iota(images.begin(), images.end(), 0);
    std::stable_sort(images.begin(), images.end(), [&](int a, int b) {
        return found->margin[static_cast<std::size_t>(a)] < found->margin[static_cast<std::size_t>(b)];
    });
    images.resize(static_cast<std::size_t>(std::clamp(count, 0, static_cast<int>(images.size()))));
    return images;
}

const RouterStatistics::Mixer* RouterStatistics::mostDivided() const
{
    const Mixer* most = nullptr;
    double smallest = std::numeric_limits<double>::infinity();
    for (const Mixer& mixer : m_mixers) {
        const double sum = std::accumulate(mixer.margin.begin(), mixer.margin.end(), 0.0);
        const double mean = mixer.margin.empty() ? smallest : sum / static_cast<double>(mixer.margin.size());
        if (mean < smallest) {
            smallest = mean;
            most = &mixer;
        }
    }
    return most;
}

}  // namespace mixer
