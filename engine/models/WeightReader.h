// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Checkpoint.h"
#include "engine/checkpoint/LoadReceipt.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mixer {

/// Hands out a checkpoint's tensors by name to the parts of a network and writes the LoadReceipt meanwhile. Each shape
/// is compared with what the configuration implies *before* memory is taken, so a hostile configuration cannot allocate
/// more than the file holds.
///
/// A tensor that is missing, has another shape, holds no real numbers, or holds a NaN or an infinity is a problem. So
/// that one look tells them all, small ones are noted, zeros stand in for them, and finish() throws; where problems or
/// stand-ins become many, take() itself throws. A network must therefore call finish() last and keep its result.
class WeightReader {
public:
    /// `options`: what every weight is converted to, and the device that it goes to. The checkpoint must outlive the
    /// reader.
    WeightReader(const Checkpoint& checkpoint, const at::TensorOptions& options);

    /// Gives the tensor of a name and shape.
    using Source = std::function<at::Tensor(const std::string& name, at::IntArrayRef shape)>;
    /// Hands out what `source` gives: parameters in training, which the network then shares and follows as they change.
    /// Parameters of another type than `type` are converted to it (takeExact() ones to no 16-bit type), so that
    /// gradients reach them; the network is then good for one pass, for it does not see them change. There is nothing
    /// to miss and nothing to leave over: finish() gives an empty receipt.
    WeightReader(Source source, at::ScalarType type);

    /// The same reader, with `name + "."` before every name.
    WeightReader in(const std::string& name) const;

    /// Whether the file has the tensor `scope + name`.
    bool has(const std::string& name) const;
    /// The number of its axes; -1 when the file does not have it.
    int rank(const std::string& name) const;

    /// A copy of the tensor `scope + name`. Throws LoadError, as said above.
    at::Tensor take(const std::string& name, at::IntArrayRef shape) const;
    /// The same for what scans and routers are driven by: float32 where weights are of a 16-bit type.
    at::Tensor takeExact(const std::string& name, at::IntArrayRef shape) const;
    /// The same, stored in another shape of equally many elements, which keep their order; `reason` says why.
    at::Tensor takeReshaped(const std::string& name, at::IntArrayRef stored, at::IntArrayRef shape,
                            const std::string& reason) const;

    /// The tensor `scope + name`, where the file has it, is not needed; `reason` says why.
    void skip(const std::string& name, const std::string& reason) const;

    /// What became of every tensor. Throws LoadError when there was a problem, or when the file has tensors that were
    /// neither taken nor skipped; counters (Checkpoint::isCounter) are skipped here.
    LoadReceipt finish() const;

private:
    struct Shared;
    WeightReader(std::shared_ptr<Shared> shared, std::string scope);
    at::Tensor takeAs(const std::string& name, at::IntArrayRef storedShape, at::IntArrayRef shape,
                      const std::string& reason, bool exact = false) const;

    std::shared_ptr<Shared> m_shared;
    std::string m_scope;
};

}  // namespace mixer
