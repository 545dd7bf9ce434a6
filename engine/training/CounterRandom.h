// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>

namespace mixer {

/// Random numbers that depend on nothing but a key: (seed, what for, which one). Whoever asks first, on whatever
/// thread, the n-th number of a key is the same, and a run that goes on at step k draws what an unbroken one would. The
/// sequence is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
class CounterRandom {
public:
    CounterRandom(std::uint64_t seed, std::initializer_list<std::uint64_t> key)
        : m_state(mixed(seed + kGolden))
    {
        for (const std::uint64_t part : key)
            m_state = mixed(m_state ^ mixed(part + kGolden));
    }

    std::uint64_t next() { return mixed(m_state += kGolden); }
    /// In [0, 1), 53 bits.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    bool chance(double probability) { return uniform() < probability; }
    /// In 0 .. count-1; the bias is below count / 2^64.
    std::uint64_t below(std::uint64_t count)
    {
        return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * count) >> 64);
    }
    /// Standard normal, by Box and Muller's method.
    double normal()
    {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return radius * std::cos(6.283185307179586 * uniform());
    }

private:
    static constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ULL;
    static std::uint64_t mixed(std::uint64_t z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    std::uint64_t m_state;
};

/// What random numbers are drawn for: the first part of a key.
enum class RandomUse : std::uint64_t { Weights, Shuffle, Augmentation, Mixing, RouterNoise, StochasticDepth };

}  // namespace mixer
