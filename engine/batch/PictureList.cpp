// SPDX-License-Identifier: MIT
#include "engine/batch/PictureList.h"

#include "engine/checkpoint/ModelConfig.h"
#include "engine/core/Error.h"
#include "engine/image/LoadPicture.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <fstream>

namespace mixer {

namespace {

namespace fs = std::filesystem;

void addFolder(const std::string& folder, std::vector<std::string>& names, const CancelToken& cancel)
{
    const auto first = static_cast<std::ptrdiff_t>(names.size());
    std::error_code failure;
    fs::recursive_directory_iterator entry(folder, failure);
    for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
        cancel.check();
        std::error_code unreadable;
        if (isPictureName(entry->path().native()) && entry->is_regular_file(unreadable))
            names.push_back(entry->path().generic_string());
    }
    if (failure)
        throw Error(ErrorKind::File, folder + ": the folder cannot be read: " + failure.message());
    std::sort(names.begin() + first, names.end());
}

void addLines(std::istream& in, const std::string& origin, std::vector<std::string>& names, const CancelToken& cancel)
{
    constexpr std::size_t kLongestName = 65536;
    for (std::string line; std::getline(in, line);) {
        cancel.check();
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        if (line.size() > kLongestName || line.find('\0') != std::string::npos)
            throw Error(ErrorKind::Format,
                        origin + ": expected a folder, a picture, or a text file of their names, one to a line");
        if (!line.empty())
            names.push_back(std::move(line));
    }
}

/// Letters and digits stay, ASCII in lower case; all else separates.
std::string plain(const std::string& name)
{
    std::string result;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        result += byte >= 0x80 ? c : std::isalnum(byte) ? static_cast<char>(std::tolower(byte)) : '-';
    }
    return result;
}

}  // namespace

std::vector<std::string> listPictures(const std::vector<std::string>& inputs, std::istream& in,
                                      const CancelToken& cancel)
{
    std::vector<std::string> names;
    for (const std::string& input : inputs) {
        std::error_code failure;
        if (input == "-") {
            addLines(in, "stdin", names, cancel);
        } else if (fs::is_directory(input, failure)) {
            addFolder(input, names, cancel);
        } else if (isPictureName(input)) {
            names.push_back(input);
        } else {
            std::ifstream list(input, std::ios::binary);
            if (!list)
                throw Error(ErrorKind::File, input + ": there is no such folder, picture or list of names");
            addLines(list, input, names, cancel);
        }
    }
    if (names.empty())
        throw Error(ErrorKind::Usage,
                    inputs.empty() ? "no pictures were named" : inputs.front() + ": holds no picture");
    return names;
}

Shard Shard::parse(const std::string& text)
{
    Shard shard;
    const char* const end = text.data() + text.size();
    const auto number = std::from_chars(text.data(), end, shard.number);
    const bool isNumber = number.ec == std::errc() && number.ptr != end && *number.ptr == '/';
    const auto count = isNumber ? std::from_chars(number.ptr + 1, end, shard.count) : number;
    if (!isNumber || count.ec != std::errc() || count.ptr != end || shard.number < 1 || shard.number > shard.count)
        throw Error(ErrorKind::Usage, "a shard is its number and how many there are, 1/8 to 8/8; found '" + text + "'");
    return shard;
}

std::pair<std::size_t, std::size_t> Shard::range(std::size_t pictures) const
{
    const auto border = [&](int i) {
        const auto parts = static_cast<std::size_t>(count);
        const auto part = static_cast<std::size_t>(i);
        return pictures / parts * part + std::min(pictures % parts, part);
    };
    return {border(number - 1), border(number)};
}

FolderClasses::FolderClasses(const ModelConfig& config)
{
    for (std::size_t i = 0; i < config.labels.size(); ++i)
        m_classes.emplace(plain(config.labels[i]), static_cast<int>(i));
}

int FolderClasses::of(const std::string& path) const
{
    if (path.empty() || m_classes.empty())
        return -1;
    fs::path folder = fs::path(path).parent_path();
    if (folder.filename().empty() || folder.filename() == "." || folder.filename() == "..") {
        std::error_code unknown;
        folder = fs::absolute(path, unknown).lexically_normal().parent_path();
    }
    const auto found = m_classes.find(plain(folder.filename().string()));
    return found == m_classes.end() ? -1 : found->second;
}

}  // namespace mixer
