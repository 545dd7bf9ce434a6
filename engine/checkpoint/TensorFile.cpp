// SPDX-License-Identifier: MIT
#include "engine/checkpoint/TensorFile.h"

#include "engine/checkpoint/Messages.h"
#include "engine/checkpoint/SafetensorsHeader.h"
#include "engine/core/Error.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>

namespace mixer {

using checkpoint::HeaderEntry;
using checkpoint::inQuotes;
using checkpoint::SafetensorsHeader;
using checkpoint::shapeText;

namespace {

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeader = 100'000'000;  // the limit of the format's reference implementation

struct NamedType {
    std::string_view name;
    DataType type;
    std::uint64_t bytes;  // per element
};

// The first rows, down to Bool, are in the order of DataType.
constexpr std::array<NamedType, 16> kTypes{{
    {"F64", DataType::Float64, 8},
    {"F32", DataType::Float32, 4},
    {"F16", DataType::Float16, 2},
    {"BF16", DataType::BFloat16, 2},
    {"I64", DataType::Int64, 8},
    {"I32", DataType::Int32, 4},
    {"I16", DataType::Int16, 2},
    {"I8", DataType::Int8, 1},
    {"U8", DataType::UInt8, 1},
    {"BOOL", DataType::Bool, 1},
    {"U64", DataType::Opaque, 8},
    {"U32", DataType::Opaque, 4},
    {"U16", DataType::Opaque, 2},
    {"C64", DataType::Opaque, 8},
    {"F8_E4M3", DataType::Opaque, 1},
    {"F8_E5M2", DataType::Opaque, 1},
}};

const NamedType* findType(std::string_view name)
{
    const auto* const found
        = std::find_if(kTypes.begin(), kTypes.end(), [&](const NamedType& row) { return row.name == name; });
    return found == kTypes.end() ? nullptr : found;
}

class FileDescriptor {
public:
    explicit FileDescriptor(int fd)
        : m_fd(fd)
    {
    }
    ~FileDescriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    int get() const { return m_fd; }

private:
    int m_fd;
};

[[noreturn]] void failFile(const std::string& path, const std::string& message)
{
    throw Error(ErrorKind::File, path + ": " + message);
}

std::string systemReason(int error)
{
    return std::generic_category().message(error);
}

// Returns the size. Whether it is a plain file is asked of the open descriptor, so nobody can swap it in between.
std::uint64_t checkedSize(const FileDescriptor& file, const std::string& path)
{
    struct stat status = {};
    if (::fstat(file.get(), &status) != 0)
        failFile(path, "cannot be examined: " + systemReason(errno));
    if (S_ISDIR(status.st_mode))
        failFile(path, "is a folder; expected a checkpoint file (.safetensors)");
    if (!S_ISREG(status.st_mode))
        failFile(path, "is not a plain file; expected a checkpoint file (.safetensors)");
    if (status.st_size == 0)
        failFile(path, "is empty (0 bytes); expected a safetensors file, was the download or copy cut short?");
    return static_cast<std::uint64_t>(status.st_size);
}

void readAll(const FileDescriptor& file, std::byte* target, std::uint64_t size, const std::string& path)
{
    std::uint64_t done = 0;
    while (done < size) {
        const ssize_t got = ::pread(file.get(), target + done, size - done, static_cast<off_t>(done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            failFile(path, "cannot be read: " + systemReason(errno));
        if (got == 0)
            failFile(path, "became shorter while it was read; open it again when it is complete");
        done += static_cast<std::uint64_t>(got);
    }
}

bool endsWith(std::string_view text, std::string_view end)
{
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool looksPickled(const std::string& path, const std::byte* bytes, std::uint64_t size)
{
    const bool zip = size >= 4 && std::memcmp(bytes, "PK\x03\x04", 4) == 0;
    const bool pickle
        = size >= 2 && bytes[0] == std::byte{0x80} && bytes[1] >= std::byte{2} && bytes[1] <= std::byte{5};
    return zip || pickle || endsWith(path, ".pth") || endsWith(path, ".pt");
}

[[noreturn]] void failNotSafetensors(const std::string& path, const std::byte* bytes, std::uint64_t size,
                                     const std::string& found)
{
    if (looksPickled(path, bytes, size)) {
        throw Error(
            ErrorKind::Format,
            path
                + ": expected a safetensors file, this one looks like a pickled PyTorch checkpoint (.pth, .pt), "
                  "which this version does not open; in Python, save its state_dict with "
                  "safetensors.torch.save_file and open that file");
    }
    throw Error(ErrorKind::Format,
                path + ": expected a safetensors file, found " + found
                    + "; the file is of another kind, damaged or incomplete");
}

std::uint64_t littleEndian64(const std::byte* bytes)
{
    std::uint64_t value = 0;
    for (int i = 7; i >= 0; --i)
        value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    return value;
}

std::uint64_t headerLength(const std::string& path, const std::byte* bytes, std::uint64_t size)
{
    if (size < kLengthBytes)
        failNotSafetensors(path, bytes, size, "only " + std::to_string(size) + " bytes");
    const std::uint64_t length = littleEndian64(bytes);
    if (length > kMaxHeader) {
        failNotSafetensors(path, bytes, size,
                           "a header length of " + std::to_string(length) + " bytes (at most "
                               + std::to_string(kMaxHeader) + " are allowed)");
    }
    if (length > size - kLengthBytes) {
        failNotSafetensors(path, bytes, size,
                           "a header of " + std::to_string(length) + " bytes in a file of " + std::to_string(size));
    }
    if (length == 0 || bytes[kLengthBytes] != std::byte{'{'})
        failNotSafetensors(path, bytes, size, "a header that does not begin with '{'");
    return length;
}

// Product of the sides; none when it does not fit 63 bits. A zero side makes it 0, however large the others are.
std::optional<std::uint64_t> checkedProduct(const std::vector<std::int64_t>& shape)
{
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (std::find(shape.begin(), shape.end(), 0) != shape.end())
        return 0;
    std::uint64_t product = 1;
    for (const std::int64_t side : shape) {
        if (product > kMax / static_cast<std::uint64_t>(side))
            return std::nullopt;
        product *= static_cast<std::uint64_t>(side);
    }
    return product;
}

// Checks range and shape of one tensor against each other and against the data, `dataBytes` long.
TensorInfo makeInfo(HeaderEntry&& entry, const std::byte* data, std::uint64_t dataBytes, const std::string& origin)
{
    const auto fail = [&](const std::string& message) {
        throw Error(ErrorKind::Format, origin + "tensor " + inQuotes(entry.name) + ": " + message);
    };
    const auto [begin, end] = entry.offsets;
    if (begin > end || end > dataBytes) {
        fail("data_offsets " + std::to_string(begin) + " to " + std::to_string(end) + " lie outside the "
             + std::to_string(dataBytes) + " bytes of data; the file is damaged or incomplete, fetch it again");
    }
    const auto elements = checkedProduct(entry.shape);
    const NamedType* const type = findType(entry.dtype);
    const std::uint64_t bytes = end - begin;
    if (!elements)
        fail("shape " + shapeText(entry.shape) + " has more elements than any file can hold");
    if (type != nullptr && (*elements > bytes / type->bytes || *elements * type->bytes != bytes)) {
        fail("shape " + shapeText(entry.shape) + " of " + entry.dtype + " does not fit the " + std::to_string(bytes)
             + " bytes given by its data_offsets");
    }
    TensorInfo info;
    info.name = std::move(entry.name);
    info.type = type != nullptr ? type->type : DataType::Opaque;
    info.typeName = std::move(entry.dtype);
    info.shape = std::move(entry.shape);
    info.data = data + begin;
    info.bytes = static_cast<std::size_t>(bytes);
    return info;
}

// The format allows neither overlaps nor holes: bytes that belong to no tensor could carry anything.
void requireGapless(const std::vector<TensorInfo>& tensors, const std::byte* data, std::uint64_t dataBytes,
                    const std::string& origin)
{
    std::uint64_t covered = 0;
    for (const TensorInfo& info : tensors) {
        const auto begin = static_cast<std::uint64_t>(info.data - data);
        if (begin != covered) {
            throw Error(ErrorKind::Format,
                        origin + "tensor " + inQuotes(info.name) + ": its data begins at byte " + std::to_string(begin)
                            + " where the tensor before it ends at " + std::to_string(covered)
                            + (begin < covered ? "; they overlap" : "; the bytes between belong to no tensor"));
        }
        covered += info.bytes;
    }
    if (covered != dataBytes) {
        throw Error(ErrorKind::Format,
                    origin + "the tensors cover " + std::to_string(covered) + " of " + std::to_string(dataBytes)
                        + " bytes of data; the rest belongs to no tensor");
    }
}

}  // namespace

std::string dataTypeName(DataType type)
{
    return type == DataType::Opaque ? "opaque" : std::string(kTypes[static_cast<std::size_t>(type)].name);
}

std::int64_t TensorInfo::elementCount() const
{
    return static_cast<std::int64_t>(checkedProduct(shape).value_or(0));
}

std::shared_ptr<const TensorFile> TensorFile::open(const std::string& path)
{
    try {
        std::shared_ptr<TensorFile> file(new TensorFile());
        file->m_path = path;
        file->load();
        file->parse();
        return file;
    } catch (const std::bad_alloc&) {
        throw Error(ErrorKind::Memory, path + ": not enough memory to open this file; close other programs");
    }
}

TensorFile::~TensorFile()
{
    if (m_mapping != nullptr && !m_copy)
        ::munmap(const_cast<std::byte*>(m_mapping), static_cast<std::size_t>(m_size));
}

void TensorFile::load()
{
    if (m_path.find('\0') != std::string::npos)
        failFile(inQuotes(m_path), "is not a file name: it holds a zero byte");
    // O_NONBLOCK: opening a named pipe must not wait for its writer.
    const FileDescriptor file(::open(m_path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0 && errno == ENOENT)
        failFile(m_path, "there is no such file; check the path");
    if (file.get() < 0 && (errno == EACCES || errno == EPERM))
        failFile(m_path, "may not be read (" + systemReason(errno) + "); check its permissions");
    if (file.get() < 0)
        failFile(m_path, "cannot be opened: " + systemReason(errno));
    m_size = checkedSize(file, m_path);
    void* const mapping = ::mmap(nullptr, static_cast<std::size_t>(m_size), PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (mapping != MAP_FAILED) {
        m_mapping = static_cast<const std::byte*>(mapping);
        return;
    }
    m_copy.reset(new std::byte[static_cast<std::size_t>(m_size)]);
    readAll(file, m_copy.get(), m_size, m_path);
    m_mapping = m_copy.get();
}

void TensorFile::parse()
{
    const std::string origin = m_path + ": ";
    const std::uint64_t length = headerLength(m_path, m_mapping, m_size);
    const auto* const text = reinterpret_cast<const char*>(m_mapping + kLengthBytes);
    // The JSON parser takes a zero byte for the end and would not see what is hidden behind it.
    if (std::memchr(text, '\0', static_cast<std::size_t>(length)) != nullptr)
        throw Error(ErrorKind::Format, origin + "the header is not valid JSON: it holds a zero byte");
    SafetensorsHeader header(origin);
    nlohmann::json::sax_parse(text, text + length, &header);
    m_metadata = std::move(header.metadata);

    const std::byte* const data = m_mapping + kLengthBytes + length;
    const std::uint64_t dataBytes = m_size - kLengthBytes - length;
    m_tensors.reserve(header.entries.size());
    for (HeaderEntry& entry : header.entries)
        m_tensors.push_back(makeInfo(std::move(entry), data, dataBytes, origin));
    std::stable_sort(m_tensors.begin(), m_tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
        return a.data != b.data ? a.data < b.data : a.bytes < b.bytes;
    });
    requireGapless(m_tensors, data, dataBytes, origin);
    for (std::size_t i = 0; i < m_tensors.size(); ++i) {
        if (!m_index.emplace(m_tensors[i].name, i).second)
            throw Error(ErrorKind::Format,
                        origin + "the header holds tensor " + inQuotes(m_tensors[i].name) + " twice");
    }
}

const TensorInfo* TensorFile::find(const std::string& name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

}  // namespace mixer
