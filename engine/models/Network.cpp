// SPDX-License-Identifier: MIT
#include "engine/models/Network.h"

#include "engine/models/MixerNetwork.h"

namespace mixer {

int Network::innerWidth(const MixerId& id) const
{
    for (const MixerRecord& mixer : mixers())
        if (mixer.id == id)
            return mixer.inner;
    return 0;
}

std::shared_ptr<const Network> makeNetwork(const Checkpoint& checkpoint, const at::TensorOptions& options,
                                           const CancelToken& cancel)
{
    return std::make_shared<const MixerNetwork>(checkpoint, options, cancel);
}

}  // namespace mixer
