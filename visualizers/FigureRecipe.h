// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "visualizers/FigureAnimation.h"
#include "visualizers/FigureExport.h"
#include "visualizers/FigureRun.h"
#include "visualizers/FileMark.h"

#include <QByteArray>
#include <QString>

#include <optional>
#include <string>
#include <vector>

namespace mixer::vis {

/// An image with the class that it counts to; -1: not known from its folder.
struct MarkedImage {
    FileMark file;
    int trueClass = -1;
};

/// How a network ran. The same values on the same machine give the same bits.
struct RecipeRuntime {
    std::string device = "cpu";
    Precision precision = Precision::Float32;
    int threads = 1;
    std::string kernel;  ///< of the scans, for a warning where it is another
};

/// Everything that a figure was made of: with the same program, on files of the same SHA-256, it makes the same figure
/// again, byte for byte. Pure data.
struct FigureRecipe {
    QString program;  ///< version
    FileMark model;
    std::optional<FileMark> labels;
    MarkedImage image;
    std::optional<FileMark> compared;  ///< the model or image that it is compared with
    std::vector<FileMark> others;      ///< images that edits take something over from
    std::vector<MarkedImage> studied;  ///< images of router statistics
    RecipeRuntime runtime;
    PreprocessOverrides preprocess;
    FigureRequest request;  ///< every choice settled: no default that depends on the run is left open
    ExportOptions page;     ///< `overwrite` is not kept
    std::optional<AnimationOptions> animation;  ///< of a GIF
    QString font;                               ///< family

    /// JSON in ASCII without < > &: fits into every kind of file. Equal recipes give equal bytes.
    QByteArray toJson() const;
    /// Reads what toJson() writes. Hostile text: everything is checked, unknown keys are refused. Throws Error(Format)
    /// that begins with `origin`.
    static FigureRecipe fromJson(const std::string& text, const std::string& origin);
};

/// How a session was opened, for the recipes of its figures.
struct RecipeSource {
    std::shared_ptr<const InferenceSession> session;
    SessionOptions options;
};

/// The recipe of a figure that is made from this context. Reads and marks the files. Throws Error(File) when one is not
/// there any more, Error(Usage) for a picture without a file, Cancelled.
FigureRecipe recipeOf(const FigureContext& context, const QString& figure, const ExportOptions& page,
                      const RecipeSource& source, const CancelToken& cancel = {});

}  // namespace mixer::vis
