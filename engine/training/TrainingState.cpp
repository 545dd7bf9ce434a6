// SPDX-License-Identifier: MIT
#include "engine/training/TrainingState.h"

#include "engine/checkpoint/TensorWriter.h"
#include "engine/core/Error.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

namespace mixer {

namespace {

using Json = nlohmann::json;

constexpr const char* kOptionsKey = "mixer_run_options";
constexpr const char* kPositionKey = "mixer_run_position";
constexpr const char* kFingerprintKey = "mixer_run_data";
constexpr const char* kConfigKey = "mixer_config";

/// Doubles survive the text: the shortest digits that read back the same; null stands for NaN.
double numberOf(const Json& json)
{
    return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

Json pointJson(const CurvePoint& p)
{
    return {p.epoch,          p.step, p.rate, p.trainLoss,       p.balanceLoss, p.gradientNorm,
            p.validationLoss, p.top1, p.top5, p.imagesPerSecond, p.seconds};
}

CurvePoint pointOf(const Json& json)
{
    CurvePoint p;
    json.at(0).get_to(p.epoch);
    json.at(1).get_to(p.step);
    double* const numbers[] = {&p.rate, &p.trainLoss, &p.balanceLoss,     &p.gradientNorm, &p.validationLoss,
                               &p.top1, &p.top5,      &p.imagesPerSecond, &p.seconds};
    for (std::size_t i = 0; i < std::size(numbers); ++i)
        *numbers[i] = numberOf(json.at(i + 2));
    return p;
}

std::string positionJson(const RunPosition& position)
{
    Json curve = Json::array();
    for (const CurvePoint& point : position.curve)
        curve.push_back(pointJson(point));
    const EpochSums& sums = position.sums;
    return Json({{"step", position.step},
                 {"seconds", position.seconds},
                 {"sums", {sums.steps, sums.loss, sums.balance, sums.gradientNorm, sums.seconds}},
                 {"curve", curve}})
        .dump();
}

RunPosition positionOf(const std::string& text)
{
    const Json json = Json::parse(text);
    RunPosition position;
    json.at("step").get_to(position.step);
    json.at("seconds").get_to(position.seconds);
    const Json& sums = json.at("sums");
    sums.at(0).get_to(position.sums.steps);
    double* const numbers[]
        = {&position.sums.loss, &position.sums.balance, &position.sums.gradientNorm, &position.sums.seconds};
    for (std::size_t i = 0; i < std::size(numbers); ++i)
        *numbers[i] = numberOf(sums.at(i + 1));
    for (const Json& point : json.at("curve"))
        position.curve.push_back(pointOf(point));
    return position;
}

/// The tensors of a run with the names that its file gives them: visit(name, tensor).
template <typename Visit>
void visitTensors(const ParameterSet& values, const ParameterSet& averages, const AdamW& optimizer, Visit&& visit)
{
    std::size_t trained = 0;
    for (std::size_t i = 0; i < values.all().size(); ++i) {
        const Parameter& parameter = values.all()[i];
        visit("value." + parameter.name, parameter.value);
        visit("average." + parameter.name, averages.all()[i].value);
        if (!parameter.isTrained)
            continue;
        visit("mean." + parameter.name, optimizer.means()[trained]);
        visit("square." + parameter.name, optimizer.squares()[trained]);
        ++trained;
    }
}

DataType dataTypeOf(const at::Tensor& tensor)
{
    return tensor.scalar_type() == at::kDouble ? DataType::Float64 : DataType::Float32;
}

}  // namespace

void saveTrainingState(const std::string& path, const TrainOptions& options, const ModelConfig& config,
                       const std::string& fingerprint, const ParameterSet& values, const ParameterSet& averages,
                       const AdamW& optimizer, const RunPosition& position)
{
    std::vector<at::Tensor> kept;
    std::vector<TensorInfo> infos;
    visitTensors(values, averages, optimizer, [&](const std::string& name, const at::Tensor& tensor) {
        kept.push_back(tensor.detach().to(at::kCPU).contiguous());
        TensorInfo info;
        info.name = name;
        info.type = dataTypeOf(tensor);
        info.typeName = dataTypeName(info.type);
        info.shape = tensor.sizes().vec();
        info.data = static_cast<const std::byte*>(kept.back().data_ptr());
        info.bytes = kept.back().nbytes();
        infos.push_back(std::move(info));
    });
    writeSafetensors(path, infos,
                     {{kOptionsKey, options.toJson()},
                      {kConfigKey, config.toJson()},
                      {kFingerprintKey, fingerprint},
                      {kPositionKey, positionJson(position)}});
}

SavedRun SavedRun::open(const std::string& path)
{
    std::error_code failure;
    if (!std::filesystem::exists(path, failure))
        throw Error(ErrorKind::File,
                    path
                        + ": there is no run to resume; it lies there while a run is unfinished and at least one epoch "
                          "or a few minutes old");
    SavedRun run;
    run.file = TensorFile::open(path);
    const auto text = [&](const char* key) -> const std::string& {
        const auto found = run.file->metadata().find(key);
        if (found == run.file->metadata().end())
            throw Error(ErrorKind::Format, path + ": this is not the state of a training run (no " + key + ")");
        return found->second;
    };
    run.options = TrainOptions::fromJson(text(kOptionsKey), path);
    run.config = ModelConfig::fromJson(text(kConfigKey), path, nullptr);
    run.fingerprint = text(kFingerprintKey);
    try {
        run.position = positionOf(text(kPositionKey));
    } catch (const Json::exception& error) {
        throw Error(ErrorKind::Format, path + ": the position of the run cannot be read: " + error.what());
    }
    if (run.position.step < 0)
        throw Error(ErrorKind::Format, path + ": the position of the run is damaged");
    return run;
}

void SavedRun::restore(const ParameterSet& values, const ParameterSet& averages, AdamW& optimizer) const
{
    const c10::NoGradGuard noGradients;
    visitTensors(values, averages, optimizer, [&](const std::string& name, const at::Tensor& tensor) {
        const TensorInfo* info = file->find(name);
        if (!info || info->shape != tensor.sizes().vec() || info->type != dataTypeOf(tensor))
            throw Error(ErrorKind::Model, file->path() + ": tensor '" + name + "' is missing or has another shape");
        const at::Tensor stored = at::empty(tensor.sizes(), at::TensorOptions().dtype(tensor.scalar_type()));
        std::memcpy(stored.data_ptr(), info->data, info->bytes);
        tensor.copy_(stored);
    });
    optimizer.setSteps(position.step);
}

}  // namespace mixer
