// SPDX-License-Identifier: MIT
#pragma once

#include "engine/session/InferenceSession.h"

#include <string>
#include <vector>

namespace mixer {

/// The pictures that enabled edits take something over from, as the edits name them; each once, in order.
std::vector<std::string> patchImages(const Interventions& edits);

/// Runs of those pictures, for InferenceSession::edit(): the names are paths. Throws Error, Cancelled.
PatchSources runPatchImages(const InferenceSession& session, const Interventions& edits,
                            const CancelToken& cancel = {});

}  // namespace mixer
