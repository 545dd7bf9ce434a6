// SPDX-License-Identifier: MIT
#include "engine/evaluation/Evaluation.h"

#include "engine/core/Error.h"
#include "engine/training/Workers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mixer {

namespace {

constexpr std::size_t kBins = 15;

class Counter {
public:
    Counter(Evaluation& result, std::size_t classes)
        : m_result(result)
        , m_classes(classes)
    {
        result.confusion.assign(classes * classes, 0);
        result.picturesOfClass.assign(classes, 0);
        result.calibration.resize(kBins);
        for (std::size_t i = 0; i < kBins; ++i) {
            result.calibration[i].low = static_cast<double>(i) / kBins;
            result.calibration[i].high = static_cast<double>(i + 1) / kBins;
        }
    }

    void add(const float* logits, std::size_t truth)
    {
        const std::size_t best = static_cast<std::size_t>(std::max_element(logits, logits + m_classes) - logits);
        double sum = 0;
        for (std::size_t c = 0; c < m_classes; ++c)
            sum += std::exp(static_cast<double>(logits[c]) - logits[best]);
        const double logSum = logits[best] + std::log(sum);
        // Ties rank the lower class first, as the prediction does.
        std::size_t rank = 0;
        for (std::size_t c = 0; c < m_classes; ++c)
            rank += logits[c] > logits[truth] || (logits[c] == logits[truth] && c < truth);
        m_top1 += rank < 1;
        m_top5 += rank < 5;
        m_loss += logSum - logits[truth];
        ++m_result.confusion[truth * m_classes + best];
        ++m_result.picturesOfClass[truth];
        ++m_result.pictures;

        const double confidence = 1 / sum;
        Evaluation::Bin& bin
            = m_result
                  .calibration[std::min(kBins - 1, static_cast<std::size_t>(confidence * static_cast<double>(kBins)))];
        ++bin.count;
        bin.confidence += confidence;
        bin.accuracy += best == truth;
    }

    void addRouters(const std::vector<BatchResult::Router>& routers, const std::vector<std::size_t>& truths)
    {
        if (m_result.routers.empty())
            for (const BatchResult::Router& router : routers)
                m_result.routers.push_back(
                    {router.mixer.name(), router.scans, std::vector<std::int64_t>(m_classes * router.scans.size(), 0)});
        for (std::size_t r = 0; r < routers.size(); ++r) {
            const std::size_t scans = routers[r].scans.size();
            const std::size_t k = static_cast<std::size_t>(routers[r].topK);
            for (std::size_t i = 0; i < truths.size(); ++i)
                for (std::size_t slot = 0; slot < k; ++slot)
                    ++m_result.routers[r]
                          .chosen[truths[i] * scans + static_cast<std::size_t>(routers[r].chosen[i * k + slot])];
        }
    }

    void finish()
    {
        const double count = std::max<double>(1, static_cast<double>(m_result.pictures));
        m_result.top1 = static_cast<double>(m_top1) / count;
        m_result.top5 = static_cast<double>(m_top5) / count;
        m_result.loss = m_loss / count;
        for (Evaluation::Bin& bin : m_result.calibration) {
            if (bin.count == 0)
                continue;
            bin.confidence /= static_cast<double>(bin.count);
            bin.accuracy /= static_cast<double>(bin.count);
            m_result.calibrationError
                += std::abs(bin.confidence - bin.accuracy) * static_cast<double>(bin.count) / count;
        }
    }

private:
    Evaluation& m_result;
    std::size_t m_classes;
    std::int64_t m_top1 = 0, m_top5 = 0;
    double m_loss = 0;
};

}  // namespace

std::vector<int> matchClasses(const DataSet& data, const std::vector<std::string>& labels, int classCount)
{
    std::vector<int> result;
    const auto& classes = data.classes();
    if (labels.empty()) {
        if (static_cast<int>(classes.size()) != classCount)
            throw Error(ErrorKind::Usage,
                        data.path() + " has " + std::to_string(classes.size()) + " classes, the model has "
                            + std::to_string(classCount) + ", and no labels to tell which are meant");
        result.resize(classes.size());
        std::iota(result.begin(), result.end(), 0);
        return result;
    }
    std::string unknown;
    for (const std::string& name : classes) {
        const auto found = std::find(labels.begin(), labels.end(), name);
        if (found == labels.end())
            unknown += (unknown.empty() ? "" : ", ") + name;
        result.push_back(static_cast<int>(found - labels.begin()));
    }
    if (!unknown.empty())
        throw Error(ErrorKind::Usage,
                    data.path() + ": the model knows no class " + unknown + "; its first labels are " + labels.front()
                        + (labels.size() > 1 ? ", " + labels[1] : "") + " ...");
    return result;
}

Evaluation evaluate(const DataSet& data, const std::function<BatchResult(const Array& images)>& network,
                    const EvaluationOptions& options, const ProgressCallback& progress, const CancelToken& cancel,
                    const std::function<void(const std::string&)>& warn)
{
    std::vector<std::uint32_t> pictures = options.pictures;
    if (pictures.empty()) {
        pictures.resize(data.size());
        std::iota(pictures.begin(), pictures.end(), 0U);
    }
    Evaluation result;
    result.classes = options.classes;
    Counter counter(result, options.classes.size());
    const std::size_t batch = static_cast<std::size_t>(std::max(1, options.batch));
    for (std::size_t start = 0; start < pictures.size(); start += batch) {
        cancel.check();
        const std::size_t count = std::min(batch, pictures.size() - start);
        std::vector<Array> prepared(count);
        std::vector<std::string> failures(count);
        forEachIndex(count, options.threads, [&](std::size_t i) {
            try {
                prepared[i] = prepareImage(data.picture(pictures[start + i]), options.preprocess).tensor;
            } catch (const Error& error) {
                failures[i] = error.what();
            }
        });
        Array images;
        std::vector<std::size_t> truths;
        for (std::size_t i = 0; i < count; ++i) {
            if (!failures[i].empty()) {
                if (warn)
                    warn(failures[i]);
                continue;
            }
            images.values.insert(images.values.end(), prepared[i].values.begin(), prepared[i].values.end());
            truths.push_back(
                static_cast<std::size_t>(options.classOf[static_cast<std::size_t>(data.label(pictures[start + i]))]));
        }
        if (truths.empty())
            continue;
        images.shape
            = {static_cast<std::int64_t>(truths.size()), 3, options.preprocess.height, options.preprocess.width};
        const BatchResult answer = network(images);
        if (answer.logits.shape[1] != static_cast<std::int64_t>(options.classes.size()))
            throw Error(ErrorKind::Model, "the network has another number of classes than its configuration says");
        for (std::size_t i = 0; i < truths.size(); ++i)
            counter.add(&answer.logits.values[i * options.classes.size()], truths[i]);
        counter.addRouters(answer.routers, truths);
        if (progress)
            progress("evaluating", static_cast<double>(start + count) / static_cast<double>(pictures.size()));
    }
    counter.finish();
    return result;
}

}  // namespace mixer
