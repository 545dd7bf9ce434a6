// SPDX-License-Identifier: MIT
#include "engine/models/ScanTable.h"

#include "engine/scan/ScanOrder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <list>
#include <mutex>

namespace mixer {

namespace {

struct Entry {
    std::vector<std::string> scans;
    int height;
    int width;
    at::Device device;
    at::Tensor table;
};

at::Tensor makeTable(const std::vector<std::string>& scans, int height, int width, const at::Device& device)
{
    const std::int64_t tokens = std::int64_t(height) * width;
    // Kept beyond this call, so no tensor of the caller's inference mode.
    const c10::InferenceMode normal(false);
    const at::Tensor table = at::empty({static_cast<std::int64_t>(scans.size()), tokens}, at::kInt);
    std::int32_t* row = table.data_ptr<std::int32_t>();
    for (const std::string& name : scans) {
        const auto order = ScanOrder::get(name, height, width);
        row = std::copy(order->order().begin(), order->order().end(), row);
    }
    return table.to(device);
}

}  // namespace

at::Tensor scanTable(const std::vector<std::string>& scans, int height, int width, const at::Device& device)
{
    constexpr std::size_t kMaxBytes = std::size_t(64) << 20;
    static std::mutex mutex;
    static std::list<Entry> entries;  // the last used one first
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
        return entry.height == height && entry.width == width && entry.device == device && entry.scans == scans;
    });
    if (found != entries.end()) {
        entries.splice(entries.begin(), entries, found);
        return entries.front().table;
    }
    entries.push_front({scans, height, width, device, makeTable(scans, height, width, device)});
    std::size_t bytes = 0;
    for (auto entry = entries.begin(); entry != entries.end();) {
        bytes += entry->table.nbytes();
        entry = bytes > kMaxBytes && entry != entries.begin() ? entries.erase(entry) : std::next(entry);
    }
    return entries.front().table;
}

}  // namespace mixer
