// SPDX-License-Identifier: MIT
#pragma once

#include "engine/image/Image.h"
#include "engine/session/BatchResult.h"
#include "engine/training/DataSet.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mixer {

/// How good a classifier is on labelled pictures. Classes are the network's.
struct Evaluation {
    std::vector<std::string> classes;
    std::int64_t pictures = 0;
    double top1 = 0;  ///< share of pictures whose class has the largest logit (ties: the lower class), 0 to 1
    double top5 = 0;  ///< ... one of the five largest
    double loss = 0;  ///< mean cross-entropy, nats
    std::vector<std::int64_t> confusion;  ///< (true class, predicted class)

    /// Pictures by the probability that they gave to their prediction (15 bins of equal width).
    struct Bin {
        double low = 0, high = 0;
        std::int64_t count = 0;
        double confidence = 0;  ///< mean probability; 0 in an empty bin
        double accuracy = 0;
    };
    std::vector<Bin> calibration;
    /// Expected calibration error: mean over pictures of |confidence - accuracy| of their bin (Guo et al., "On
    /// calibration of modern neural networks", ICML 2017).
    double calibrationError = 0;

    /// Which scans one router gave to which classes.
    struct Router {
        std::string mixer;
        std::vector<std::string> scans;
        std::vector<std::int64_t> chosen;  ///< (classes, scans): pictures of the class that were given the scan
    };
    std::vector<Router> routers;
    std::vector<std::int64_t> picturesOfClass;

    std::int64_t confused(std::size_t truth, std::size_t predicted) const
    {
        return confusion[truth * classes.size() + predicted];
    }
};

/// The network's index of each class of the data. By name, where the network has labels; by number otherwise, which
/// needs equally many. Throws Error(Usage) that names what does not fit.
std::vector<int> matchClasses(const DataSet& data, const std::vector<std::string>& labels, int classCount);

struct EvaluationOptions {
    PreprocessOptions preprocess;
    std::vector<std::uint32_t> pictures;  ///< indices; empty: all
    std::vector<int> classOf;             ///< from matchClasses()
    std::vector<std::string> classes;     ///< names of the network's classes
    int batch = 64;
    int threads = 1;  ///< that prepare pictures
};

/// Runs `network` (BatchResult of prepared images) over the pictures, batch by batch. Pictures that can no longer be
/// read are left out and told to `warn`.
Evaluation evaluate(const DataSet& data, const std::function<BatchResult(const Array& images)>& network,
                    const EvaluationOptions& options, const ProgressCallback& progress = {},
                    const CancelToken& cancel = {}, const std::function<void(const std::string&)>& warn = {});

}  // namespace mixer
