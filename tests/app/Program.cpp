// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/Program.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace mixer {
namespace {

/// The environment without what leads to a display.
std::vector<char*> withoutDisplay()
{
    std::vector<char*> kept;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        bool isDisplay = false;
        for (const char* name : {"DISPLAY=", "WAYLAND_DISPLAY=", "QT_QPA_PLATFORM="})
            isDisplay = isDisplay || std::strncmp(*variable, name, std::strlen(name)) == 0;
        if (!isDisplay)
            kept.push_back(*variable);
    }
    kept.push_back(nullptr);
    return kept;
}

pid_t start(const std::vector<std::string>& arguments, const std::string& inputFile, const std::string& errorFile,
            int outputEnd)
{
    std::vector<std::string> words = {MIXERSCOPE_PROGRAM};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, inputFile.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorFile.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, outputEnd, STDOUT_FILENO);
    pid_t process = -1;
    const int failure
        = posix_spawn(&process, MIXERSCOPE_PROGRAM, &actions, nullptr, argv.data(), withoutDisplay().data());
    posix_spawn_file_actions_destroy(&actions);
    EXPECT_EQ(failure, 0) << "cannot start " << MIXERSCOPE_PROGRAM << ": " << std::strerror(failure);
    return process;
}

}  // namespace

Finished run(const std::vector<std::string>& arguments, const std::string& input,
             const std::function<bool(const std::string&)>& onOutput)
{
    const Folder folder;
    writeFile(folder.path("stdin"), input);
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const pid_t process = start(arguments, folder.path("stdin"), folder.path("stderr"), ends[1]);
    close(ends[1]);

    Finished finished;
    bool isInterrupted = false;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = read(ends[0], buffer.data(), buffer.size())) > 0;) {
        finished.output.append(buffer.data(), static_cast<std::size_t>(count));
        if (onOutput && !isInterrupted && onOutput(finished.output)) {
            kill(process, SIGINT);
            isInterrupted = true;
        }
    }
    close(ends[0]);
    int status = 0;
    if (process > 0 && waitpid(process, &status, 0) == process && WIFEXITED(status))
        finished.exitCode = WEXITSTATUS(status);
    finished.errors = readFile(folder.path("stderr"));
    return finished;
}

Finished runUntil(const std::vector<std::string>& arguments, int signal, const std::function<bool()>& isTime)
{
    const Folder folder;
    const int output = open("/dev/null", O_WRONLY | O_CLOEXEC);
    const pid_t process = start(arguments, "/dev/null", folder.path("stderr"), output);
    close(output);
    Finished finished;
    int status = 0;
    for (bool isSent = false; process > 0 && waitpid(process, &status, WNOHANG) == 0;) {
        if (!isSent && isTime()) {
            kill(process, signal);
            isSent = true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (process > 0 && WIFEXITED(status))
        finished.exitCode = WEXITSTATUS(status);
    finished.errors = readFile(folder.path("stderr"));
    return finished;
}

Folder::Folder()
{
    std::string pattern = ::testing::TempDir() + "mixerscope-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr) << pattern;
    m_path = pattern;
}

Folder::~Folder()
{
    std::error_code ignored;
    std::filesystem::remove_all(m_path, ignored);
}

std::string fixture(const std::string& name)
{
    return std::string(MIXER_FIXTURES) + "/" + name;
}

std::string readFile(const std::string& path)
{
    std::ifstream in(path, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    return content.str();
}

void writeFile(const std::string& path, const std::string& content)
{
    std::ofstream(path, std::ios::binary) << content;
}

}  // namespace mixer
