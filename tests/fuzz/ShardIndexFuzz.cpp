// SPDX-License-Identifier: MIT
// libFuzzer: any bytes as the index of a checkpoint in shards. Two of the shards that it may name are there.
#include "engine/checkpoint/TensorFile.h"
#include "engine/core/Error.h"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

// A safetensors file of one float32 tensor of this name.
std::string shard(const std::string& name)
{
    const std::string header = "{\"" + name + R"(":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
    return std::string{static_cast<char>(header.size())} + std::string(7, '\0') + header + std::string(4, '\0');
}

void write(const std::filesystem::path& path, const std::string& bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// In memory where the system has such a folder; deleted when the process ends well.
const std::filesystem::path& folder()
{
    struct Temporary {
        Temporary()
        {
            std::string pattern = std::filesystem::exists("/dev/shm") ? "/dev/shm/mixerscope-fuzz-XXXXXX"
                                                                      : "/tmp/mixerscope-fuzz-XXXXXX";
            if (::mkdtemp(pattern.data()) == nullptr)
                std::abort();
            path = pattern;
            write(path / "a.safetensors", shard("x"));
            write(path / "b.safetensors", shard("y"));
        }
        ~Temporary()
        {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
        std::filesystem::path path;
    };
    static const Temporary temporary;
    return temporary.path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::filesystem::path index = folder() / "net.safetensors.index.json";
    write(index, {reinterpret_cast<const char*>(data), size});
    try {
        mixer::TensorFile::open(index.string());
    } catch (const mixer::Error&) {
    }
    return 0;
}
