// SPDX-License-Identifier: MIT
#include "engine/report/Csv.h"

#include "engine/core/Error.h"

namespace mixer {

namespace {

constexpr int kEnd = std::char_traits<char>::eof();

}  // namespace

std::string csvField(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

void CsvReader::fail(const std::string& what) const
{
    throw Error(ErrorKind::Format, m_origin + ", line " + std::to_string(m_line) + ": " + what);
}

int CsvReader::readQuoted(std::string& field)
{
    for (;;) {
        int c = m_in.get();
        if (c == kEnd)
            fail("a quote is opened and never closed");
        if (++m_bytes > kMostBytes)
            fail("a record of more than " + std::to_string(kMostBytes) + " bytes");
        if (c == '"' && (c = m_in.get()) != '"')
            return c;
        m_lineEnds += c == '\n';
        field += static_cast<char>(c);
    }
}

bool CsvReader::next(std::vector<std::string>& fields)
{
    fields.clear();
    m_line = m_lineEnds + 1;
    m_bytes = 0;
    int c = m_in.get();
    if (c == kEnd)
        return false;
    for (std::string field;; c = m_in.get()) {
        if (c == '"') {
            if (!field.empty())
                fail("a quote inside a field that does not begin with one");
            c = readQuoted(field);
            if (c != ',' && c != '\r' && c != '\n' && c != kEnd)
                fail("a quoted field goes on after its closing quote");
        }
        if (c == '\r' && m_in.peek() == '\n')
            c = m_in.get();
        if (c != ',' && c != '\n' && c != kEnd) {
            if (++m_bytes > kMostBytes)
                fail("a record of more than " + std::to_string(kMostBytes) + " bytes");
            field += static_cast<char>(c);
            continue;
        }
        fields.push_back(std::move(field));
        field.clear();
        if (c == ',')
            continue;
        m_lineEnds += c == '\n';
        return true;
    }
}

}  // namespace mixer
