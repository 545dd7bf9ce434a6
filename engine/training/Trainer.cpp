// SPDX-License-Identifier: MIT
#include "engine/training/Trainer.h"

#include "engine/checkpoint/AtomicFile.h"
#include "engine/core/Error.h"
#include "engine/session/Device.h"
#include "engine/session/Runtime.h"
#include "engine/training/BatchLoader.h"
#include "engine/training/Losses.h"
#include "engine/training/TrainingState.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <nlohmann/json.hpp>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>

namespace mixer {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Names and classes of all pictures, as 16 digits.
std::string fingerprintOf(const DataSet& data)
{
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    const auto add = [&](const std::string& text) {
        for (const char c : text + '\n')
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    };
    for (const std::string& name : data.classes())
        add(name);
    for (std::size_t i = 0; i < data.size(); ++i)
        add(std::to_string(data.label(i)) + ' ' + data.name(i));
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

/// Pictures to train on and to measure with.
struct Pictures {
    std::shared_ptr<const DataSet> training, validation;  ///< validation null: none
    std::vector<std::uint32_t> trained, measured;         ///< indices
    std::vector<int> measuredClasses;                     ///< the network's class of each class of `validation`
};

/// Everything of a run that lives from its first step to its last.
class Run {
public:
    Run(TrainOptions options, const TrainObserver& observer, const CancelToken& cancel)
        : m_options(std::move(options))
        , m_observer(observer)
        , m_cancel(cancel)
        , m_threads(resolveThreads(m_options.threads))
    {
        m_options.validate();
        useThreads(m_threads);
        chooseArithmetic();
    }

    void prepareFresh();
    void prepareSaved(const SavedRun& saved);
    TrainResult go();

private:
    void chooseArithmetic();
    void openPictures();
    void splitPictures();
    void fillConfig();
    void startFrom(ParameterSet parameters);
    std::int64_t totalSteps() const { return m_options.epochs * m_loader->batchesPerEpoch(); }
    void makeLoader(std::int64_t firstStep);
    void step();
    void finishEpoch();
    void tellProgress() const;
    std::optional<Evaluation> measure(const ParameterSet& parameters) const;
    [[noreturn]] void failNonFinite(const char* what, const at::Tensor& images, const at::Tensor& logits,
                                    const std::vector<at::Tensor>& gradients) const;
    void save();
    TrainResult writeResult();
    const ParameterSet& reported() const { return m_options.average > 0 ? *m_averages : *m_values; }
    void note(const std::string& text) const
    {
        if (m_observer.note)
            m_observer.note(text);
    }

    TrainOptions m_options;
    const TrainObserver& m_observer;
    CancelToken m_cancel;
    int m_threads;
    at::TensorOptions m_weights = at::TensorOptions(at::kFloat);  ///< of parameters: type and device
    at::ScalarType m_arithmetic = at::kFloat;
    ModelConfig m_config;
    Pictures m_pictures;
    std::string m_fingerprint;
    std::optional<ParameterSet> m_values, m_averages;
    std::optional<AdamW> m_optimizer;
    std::shared_ptr<const MixerNetwork> m_network;  ///< follows m_values; null in mixed precision
    std::size_t m_mixers = 0;
    std::unique_ptr<BatchLoader> m_loader;
    RunPosition m_position;
    Clock::time_point m_lastSave = Clock::now();
};

void Run::chooseArithmetic()
{
    constexpr std::size_t kLeast = std::size_t(1) << 30;  // how much a batch takes is seen when it runs
    const c10::Device device = chooseDevice(m_options.device, kLeast);
    m_weights = m_weights.device(device);
    if (m_options.precision == "bfloat16") {
        if (!device.is_cuda())
            throw Error(ErrorKind::Usage, "--precision bfloat16 trains on a GPU only; use float32 on the CPU");
        m_arithmetic = at::kBFloat16;
    }
    at::globalContext().setDeterministicCuDNN(true);
    if (device.is_cuda())
        note("on " + deviceName(device) + ", " + m_options.precision);
}

void Run::openPictures()
{
    DataSetOptions options;
    options.memoryBytes = m_options.memoryMegabytes << 20;
    options.threads = m_threads;
    // Validation pictures are prepared as every other command prepares them; training crops need no more than this.
    if (!m_options.validation.empty())
        m_pictures.validation = DataSet::open(m_options.validation, options, m_observer.preparing, m_cancel);
    options.shrinkTo = 2 * std::max(m_config.imageHeight, m_config.imageWidth);
    m_pictures.training = DataSet::open(m_options.data, options, m_observer.preparing, m_cancel);
    for (const auto& set : {m_pictures.training, m_pictures.validation})
        if (set)
            for (const std::string& skipped : set->skipped())
                note("left out: " + skipped);
    splitPictures();
    if (m_pictures.training->classes().size() < 2)
        throw Error(ErrorKind::Usage,
                    m_options.data + ": expected at least two classes (folders), found only "
                        + m_pictures.training->classes().front());
    m_fingerprint = fingerprintOf(*m_pictures.training);
}

void Run::splitPictures()
{
    const DataSet& data = *m_pictures.training;
    const bool keepsBack = m_options.validation.empty() && m_options.holdOut > 0;
    std::vector<int> seen(data.classes().size(), 0);
    for (std::uint32_t i = 0; i < data.size(); ++i) {
        const int place = ++seen[static_cast<std::size_t>(data.label(i))];
        (keepsBack && place % m_options.holdOut == 0 ? m_pictures.measured : m_pictures.trained).push_back(i);
    }
    if (!m_pictures.measured.empty())
        m_pictures.validation = m_pictures.training;
    if (m_pictures.validation)
        m_pictures.measuredClasses
            = matchClasses(*m_pictures.validation, data.classes(), static_cast<int>(data.classes().size()));
}

void Run::fillConfig()
{
    m_config.labels = m_pictures.training->classes();
    m_config.numClasses = static_cast<int>(m_config.labels.size());
    m_config.validate();
}

void Run::prepareFresh()
{
    std::optional<Checkpoint> start;
    if (!m_options.init.empty())
        start = Checkpoint::open(m_options.init);
    m_config = start ? start->config : m_options.config;
    if (m_options.size > 0)
        m_config.imageHeight = m_config.imageWidth = m_options.size;
    const std::vector<std::string> earlierLabels = m_config.labels;
    openPictures();
    fillConfig();
    if (start) {
        const bool newHead = m_config.labels != earlierLabels;
        note(newHead ? "the head is a new one, for " + std::to_string(m_config.numClasses) + " classes"
                     : "the classes are those of " + m_options.init + ": its head goes on");
        startFrom(ParameterSet(*start, m_config, newHead, m_options.seed, m_weights));
    } else {
        startFrom(ParameterSet(m_config, m_options.seed, m_weights));
    }
    makeLoader(0);
}

void Run::prepareSaved(const SavedRun& saved)
{
    m_config = saved.config;
    openPictures();
    if (m_fingerprint != saved.fingerprint)
        throw Error(ErrorKind::Usage,
                    m_options.data
                        + " does not hold the pictures that this run began with; a run goes on only with the "
                          "same ones");
    startFrom(ParameterSet(m_config, m_options.seed, m_weights));
    saved.restore(*m_values, *m_averages, *m_optimizer);
    m_position = saved.position;
    makeLoader(m_position.step);
    note("going on at step " + std::to_string(m_position.step) + " of " + std::to_string(totalSteps()));
}

void Run::startFrom(ParameterSet parameters)
{
    m_values.emplace(std::move(parameters));
    if (m_options.headOnly)
        m_values->trainHeadOnly();
    m_averages.emplace(m_values->copy());
    AdamWOptions options;
    options.decay = m_options.weightDecay;
    options.bodyFactor = m_options.bodyRate;
    m_optimizer.emplace(*m_values, options);
    std::shared_ptr<const MixerNetwork> network = m_values->network(m_config);
    m_mixers = network->mixers().size();
    if (m_arithmetic == at::kFloat)
        m_network = std::move(network);
}

void Run::makeLoader(std::int64_t firstStep)
{
    LoaderOptions options;
    AugmentOptions augment;
    augment.height = m_config.imageHeight;
    augment.width = m_config.imageWidth;
    augment.mean = m_config.mean;
    augment.std = m_config.std;
    options.augment = augment.scaled(m_options.strength);
    options.batch = m_options.batch;
    options.seed = m_options.seed;
    options.threads = m_options.loaderThreads > 0 ? m_options.loaderThreads : std::clamp(m_threads / 2, 1, 8);
    m_loader = std::make_unique<BatchLoader>(m_pictures.training, m_pictures.trained, options, firstStep);
}

void Run::failNonFinite(const char* what, const at::Tensor& images, const at::Tensor& logits,
                        const std::vector<at::Tensor>& gradients) const
{
    const c10::NoGradGuard noGradients;
    const auto isBad = [](const at::Tensor& x) { return x.defined() && !at::isfinite(x).all().item<bool>(); };
    std::string culprit;
    if (isBad(images))
        culprit = "the pictures of the batch";
    for (const Parameter& parameter : m_values->all())
        if (culprit.empty() && isBad(parameter.value))
            culprit = "parameter " + parameter.name;
    if (culprit.empty() && isBad(logits))
        culprit = "the logits";
    std::size_t trained = 0;
    for (const Parameter& parameter : m_values->all()) {
        if (!parameter.isTrained)
            continue;
        if (culprit.empty() && trained < gradients.size() && isBad(gradients[trained]))
            culprit = "the gradient of " + parameter.name;
        ++trained;
    }
    throw Error(ErrorKind::Model,
                "step " + std::to_string(m_position.step) + ": " + what
                    + " is not a finite number; the first tensor that is not: "
                    + (culprit.empty() ? "the loss itself" : culprit) + ". Try a lower --rate, or a longer --warmup; "
                    + m_options.statePath() + ", if it is there, holds the run before this");
}

void Run::step()
{
    const Clock::time_point start = Clock::now();
    const std::unique_ptr<Batch> batch = m_loader->next();
    for (const std::string& failure : batch->failures)
        note("cannot be read any more: " + failure);
    const std::int64_t count = m_loader->batchSize();
    const at::Tensor images
        = at::from_blob(batch->images.data(), {count, 3, m_config.imageHeight, m_config.imageWidth}, at::kFloat)
              .to(m_weights.device());
    const at::Tensor targets
        = at::from_blob(batch->targets.data(), {count, m_config.numClasses}, at::kFloat).to(m_weights.device());

    StepNoise noise(m_options.seed, m_position.step, m_mixers, m_options.routerNoise, m_options.dropPath,
                    images.options());
    BalanceLoss balance;
    ForwardContext context;
    context.recorder = &balance;
    context.noise = &noise;
    const auto network = m_network ? m_network : m_values->network(m_config, m_arithmetic);
    const at::Tensor logits = network->forward(images, context);
    const at::Tensor loss = smoothedCrossEntropy(logits, targets, m_options.smoothing);
    const at::Tensor uneven = balance.mean();
    const double lossValue = loss.item<double>();
    if (!std::isfinite(lossValue))
        failNonFinite("the loss", images, logits, {});

    const bool balances = uneven.defined() && m_options.balance > 0 && uneven.requires_grad();
    const at::Tensor total = balances ? loss + m_options.balance * uneven.to(loss.scalar_type()) : loss;
    std::vector<at::Tensor> gradients
        = torch::autograd::grad({total}, m_values->trainedValues(), {}, c10::nullopt, false, /*allow_unused=*/true);
    const double norm = clipGradients(gradients, m_options.clip);
    if (!std::isfinite(norm))
        failNonFinite("the gradient's norm", images, logits, gradients);
    m_optimizer->step(
        gradients, scheduledRate(m_position.step, totalSteps(), m_options.rate, m_options.warmup, m_options.lastRate));
    if (m_options.average > 0)
        updateAverages(m_averages->values(), m_values->values(), averageKeep(m_position.step, m_options.average));

    EpochSums& sums = m_position.sums;
    ++sums.steps;
    sums.loss += lossValue;
    sums.balance += uneven.defined() ? uneven.item<double>() : 0;
    sums.gradientNorm += norm;
    const double seconds = secondsSince(start);
    sums.seconds += seconds;
    m_position.seconds += seconds;
    ++m_position.step;
}

void Run::tellProgress() const
{
    if (!m_observer.step)
        return;
    const EpochSums& sums = m_position.sums;
    const double steps = static_cast<double>(std::max<std::int64_t>(1, sums.steps));
    TrainProgress progress;
    progress.step = m_position.step;
    progress.steps = totalSteps();
    progress.epoch = static_cast<int>((m_position.step - 1) / m_loader->batchesPerEpoch()) + 1;
    progress.epochs = m_options.epochs;
    progress.loss = sums.loss / steps;
    progress.imagesPerSecond = steps * static_cast<double>(m_loader->batchSize()) / std::max(sums.seconds, 1e-9);
    progress.secondsLeft = static_cast<double>(progress.steps - progress.step) * m_position.seconds
        / static_cast<double>(std::max<std::int64_t>(1, progress.step));
    m_observer.step(progress);
}

std::optional<Evaluation> Run::measure(const ParameterSet& parameters) const
{
    if (!m_pictures.validation)
        return {};
    const c10::NoGradGuard noGradients;
    // Made anew: a network may keep what it derives from weights that have no gradients.
    const auto network = parameters.copy().network(m_config);
    EvaluationOptions options;
    options.preprocess.height = m_config.imageHeight;
    options.preprocess.width = m_config.imageWidth;
    options.preprocess.mean = m_config.mean;
    options.preprocess.std = m_config.std;
    options.pictures = m_pictures.measured;
    options.classOf = m_pictures.measuredClasses;
    options.classes = m_config.labels;
    options.threads = m_threads;
    return evaluate(
        *m_pictures.validation, [&](const Array& images) { return runBatch(*network, images, m_cancel); }, options, {},
        m_cancel, m_observer.note);
}

void Run::finishEpoch()
{
    const std::optional<Evaluation> measured = measure(reported());
    const EpochSums& sums = m_position.sums;
    const double steps = static_cast<double>(sums.steps);
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    CurvePoint point;
    point.epoch = static_cast<int>(m_position.step / m_loader->batchesPerEpoch());
    point.step = m_position.step;
    point.rate = scheduledRate(m_position.step - 1, totalSteps(), m_options.rate, m_options.warmup, m_options.lastRate);
    point.trainLoss = sums.loss / steps;
    point.balanceLoss = sums.balance / steps;
    point.gradientNorm = sums.gradientNorm / steps;
    point.validationLoss = measured ? measured->loss : kNone;
    point.top1 = measured ? measured->top1 : kNone;
    point.top5 = measured ? measured->top5 : kNone;
    point.imagesPerSecond = steps * static_cast<double>(m_loader->batchSize()) / std::max(sums.seconds, 1e-9);
    point.seconds = m_position.seconds;
    m_position.curve.push_back(point);
    m_position.sums = {};
    checkpoint::AtomicFile csv(m_options.curvePath());
    csv.write(curveCsv(m_position.curve));
    csv.commit();
    if (m_observer.epoch)
        m_observer.epoch(point, m_position.curve);
}

void Run::save()
{
    saveTrainingState(m_options.statePath(), m_options, m_config, m_fingerprint, *m_values, *m_averages, *m_optimizer,
                      m_position);
    m_lastSave = Clock::now();
}

TrainResult Run::writeResult()
{
    ParameterSet final = reported().copy();
    if (m_options.half)
        roundToHalf(final);
    TrainResult result;
    result.validation = measure(final);
    result.parameters = final.elementCount();
    result.steps = m_position.step;
    result.trainPictures = m_pictures.trained.size();
    result.seconds = m_position.seconds;
    result.curve = m_position.curve;

    auto training = nlohmann::ordered_json::parse(m_options.recipeJson());
    training["pictures"] = result.trainPictures;
    training["steps"] = result.steps;
    training["seconds"] = std::round(result.seconds);
    if (result.validation) {
        training["top_1"] = std::round(1e4 * result.validation->top1) / 100;
        training["top_5"] = std::round(1e4 * result.validation->top5) / 100;
        training["measured_on"] = std::to_string(result.validation->pictures)
            + (m_options.validation.empty() ? " pictures held back from training" : " pictures of validation");
    }
    writeParameters(m_options.output, final, m_options.half,
                    {{"mixer_config", m_config.toJson()}, {"mixer_training", training.dump()}});
    std::error_code ignored;
    std::filesystem::remove(m_options.statePath(), ignored);
    return result;
}

TrainResult Run::go()
{
    note(std::to_string(m_values->elementCount()) + " parameters, " + std::to_string(m_pictures.trained.size())
         + " pictures to train on, " + std::to_string(m_loader->batchesPerEpoch()) + " steps of "
         + std::to_string(m_loader->batchSize()) + " pictures in an epoch");
    try {
        while (m_position.step < totalSteps()) {
            m_cancel.check();
            // An epoch that ended is not yet measured when its last step was followed by an interruption.
            if (m_position.sums.steps < m_loader->batchesPerEpoch()) {
                step();
                tellProgress();
            }
            if (m_position.sums.steps == m_loader->batchesPerEpoch()) {
                finishEpoch();
                save();
            } else if (secondsSince(m_lastSave) > 60 * m_options.saveMinutes) {
                save();
            }
        }
        if (m_position.sums.steps > 0)
            finishEpoch();
        return writeResult();
    } catch (const Cancelled&) {
        save();
        throw;
    }
}

/// LibTorch's and the allocator's own exceptions become ours.
template <typename Work> TrainResult guarded(Work&& work)
{
    try {
        return work();
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory, "training: out of memory; try a smaller --batch or --size");
    } catch (const c10::Error& error) {
        const std::string text = error.what_without_backtrace();
        const bool isMemory = text.find("out of memory") != std::string::npos;
        throw Error(isMemory ? ErrorKind::Memory : ErrorKind::Model,
                    isMemory ? "training: the GPU's memory does not suffice; try a smaller --batch or --size"
                             : "training failed inside LibTorch: " + text);
    }
}

}  // namespace

TrainResult train(const TrainOptions& options, const TrainObserver& observer, const CancelToken& cancel)
{
    return guarded([&] {
        Run run(options, observer, cancel);
        run.prepareFresh();
        return run.go();
    });
}

TrainResult resumeTraining(const std::string& output, const std::function<void(TrainOptions&)>& change,
                           const TrainObserver& observer, const CancelToken& cancel)
{
    return guarded([&] {
        TrainOptions where;
        where.output = output;
        const SavedRun saved = SavedRun::open(where.statePath());
        TrainOptions options = saved.options;
        options.output = output;
        if (change)
            change(options);
        Run run(options, observer, cancel);
        run.prepareSaved(saved);
        return run.go();
    });
}

}  // namespace mixer
