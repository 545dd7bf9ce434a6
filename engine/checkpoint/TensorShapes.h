// SPDX-License-Identifier: MIT
// Private to engine/checkpoint: asks a file for tensors by name and shape.
#pragma once

#include "engine/checkpoint/TensorFile.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mixer::checkpoint {

/// Where a configuration is inferred from: every tensor is asked for by the name that its family's network gives it and
/// by its expected shape. Failures are Errors (Model) that name file and tensor.
class TensorShapes {
public:
    /// `names`: each tensor by the network's name for it. `family` is for messages.
    TensorShapes(const TensorFile& file, const std::map<std::string, const TensorInfo*>& names, std::string family);

    [[noreturn]] void fail(const std::string& message) const;

    const TensorInfo* find(const std::string& name) const;  ///< null when there is none
    bool has(const std::string& name) const { return find(name) != nullptr; }
    const std::vector<std::int64_t>& of(const std::string& name, std::size_t rank) const;
    /// Of a linear layer: (out,in), also where it is stored as a 1x1 convolution's.
    std::vector<std::int64_t> ofLinear(const std::string& name) const;
    /// One side of a tensor, at least 1, as a number for the configuration.
    int side(const std::string& name, std::size_t rank, std::size_t axis) const;
    int linearSide(const std::string& name, std::size_t axis) const;
    /// How many numbers n from 0 on have a tensor `before + n + after`; fails beyond `limit`.
    int count(const std::string& before, const std::string& after, int limit) const;

    void require(const std::string& name, const std::vector<std::int64_t>& expected) const;
    void requirePresence(const std::string& name, bool expected) const;
    void forEachName(const std::function<void(std::string_view)>& visit) const;

private:
    int checkedSide(const std::string& name, std::int64_t value) const;

    const TensorFile& m_file;
    const std::map<std::string, const TensorInfo*>& m_names;
    std::string m_family;
};

}  // namespace mixer::checkpoint
