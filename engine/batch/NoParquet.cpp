// SPDX-License-Identifier: MIT
// What ParquetFile.cpp does, in builds without Arrow.
#include "engine/batch/ParquetFile.h"
#include "engine/core/Error.h"

namespace mixer {

bool canWriteParquet()
{
    return false;
}

std::unique_ptr<ParquetFile> ParquetFile::make(checkpoint::AtomicFile&, const std::vector<BatchColumn>&)
{
    throw Error(ErrorKind::Usage, "this build writes no Parquet");
}

}  // namespace mixer
