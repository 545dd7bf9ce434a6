// SPDX-License-Identifier: MIT
#include "engine/models/Network.h"

#include "engine/models/MixerNetwork.h"
#include "engine/models/VMambaNetwork.h"
#include "engine/models/VimNetwork.h"

namespace mixer {

int Network::innerWidth(const MixerId& id) const
{
    for (const MixerRecord& mixer : mixers())
        if (mixer.id == id)
            return mixer.inner;
    return 0;
}

std::shared_ptr<const Network> makeNetwork(const Checkpoint& checkpoint, at::ScalarType type, const CancelToken& cancel)
{
    struct Make {
        const Checkpoint& checkpoint;
        at::ScalarType type;
        const CancelToken& cancel;
        std::shared_ptr<const Network> operator()(const MixerConfig&) const
        {
            return std::make_shared<const MixerNetwork>(checkpoint, type, cancel);
        }
        std::shared_ptr<const Network> operator()(const VMambaConfig&) const
        {
            return std::make_shared<const VMambaNetwork>(checkpoint, type, cancel);
        }
        std::shared_ptr<const Network> operator()(const VimConfig&) const
        {
            return std::make_shared<const VimNetwork>(checkpoint, type, cancel);
        }
    };
    return std::visit(Make{checkpoint, type, cancel}, checkpoint.config.network);
}

}  // namespace mixer
