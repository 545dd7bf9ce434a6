// SPDX-License-Identifier: MIT
#include "engine/session/PatchRuns.h"

#include "engine/image/LoadPicture.h"

#include <algorithm>

namespace mixer {

std::vector<std::string> patchImages(const Interventions& edits)
{
    std::vector<std::string> images;
    for (const Edit& edit : edits.edits) {
        std::string image;
        if (const auto* output = std::get_if<PatchOutput>(&edit.change))
            image = output->image;
        else if (const auto* state = std::get_if<PatchState>(&edit.change))
            image = state->image;
        if (edit.enabled && !image.empty() && std::find(images.begin(), images.end(), image) == images.end())
            images.push_back(image);
    }
    return images;
}

PatchSources runPatchImages(const InferenceSession& session, const Interventions& edits, const CancelToken& cancel)
{
    PatchSources sources;
    for (const std::string& image : patchImages(edits))
        sources[image] = session.run(loadPicture(image, session.preprocessing()).prepared, {}, cancel);
    return sources;
}

}  // namespace mixer
