// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mixer {

/// Parts of a forward pass, in its order. Merging: what lies between mixers, merged patches and averaged features.
enum class ForwardSection { Stem, TokenMixers, ChannelMixers, Merging, Head };
constexpr std::size_t kForwardSections = 5;
const char* sectionName(ForwardSection section);

/// What a part spends its time on. Rest: between operations, in the program itself.
enum class ForwardWork { Projections, Convolutions, Scans, Norms, Elementwise, Rest };
constexpr std::size_t kForwardWorks = 6;
const char* workName(ForwardWork work);

/// Milliseconds of one forward pass by section and work. They add up to `milliseconds`.
struct ForwardTimes {
    double milliseconds = 0;
    std::array<std::array<double, kForwardWorks>, kForwardSections> parts{};

    double of(ForwardSection section) const;
    double of(ForwardWork work) const;
    double of(ForwardSection section, ForwardWork work) const
    {
        return parts[static_cast<std::size_t>(section)][static_cast<std::size_t>(work)];
    }
};

/// Watches the operations that the calling thread runs, from its construction to finish(): one forward pass. Costs
/// about a microsecond for each operation. One at a time on a thread. Times are the host's: where operations only start
/// work on another device, they tell how long starting it took.
class ForwardProfile {
public:
    ForwardProfile();
    ~ForwardProfile();
    ForwardProfile(const ForwardProfile&) = delete;
    ForwardProfile& operator=(const ForwardProfile&) = delete;

    ForwardTimes finish();

private:
    friend struct ForwardProfileCallbacks;
    using Clock = std::chrono::steady_clock;

    void beginOperation(const char* name);
    void endOperation();
    /// Counts the time since the last call, and the operations in it, as `section`.
    void close(ForwardSection section);

    std::uint64_t m_callback = 0;
    ForwardTimes m_times;
    std::array<double, kForwardWorks> m_open{};       ///< since the last close()
    ForwardSection m_between = ForwardSection::Stem;  ///< what the time outside of mixers counts as
    ForwardWork m_work = ForwardWork::Rest;
    int m_depth = 0;  ///< of operations: those that others call belong to them
    Clock::time_point m_openSince, m_operationStart;
};

}  // namespace mixer
