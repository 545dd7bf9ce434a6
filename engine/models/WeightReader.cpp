// SPDX-License-Identifier: MIT
#include "engine/models/WeightReader.h"

#include "engine/checkpoint/Messages.h"
#include "engine/core/Error.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace mixer {

using checkpoint::inQuotes;
using checkpoint::shapeText;

namespace {

constexpr std::size_t kMaxProblems = 100;               // after as many the file is another network's
constexpr std::int64_t kMaxStandIns = 4 * 1000 * 1000;  // elements of all zeros that stand in for missing tensors
constexpr std::size_t kNamedProblems = 12;              // in a message; the receipt has all

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

std::string join(const std::string& first, const std::string& second)
{
    return first.empty() || second.empty() ? first + second : first + "; " + second;
}

}  // namespace

struct WeightReader::Shared {
    const Checkpoint& checkpoint;
    at::TensorOptions options;
    Source source;                                         ///< in place of the checkpoint
    std::unordered_map<std::string, TensorReceipt> lines;  ///< by stored name, prefix included
    std::vector<TensorReceipt> absent;
    std::vector<std::string> problems;
    std::int64_t standIns = 0;  ///< elements
    bool isComplete = false;    ///< every tensor that the network has was asked for

    at::ScalarType typeOf(bool exact) const
    {
        const at::ScalarType wanted = c10::typeMetaToScalarType(options.dtype());
        return exact && at::elementSize(wanted) < 4 ? at::kFloat : wanted;
    }
    at::Tensor problem(TensorReceipt line, bool isStored, const std::string& message);
    LoadReceipt receipt() const;
    void skipCounters();
    void addUnplaced();
    [[noreturn]] void fail();
};

/// Zeros in the tensor's place while it is bearable to go on and look for more.
at::Tensor WeightReader::Shared::problem(TensorReceipt line, bool isStored, const std::string& message)
{
    line.use = TensorUse::Missing;
    line.reason = message;
    problems.push_back("tensor " + inQuotes(line.name) + ' ' + message);
    const std::vector<std::int64_t> shape = line.targetShape;
    if (isStored)
        lines[line.name] = std::move(line);
    else
        absent.push_back(std::move(line));
    standIns += c10::multiply_integers(shape);
    if (problems.size() >= kMaxProblems || standIns > kMaxStandIns)
        fail();
    return at::zeros(shape, options);
}

LoadReceipt WeightReader::Shared::receipt() const
{
    LoadReceipt receipt;
    for (const TensorInfo& info : checkpoint.file->tensors()) {
        const auto found = lines.find(info.name);
        if (found != lines.end()) {
            receipt.tensors.push_back(found->second);
        } else {
            receipt.tensors.push_back({info.name,
                                       info.typeName,
                                       info.shape,
                                       TensorUse::Unused,
                                       {},
                                       {},
                                       isComplete
                                           ? "the configuration (" + checkpoint.configOrigin + ") gives it no place"
                                           : "not reached: too many problems before it"});
        }
    }
    receipt.tensors.insert(receipt.tensors.end(), absent.begin(), absent.end());
    receipt.remarks = checkpoint.remarks;
    receipt.deviations = checkpoint.config.deviations();
    return receipt;
}

void WeightReader::Shared::skipCounters()
{
    for (const TensorInfo& info : checkpoint.file->tensors())
        if (Checkpoint::isCounter(info.name))
            lines[info.name] = {info.name, info.typeName, info.shape, TensorUse::Unused, {}, {}, "a counter"};
}

void WeightReader::Shared::addUnplaced()
{
    for (const TensorInfo& info : checkpoint.file->tensors())
        if (lines.count(info.name) == 0)
            problems.push_back("tensor " + inQuotes(info.name) + ' ' + shapeText(info.shape)
                               + " is given no place by the configuration (" + checkpoint.configOrigin + ")");
}

void WeightReader::Shared::fail()
{
    std::string text = checkpoint.path() + ": ";
    if (problems.size() > 1)
        text += std::to_string(problems.size()) + " problems:\n  ";
    for (std::size_t i = 0; i < std::min(problems.size(), kNamedProblems); ++i)
        text += (i == 0 ? "" : "\n  ") + problems[i];
    if (problems.size() > kNamedProblems)
        text += "\n  and " + std::to_string(problems.size() - kNamedProblems) + " more";
    throw LoadError(text, receipt());
}

