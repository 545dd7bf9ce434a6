// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <cstdint>
#include <utility>
#include <vector>

namespace mixer {

/// Dense row-major host array of float32: how numbers leave the engine. No tensor crosses into the rooms above.
struct Array {
    std::vector<std::int64_t> shape;  ///< outermost first
    std::vector<float> values;

    Array() = default;
    explicit Array(std::vector<std::int64_t> dims)
        : shape(std::move(dims))
    {
        std::int64_t count = 1;
        for (const std::int64_t n : shape)
            count *= n;
        values.assign(static_cast<std::size_t>(count), 0.0F);
    }

    bool isEmpty() const noexcept { return values.empty(); }
    std::int64_t size(std::size_t dim) const { return shape.at(dim); }

    /// Element of a two-dimensional array.
    float at(std::int64_t row, std::int64_t column) const
    {
        assert(shape.size() == 2 && row >= 0 && row < shape[0] && column >= 0 && column < shape[1]);
        return values[static_cast<std::size_t>(row * shape[1] + column)];
    }
    float& at(std::int64_t row, std::int64_t column)
    {
        assert(shape.size() == 2 && row >= 0 && row < shape[0] && column >= 0 && column < shape[1]);
        return values[static_cast<std::size_t>(row * shape[1] + column)];
    }
};

}  // namespace mixer
