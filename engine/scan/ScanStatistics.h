// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mixer {

/// What there is to say about the order in which a scan visits an H x W grid, for people who check that code does what
/// its paper draws. Distances are Euclidean, in tokens.
struct ScanStatistics {
    bool isPermutation = false;
    std::string problem;  ///< why not; the numbers below are then 0

    double meanStep = 0;  ///< distance from one visited token to the next
    double longestStep = 0;
    double unitShare = 0;  ///< of the steps: to one of the four neighbours
    int jumps = 0;         ///< steps longer than to one of the eight neighbours
    /// Locality: steps between two tokens that are neighbours on the grid (of four). 1 is as close as can be; a row
    /// scan has 1 for its horizontal pairs and W for its vertical ones.
    double meanGap = 0;
    double medianGap = 0;
    int largestGap = 0;
    std::string name;  ///< the known scan that it is ("hilbert"; the first by name of several), empty: none
};

/// `order`: y*width + x at each step, of any length and with any numbers in it.
ScanStatistics scanStatistics(const std::vector<std::int32_t>& order, int height, int width);

/// Names of the scans that scanStatistics() knows by sight: every kind, windows and phases up to 8, both ways.
const std::vector<std::string>& recognizableScans();

}  // namespace mixer
