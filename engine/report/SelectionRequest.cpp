// SPDX-License-Identifier: MIT
#include "engine/report/SelectionRequest.h"

#include "engine/core/Error.h"

#include <algorithm>
#include <charconv>

namespace mixer {
namespace {

const MixerRecord& mixerOf(const std::string& name, const Trace& trace)
{
    if (name.empty())
        return trace.mixers().front();
    if (const MixerRecord* record = trace.find(MixerId::parse(name)))
        return *record;
    throw Error(ErrorKind::Usage,
                "this network has no mixer '" + name + "'; its mixers run from " + trace.mixers().front().id.name()
                    + " to " + trace.mixers().back().id.name());
}

int scanOf(const std::string& name, const MixerDetail& detail)
{
    std::string used;
    for (int scan = 0; scan < detail.scanCount(); ++scan) {
        if (detail.scanName(scan) == name)
            return scan;
        used += (scan == 0 ? "" : ", ") + detail.scanName(scan);
    }
    throw Error(ErrorKind::Usage,
                detail.record().id.name() + " did not use the scan '" + name + "' for this image; it used " + used);
}

void requireRange(const std::string& what, int value, int count)
{
    if (value < 0 || value >= count)
        throw Error(ErrorKind::Usage,
                    what + " " + std::to_string(value) + " is out of range: expected 0 to "
                        + std::to_string(count - 1));
}

int classOf(const std::string& text, const ModelConfig& config)
{
    const auto label = std::find(config.labels.begin(), config.labels.end(), text);
    if (label != config.labels.end())
        return static_cast<int>(label - config.labels.begin());
    int index = -1;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (failure != std::errc() || end != text.data() + text.size())
        throw Error(ErrorKind::Usage,
                    "there is no class '" + text + "'; expected a label or a number from 0 to "
                        + std::to_string(config.numClasses - 1));
    requireRange("class", index, config.numClasses);
    return index;
}

}  // namespace

Selection resolve(const SelectionRequest& request, const Trace& trace, const ModelConfig& config,
                  const CancelToken& cancel)
{
    Selection selection;
    selection.mixer = mixerOf(request.mixer, trace).id;
    const auto detail = trace.detail(selection.mixer, cancel);
    if (!request.scan.empty())
        selection.scan = scanOf(request.scan, *detail);
    selection.step = request.step == -1 ? detail->positionCount() / 2 : request.step;
    requireRange("step", selection.step, detail->positionCount());
    selection.lane = request.lane;
    if (selection.lane != -1)
        requireRange("lane", selection.lane, detail->laneCount());
    selection.state = request.state;
    if (selection.state != -1)
        requireRange("state", selection.state, detail->stateSize());
    if (!request.classText.empty())
        selection.classIndex = classOf(request.classText, config);
    return selection;
}

}  // namespace mixer
