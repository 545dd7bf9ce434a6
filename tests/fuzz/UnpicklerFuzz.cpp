// SPDX-License-Identifier: MIT
// libFuzzer: any bytes as a pickle, read as settings and as tensors whose storages are all 4 KiB long.
#include "engine/checkpoint/PickleJson.h"
#include "engine/checkpoint/StateDict.h"
#include "engine/checkpoint/StorageViews.h"
#include "engine/checkpoint/Unpickler.h"
#include "engine/core/Error.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace {

class AnyStorage : public mixer::checkpoint::TorchStorages {
public:
    Range storage(std::string_view key) override
    {
        return key.empty() ? Range{} : Range{m_bytes.data(), m_bytes.size()};
    }
    bool isBigEndian() const override { return false; }

private:
    std::array<std::byte, 4096> m_bytes{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace mixer::checkpoint;
    try {
        const Pickle pickle = readPickle({reinterpret_cast<const char*>(data), size}, "fuzz: ");
        pickleJson(pickle, pickle.root, 1 << 16);
        AnyStorage storages;
        TensorContents contents;
        StorageViews views(pickle, &storages, size, &contents, "fuzz: ");
        StateDict(pickle, &views, &contents, "fuzz: ").read();
    } catch (const mixer::Error&) {
    }
    return 0;
}
