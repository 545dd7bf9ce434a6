// SPDX-License-Identifier: MIT
#include "engine/checkpoint/TorchFile.h"

#include "engine/checkpoint/Messages.h"
#include "engine/checkpoint/PickleGlobals.h"
#include "engine/checkpoint/StateDict.h"
#include "engine/checkpoint/ZipArchive.h"
#include "engine/core/Error.h"

#include <algorithm>
#include <map>

namespace mixer::checkpoint {

namespace {

constexpr std::string_view kMagic = "0x1950a86a20f9469cfc6c";  // the first pickle of the legacy format
constexpr std::int64_t kLegacyProtocol = 1001;
constexpr std::uint64_t kTarMagicAt = 257;
constexpr std::uint64_t kSpareUnpacked = std::uint64_t{256} << 20;
constexpr std::uint64_t kMaxPickle = std::uint64_t{512} << 20;
constexpr std::uint64_t kCountBytes = 8;

[[noreturn]] void fail(const std::string& origin, const std::string& message)
{
    throw Error(ErrorKind::Format, origin + message);
}

std::string_view textOf(const std::byte* bytes, std::uint64_t size)
{
    return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

bool startsWith(std::string_view text, std::string_view begin)
{
    return text.substr(0, begin.size()) == begin;
}

// Fit for a terminal.
std::string printable(std::string text)
{
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
    return text;
}

void addGlobals(const Pickle& pickle, bool isScript, TensorContents* contents)
{
    for (const auto& [name, use] : pickle.globals) {
        // LibTorch resolves TorchScript's classes inside the archive; Python's importer never sees them.
        const bool harmless = isHarmless(name) || (isScript && startsWith(name, "__torch__."));
        contents->globals.push_back({printable(name), use.references, use.calls, harmless});
    }
}

// ---- zip archives

class ZipStorages : public TorchStorages {
public:
    ZipStorages(const ZipArchive& archive, std::string folder, std::uint64_t budget, TensorContents* contents,
                std::string origin)
        : m_archive(archive)
        , m_folder(std::move(folder))
        , m_budget(budget)
        , m_contents(contents)
        , m_origin(std::move(origin))
    {
        if (const ZipEntry* const order = archive.find(m_folder + "byteorder"))
            m_bigEndian = startsWith(textOf(content(*order).data, order->size), "big");
    }

    Range storage(std::string_view key) override
    {
        const std::string name = m_folder + "data/" + std::string(key.substr(0, kMaxKey));
        const ZipEntry* const entry = m_archive.find(name);
        if (entry == nullptr)
            fail(m_origin, "the storage " + inQuotes(name) + " is missing in the archive; the file is damaged");
        return content(*entry);
    }

    bool isBigEndian() const override { return m_bigEndian; }

    // Unpacks an entry at most once.
    Range content(const ZipEntry& entry)
    {
        if (!entry.deflated)
            return {m_archive.data(entry), entry.size};
        const auto [known, isNew] = m_unpacked.try_emplace(&entry, nullptr);
        if (isNew) {
            if (entry.size > m_budget)
                fail(m_origin, "zip archive: it unpacks to far more than its own size, at " + inQuotes(entry.name));
            m_budget -= entry.size;
            m_contents->owned.push_back(m_archive.inflate(entry));
            known->second = m_contents->owned.back().get();
        }
        return {known->second, entry.size};
    }

private:
    static constexpr std::size_t kMaxKey = 256;

    const ZipArchive& m_archive;
    std::string m_folder;
    std::uint64_t m_budget;
    TensorContents* m_contents;
    std::string m_origin;
    bool m_bigEndian = false;
    std::map<const ZipEntry*, const std::byte*> m_unpacked;
};

// The folder that all entries lie in, from the one that is called FOLDER/data.pkl.
std::string rootFolder(const ZipArchive& archive, const std::string& origin)
{
    for (const ZipEntry& entry : archive.entries()) {
        const std::size_t slash = entry.name.find('/');
        if (slash != std::string::npos && entry.name.substr(slash + 1) == "data.pkl")
            return entry.name.substr(0, slash + 1);
    }
    const bool isOldScript = std::any_of(archive.entries().begin(), archive.entries().end(), [](const ZipEntry& entry) {
        return entry.name.size() > 11 && entry.name.substr(entry.name.size() - 11) == "/model.json";
    });
    fail(origin,
         isOldScript ? "a TorchScript archive of before PyTorch 1.4, which this version does not open; save it again "
                       "with a later one"
                     : "a zip archive, but not one of torch.save: it holds no FOLDER/data.pkl; unpack it first if the "
                       "checkpoint lies inside");
}

TensorContents readZip(const std::byte* bytes, std::uint64_t size, const std::string& origin)
{
    TensorContents contents;
    const ZipArchive archive(bytes, size, origin);
    const std::string root = rootFolder(archive, origin);
    const bool isScript = archive.find(root + "constants.pkl") != nullptr;
    contents.container = isScript ? Container::TorchScript : Container::TorchZip;
    ZipStorages storages(archive, root, kSpareUnpacked + 3 * size, &contents, origin);
    const ZipEntry& entry = *archive.find(root + "data.pkl");
    if (entry.size > kMaxPickle)
        fail(origin,
             "its data.pkl has " + std::to_string(entry.size) + " bytes; at most " + std::to_string(kMaxPickle)
                 + " are read");
    const TorchStorages::Range range = storages.content(entry);
    if (!entry.deflated)
        archive.requireChecksum(entry, range.data);
    const Pickle pickle = readPickle(textOf(range.data, range.size), origin + "data.pkl: ");
    addGlobals(pickle, isScript, &contents);
    StorageViews views(pickle, &storages, size, &contents, origin);
    StateDict(pickle, &views, &contents, origin).read();
    return contents;
}

// ---- the legacy format and plain pickles

class LegacyStorages : public TorchStorages {
public:
    explicit LegacyStorages(std::string origin)
        : m_origin(std::move(origin))
    {
    }

    Range storage(std::string_view key) override
    {
        const auto found = m_ranges.find(key);
        if (found == m_ranges.end())
            fail(m_origin, "the storage " + inQuotes(std::string(key)) + " is missing; the file is damaged");
        return found->second;
    }

    bool isBigEndian() const override { return m_bigEndian; }
    void setBigEndian(bool value) { m_bigEndian = value; }

    // The data follow the pickles in the order of `keys`: a count of elements, then the elements. How wide those are
    // is told by the references in `pickle`.
    void locate(const Pickle& pickle, const Pickle& keys, const std::byte* bytes, std::uint64_t begin,
                std::uint64_t end)
    {
        const auto widths = elementBytes(pickle);
        for (const PickleId id : keys[keys.root].items) {
            const auto width = widths.find(keys[id].text);
            if (keys[id].kind != PickleKind::String || width == widths.end())
                fail(m_origin, "it lists a storage that no tensor names; the file is damaged");
            if (end - begin < kCountBytes)
                incomplete(keys[id].text);
            std::uint64_t count = 0;
            for (std::uint64_t i = kCountBytes; i-- > 0;)
                count = count << 8 | std::to_integer<std::uint64_t>(bytes[begin + i]);
            begin += kCountBytes;
            if (count > (end - begin) / width->second)
                incomplete(keys[id].text);
            const Range range{bytes + begin, count * width->second};
            if (!m_ranges.emplace(std::string(keys[id].text), range).second)
                fail(m_origin, "the storage " + inQuotes(std::string(keys[id].text)) + " appears twice");
            begin += range.size;
        }
    }

private:
    [[noreturn]] void incomplete(std::string_view key) const
    {
        fail(m_origin,
             "the data of storage " + inQuotes(std::string(key))
                 + " pass the end of the file; it is damaged or incomplete, fetch it again");
    }

    static std::map<std::string_view, std::uint64_t> elementBytes(const Pickle& pickle)
    {
        std::map<std::string_view, std::uint64_t> widths;
        for (const PickleValue& value : pickle.values) {
            if (value.kind != PickleKind::Persistent || pickle[value.args].items.size() < 5)
                continue;
            const std::vector<PickleId>& items = pickle[value.args].items;
            const NamedType* const type = storageType(pickle[items[1]].text);
            if (type != nullptr && pickle[items[2]].kind == PickleKind::String)
                widths.emplace(pickle[items[2]].text, type->bytes);
        }
        return widths;
    }

    std::string m_origin;
    bool m_bigEndian = false;
    std::map<std::string, Range, std::less<>> m_ranges;
};

TensorContents readPickleFile(const Pickle& pickle, std::uint64_t size, const std::string& origin)
{
    TensorContents contents;
    contents.container = Container::Pickle;
    addGlobals(pickle, false, &contents);
    LegacyStorages none(origin);
    StorageViews views(pickle, &none, size, &contents, origin);
    StateDict(pickle, &views, &contents, origin).read();
    return contents;
}

// Five pickles (magic number, protocol, system, object, keys of storages), then the storages.
TensorContents readLegacy(const std::byte* bytes, std::uint64_t size, const std::string& origin)
{
    std::string_view rest = textOf(bytes, size);
    const auto next = [&](const char* what) {
        Pickle pickle = readPickle(rest.substr(0, kMaxPickle), origin + what);
        rest.remove_prefix(static_cast<std::size_t>(pickle.bytes));
        return pickle;
    };
    const Pickle first = next("");
    if (first[first.root].kind != PickleKind::BigInt || first[first.root].text != kMagic)
        return readPickleFile(first, size, origin);
    TensorContents contents;
    contents.container = Container::TorchLegacy;
    const Pickle protocol = next("protocol: ");
    if (protocol[protocol.root].kind != PickleKind::Int || protocol[protocol.root].integer != kLegacyProtocol)
        fail(origin, "the legacy format of torch.save, but of a protocol that is not 1001");
    LegacyStorages storages(origin);
    const Pickle system = next("system: ");
    const std::vector<PickleId>& facts = system[system.root].items;
    for (std::size_t i = 0; i + 1 < facts.size(); i += 2) {
        if (system[facts[i]].text == "little_endian")
            storages.setBigEndian(system[facts[i + 1]].kind == PickleKind::Bool && system[facts[i + 1]].integer == 0);
    }
    const Pickle pickle = next("object: ");
    const Pickle keys = next("storage keys: ");
    storages.locate(pickle, keys, bytes, size - rest.size(), size);
    addGlobals(pickle, false, &contents);
    StorageViews views(pickle, &storages, size, &contents, origin);
    StateDict(pickle, &views, &contents, origin).read();
    return contents;
}

bool isZip(std::string_view text)
{
    return startsWith(text, "PK\x03\x04");
}

bool isTar(std::string_view text)
{
    return text.size() > kTarMagicAt && startsWith(text.substr(kTarMagicAt), "ustar");
}

bool isPickle(std::string_view text)
{
    return text.size() >= 2 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5;
}

}  // namespace

bool looksLikeTorch(const std::byte* bytes, std::uint64_t size)
{
    const std::string_view text = textOf(bytes, size);
    return isZip(text) || isPickle(text) || isTar(text);
}

TensorContents readTorch(const std::byte* bytes, std::uint64_t size, const std::string& origin)
{
    if (isZip(textOf(bytes, size)))
        return readZip(bytes, size, origin);
    if (isTar(textOf(bytes, size)))
        fail(origin,
             "a tar archive, as the first versions of torch.save wrote, which this version does not open; load and "
             "save it with a later PyTorch");
    return readLegacy(bytes, size, origin);
}

}  // namespace mixer::checkpoint
