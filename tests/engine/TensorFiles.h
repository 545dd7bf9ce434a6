// SPDX-License-Identifier: MIT
#pragma once

#include "engine/core/Error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace mixer::test {

/// A new folder, deleted with all that is in it at the end of its scope.
class TemporaryFolder {
public:
    TemporaryFolder()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "mixerscope-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("cannot make a temporary folder");
        m_path = pattern;
    }
    ~TemporaryFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::string file(const std::string& name) const { return (m_path / name).string(); }

    std::string write(const std::string& name, const std::string& bytes) const
    {
        std::ofstream stream(m_path / name, std::ios::binary | std::ios::trunc);
        stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return file(name);
    }

private:
    std::filesystem::path m_path;
};

inline std::string littleEndian64(std::uint64_t value)
{
    std::string bytes;
    for (int i = 0; i < 8; ++i)
        bytes += static_cast<char>(value >> 8 * i & 0xFFU);
    return bytes;
}

/// A safetensors file of this header text and data.
inline std::string safetensors(const std::string& header, const std::string& data)
{
    return littleEndian64(header.size()) + header + data;
}

inline std::string readBytes(const std::string& path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

using NamedShape = std::pair<std::string, std::vector<std::int64_t>>;

/// A safetensors file of float32 tensors of these names and shapes, all zero.
inline std::string zeroTensors(const std::vector<NamedShape>& tensors, const std::string& config = {})
{
    nlohmann::json header = nlohmann::json::object();
    std::int64_t end = 0;
    for (const auto& [name, shape] : tensors) {
        const std::int64_t begin = end;
        std::int64_t elements = 1;
        for (const std::int64_t side : shape)
            elements *= side;
        end += 4 * elements;
        header[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, end}}};
    }
    if (!config.empty())
        header["__metadata__"] = {{"mixer_config", config}};
    return safetensors(header.dump(), std::string(static_cast<std::size_t>(end), '\0'));
}

/// Runs `action`, which must throw an Error of this kind whose message holds every one of `parts`.
inline void expectError(ErrorKind kind, const std::vector<std::string>& parts, const std::function<void()>& action)
{
    try {
        action();
        ADD_FAILURE() << "no Error was thrown; expected one about " << (parts.empty() ? "" : parts.front());
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), kind) << error.what();
        for (const std::string& part : parts)
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
                << "'" << part << "' is not in: " << error.what();
    }
}

}  // namespace mixer::test
