// SPDX-License-Identifier: MIT
// libFuzzer: any bytes as a checkpoint file. An Error is a right answer; a crash, a hang or much memory is not.
#include "engine/checkpoint/Checkpoint.h"
#include "engine/core/Error.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

// Reads the first and last byte of every tensor, so that a wrong range shows.
unsigned touch(const mixer::TensorFile& file)
{
    unsigned sum = 0;
    for (const mixer::TensorInfo& info : file.tensors()) {
        if (info.bytes > 0)
            sum += std::to_integer<unsigned>(info.data[0]) + std::to_integer<unsigned>(info.data[info.bytes - 1]);
    }
    return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const int fd = ::memfd_create("fuzz", MFD_CLOEXEC);
    [[maybe_unused]] static volatile unsigned sink = 0;
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, data, size, 0) != static_cast<ssize_t>(size))
        return 0;
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    try {
        sink = touch(*mixer::TensorFile::open(path));
        mixer::Checkpoint::open(path);
    } catch (const mixer::Error&) {
    }
    return 0;
}
