// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace mixer {

/// The program under test, run as its users run it.
struct Finished {
    int exitCode = -1;  ///< -1: did not end by itself
    std::string output;
    std::string errors;
};

/// Runs it to its end, without a display. `input` becomes its stdin. `onOutput` is called with all that stdout has
/// said so far, each time there is more, and returns whether to interrupt the program (Ctrl+C, once).
Finished run(const std::vector<std::string>& arguments, const std::string& input = {},
             const std::function<bool(const std::string&)>& onOutput = {});

/// Runs it, without stdin, and sends it a signal as soon as `isTime` says so, if that comes before its end.
Finished runUntil(const std::vector<std::string>& arguments, int signal, const std::function<bool()>& isTime);

/// A folder of the running test's own, removed when it ends.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path(const std::string& name) const { return m_path + "/" + name; }

private:
    std::string m_path;
};

std::string fixture(const std::string& name);
std::string readFile(const std::string& path);
void writeFile(const std::string& path, const std::string& content);

}  // namespace mixer
