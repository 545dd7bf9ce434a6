// SPDX-License-Identifier: MIT
#include "engine/trace/Trace.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mixer {

const Interventions& Trace::interventions() const
{
    static const Interventions none;
    return none;
}

const std::vector<double>& Trace::departure() const
{
    static const std::vector<double> none;
    return none;
}

int Trace::firstDeparture() const
{
    const std::vector<double>& all = departure();
    const auto first = std::find_if(all.begin(), all.end(), [](double d) { return d != 0; });
    return first == all.end() ? -1 : static_cast<int>(first - all.begin());
}

std::vector<ClassChange> classChanges(const Trace& edited)
{
    std::vector<ClassChange> changes;
    const auto before = edited.baseline();
    if (!before)
        return changes;
    for (std::size_t c = 0; c < edited.logits().size(); ++c)
        changes.push_back({static_cast<int>(c), before->probabilities()[c], edited.probabilities()[c],
                           before->logits()[c], edited.logits()[c]});
    std::stable_sort(changes.begin(), changes.end(), [](const ClassChange& a, const ClassChange& b) {
        return std::abs(a.probabilityAfter - a.probabilityBefore) > std::abs(b.probabilityAfter - b.probabilityBefore);
    });
    return changes;
}

int MixerRecord::tokenAt(int position) const
{
    const auto after = std::lower_bound(classTokens.begin(), classTokens.end(), position);
    if (after != classTokens.end() && *after == position)
        return -1;
    return position - static_cast<int>(after - classTokens.begin());
}

int MixerRecord::positionOf(int token) const
{
    int position = token;
    for (const int classToken : classTokens)
        position += classToken <= position ? 1 : 0;
    return position;
}

const MixerRecord* Trace::find(const MixerId& id) const
{
    const auto& all = mixers();
    const auto found = std::find_if(all.begin(), all.end(), [&](const MixerRecord& record) { return record.id == id; });
    return found == all.end() ? nullptr : &*found;
}

std::vector<int> Trace::topClasses(int count) const
{
    return largestLogits(logits().data(), logits().size(), count);
}

std::vector<int> largestLogits(const float* logits, std::size_t count, int most)
{
    std::vector<int> classes(count);
    std::iota(classes.begin(), classes.end(), 0);
    const auto middle = classes.begin() + std::clamp<std::ptrdiff_t>(most, 0, static_cast<std::ptrdiff_t>(count));
    std::partial_sort(classes.begin(), middle, classes.end(),
                      [&](int a, int b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; });
    classes.erase(middle, classes.end());
    return classes;
}

}  // namespace mixer
