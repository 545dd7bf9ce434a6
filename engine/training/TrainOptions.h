// SPDX-License-Identifier: MIT
#pragma once

#include "engine/checkpoint/ModelConfig.h"

#include <cstdint>
#include <string>

namespace mixer {

/// All that decides how a training run goes. The defaults suit small data and small nets.
struct TrainOptions {
    std::string data;        ///< training pictures, see DataSet
    std::string validation;  ///< pictures for the reported accuracy; empty: every `holdOut`-th of each class of `data`
    int holdOut = 10;        ///< 0 with no `validation`: no accuracy
    std::string init;        ///< checkpoint to go on from; empty: initial values
    std::string output;      ///< the checkpoint to be written; state and curve lie beside it
    /// Architecture. Classes and labels come from the data; with `init`, all of it from there.
    ModelConfig config;
    int size = 0;           ///< side of the square input, pixels; 0: the configuration's
    bool headOnly = false;  ///< nothing but the head is trained
    double bodyRate = 1;    ///< learning rate of all but the head, times this

    int epochs = 30;
    std::int64_t batch = 128;
    double rate = 1e-3;       ///< peak learning rate
    double lastRate = 0.002;  ///< at the end, share of the peak
    double warmup = 0.05;     ///< share of the run
    double weightDecay = 0.05;
    double clip = 1;          ///< of the gradients' norm; 0: none
    double smoothing = 0.1;   ///< of labels
    double dropPath = 0.05;   ///< stochastic depth: rate at the last mixer
    double average = 0.9995;  ///< share that the averaged weights keep at a step; 0: no averaging
    double balance = 0.01;    ///< weight of the routers' load-balancing loss
    double routerNoise = 0.01;
    double strength = 1;  ///< of the augmentation
    std::uint64_t seed = 0;

    /// Of the arithmetic: "float32", or on a GPU "bfloat16": weights, their updates, scans, routers and losses stay
    /// float32 (mixed precision; Micikevicius et al., arXiv 1710.03740, without loss scaling, which bfloat16's
    /// exponents do not need).
    std::string precision = "float32";
    /// As SessionOptions::device. Repeating a run exactly takes the same device.
    std::string device = "auto";
    bool half = false;        ///< float16 weights in the final file
    double saveMinutes = 10;  ///< longest time that an interruption without warning can lose
    int threads = 0;          ///< 0: all cores; results may differ in the last bits between numbers of threads
    int loaderThreads = 0;    ///< that prepare batches; 0: chosen; no influence on results
    std::int64_t memoryMegabytes = 4096;  ///< of encoded pictures

    /// Throws Error(Usage) that names the option which is out of range.
    void validate() const;
    std::string toJson() const;
    /// Throws Error(Format).
    static TrainOptions fromJson(const std::string& text, const std::string& origin);
    /// What the checkpoint's metadata tell of the recipe: no paths, no threads.
    std::string recipeJson() const;

    std::string statePath() const { return output + ".state"; }
    std::string curvePath() const;   ///< OUT.curve.csv
    std::string figurePath() const;  ///< OUT.curve.svg
};

}  // namespace mixer
