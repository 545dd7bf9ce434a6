// SPDX-License-Identifier: MIT
#include "engine/training/BatchLoader.h"

#include "engine/core/Error.h"
#include "kernels/parallel.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

namespace mixer {

namespace {

std::uint64_t keyOf(RandomUse use)
{
    return static_cast<std::uint64_t>(use);
}

}  // namespace

class BatchLoader::Impl {
public:
    Impl(std::shared_ptr<const DataSet> data, std::vector<std::uint32_t> pictures, const LoaderOptions& options,
         std::int64_t firstStep)
        : m_data(std::move(data))
        , m_pictures(std::move(pictures))
        , m_options(options)
        , m_nextToMake(firstStep)
        , m_nextToGive(firstStep)
    {
        m_options.augment.validate();
        if (m_pictures.empty())
            throw Error(ErrorKind::Usage, m_data->path() + ": there are no pictures to train on");
        if (m_options.batch < 1)
            throw Error(ErrorKind::Usage, "the batch must have at least 1 picture");
        m_options.batch = std::min<std::int64_t>(m_options.batch, static_cast<std::int64_t>(m_pictures.size()));
        const int threads = std::max(1, m_options.threads);
        m_ahead = threads + 2;
        for (int i = 0; i < threads; ++i)
            m_threads.emplace_back([this] { serve(); });
    }

    ~Impl()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_stopping = true;
        }
        m_room.notify_all();
        for (std::thread& thread : m_threads)
            thread.join();
    }

    std::int64_t batchSize() const { return m_options.batch; }
    std::int64_t batchesPerEpoch() const { return static_cast<std::int64_t>(m_pictures.size()) / m_options.batch; }

    std::unique_ptr<Batch> next()
    {
        std::unique_lock lock(m_mutex);
        m_made.wait(lock, [this] { return m_failure || m_ready.count(m_nextToGive) > 0; });
        const auto found = m_ready.find(m_nextToGive);
        if (found == m_ready.end())
            std::rethrow_exception(m_failure);
        std::unique_ptr<Batch> batch = std::move(found->second);
        m_ready.erase(found);
        ++m_nextToGive;
        m_room.notify_all();
        return batch;
    }

private:
    void serve()
    {
        const kernels::SerialScope oneThreadEach;
        for (;;) {
            std::int64_t step = 0;
            {
                std::unique_lock lock(m_mutex);
                m_room.wait(lock, [this] { return m_stopping || m_nextToMake < m_nextToGive + m_ahead; });
                if (m_stopping)
                    return;
                step = m_nextToMake++;
            }
            try {
                std::unique_ptr<Batch> batch = make(step);
                const std::lock_guard lock(m_mutex);
                m_ready.emplace(step, std::move(batch));
            } catch (...) {
                const std::lock_guard lock(m_mutex);
                if (!m_failure)
                    m_failure = std::current_exception();
                m_stopping = true;
                m_room.notify_all();
            }
            m_made.notify_all();
        }
    }

    /// The order in which an epoch visits the pictures.
    std::shared_ptr<const std::vector<std::uint32_t>> orderOf(std::int64_t epoch)
    {
        const std::lock_guard lock(m_orderMutex);
        if (m_order && m_orderEpoch == epoch)
            return m_order;
        auto order = std::make_shared<std::vector<std::uint32_t>>(m_pictures);
        CounterRandom random(m_options.seed, {keyOf(RandomUse::Shuffle), static_cast<std::uint64_t>(epoch)});
        for (std::size_t i = order->size(); i > 1; --i)
            std::swap((*order)[i - 1], (*order)[random.below(i)]);
        m_order = order;
        m_orderEpoch = epoch;
        return order;
    }

    RgbImage readable(std::uint32_t picture, Batch& batch, int& label) const
    {
        for (std::uint32_t attempt = 0;; ++attempt) {
            const std::size_t index = (picture + attempt) % m_data->size();
            try {
                label = m_data->label(index);
                return m_data->picture(index);
            } catch (const Error& error) {
                batch.failures.emplace_back(error.what());
                if (attempt >= 16)  // not one bad file: the folder is gone
                    throw;
            }
        }
    }

    std::unique_ptr<Batch> make(std::int64_t step)
    {
        const std::int64_t epoch = step / batchesPerEpoch();
        const std::int64_t first = step % batchesPerEpoch() * m_options.batch;
        const auto order = orderOf(epoch);
        const AugmentOptions& augment = m_options.augment;
        const std::size_t classes = m_data->classes().size();
        const std::size_t size = 3 * static_cast<std::size_t>(augment.height) * augment.width;
        const std::size_t count = static_cast<std::size_t>(m_options.batch);

        auto batch = std::make_unique<Batch>();
        batch->step = step;
        batch->images.resize(count * size);
        batch->targets.assign(count * classes, 0.0F);
        std::vector<CounterRandom> mixing;
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t place = static_cast<std::uint64_t>(first) + i;
            const auto random = [&](RandomUse use) {
                return CounterRandom(m_options.seed, {keyOf(use), static_cast<std::uint64_t>(epoch), place});
            };
            int label = 0;
            const RgbImage picture = readable((*order)[place], *batch, label);
            augmentPicture(picture, augment, random(RandomUse::Augmentation), &batch->images[i * size]);
            batch->targets[i * classes + static_cast<std::size_t>(label)] = 1.0F;
            mixing.push_back(random(RandomUse::Mixing));
        }
        mixBatch(batch->images, batch->targets, m_options.batch, augment, mixing);
        return batch;
    }

    const std::shared_ptr<const DataSet> m_data;
    const std::vector<std::uint32_t> m_pictures;
    LoaderOptions m_options;
    std::int64_t m_ahead = 1;

    std::mutex m_orderMutex;
    std::shared_ptr<const std::vector<std::uint32_t>> m_order;
    std::int64_t m_orderEpoch = -1;

    std::mutex m_mutex;
    std::condition_variable m_room, m_made;
    std::map<std::int64_t, std::unique_ptr<Batch>> m_ready;
    std::int64_t m_nextToMake;
    std::int64_t m_nextToGive;
    std::exception_ptr m_failure;
    bool m_stopping = false;
    std::vector<std::thread> m_threads;
};

BatchLoader::BatchLoader(std::shared_ptr<const DataSet> data, std::vector<std::uint32_t> pictures,
                         const LoaderOptions& options, std::int64_t firstStep)
    : m_impl(std::make_unique<Impl>(std::move(data), std::move(pictures), options, firstStep))
{
}

BatchLoader::~BatchLoader() = default;

std::int64_t BatchLoader::batchSize() const
{
    return m_impl->batchSize();
}

std::int64_t BatchLoader::batchesPerEpoch() const
{
    return m_impl->batchesPerEpoch();
}

std::unique_ptr<Batch> BatchLoader::next()
{
    return m_impl->next();
}

}  // namespace mixer
