// SPDX-License-Identifier: MIT
#include "engine/checkpoint/TensorShapes.h"

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <utility>

namespace mixer::checkpoint {

namespace {

constexpr int kMaxSize = 1 << 24;  // of any side that becomes a number of the configuration

}  // namespace

TensorShapes::TensorShapes(const TensorFile& file, const std::map<std::string, const TensorInfo*>& names,
                           std::string family)
    : m_file(file)
    , m_names(names)
    , m_family(std::move(family))
{
}

void TensorShapes::fail(const std::string& message) const
{
    throw Error(ErrorKind::Model,
                m_file.path() + ": no configuration was given, and the tensors' shapes do not yield one: " + message
                    + "; give a configuration as NAME.json beside the checkpoint");
}

const TensorInfo* TensorShapes::find(const std::string& name) const
{
    const auto found = m_names.find(name);
    return found == m_names.end() ? nullptr : found->second;
}

const std::vector<std::int64_t>& TensorShapes::of(const std::string& name, std::size_t rank) const
{
    const TensorInfo* info = find(name);
    if (info == nullptr)
        fail("tensor " + inQuotes(name) + " of " + m_family + " is missing (the file begins with "
             + inQuotes(m_file.tensors().front().name) + ")");
    if (info->shape.size() != rank) {
        fail("tensor " + inQuotes(name) + " must have " + std::to_string(rank) + " dimensions, found shape "
             + shapeText(info->shape));
    }
    return info->shape;
}

std::vector<std::int64_t> TensorShapes::ofLinear(const std::string& name) const
{
    const TensorInfo* info = find(name);
    if (info && info->shape.size() == 4 && info->shape[2] == 1 && info->shape[3] == 1)
        return {info->shape[0], info->shape[1]};
    return of(name, 2);
}

int TensorShapes::checkedSide(const std::string& name, std::int64_t value) const
{
    if (value < 1 || value > kMaxSize)
        fail("tensor " + inQuotes(name) + " has an unusable shape, " + shapeText(find(name)->shape));
    return static_cast<int>(value);
}

int TensorShapes::side(const std::string& name, std::size_t rank, std::size_t axis) const
{
    return checkedSide(name, of(name, rank)[axis]);
}

int TensorShapes::linearSide(const std::string& name, std::size_t axis) const
{
    return checkedSide(name, ofLinear(name)[axis]);
}

int TensorShapes::count(const std::string& before, const std::string& after, int limit) const
{
    const auto numbered = [&](const std::string& number) {
        std::string name = before;
        return name.append(number).append(after);
    };
    int number = 0;
    while (has(numbered(std::to_string(number)))) {
        if (++number > limit)
            fail("there are more than " + std::to_string(limit) + " tensors " + numbered("N"));
    }
    return number;
}

void TensorShapes::require(const std::string& name, const std::vector<std::int64_t>& expected) const
{
    if (of(name, expected.size()) != expected) {
        fail("tensor " + inQuotes(name) + " must have shape " + shapeText(expected)
             + " to agree with the others, found " + shapeText(of(name, expected.size())));
    }
}

void TensorShapes::requirePresence(const std::string& name, bool expected) const
{
    if (has(name) != expected)
        fail("tensor " + inQuotes(name) + (expected ? " is missing" : " is unexpected") + ": other token mixers have "
             + (expected ? "one" : "none"));
}

void TensorShapes::forEachName(const std::function<void(std::string_view)>& visit) const
{
    for (const auto& [name, info] : m_names)
        visit(name);
}

}  // namespace mixer::checkpoint
