// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

namespace mixer {

/// A copy of a safetensors file whose header was edited; deleted again at the end of its scope.
class EditedCheckpoint {
public:
    EditedCheckpoint(const std::string& original, const std::function<void(nlohmann::json&)>& edit)
    {
        std::ifstream in(original, std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(in)), {});
        std::uint64_t length = 0;
        std::memcpy(&length, bytes.data(), sizeof length);
        m_header = nlohmann::json::parse(bytes.substr(8, length));
        m_data = bytes.substr(8 + length);
        edit(m_header);
        static int count = 0;
        m_path = (std::filesystem::temp_directory_path()
                  / ("mixerscope-edited-" + std::to_string(getpid()) + '-' + std::to_string(count++) + ".safetensors"))
                     .string();
        write();
    }
    ~EditedCheckpoint() { std::filesystem::remove(m_path); }
    EditedCheckpoint(const EditedCheckpoint&) = delete;
    EditedCheckpoint& operator=(const EditedCheckpoint&) = delete;

    const std::string& path() const { return m_path; }

    void overwriteFirstFloat(const std::string& tensor, float value)
    {
        std::memcpy(&m_data[m_header[tensor]["data_offsets"][0].get<std::size_t>()], &value, sizeof value);
        write();
    }

    /// Rewrites the numbers of a float32 tensor.
    void change(const std::string& tensor, const std::function<void(float* values, std::size_t count)>& edit)
    {
        const auto begin = m_header[tensor]["data_offsets"][0].get<std::size_t>();
        const std::size_t bytes = m_header[tensor]["data_offsets"][1].get<std::size_t>() - begin;
        std::vector<float> values(bytes / sizeof(float));
        std::memcpy(values.data(), &m_data[begin], bytes);
        edit(values.data(), values.size());
        std::memcpy(&m_data[begin], values.data(), bytes);
        write();
    }

private:
    void write() const
    {
        const std::string header = m_header.dump();
        const std::uint64_t length = header.size();
        std::ofstream out(m_path, std::ios::binary | std::ios::trunc);
        out.write(reinterpret_cast<const char*>(&length), sizeof length);
        out << header << m_data;
    }

    nlohmann::json m_header;
    std::string m_data;
    std::string m_path;
};

}  // namespace mixer
