// SPDX-License-Identifier: MIT
// Private to engine/batch: Apache Parquet through Arrow's C++ library, in builds that found it.
#pragma once

#include "engine/batch/BatchTable.h"

#include <memory>
#include <string>
#include <vector>

namespace mixer {

namespace checkpoint {
class AtomicFile;
}

bool canWriteParquet();

/// Rows of text, written as columns of their types; what is empty is null. Rows are collected into groups, so that
/// memory does not depend on their number.
class ParquetFile {
public:
    /// Writes to `file`, which must outlive it and is committed by the caller. Throws Error(Usage) where
    /// canWriteParquet() is false.
    static std::unique_ptr<ParquetFile> make(checkpoint::AtomicFile& file, const std::vector<BatchColumn>& columns);
    virtual ~ParquetFile() = default;

    /// Throws Error(Format) when a field is no number that should be, Error(File).
    virtual void add(const std::vector<std::string>& fields) = 0;
    virtual void finish() = 0;
};

}  // namespace mixer
