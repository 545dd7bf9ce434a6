// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/core/Progress.h"
#include "engine/session/InferenceSession.h"

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace mixer::app {

/// Which pictures, and how they are prepared: options of every command that takes several.
struct PictureOptions {
    std::vector<std::string> paths;
    bool whole = false;
    int maxSide = 1024;

    void addTo(CLI::App& command, const char* images = "Pictures; - reads their names from stdin, one to a line");
    /// Adds --whole to the session's overrides.
    void override(SessionOptions& session) const;
    /// The paths; "-" is replaced by the lines of stdin.
    std::vector<std::string> expanded() const;
};

/// How the network runs: options of every command that runs one.
struct RunOptions {
    std::string model;  ///< path, or the name of a demonstration model; empty: the first of those
    std::string device = "auto";
    int threads = 0;
    std::string precision = "float32";
    bool verbose = false;
    std::string labels;
    std::string size, mean, std, crop;  ///< of pictures; empty: as the configuration says

    void addTo(CLI::App& command);
    /// Of commands that take pictures: how they are prepared, and what their classes are called.
    void addPictureOptionsTo(CLI::App& command);
    SessionOptions session() const;
    /// Opens the model, or the demonstration model with a line on stderr that says so.
    std::shared_ptr<const InferenceSession> open(const PictureOptions& pictures) const;
};

/// A model as people name it: a path, or the name of a demonstration checkpoint ("vim2-demo"), which lies beside the
/// installed program or in the source tree. What is neither is given back as it is, to be complained about.
std::string resolveModel(const std::string& name);
/// Whether it names a model rather than a picture.
bool namesModel(const std::string& text);
constexpr const char* kDefaultModel = "vim2-demo";

/// Cancelled by Ctrl+C; a second Ctrl+C ends the program the hard way.
const CancelToken& interruptToken();
void watchInterrupts();

/// Says on stderr what people should know of where the session runs now; the same only once.
void noticeRuntime(const InferenceSession& session);

/// "mixerscope: message" on stderr.
void complain(const std::string& message);

}  // namespace mixer::app
