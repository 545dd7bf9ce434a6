// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/session/InferenceSession.h"

#include <QString>

#include <string>

namespace mixer::vis {

/// With what a run is compared: how the second one is made. Pure data; sessions and recipes keep it.
struct CompareChoice {
    enum class With {
        Nothing,
        Model,       ///< another checkpoint on the same image
        Image,       ///< another image under the same model
        Arithmetic,  ///< the same in another precision or on another device
        Baseline,    ///< the run without the edits
    };

    With with = With::Nothing;
    QString path;  ///< of the model or image, absolute
    Precision precision = Precision::Float32;
    std::string device = "auto";
    bool showsDifference = false;  ///< the second picture shows B - A

    bool isActive() const { return with != With::Nothing; }
    /// The same second run, whatever is shown of it.
    bool isSameRun(const CompareChoice& o) const
    {
        return with == o.with && path == o.path && precision == o.precision && device == o.device;
    }
    bool operator==(const CompareChoice& o) const { return isSameRun(o) && showsDifference == o.showsDifference; }
    bool operator!=(const CompareChoice& o) const { return !(*this == o); }
};

/// Both runs are of one network: features of the two can be seen along the same axes.
inline bool sharesFeatures(const CompareChoice& choice)
{
    return choice.isActive() && choice.with != CompareChoice::With::Model;
}

}  // namespace mixer::vis
