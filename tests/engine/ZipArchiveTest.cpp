// SPDX-License-Identifier: MIT
#include "engine/checkpoint/ZipArchive.h"
#include "tests/engine/TensorFiles.h"
#include "tests/engine/TorchFiles.h"

#include <gtest/gtest.h>

#include <string>

namespace mixer::checkpoint {
namespace {

using test::expectError;
using test::zipArchive;
using test::ZipPart;

const std::byte* bytesOf(const std::string& text)
{
    return reinterpret_cast<const std::byte*>(text.data());
}

ZipArchive read(const std::string& bytes)
{
    return ZipArchive(bytesOf(bytes), bytes.size(), "file: ");
}

void expectRefused(const std::string& bytes, const std::vector<std::string>& parts)
{
    expectError(ErrorKind::Format, parts, [&] { read(bytes); });
}

std::string contentOf(const ZipArchive& archive, const std::string& name)
{
    const ZipEntry* const entry = archive.find(name);
    if (entry == nullptr)
        return "(missing)";
    const auto unpacked = entry->deflated ? archive.inflate(*entry) : nullptr;
    const std::byte* const data = unpacked ? unpacked.get() : archive.data(*entry);
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(entry->size)};
}

TEST(ZipArchive, ReadsStoredAndDeflatedEntries)
{
    const std::string text(1000, 'a');
    for (const bool zip64 : {false, true}) {
        ZipPart stored{"r/stored", "content"};
        ZipPart packed{"r/packed", text, true};
        stored.zip64 = packed.zip64 = zip64;
        const std::string bytes = zipArchive({stored, packed, {"r/", ""}, {"r/empty", ""}}, zip64, "a comment");
        const ZipArchive archive = read(bytes);
        ASSERT_EQ(archive.entries().size(), 4U);
        EXPECT_EQ(archive.entries()[0].name, "r/stored");
        EXPECT_EQ(contentOf(archive, "r/stored"), "content");
        EXPECT_EQ(contentOf(archive, "r/packed"), text);
        EXPECT_EQ(contentOf(archive, "r/empty"), "");
        EXPECT_LT(archive.find("r/packed")->stored, 100U);
        EXPECT_EQ(archive.find("stored"), nullptr);
        archive.requireChecksum(*archive.find("r/stored"), archive.data(*archive.find("r/stored")));
    }
}

TEST(ZipArchive, EveryTruncationIsRefused)
{
    const std::string bytes = zipArchive({{"r/a", "content"}, {"r/b", std::string(200, 'b'), true}});
    for (std::size_t size = 0; size < bytes.size(); ++size)
        expectRefused(bytes.substr(0, size), {"file: zip archive: "});
}

TEST(ZipArchive, NamesThatLeadOutsideAreRefused)
{
    for (const char* name : {"../passwd", "r/../../x", "/etc/passwd", "r\\..\\x", "r/.."})
        expectRefused(zipArchive({{name, "x"}}), {"outside"});
    EXPECT_EQ(contentOf(read(zipArchive({{"r/..a..", "x"}})), "r/..a.."), "x");
}

TEST(ZipArchive, EntriesMustNotOverlap)
{
    // The second entry's header is the first's.
    ZipPart again{"r/a", "content"};
    const std::string first = zipArchive({again});
    again.beginError = -static_cast<int>(30 + 3 + 7);
    expectRefused(zipArchive({{"r/a", "content"}, again}), {"r/a", "twice"});

    // An entry whose data hold a whole other entry.
    const std::string inner = first.substr(0, 30 + 3 + 7);
    ZipPart inside{"r/a", "content"};
    inside.beginError = -static_cast<int>(inner.size());
    expectRefused(zipArchive({{"r/outer", inner}, inside}), {"overlap"});
}

TEST(ZipArchive, HeadersMustAgree)
{
    ZipPart part{"r/a", "content"};
    part.localName = "r/b";
    expectRefused(zipArchive({part}), {"r/a", "another name"});
    part = {"r/a", "content"};
    part.sizeError = 1;
    expectRefused(zipArchive({part}), {"r/a", "7", "8"});
    part = {"r/a", "content"};
    part.beginError = 1;
    expectRefused(zipArchive({part}), {"r/a", "does not begin"});
    part = {"r/a", "content"};
    part.flags = 1;
    expectRefused(zipArchive({part}), {"encrypted"});
    part = {"r/a", "content"};
    part.method = 12;
    expectRefused(zipArchive({part}), {"deflate"});
}

TEST(ZipArchive, AnnouncedSizesMustBePossible)
{
    ZipPart bomb{"r/bomb", std::string(1000, 'a'), true};
    bomb.sizeError = 1 << 30;
    expectRefused(zipArchive({bomb}), {"r/bomb", "cannot unpack"});

    for (const int error : {-1, 1}) {
        ZipPart part{"r/a", std::string(1000, 'a'), true};
        part.sizeError = error;
        const std::string bytes = zipArchive({part});
        const ZipArchive archive = read(bytes);
        expectError(ErrorKind::Format, {"r/a", "does not unpack"}, [&] { archive.inflate(*archive.find("r/a")); });
    }
}

TEST(ZipArchive, ChecksumsAreCompared)
{
    ZipPart stored{"r/a", "content"};
    ZipPart packed{"r/b", "content", true};
    stored.crcError = packed.crcError = 1;
    const std::string bytes = zipArchive({stored, packed});
    const ZipArchive archive = read(bytes);
    const ZipEntry& entry = *archive.find("r/a");
    expectError(ErrorKind::Format, {"r/a", "checksum"}, [&] { archive.requireChecksum(entry, archive.data(entry)); });
    expectError(ErrorKind::Format, {"r/b", "checksum"}, [&] { archive.inflate(*archive.find("r/b")); });
}

TEST(ZipArchive, DirectoriesThatLie)
{
    std::string bytes = zipArchive({{"r/a", "content"}});
    const std::size_t end = bytes.size() - 22;
    std::string many = bytes;
    many.replace(end + 10, 2, "\xFF\xFF", 2);
    expectRefused(many, {"too short"});
    std::string far = bytes;
    far.replace(end + 16, 4, "\xFF\xFF\xFF\x7F", 4);
    expectRefused(far, {"outside the file"});
    std::string disks = bytes;
    disks[end + 4] = 1;
    expectRefused(disks, {"several parts"});
}

}  // namespace
}  // namespace mixer::checkpoint
