// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

namespace mixer {

/// A field of a comma-separated table as RFC 4180 wants it: quoted where a comma, quote or line break would be misread.
std::string csvField(const std::string& text);

/// Reads such a table record by record; what stands in memory is one record. Line ends may be "\n" or "\r\n".
class CsvReader {
public:
    /// `in` must outlive the reader; `origin` begins every message.
    CsvReader(std::istream& in, std::string origin)
        : m_in(in)
        , m_origin(std::move(origin))
    {
    }

    /// The next record's fields; false after the last. Throws Error(Format) that names the line: a quote that is never
    /// closed or stands inside a field, a record of more than kMostBytes.
    bool next(std::vector<std::string>& fields);
    /// Of the record that next() gave, counted from 1.
    std::size_t line() const { return m_line; }

    static constexpr std::size_t kMostBytes = std::size_t(64) << 20;

private:
    [[noreturn]] void fail(const std::string& what) const;
    /// The rest of a field after its opening quote; gives what follows the closing one.
    int readQuoted(std::string& field);

    std::istream& m_in;
    std::string m_origin;
    std::size_t m_line = 0;
    std::size_t m_lineEnds = 0;  ///< read so far
    std::size_t m_bytes = 0;     ///< of this record
};

}  // namespace mixer
