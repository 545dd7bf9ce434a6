// SPDX-License-Identifier: MIT
#include "engine/models/WeightReader.h"

#include "engine/core/Error.h"

#include <ATen/ATen.h>

#include <cstring>
#include <sstream>

namespace mixer {

namespace {

std::string shapeText(at::IntArrayRef shape)
{
    std::ostringstream text;
    text << '(';
    for (std::size_t i = 0; i < shape.size(); ++i)
        text << (i ? ", " : "") << shape[i];
    text << ')';
    return text.str();
}

/// Undefined for types that hold no real numbers.
at::ScalarType scalarType(DataType type)
{
    switch (type) {
    case DataType::Float64:
        return at::kDouble;
    case DataType::Float32:
        return at::kFloat;
    case DataType::Float16:
        return at::kHalf;
    case DataType::BFloat16:
        return at::kBFloat16;
    default:
        return at::ScalarType::Undefined;
    }
}

}  // namespace

WeightReader::WeightReader(const Checkpoint& checkpoint, at::ScalarType type)
    : m_shared(std::make_shared<Shared>(Shared{checkpoint, type, {}}))
{
}

WeightReader::WeightReader(std::shared_ptr<Shared> shared, std::string scope)
    : m_shared(std::move(shared))
    , m_scope(std::move(scope))
{
}

WeightReader WeightReader::in(const std::string& name) const
{
    return {m_shared, m_scope + name + '.'};
}

at::Tensor WeightReader::take(const std::string& name, at::IntArrayRef shape) const
{
    const Checkpoint& checkpoint = m_shared->checkpoint;
    const std::string fullName = m_scope + name;
    const std::string where = checkpoint.path() + ": tensor '" + fullName + "'";
    const TensorInfo* info = checkpoint.find(fullName);
    if (!info)
        throw Error(ErrorKind::Model,
                    where + " is missing; the configuration (" + checkpoint.configOrigin + ") expects it with shape "
                        + shapeText(shape));
    if (at::IntArrayRef(info->shape) != shape)
        throw Error(ErrorKind::Model,
                    where + ": expected shape " + shapeText(shape) + " after the configuration ("
                        + checkpoint.configOrigin + "), found " + shapeText(info->shape));
    const at::ScalarType stored = scalarType(info->type);
    if (stored == at::ScalarType::Undefined)
        throw Error(ErrorKind::Model, where + ": expected floating-point numbers, found type " + info->typeName);

    // The file's bytes may be unaligned, so they are copied before anything reads them as numbers.
    at::Tensor raw = at::empty(shape, at::TensorOptions().dtype(stored));
    if (info->bytes > 0)
        std::memcpy(raw.data_ptr(), info->data, info->bytes);
    at::Tensor weight = raw.to(m_shared->type);
    if (!at::isfinite(weight).all().item<bool>())
        throw Error(ErrorKind::Model,
                    where + " holds a NaN or an infinity; the checkpoint is damaged or its training diverged");
    m_shared->taken.insert(fullName);
    return weight;
}

void WeightReader::requireAllTaken() const
{
    constexpr int kNamed = 8;
    std::string names;
    int unexpected = 0;
    for (const TensorInfo& info : m_shared->checkpoint.file->tensors()) {
        const std::string name = m_shared->checkpoint.shortName(info);
        if (m_shared->taken.count(name))
            continue;
        if (++unexpected <= kNamed)
            names += "\n  " + name + ' ' + shapeText(info.shape);
    }
    if (unexpected == 0)
        return;
    if (unexpected > kNamed)
        names += "\n  and " + std::to_string(unexpected - kNamed) + " more";
    throw Error(ErrorKind::Model,
                m_shared->checkpoint.path() + ": " + std::to_string(unexpected) + " tensors that the configuration ("
                    + m_shared->checkpoint.configOrigin + ") gives no place:" + names);
}

}  // namespace mixer
