// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Remark.h"
#include "engine/core/Error.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mixer {

/// What became of one tensor when a network was built.
enum class TensorUse {
    Used,      ///< under its stored name and in its stored shape
    Renamed,   ///< under another name than the stored one: a prefix stripped, an older name
    Reshaped,  ///< in another shape than the stored one (its name may differ too)
    Unused,    ///< known, and not needed; or, in a receipt of a failure, given no place by the configuration
    Missing,   ///< expected and not in the file, or there with a wrong shape, type or value: always an error
};

/// "used", "renamed" ...
std::string tensorUseName(TensorUse use);

struct TensorReceipt {
    std::string name;                 ///< as stored; of one that is not there, as the network calls it
    std::string typeName;             ///< as stored ("F32"); empty when it is not there
    std::vector<std::int64_t> shape;  ///< as stored; of one that is not there, as expected
    TensorUse use = TensorUse::Used;
    std::string target;                     ///< the network's name for it; empty when unused
    std::vector<std::int64_t> targetShape;  ///< as the network takes it; empty when unused
    std::string reason;                     ///< why; empty for a plain Used
};

/// Tells of every tensor of a file what became of it, and of everything that was not taken from the file as it stands.
struct LoadReceipt {
    std::vector<TensorReceipt> tensors;   ///< those of the file in its order, then those that are not there
    Remarks remarks;                      ///< of the checkpoint, and what the network assumed while it was built
    std::vector<std::string> deviations;  ///< where the configuration differs from its family's defaults

    int count(TensorUse use) const;
    int guessCount() const;
    /// Nothing renamed, reshaped, unused, missing, guessed or ignored.
    bool isPlain() const;
    /// "all 129 tensors used"; "131 tensors: 120 used, 9 renamed, 2 unused; 3 guesses".
    std::string summary() const;
};

/// The network could not be built. The message lists the problems; the receipt has them all.
class LoadError : public Error {
public:
    LoadError(const std::string& message, LoadReceipt receipt)
        : Error(ErrorKind::Model, message)
        , m_receipt(std::move(receipt))
    {
    }
    const LoadReceipt& receipt() const noexcept { return m_receipt; }

private:
    LoadReceipt m_receipt;
};

}  // namespace mixer
