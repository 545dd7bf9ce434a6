// SPDX-License-Identifier: MIT
// libFuzzer: any text as the table of a batch, read for a network with two routers and three classes.
#include "engine/batch/BatchReader.h"
#include "engine/core/Error.h"
#include "engine/session/InferenceSession.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include <unistd.h>

namespace {

using namespace mixer;

/// What a table is checked against; nothing runs.
class NoSession : public InferenceSession {
public:
    NoSession()
    {
        m_checkpoint.config.numClasses = 3;
        m_checkpoint.config.labels = {"cat", "dog", "tea pot"};
        for (const int block : {0, 1}) {
            MixerRecord record;
            record.id = {0, block, 0, false};
            record.routing.scans = {"row", "column", "hilbert"};
            record.routing.hasRouter = true;
            m_mixers.push_back(record);
        }
    }

    const Checkpoint& checkpoint() const override { return m_checkpoint; }
    const LoadReceipt& receipt() const override { return m_receipt; }
    RuntimeInfo runtime() const override { return {}; }
    std::vector<MixerRecord> mixers() const override { return m_mixers; }
    std::int64_t parameterCount(const MixerId&) const override { return 0; }
    std::shared_ptr<const Trace> run(const PreparedImage&, const ProgressCallback&, const CancelToken&) const override
    {
        std::abort();
    }
    std::shared_ptr<const Trace> edit(const std::shared_ptr<const Trace>&, const Interventions&, const PatchSources&,
                                      const ProgressCallback&, const CancelToken&) const override
    {
        std::abort();
    }
    Array logits(const Array&, const CancelToken&) const override { std::abort(); }
    BatchResult runBatch(const Array&, const CancelToken&, bool) const override { std::abort(); }
    PreprocessOptions preprocessing() const override { return {}; }

private:
    Checkpoint m_checkpoint;
    LoadReceipt m_receipt;
    std::vector<MixerRecord> m_mixers;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const NoSession session;
    static const std::string path = "/tmp/mixerscope-fuzz-" + std::to_string(getpid()) + ".csv";
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    try {
        const BatchContents contents = BatchContents::read(path, session);
        for (const BatchContents::Picture& picture : contents.pictures)
            if (picture.topClass >= 3 || picture.trueClass >= 3)
                std::abort();
        for (const int picture : contents.routerPictures)
            if (picture < 0 || picture >= static_cast<int>(contents.pictures.size()))
                std::abort();
    } catch (const Error&) {
    }
    return 0;
}
