// SPDX-License-Identifier: MIT
#pragma once

#include "engine/session/InferenceSession.h"
#include "engine/trace/Trace.h"

#include <iosfwd>
#include <memory>
#include <string>

namespace mixer {

/// How predictions are written down.
struct PredictionFormat {
    enum class Kind { Text, Json, Csv };
    Kind kind = Kind::Text;
    int topCount = 5;
    bool logits = false;   ///< Json: all logits of each image
    bool routing = false;  ///< Json: router probabilities and choices of each token mixer
};

/// Writes predictions image by image, as they come: one failure does not hold up the others, and nothing grows with
/// the number of images. begin(), then add() or addFailure() for each image, then finish(), also after a cancel: what
/// was written by then is complete.
class PredictionWriter {
public:
    /// `out` and `session` must outlive the writer.
    static std::unique_ptr<PredictionWriter> make(std::ostream& out, const InferenceSession& session,
                                                  const PredictionFormat& format);
    virtual ~PredictionWriter() = default;

    virtual void begin() = 0;
    /// `width` and `height` are the original picture's.
    virtual void add(const std::string& path, int width, int height, const Trace& trace) = 0;
    virtual void addFailure(const std::string& path, const std::string& message) = 0;
    virtual void finish() = 0;
};

}  // namespace mixer
