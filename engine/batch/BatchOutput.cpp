// SPDX-License-Identifier: MIT
#include "engine/batch/BatchRun.h"
#include "engine/batch/ParquetFile.h"
#include "engine/checkpoint/AtomicFile.h"
#include "engine/core/Error.h"
#include "engine/report/Csv.h"

#include <sstream>

namespace mixer {

namespace {

bool isParquet(const std::string& path)
{
    constexpr std::string_view ending = ".parquet";
    return path.size() > ending.size() && path.compare(path.size() - ending.size(), ending.size(), ending) == 0;
}

/// Every row of the journal, as fields.
void forEachRow(const BatchJournal& journal, bool failedOnly,
                const std::function<void(const std::vector<std::string>&)>& take)
{
    std::vector<std::string> fields;
    journal.forEach([&](const BatchJournal::Rows& rows) {
        if (failedOnly && rows.failed == 0)
            return;
        std::istringstream text(rows.text);
        CsvReader reader(text, "the journal");
        while (reader.next(fields))
            if (!failedOnly || !fields.at(BatchTable::kError).empty())
                take(fields);
    });
}

}  // namespace

void requireBatchFormat(const std::string& path)
{
    if (isParquet(path) && !canWriteParquet())
        throw Error(
            ErrorKind::Usage,
            path
                + ": this build writes no Parquet, because Apache Arrow's C++ library was not there when it was "
                  "built (README, Batch); name a .csv, which every reader of Parquet also reads");
}

void writeBatchResult(const std::string& path, const BatchTable& table, const BatchJournal& journal)
{
    requireBatchFormat(path);
    checkpoint::AtomicFile file(path);
    if (isParquet(path)) {
        const auto parquet = ParquetFile::make(file, table.columns());
        forEachRow(journal, false, [&](const std::vector<std::string>& fields) { parquet->add(fields); });
        parquet->finish();
    } else {
        file.write(table.header());
        journal.forEach([&](const BatchJournal::Rows& rows) { file.write(rows.text); });
    }
    file.commit();
}

std::vector<std::string> batchFailures(const BatchJournal& journal, std::size_t most)
{
    std::vector<std::string> failures;
    if (journal.failedCount() == 0)
        return failures;
    forEachRow(journal, true, [&](const std::vector<std::string>& fields) {
        if (failures.size() >= most)
            return;
        const std::string& path = fields[BatchTable::kPath];
        const std::string& why = fields[BatchTable::kError];
        failures.push_back(why.rfind(path, 0) == 0 ? why : path + ": " + why);
    });
    return failures;
}

}  // namespace mixer
