// SPDX-License-Identifier: MIT
#pragma once

#include "engine/session/BatchResult.h"

#include <string>
#include <vector>

namespace mixer {

struct ModelConfig;

struct BatchColumn {
    enum class Type { Text, Integer, Real };
    std::string name;
    Type type = Type::Text;
};

/// A picture of a batch, apart from what the network says about it.
struct BatchPicture {
    std::string path;
    int width = 0;  ///< of the original, pixels
    int height = 0;
    int trueClass = -1;  ///< that its folder is named after; -1: none
};

/// What a batch tells of each picture, as a table: a row for each, a column for each number, so that any program for
/// tables reads it. Numbers are written with as many digits as tell them from every other. Columns:
///     path, label (of the true class, where a folder names it), error (why there is nothing else), width, height
///     topR_label, topR_index, topR_probability        R = 1 … --top
///     margin            first minus second probability
///     entropy           of all probabilities, bits
///     MIXER.chosen      of each token mixer with a router: names of the scans that ran, joined by '+'
///     MIXER.margin      gap in logits to the first scan that did not run; empty where all ran
///     MIXER.p.SCAN      the router's probability of each scan
///     MIXER.gate_mean, MIXER.gate_open, MIXER.gate_shut   of each mixer that scans: see GateSummary
class BatchTable {
public:
    /// `example`: what the network said about any one picture, with gates; only names are taken from it.
    BatchTable(const ModelConfig& config, int topCount, const BatchResult& example);

    const std::vector<BatchColumn>& columns() const { return m_columns; }
    /// CSV, with the line's end.
    std::string header() const;
    /// Throws Error(Model) when the network overflowed on this picture.
    std::string row(const BatchPicture& picture, const BatchResult& result, std::size_t image) const;
    std::string failure(const BatchPicture& picture, const std::string& message) const;

    static constexpr std::size_t kPath = 0, kLabel = 1, kError = 2;  ///< columns

private:
    void addPrediction(std::string& line, const BatchResult& result, std::size_t image) const;
    std::string labelOf(const BatchPicture& picture) const;

    const ModelConfig& m_config;
    int m_topCount;
    std::vector<BatchColumn> m_columns;
};

}  // namespace mixer
