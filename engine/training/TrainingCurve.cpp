// SPDX-License-Identifier: MIT
#include "engine/training/TrainingCurve.h"

#include <cmath>
#include <cstdio>

namespace mixer {

std::string curveCsv(const std::vector<CurvePoint>& curve)
{
    std::string text = "epoch,step,learning_rate,train_loss,balance_loss,gradient_norm,validation_loss,top_1,top_5,"
                       "images_per_second,seconds\n";
    for (const CurvePoint& point : curve) {
        text += std::to_string(point.epoch) + ',' + std::to_string(point.step);
        for (const double value :
             {point.rate, point.trainLoss, point.balanceLoss, point.gradientNorm, point.validationLoss, point.top1,
              point.top5, point.imagesPerSecond, point.seconds}) {
            char number[40];
            std::snprintf(number, sizeof number, "%.9g", value);
            text += ',';
            if (std::isfinite(value))
                text += number;
        }
        text += '\n';
    }
    return text;
}

}  // namespace mixer