WeightReader::WeightReader(const Checkpoint& checkpoint, const at::TensorOptions& options)
    : m_shared(std::make_shared<Shared>(Shared{checkpoint, options, {}, {}, {}, {}, 0, false}))
{
}

WeightReader::WeightReader(Source source, at::ScalarType type)
{
    static const Checkpoint none;
    m_shared = std::make_shared<Shared>(
        Shared{none, at::TensorOptions().dtype(type), std::move(source), {}, {}, {}, 0, false});
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

bool WeightReader::has(const std::string& name) const
{
    return m_shared->source || m_shared->checkpoint.find(m_scope + name) != nullptr;
}

int WeightReader::rank(const std::string& name) const
{
    const TensorInfo* info = m_shared->checkpoint.find(m_scope + name);
    return info ? static_cast<int>(info->shape.size()) : -1;
}

at::Tensor WeightReader::take(const std::string& name, at::IntArrayRef shape) const
{
    return takeAs(name, shape, shape, {});
}

at::Tensor WeightReader::takeExact(const std::string& name, at::IntArrayRef shape) const
{
    return takeAs(name, shape, shape, {}, /*exact=*/true);
}

at::Tensor WeightReader::takeReshaped(const std::string& name, at::IntArrayRef stored, at::IntArrayRef shape,
                                      const std::string& reason) const
{
    return takeAs(name, stored, shape, reason);
}

at::Tensor WeightReader::takeAs(const std::string& name, at::IntArrayRef storedShape, at::IntArrayRef shape,
                                const std::string& reason, bool exact) const
{
    const at::ScalarType wanted = m_shared->typeOf(exact);
    if (m_shared->source)
        return m_shared->source(m_scope + name, shape).to(wanted);
    const Checkpoint& checkpoint = m_shared->checkpoint;
    TensorReceipt line;
    line.name = m_scope + name;
    line.shape = storedShape.vec();
    line.target = m_scope + name;
    line.targetShape = shape.vec();
    const TensorInfo* info = checkpoint.find(m_scope + name);
    if (!info)
        return m_shared->problem(line, false,
                                 "is missing; the configuration (" + checkpoint.configOrigin
                                     + ") expects it with shape " + shapeText(line.shape));
    line.name = info->name;
    line.shape = info->shape;
    line.typeName = info->typeName;
    if (at::IntArrayRef(info->shape) != storedShape)
        return m_shared->problem(line, true,
                                 "has shape " + shapeText(info->shape) + "; the configuration ("
                                     + checkpoint.configOrigin + ") expects " + shapeText(storedShape.vec()));
    const at::ScalarType type = scalarType(info->type);
    if (type == at::ScalarType::Undefined)
        return m_shared->problem(line, true, "has type " + info->typeName + "; expected floating-point numbers");

    // The file's bytes may be unaligned, so they are copied before anything reads them as numbers.
    at::Tensor raw = at::empty(storedShape, at::TensorOptions().dtype(type));
    if (info->bytes > 0)
        std::memcpy(raw.data_ptr(), info->data, info->bytes);
    const at::Tensor weight = raw.to(wanted);
    if (!at::isfinite(weight).all().item<bool>())
        return m_shared->problem(line, true,
                                 "holds a NaN or an infinity; the checkpoint is damaged or its training diverged");
    line.use = storedShape != shape ? TensorUse::Reshaped
        : info->name != line.target ? TensorUse::Renamed
                                    : TensorUse::Used;
    if (!checkpoint.prefix.empty())
        line.reason = "prefix " + inQuotes(checkpoint.prefix) + " stripped";
    if (info->name != checkpoint.prefix + m_scope + name)
        line.reason = join(line.reason, "an older release's name");
    line.reason = join(line.reason, reason);
    m_shared->lines[info->name] = std::move(line);
    return weight.reshape(shape).to(m_shared->options.device());
}

void WeightReader::skip(const std::string& name, const std::string& reason) const
{
    if (m_shared->source)
        return;
    if (const TensorInfo* info = m_shared->checkpoint.find(m_scope + name))
        m_shared->lines[info->name] = {info->name, info->typeName, info->shape, TensorUse::Unused, {}, {}, reason};
}

LoadReceipt WeightReader::finish() const
{
    if (m_shared->source)
        return {};
    m_shared->isComplete = true;
    m_shared->skipCounters();
    m_shared->addUnplaced();
    if (!m_shared->problems.empty())
        m_shared->fail();
    return m_shared->receipt();
}

}  // namespace mixer
