// SPDX-License-Identifier: MIT
#pragma once

#include "engine/evaluation/Evaluation.h"

#include <string>

namespace mixer {

/// One JSON document: pictures, top_1, top_5, loss, calibration (error, bins), confusion (rows: true class), routers
/// (mixer, scans, chosen: for each class the share of its pictures that were given each scan), classes.
std::string evaluationJson(const Evaluation& evaluation, const std::string& model, const std::string& data);

/// For reading: the numbers, the classes that are confused most, the calibration bins, and what the routers chose.
std::string evaluationText(const Evaluation& evaluation);

/// "true \ predicted", then a line for each true class with its pictures by predicted class.
std::string confusionCsv(const Evaluation& evaluation);

/// mixer, class, pictures, then for each scan of the union of all scan sets the share of the class's pictures.
std::string routersCsv(const Evaluation& evaluation);

}  // namespace mixer
