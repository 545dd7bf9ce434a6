// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/Checkpoint.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <unordered_set>

namespace mixer {

/// Hands out a checkpoint's tensors by name to the parts of a network. Each shape is compared with what the
/// configuration implies *before* memory is taken, so a hostile configuration cannot allocate more than the file holds.
class WeightReader {
public:
    /// `type`: what every weight is converted to. The checkpoint must outlive the reader.
    WeightReader(const Checkpoint& checkpoint, at::ScalarType type);

    /// A copy of the tensor `scope + name`. Throws Error(Model) when it is missing, has another shape, holds no
    /// numbers, or holds a NaN or an infinity.
    at::Tensor take(const std::string& name, at::IntArrayRef shape) const;

    /// The tensor `scope + name` as it is stored; null when there is none.
    const TensorInfo* find(const std::string& name) const { return m_shared->checkpoint.find(m_scope + name); }

    /// The same reader, with `name + "."` before every name.
    WeightReader in(const std::string& name) const;

    /// Throws Error(Model) that names the tensors which nothing took.
    void requireAllTaken() const;

private:
    struct Shared {
        const Checkpoint& checkpoint;
        at::ScalarType type;
        std::unordered_set<std::string> taken;
    };
    WeightReader(std::shared_ptr<Shared> shared, std::string scope);

    std::shared_ptr<Shared> m_shared;
    std::string m_scope;
};

}  // namespace mixer
