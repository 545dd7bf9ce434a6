// SPDX-License-Identifier: MIT
#include "engine/analysis/FeatureAxes.h"

#include "engine/core/Error.h"
#include "engine/session/Runtime.h"
#include "engine/trace/NetworkTrace.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <new>
#include <numeric>
#include <string>
#include <utility>

namespace mixer {

namespace {

constexpr std::int64_t kBlock = 1024;      ///< tokens in double precision at a time
constexpr double kRounding = 1e-12;        ///< share of the first variance below which a direction is noise
constexpr double kSameEverywhere = 1e-14;  ///< share of ||mean||^2: twice the digits of float32

/// Features as they lie in a run: of any type, on any device.
struct Features {
    std::vector<at::Tensor> runs;  ///< (tokens, channels) of each
    std::string name;              ///< "the output of stages.0.blocks.0.token_mixers.0"

    std::int64_t tokens() const
    {
        return std::accumulate(runs.begin(), runs.end(), std::int64_t{0},
                               [](std::int64_t sum, const at::Tensor& rows) { return sum + rows.size(0); });
    }
    std::int64_t channels() const { return runs.front().size(1); }
    /// Calls work(block (n, channels) in double precision, first token).
    void byBlock(const CancelToken& cancel, const std::function<void(const at::Tensor&, std::int64_t)>& work) const
    {
        std::int64_t before = 0;
        for (const at::Tensor& rows : runs) {
            for (std::int64_t first = 0; first < rows.size(0); first += kBlock) {
                cancel.check();
                const std::int64_t count = std::min(kBlock, rows.size(0) - first);
                work(rows.narrow(0, first, count).to(at::kCPU, at::kDouble), before + first);
            }
            before += rows.size(0);
        }
    }
};

/// (tokens, channels)
at::Tensor rowsOf(const Trace& trace, const MixerId& mixer)
{
    const TracedRun* run = trace.tensors();
    const MixerRecord* record = trace.find(mixer);
    if (!run || !record)
        throw Error(ErrorKind::Usage,
                    !run ? std::string("a run that was not made by a session has no features to look at")
                         : "this network has no mixer '" + mixer.name() + "'");
    const at::Tensor& output = run->outputs[static_cast<std::size_t>(record - trace.mixers().data())];
    at::Tensor rows = output.reshape({-1, output.size(-1)});
    if (!record->classTokens.empty()) {
        std::vector<at::Tensor> pieces;
        std::int64_t next = 0;
        for (const int place : record->classTokens) {
            pieces.push_back(rows.narrow(0, next, place - next));
            next = place + 1;
        }
        pieces.push_back(rows.narrow(0, next, rows.size(0) - next));
        rows = at::cat(pieces);
    }
    return rows;
}

Features featuresOf(const FeatureRuns& runs, const MixerId& mixer)
{
    Features features{{}, "the output of " + mixer.name()};
    for (const auto& run : runs) {
        features.runs.push_back(rowsOf(*run, mixer));
        if (features.runs.back().size(1) != features.channels())
            throw Error(ErrorKind::Usage, features.name + " has not the same channels in every run");
    }
    return features;
}

Features featuresOf(const Trace& trace, const MixerId& mixer)
{
    return {{rowsOf(trace, mixer)}, "the output of " + mixer.name()};
}

[[noreturn]] void refuseValue(const Features& features)
{
    std::string place;
    features.byBlock({}, [&](const at::Tensor& block, std::int64_t first) {
        const at::Tensor wrong = at::isfinite(block).logical_not();
        if (!place.empty() || !wrong.any().item<bool>())
            return;
        const std::int64_t index = wrong.flatten().to(at::kByte).argmax().item<std::int64_t>();
        place = "token " + std::to_string(first + index / features.channels()) + ", channel "
            + std::to_string(index % features.channels());
    });
    throw Error(ErrorKind::Usage,
                features.name + " holds values that are not finite (the first at " + place
                    + "): it has no principal components");
}

at::Tensor meanOf(const Features& features, const CancelToken& cancel)
{
    at::Tensor sum = at::zeros({features.channels()}, at::kDouble);
    features.byBlock(cancel, [&](const at::Tensor& block, std::int64_t) { sum.add_(block.sum(0)); });
    if (!at::isfinite(sum).all().item<bool>())
        refuseValue(features);
    return sum.div_(static_cast<double>(features.tokens()));
}

/// Eigenvectors of the largest eigenvalues of a symmetric matrix, as columns, largest first; at most kMost.
std::pair<at::Tensor, at::Tensor> largestOf(const at::Tensor& symmetric)
{
    const auto [values, vectors] = at::linalg_eigh(symmetric, "L");
    const std::int64_t most = std::min<std::int64_t>(FeatureAxes::kMost, values.size(0));
    const std::int64_t from = values.size(0) - most;
    return {values.narrow(0, from, most).flip(0), vectors.narrow(1, from, most).flip(1)};
}

/// The directions and the sums of squares along them: loadings (axes, channels), sums (axes).
std::pair<at::Tensor, at::Tensor> directionsOf(const Features& features, const at::Tensor& mean,
                                               const CancelToken& cancel)
{
    if (features.tokens() < features.channels()) {
        at::Tensor centred = at::empty({features.tokens(), features.channels()}, at::kDouble);
        features.byBlock(cancel, [&](const at::Tensor& block, std::int64_t first) {
            centred.narrow(0, first, block.size(0)).copy_(block - mean);
        });
        const auto [sums, vectors] = largestOf(centred.mm(centred.t()));
        cancel.check();
        const at::Tensor loadings = vectors.t().mm(centred);
        return {loadings / loadings.norm(2, 1, true).clamp_min(1e-300), sums};
    }
    at::Tensor scatter = at::zeros({features.channels(), features.channels()}, at::kDouble);
    features.byBlock(cancel, [&](const at::Tensor& block, std::int64_t) {
        const at::Tensor centred = block - mean;
        scatter.addmm_(centred.t(), centred);
    });
    const auto [sums, vectors] = largestOf(scatter);
    return {vectors.t(), sums};
}

/// Either sign of an axis is as good: the one whose largest loading (of equal ones, the first) is positive.
void settleSign(double* loadings, std::int64_t channels)
{
    const double* largest
        = std::max_element(loadings, loadings + channels, [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (*largest < 0)
        std::transform(loadings, loadings + channels, loadings, std::negate<double>());
}

std::vector<double> hostValues(const at::Tensor& tensor)
{
    const at::Tensor dense = tensor.contiguous();
    return {dense.data_ptr<double>(), dense.data_ptr<double>() + dense.numel()};
}

at::Tensor asTensor(const std::vector<double>& values, at::IntArrayRef shape)
{
    return at::from_blob(const_cast<double*>(values.data()), shape, at::kDouble);
}

/// (axes, tokens)
at::Tensor scoresOf(const Features& features, const FeatureAxes& axes, const CancelToken& cancel)
{
    const at::Tensor mean = asTensor(axes.mean, {features.channels()});
    const at::Tensor loadings = asTensor(axes.loadings, {axes.count(), features.channels()});
    at::Tensor scores = at::empty({axes.count(), features.tokens()}, at::kDouble);
    features.byBlock(cancel, [&](const at::Tensor& block, std::int64_t first) {
        scores.narrow(1, first, block.size(0)).copy_(loadings.mm((block - mean).t()));
    });
    return scores;
}

/// The magnitude that the share kReach of the scores does not exceed; the largest where that is 0.
double reachOf(std::vector<double> scores)
{
    for (double& score : scores)
        score = std::abs(score);
    const auto rank = static_cast<std::ptrdiff_t>(std::ceil(FeatureAxes::kReach * static_cast<double>(scores.size())));
    const auto at = scores.begin() + std::max<std::ptrdiff_t>(0, rank - 1);
    std::nth_element(scores.begin(), at, scores.end());
    return *at > 0 ? *at : *std::max_element(scores.begin(), scores.end());
}

/// Sum over the tokens of ||x - mean||^2.
double scatterAround(const Features& features, const at::Tensor& mean, const CancelToken& cancel)
{
    double total = 0;
    features.byBlock(
        cancel, [&](const at::Tensor& block, std::int64_t) { total += (block - mean).square().sum().item<double>(); });
    return total;
}

FeatureAxes fit(const Features& features, const CancelToken& cancel)
{
    const std::int64_t tokens = features.tokens();
    if (tokens < 2 || features.channels() < 1)
        throw Error(ErrorKind::Usage,
                    features.name + " has " + std::to_string(tokens) + (tokens == 1 ? " token" : " tokens")
                        + ": principal components need at least two");
    const at::Tensor mean = meanOf(features, cancel);
    const double total = scatterAround(features, mean, cancel);
    const double size = mean.square().sum().item<double>() * static_cast<double>(tokens);
    if (!(total > kSameEverywhere * size))
        throw Error(ErrorKind::Usage, features.name + " is the same at every token: it has no principal components");
    const auto [loadings, sums] = directionsOf(features, mean, cancel);
    FeatureAxes axes;
    axes.channels = static_cast<int>(features.channels());
    axes.tokens = static_cast<int>(tokens);
    axes.mean = hostValues(mean);
    axes.loadings = hostValues(loadings);
    axes.totalVariance = total / static_cast<double>(tokens);
    for (const double sum : hostValues(sums))
        if (sum > kRounding * sums[0].item<double>())
            axes.variance.push_back(sum / static_cast<double>(tokens));
    axes.loadings.resize(axes.variance.size() * static_cast<std::size_t>(axes.channels));
    for (int axis = 0; axis < axes.count(); ++axis)
        settleSign(axes.loadings.data() + std::int64_t{axis} * axes.channels, axes.channels);
    const at::Tensor scores = scoresOf(features, axes, cancel);
    for (int axis = 0; axis < axes.count(); ++axis)
        axes.reach.push_back(reachOf(hostValues(scores[axis])));
    return axes;
}

/// What LibTorch throws, as an Error that says what was being done.
template <class Work> auto guarded(const std::string& what, Work&& work)
{
    try {
        const c10::InferenceMode inference;
        return work();
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory, what + ": out of memory; try a smaller image");
    } catch (const c10::Error& error) {
        throw Error(ErrorKind::Memory, what + " failed inside LibTorch: " + error.what_without_backtrace());
    }
}

}  // namespace

FeatureAxes principalAxes(const Array& features, const CancelToken& cancel)
{
    return guarded("principal components", [&] {
        return fit({{mixer::asTensor(features)}, "the table of features"}, cancel);
    });
}

FeatureAxes principalAxes(const Trace& trace, const MixerId& mixer, const CancelToken& cancel)
{
    return guarded("principal components of " + mixer.name(), [&] {
        const Features features = featuresOf(trace, mixer);
        useThreads(trace.tensors()->runtime->threads);
        return fit(features, cancel);
    });
}

FeatureAxes principalAxes(const FeatureRuns& runs, const MixerId& mixer, const CancelToken& cancel)
{
    if (runs.empty())
        throw Error(ErrorKind::Usage, "principal components of no run: expected at least one");
    return guarded("principal components of " + mixer.name(), [&] {
        const Features features = featuresOf(runs, mixer);
        useThreads(runs.front()->tensors()->runtime->threads);
        return fit(features, cancel);
    });
}

FeatureScores featureScores(const Trace& trace, const MixerId& mixer, const FeatureAxes& axes,
                            const CancelToken& cancel)
{
    return guarded("feature components of " + mixer.name(), [&] {
        const Features features = featuresOf(trace, mixer);
        if (features.channels() != axes.channels)
            throw Error(ErrorKind::Usage,
                        features.name + " has " + std::to_string(features.channels())
                            + " channels; the axes are of features with " + std::to_string(axes.channels));
        useThreads(trace.tensors()->runtime->threads);
        const at::Tensor mean = meanOf(features, cancel);
        const double total = scatterAround(features, mean, cancel);
        const at::Tensor scores = scoresOf(features, axes, cancel);
        const std::vector<double> sums = hostValues((scores - scores.mean(1, true)).square().sum(1));
        const MixerRecord& record = *trace.find(mixer);
        FeatureScores result;
        result.values = Array({axes.count(), record.height, record.width});
        const std::vector<double> values = hostValues(scores);
        std::transform(values.begin(), values.end(), result.values.values.begin(),
                       [](double value) { return static_cast<float>(value); });
        for (const double sum : sums)
            result.share.push_back(total > 0 ? sum / total : 0);
        return result;
    });
}

FeatureSpace::FeatureSpace(std::shared_ptr<const Trace> run)
    : m_runs{std::move(run)}
{
}

FeatureSpace::FeatureSpace(MakeRuns make)
    : m_make(std::move(make))
{
}

bool FeatureSpace::isOf(const std::shared_ptr<const Trace>& run) const
{
    return !m_make && m_runs.front() == run;
}

std::shared_ptr<const FeatureAxes> FeatureSpace::axes(const MixerId& mixer, const CancelToken& cancel) const
{
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_runs.empty())
        m_runs = m_make(cancel);
    if (!m_axes || m_mixer != mixer) {
        m_axes = std::make_shared<const FeatureAxes>(principalAxes(m_runs, mixer, cancel));
        m_mixer = mixer;
    }
    return m_axes;
}

}  // namespace mixer
