// SPDX-License-Identifier: MIT
#include "engine/checkpoint/ClassLabels.h"

#include "engine/checkpoint/ImageNetNames.h"
#include "engine/checkpoint/MappedFile.h"
#include "engine/checkpoint/Messages.h"
#include "engine/checkpoint/PickleText.h"
#include "engine/core/Error.h"
#include "engine/core/StrictJson.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

namespace mixer {

using checkpoint::inQuotes;
using nlohmann::json;

namespace {

constexpr std::size_t kMaxFile = std::size_t{16} << 20;
constexpr std::size_t kMaxLabel = 500;  // bytes: the longest of ImageNet's with all its synonyms has 121
constexpr std::size_t kMaxColumns = 64;

std::string trimmed(std::string_view text)
{
    const std::size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos)
        return {};
    return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

bool endsWith(const std::string& text, std::string_view end)
{
    return text.size() >= end.size() && lowered(text.substr(text.size() - end.size())) == end;
}

std::optional<int> wholeNumber(std::string_view text)
{
    if (text.empty() || text.size() > 9
        || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    return std::stoi(std::string(text));
}

// "n01440764", as WordNet's synsets are numbered.
bool isWordNetNumber(std::string_view text)
{
    return text.size() == 9 && text.front() == 'n'
        && std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Names by index, each set once.
class Labels {
public:
    Labels(std::string origin, int count)
        : m_origin(std::move(origin))
        , m_names(static_cast<std::size_t>(count))
    {
    }

    [[noreturn]] void fail(const std::string& message) const
    {
        throw Error(ErrorKind::Format, m_origin + ": " + message);
    }

    int count() const { return static_cast<int>(m_names.size()); }

    void requireCount(std::size_t found, const std::string& what) const
    {
        if (found != m_names.size())
            fail("expected " + std::to_string(m_names.size()) + " names, one for each class of the model, found "
                 + std::to_string(found) + ' ' + what);
    }

    void set(long long index, const std::string& name)
    {
        if (index < 0 || index >= count())
            fail("the model has classes 0 to " + std::to_string(count() - 1) + ", found a name for class "
                 + std::to_string(index));
        std::string& place = m_names[static_cast<std::size_t>(index)];
        if (!place.empty())
            fail("class " + std::to_string(index) + " has two names, " + inQuotes(place) + " and " + inQuotes(name));
        place = trimmed(name);
        if (place.empty())
            fail("the name of class " + std::to_string(index) + " is empty");
        if (place.size() > kMaxLabel || !checkpoint::isUtf8(place)
            || std::any_of(place.begin(), place.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
            fail("the name of class " + std::to_string(index) + ", " + inQuotes(place) + ", is longer than "
                 + std::to_string(kMaxLabel) + " bytes, not UTF-8, or holds control characters");
    }

    std::vector<std::string> finished() &&
    {
        for (std::size_t i = 0; i < m_names.size(); ++i)
            if (m_names[i].empty())
                fail("class " + std::to_string(i) + " has no name; expected one for each of "
                     + std::to_string(m_names.size()) + " classes");
        return std::move(m_names);
    }

private:
    std::string m_origin;
    std::vector<std::string> m_names;
};

// ---- lines

void readLines(std::string_view text, Labels& labels)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    while (!lines.empty() && trimmed(lines.back()).empty())
        lines.pop_back();
    labels.requireCount(lines.size(), "lines");
    const bool hasNumbers = std::all_of(lines.begin(), lines.end(), [](std::string_view line) {
        return line.size() > 10 && isWordNetNumber(line.substr(0, 9)) && (line[9] == ' ' || line[9] == '\t');
    });
    for (std::size_t i = 0; i < lines.size(); ++i)
        labels.set(static_cast<long long>(i), std::string(lines[i].substr(hasNumbers ? 10 : 0)));
}

// ---- JSON

// A name, or the last of ["n01440764", "tench"].
std::string nameOf(const json& value, const Labels& labels)
{
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_array() && !value.empty() && value.back().is_string())
        return value.back().get<std::string>();
    labels.fail("expected a name or [number, name] for each class, found " + inQuotes(value.dump(-1, ' ', true)));
}

void readObject(const json& object, Labels& labels)
{
    labels.requireCount(object.size(), "entries");
    for (const auto& [key, value] : object.items()) {
        if (const std::optional<int> index = wholeNumber(key); index && !value.is_number())
            labels.set(*index, nameOf(value, labels));
        else if (value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() < 1U << 31U))
            labels.set(value.get<long long>(), key);
        else
            labels.fail("expected names by index or indices by name, found the key " + inQuotes(key));
    }
}

void readJson(const std::string& text, const std::string& origin, Labels& labels)
{
    json document = parseStrictJson(text, origin, {kMaxFile, 8});
    for (const char* key : {"id2label", "labels"}) {
        if (document.is_object() && document.contains(key) && document[key].is_structured()) {
            json inner = std::move(document[key]);
            document = std::move(inner);
        }
    }
    if (document.is_object()) {
        readObject(document, labels);
    } else if (document.is_array()) {
        labels.requireCount(document.size(), "entries");
        for (std::size_t i = 0; i < document.size(); ++i)
            labels.set(static_cast<long long>(i), nameOf(document[i], labels));
    } else {
        labels.fail("expected a list or an object of names");
    }
}

// ---- tables

using Row = std::vector<std::string>;

/// RFC 4180: cells between commas, in quotes where they hold commas, quotes or line breaks.
class Table {
public:
    Table(std::string_view text, const Labels& labels)
        : m_text(text)
        , m_labels(labels)
    {
    }

    std::vector<Row> rows()
    {
        std::vector<Row> result;
        const auto most = static_cast<std::size_t>(m_labels.count()) + 1;
        while (m_at < m_text.size()) {
            Row row = nextRow();
            if (row.size() == 1 && trimmed(row[0]).empty())
                continue;
            if (result.size() == most)
                m_labels.fail("expected a header and " + std::to_string(most - 1) + " rows at most, found more");
            result.push_back(std::move(row));
        }
        return result;
    }

private:
    Row nextRow()
    {
        Row row;
        for (bool isLast = false; !isLast;) {
            if (row.size() == kMaxColumns)
                m_labels.fail("a row has more than " + std::to_string(kMaxColumns) + " columns");
            row.push_back(m_at < m_text.size() && m_text[m_at] == '"' ? quoted() : plain());
            isLast = m_at >= m_text.size() || m_text[m_at] == '\n';
            ++m_at;
        }
        return row;
    }

    std::string plain()
    {
        const std::size_t end = std::min(m_text.find_first_of(",\n", m_at), m_text.size());
        std::string cell = trimmed(m_text.substr(m_at, end - m_at));
        m_at = end;
        return cell;
    }

    std::string quoted()
    {
        std::string cell;
        for (++m_at;; ++m_at) {
            if (m_at >= m_text.size())
                m_labels.fail("a quotation mark is never closed");
            if (m_text[m_at] != '"') {
                cell += m_text[m_at];
            } else if (m_at + 1 < m_text.size() && m_text[m_at + 1] == '"') {
                cell += m_text[++m_at];
            } else {
                break;
            }
        }
        ++m_at;
        if (!plain().empty())
            m_labels.fail("text follows a closing quotation mark");
        return cell;
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    const Labels& m_labels;
};

// Which column of the header is called one of `names`; none when there is no such.
template <std::size_t kCount>
std::optional<std::size_t> columnOf(const Row& header, const std::array<std::string_view, kCount>& names)
{
    for (const std::string_view name : names)
        for (std::size_t i = 0; i < header.size(); ++i)
            if (lowered(header[i]) == name)
                return i;
    return std::nullopt;
}

constexpr std::array<std::string_view, 8> kIndexColumns
    = {"index", "idx", "class_index", "class_id", "class_idx", "label_id", "id", "class"};
constexpr std::array<std::string_view, 7> kNameColumns
    = {"name", "label", "class_name", "label_name", "words", "title", "class"};

void readTable(std::string_view text, Labels& labels)
{
    std::vector<Row> rows = Table(text, labels).rows();
    const bool hasHeader = rows.size() == static_cast<std::size_t>(labels.count()) + 1;
    if (!hasHeader)
        labels.requireCount(rows.size(), "rows");
    std::optional<std::size_t> indexColumn;
    std::size_t nameColumn = 0;
    if (hasHeader) {
        const auto name = columnOf(rows[0], kNameColumns);
        if (!name && rows[0].size() > 1)
            labels.fail("no column of the header is called name or label");
        indexColumn = columnOf(rows[0], kIndexColumns);
        nameColumn = name.value_or(0);
        if (indexColumn == nameColumn)
            indexColumn.reset();
        rows.erase(rows.begin());
    } else if (rows[0].size() > 1) {
        indexColumn = 0;
        nameColumn = rows[0].size() - 1;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& row = rows[i];
        if (row.size() <= std::max(nameColumn, indexColumn.value_or(0)))
            labels.fail("row " + std::to_string(i + 1) + " has too few columns");
        const std::optional<int> index = indexColumn ? wholeNumber(row[*indexColumn]) : static_cast<int>(i);
        if (!index)
            labels.fail("expected the index of a class, found " + inQuotes(row[*indexColumn]));
        labels.set(*index, row[nameColumn]);
    }
}

}  // namespace

std::vector<std::string> parseLabels(const std::string& text, const std::string& name, int classCount)
{
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    const std::string content
        = text.compare(0, kByteOrderMark.size(), kByteOrderMark) == 0 ? text.substr(kByteOrderMark.size()) : text;
    Labels labels(name, classCount);
    if (content.size() > kMaxFile)
        labels.fail("names of classes take " + std::to_string(content.size()) + " bytes; at most "
                    + std::to_string(kMaxFile) + " are read");
    if (endsWith(name, ".json"))
        readJson(content, name, labels);
    else if (endsWith(name, ".csv"))
        readTable(content, labels);
    else
        readLines(content, labels);
    return std::move(labels).finished();
}

std::vector<std::string> readLabels(const std::string& path, int classCount)
{
    const auto file = checkpoint::MappedFile::open(path, "names of classes (.txt, .json, .csv)");
    if (file->size() > kMaxFile)
        throw Error(ErrorKind::Format,
                    path + ": expected names of classes, found a file of " + std::to_string(file->size())
                        + " bytes; at most " + std::to_string(kMaxFile) + " are read");
    return parseLabels({reinterpret_cast<const char*>(file->data()), static_cast<std::size_t>(file->size())}, path,
                       classCount);
}

const std::vector<std::string>& imageNetLabels()
{
    static const std::vector<std::string> names = parseLabels(checkpoint::kImageNetNames, "ImageNet-1k", 1000);
    return names;
}

}  // namespace mixer
