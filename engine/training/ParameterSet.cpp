// SPDX-License-Identifier: MIT
#include "engine/training/ParameterSet.h"

#include "engine/checkpoint/TensorWriter.h"
#include "engine/core/Error.h"
#include "engine/training/InitialValues.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <unordered_map>

namespace mixer {

namespace {

bool contains(const std::string& text, const char* part)
{
    return text.find(part) != std::string::npos;
}

bool endsWithOneOf(const std::string& text, std::initializer_list<const char*> endings)
{
    for (const std::string ending : endings)
        if (text.size() >= ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0)
            return true;
    return false;
}

DataType dataTypeOf(at::ScalarType type)
{
    return type == at::kHalf ? DataType::Float16 : type == at::kDouble ? DataType::Float64 : DataType::Float32;
}

}  // namespace

bool Parameter::staysExact() const
{
    return value.dim() == 1 || contains(name, ".router.") || contains(name, ".mix.")
        || endsWithOneOf(name, {".A_log", ".D", ".dt_bias", "dt_proj.bias", ".w_r", ".w_v"});
}

bool Parameter::decays() const
{
    return !staysExact() && !contains(name, "conv");
}

ParameterSet::ParameterSet(const ModelConfig& config, std::uint64_t seed, const at::TensorOptions& options)
{
    const WeightReader::Source source = [&](const std::string& name, at::IntArrayRef shape) {
        const at::Tensor value = initialValue(name, shape, seed).to(options).requires_grad_();
        m_parameters.push_back({name, value, true});
        return value;
    };
    const at::ScalarType type = c10::typeMetaToScalarType(options.dtype());
    MixerNetwork(config, WeightReader(source, type), type);
}

ParameterSet::ParameterSet(const Checkpoint& checkpoint, const ModelConfig& config, bool newHead, std::uint64_t seed,
                           const at::TensorOptions& options)
{
    const WeightReader stored(checkpoint, options);
    const WeightReader::Source source = [&](const std::string& name, at::IntArrayRef shape) {
        const bool isNew = newHead && name.rfind("head.fc.", 0) == 0;
        if (isNew)
            stored.skip(name, "the head is a new one");
        const at::Tensor value = isNew ? initialValue(name, shape, seed).to(options) : stored.take(name, shape);
        m_parameters.push_back({name, value.requires_grad_(), true});
        return value;
    };
    const at::ScalarType type = c10::typeMetaToScalarType(options.dtype());
    MixerNetwork(config, WeightReader(source, type), type);
    stored.finish();
}

ParameterSet ParameterSet::copy() const
{
    ParameterSet result;
    for (const Parameter& parameter : m_parameters)
        result.m_parameters.push_back({parameter.name, parameter.value.detach().clone(), false});
    return result;
}

void ParameterSet::trainHeadOnly()
{
    for (Parameter& parameter : m_parameters) {
        parameter.isTrained = parameter.isHead();
        parameter.value.requires_grad_(parameter.isTrained);
    }
}

std::shared_ptr<const MixerNetwork> ParameterSet::network(const ModelConfig& config) const
{
    return network(config, m_parameters.front().value.scalar_type());
}

std::shared_ptr<const MixerNetwork> ParameterSet::network(const ModelConfig& config, at::ScalarType type) const
{
    std::unordered_map<std::string, at::Tensor> byName;
    for (const Parameter& parameter : m_parameters)
        byName[parameter.name] = parameter.value;
    const WeightReader::Source source = [&](const std::string& name, at::IntArrayRef shape) {
        const at::Tensor& value = byName.at(name);
        if (value.sizes() != shape)
            throw Error(ErrorKind::Model, "parameter '" + name + "' does not fit the configuration");
        return value;
    };
    return std::make_shared<const MixerNetwork>(config, WeightReader(source, type), type);
}

std::vector<at::Tensor> ParameterSet::values() const
{
    std::vector<at::Tensor> result;
    for (const Parameter& parameter : m_parameters)
        result.push_back(parameter.value);
    return result;
}

std::vector<at::Tensor> ParameterSet::trainedValues() const
{
    std::vector<at::Tensor> result;
    for (const Parameter& parameter : m_parameters)
        if (parameter.isTrained)
            result.push_back(parameter.value);
    return result;
}

std::int64_t ParameterSet::elementCount() const
{
    std::int64_t count = 0;
    for (const Parameter& parameter : m_parameters)
        count += parameter.value.numel();
    return count;
}

void writeParameters(const std::string& path, const ParameterSet& parameters, bool half,
                     const std::map<std::string, std::string>& metadata)
{
    std::vector<at::Tensor> stored;
    std::vector<TensorInfo> infos;
    for (const Parameter& parameter : parameters.all()) {
        const at::Tensor value = parameter.value.detach().to(at::kCPU);
        stored.push_back((half && !parameter.staysExact() ? value.to(at::kHalf) : value).contiguous());
        TensorInfo info;
        info.name = parameter.name;
        info.type = dataTypeOf(stored.back().scalar_type());
        info.typeName = dataTypeName(info.type);
        info.shape = stored.back().sizes().vec();
        info.data = static_cast<const std::byte*>(stored.back().data_ptr());
        info.bytes = stored.back().nbytes();
        infos.push_back(std::move(info));
    }
    writeSafetensors(path, infos, metadata);
}

void roundToHalf(ParameterSet& parameters)
{
    const c10::NoGradGuard noGradients;
    for (const Parameter& parameter : parameters.all())
        if (!parameter.staysExact())
            parameter.value.copy_(parameter.value.to(at::kHalf));
}

}  // namespace mixer
