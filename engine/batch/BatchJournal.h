// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mixer {

/// Rows of a batch, kept beside its result while it runs, so that it can be stopped anywhere, by kill -9 too, and goes
/// on later. A file of records, each with its length and CRC-32, appended one by one; a record that was not written to
/// its end is no record. Open in one process at a time.
class BatchJournal {
public:
    /// Some consecutive rows.
    struct Rows {
        std::int64_t count = 0;
        std::int64_t failed = 0;
        std::string text;  ///< CSV
    };

    static bool exists(const std::string& path);
    /// Opens the journal or begins one. `run`, JSON, tells of what run it is: what was begun for another one is an
    /// Error(Usage) that names the keys that differ. What follows the last whole record is cut off. Throws Error(File).
    /// `anew`: whatever it holds is thrown away.
    static std::unique_ptr<BatchJournal> open(const std::string& path, const std::string& run, bool anew = false);
    ~BatchJournal();
    BatchJournal(const BatchJournal&) = delete;
    BatchJournal& operator=(const BatchJournal&) = delete;

    std::int64_t rowCount() const { return m_rows; }
    std::int64_t failedCount() const { return m_failed; }
    /// Throws Error(File), e.g. on a full disk; what was appended before is whole.
    void append(const Rows& rows);
    /// All rows from the first on, a record at a time.
    void forEach(const std::function<void(const Rows&)>& take) const;
    /// The run is over, and its result safe.
    void remove();

private:
    BatchJournal() = default;
    void lock() const;
    void load(const std::string& run);
    /// The payload at `position`, which is moved behind it; false where no whole record is.
    bool read(std::uint64_t& position, std::string& payload) const;
    void write(std::string_view payload);
    [[noreturn]] void fail(const std::string& what) const;

    std::string m_path;
    int m_fd = -1;
    std::uint64_t m_firstRows = 0;  ///< position behind the record that tells of the run
    std::uint64_t m_end = 0;
    std::int64_t m_rows = 0, m_failed = 0;
};

}  // namespace mixer
