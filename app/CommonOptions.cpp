// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/CommonOptions.h"

#include "engine/checkpoint/CheckpointNames.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <filesystem>
#include <iostream>

namespace mixer::app {

void RunOptions::addTo(CLI::App& command)
{
    command.add_option("-m,--model", model,
                       "Checkpoint (.safetensors, .pth), or vim2-demo or viqs-demo; default: vim2-demo");
    command.add_option("--device", device, "auto, cpu, cuda or cuda:0, cuda:1 ...")->capture_default_str();
    command.add_option("--threads", threads, "Threads; 0: one for each core")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command.add_option("--precision", precision, "Of the arithmetic; 16-bit types on a GPU only")
        ->check(CLI::IsMember({"float32", "float64", "bfloat16", "float16"}))
        ->capture_default_str();
    command.add_flag("-v,--verbose", verbose, "Say on stderr what runs where");
}

void RunOptions::addPictureOptionsTo(CLI::App& command)
{
    command.add_option("--labels", labels, "Names of the classes: .txt (one to a line), .json or .csv");
    command.add_option("--size", size, "Of the network's input: HEIGHTxWIDTH; default: the configuration's");
    command.add_option("--mean", mean, "Of the normalization: R,G,B; default: the configuration's");
    command.add_option("--std", std, "Of the normalization: R,G,B; default: the configuration's");
    command.add_option(
        "--crop", crop,
        "Part of the resized picture's side that the centre crop keeps, 0.1 to 1; none: stretch the whole "
        "picture to the size; default: the configuration's");
}

SessionOptions RunOptions::session() const
{
    SessionOptions options;
    options.device = device;
    options.threads = threads;
    options.precision = precision == "float64" ? Precision::Float64
        : precision == "bfloat16"              ? Precision::BFloat16
        : precision == "float16"               ? Precision::Float16
                                               : Precision::Float32;
    options.labels = labels;
    PreprocessOverrides& preprocess = options.preprocess;
    if (!size.empty())
        preprocess.size = parseSize(size);
    if (!mean.empty())
        preprocess.mean = parseChannels(mean, "--mean", false);
    if (!std.empty())
        preprocess.std = parseChannels(std, "--std", true);
    if (crop == "none")
        preprocess.mode = ResizeMode::Stretch;
    else if (!crop.empty())
        preprocess.cropFraction = parseCropFraction(crop);
    return options;
}

std::shared_ptr<const InferenceSession> RunOptions::open(const PictureOptions& pictures) const
{
    const std::string path = resolveModel(model.empty() ? kDefaultModel : model);
    if (model.empty()) {
        if (path == kDefaultModel)
            throw Error(ErrorKind::Usage, "the demonstration model is not installed; name a checkpoint with --model");
        std::cerr << "No --model given: using the demonstration model " << path << '\n';
    }
    SessionOptions options = this->session();
    pictures.override(options);
    const auto session = InferenceSession::open(path, options, {}, interruptToken());
    for (const Remark& remark : session->receipt().remarks)
        if (verbose || remark.kind != Remark::Kind::Note)
            std::cerr << remarkKindName(remark.kind) << ": " << remark.text << '\n';
    for (const std::string& difference : session->preprocessDifferences())
        std::cerr << "preprocessing: " << difference << '\n';
    if (verbose) {
        const RuntimeInfo info = session->runtime();
        std::cerr << "model: " << session->config().familyName() << ", " << session->checkpoint().parameterCount()
                  << " parameters, configuration: " << session->checkpoint().configOrigin << '\n'
                  << "load receipt: " << session->receipt().summary() << '\n'
                  << "runs on: " << info.device << ", " << info.threads << " threads, scan kernel " << info.kernel
                  << '\n'
                  << "LibTorch " << info.torchVersion << ", BLAS: " << info.blas << '\n';
    }
    return session;
}

void noticeRuntime(const InferenceSession& session)
{
    static std::string told;
    const std::string notice = session.runtime().notice;
    if (notice == told)
        return;
    told = notice;
    std::cerr << "warning: " << notice << '\n';
}

void PictureOptions::addTo(CLI::App& command, const char* images)
{
    command.add_option("images", paths, images)->required();
    command.add_flag("--whole", whole,
                     "Show the network the whole picture instead of the centre that it was trained on");
    command.add_option("--max-side", maxSide, "Longest side that --whole hands to the network, pixels")
        ->check(CLI::Range(32, 16384))
        ->capture_default_str();
}

void PictureOptions::override(SessionOptions& session) const
{
    if (whole && (session.preprocess.mode || session.preprocess.cropFraction || session.preprocess.size))
        throw Error(ErrorKind::Usage,
                    "--whole takes each picture's own size and crops nothing: leave out --size and --crop");
    if (whole)
        session.preprocess.mode = ResizeMode::Whole;
    session.preprocess.maxSide = maxSide;
}

std::vector<std::string> PictureOptions::expanded() const
{
    std::vector<std::string> all;
    for (const std::string& path : paths) {
        if (path != "-") {
            all.push_back(path);
            continue;
        }
        for (std::string line; std::getline(std::cin, line);) {
            if (!line.empty() && line.back() == '\r')  // a list from Windows
                line.pop_back();
            if (!line.empty())
                all.push_back(line);
        }
    }
    if (all.empty() && !paths.empty())
        throw Error(ErrorKind::Usage, "- takes the names of pictures from stdin, one to a line, and found none there");
    return all;
}

bool namesModel(const std::string& text)
{
    return isCheckpointName(text) || resolveModel(text) != text;
}

std::string resolveModel(const std::string& name)
{
    namespace fs = std::filesystem;
    std::error_code failure;
    if (fs::exists(name, failure))
        return name;
    const fs::path program = fs::read_symlink("/proc/self/exe", failure);
    const fs::path installed = program.parent_path() / ".." / "share" / "mixerscope" / "models";
    for (const fs::path& folder : {installed, fs::path(MIXERSCOPE_SOURCE_MODELS)})
        if (const fs::path file = folder / (name + ".safetensors"); fs::is_regular_file(file, failure))
            return file.lexically_normal().string();
    return name;
}

const CancelToken& interruptToken()
{
    static const CancelToken token;
    return token;
}

void watchInterrupts()
{
    interruptToken();  // made here: a signal handler must not be the first to ask for it
    std::signal(SIGINT, [](int) {
        interruptToken().cancel();
        std::signal(SIGINT, SIG_DFL);
    });
}

void complain(const std::string& message)
{
    std::cerr << "mixerscope: " << message << '\n';
}

}  // namespace mixer::app
