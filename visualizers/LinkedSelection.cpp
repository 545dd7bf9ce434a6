// SPDX-License-Identifier: GPL-3.0-or-later
#include "visualizers/LinkedSelection.h"

#include "visualizers/RunPair.h"

#include <algorithm>

namespace mixer::vis {

namespace {

/// Cell of `to` in which the middle of a cell of `from` lies.
int linkedCell(int cell, int from, int to)
{
    return std::clamp(static_cast<int>((2LL * cell + 1) * to / (2LL * from)), 0, to - 1);
}

int linkedScan(const MixerDetail& detail, int scan, const MixerDetail& other)
{
    const std::string name = detail.scanName(scan);
    for (int i = 0; i < other.scanCount(); ++i)
        if (other.scanName(i) == name)
            return i;
    return std::min(scan, other.scanCount() - 1);
}

}  // namespace

int linkedToken(const MixerRecord& from, int token, const MixerRecord& to)
{
    if (from.tokenCount() == 0 || to.tokenCount() == 0)
        return 0;
    return linkedCell(token / from.width, from.height, to.height) * to.width
        + linkedCell(token % from.width, from.width, to.width);
}

Selection linkedSelection(const MixerDetail& detail, const Selection& selection, const MixerDetail& other,
                          const Selection& current)
{
    Selection wish = current;
    const bool ofChannels = selection.mixer.isChannelMixer;
    if (ofChannels != current.mixer.isChannelMixer)
        return wish;
    wish.scan = linkedScan(detail, selection.scan, other);
    wish.state = selection.state < other.stateSize() ? selection.state : -1;
    const int position = detail.positionAt(selection.scan, selection.step);
    if (ofChannels) {
        wish.step = other.stepOf(wish.scan, linkedCell(position, detail.positionCount(), other.positionCount()));
        wish.lane = selection.lane < 0 ? -1 : linkedToken(detail.record(), selection.lane, other.record());
        return wish;
    }
    wish.lane = selection.lane < other.laneCount() ? selection.lane : -1;
    const int token = detail.record().tokenAt(position);
    if (token >= 0)
        wish.step
            = other.stepOf(wish.scan, other.record().positionOf(linkedToken(detail.record(), token, other.record())));
    else if (!other.record().classTokens.empty())
        wish.step = other.stepOf(wish.scan, other.record().classTokens.front());
    return wish;
}

int linkedClass(const RunPair& pair, int classIndex)
{
    for (const ClassPair& both : pair.classes)
        if ((pair.isOtherFirst ? both.b : both.a) == classIndex)
            return pair.isOtherFirst ? both.a : both.b;
    return -1;
}

}  // namespace mixer::vis
