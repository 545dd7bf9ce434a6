// SPDX-License-Identifier: MIT
#include "engine/models/Network.h"

#include "engine/models/MixerNetwork.h"
#include "engine/models/VMambaNetwork.h"
#include "engine/models/VimNetwork.h"

namespace mixer {

std::shared_ptr<const Network> makeNetwork(const Checkpoint& checkpoint, const at::TensorOptions& options,
                                           const CancelToken& cancel)
{
    struct Make {
        const Checkpoint& checkpoint;
        const at::TensorOptions& options;
        const CancelToken& cancel;
        std::shared_ptr<const Network> operator()(const MixerConfig&) const
        {
            return std::make_shared<const MixerNetwork>(checkpoint, options, cancel);
        }
        std::shared_ptr<const Network> operator()(const VMambaConfig&) const
        {
            return std::make_shared<const VMambaNetwork>(checkpoint, options, cancel);
        }
        std::shared_ptr<const Network> operator()(const VimConfig&) const
        {
            return std::make_shared<const VimNetwork>(checkpoint, options, cancel);
        }
    };
    return std::visit(Make{checkpoint, options, cancel}, checkpoint.config.network);
}

}  // namespace mixer
