// SPDX-License-Identifier: MIT
#include "engine/training/DataSet.h"

#include "engine/core/Text.h"
#include "engine/image/LoadPicture.h"
#include "engine/training/PictureArchive.h"
#include "engine/training/Workers.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

namespace mixer {

namespace {

namespace fs = std::filesystem;

/// The folders of a path, then the file; "", "." and ".." mean nothing here and are left out.
std::vector<std::string> partsOf(const std::string& path)
{
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin <= path.size()) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string part = path.substr(begin, end - begin);
        if (!part.empty() && part != "." && part != "..")
            parts.push_back(part);
        begin = end + 1;
    }
    return parts;
}

std::vector<std::uint8_t> readWholeFile(const std::string& path)
{
    std::error_code failure;
    const std::uintmax_t size = fs::file_size(path, failure);
    if (failure)
        throw Error(ErrorKind::File, path + ": " + failure.message());
    if (size > static_cast<std::uintmax_t>(kMaxPictureBytes))
        throw Error(ErrorKind::Image,
                    path + " has " + std::to_string(size) + " bytes, expected at most "
                        + std::to_string(kMaxPictureBytes));
    std::vector<std::uint8_t> bytes(size);
    std::ifstream file(path, std::ios::binary);
    if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
        throw Error(ErrorKind::File, path + " cannot be read");
    return bytes;
}

}  // namespace

void DataSet::listFolder(const CancelToken& cancel)
{
    std::error_code failure;
    fs::recursive_directory_iterator entry(m_path, failure);
    for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure)) {
        cancel.check();
        std::error_code unreadable;
        if (!entry->is_regular_file(unreadable))
            continue;
        Sample sample;
        sample.name = entry->path().lexically_relative(m_path).generic_string();
        if (isPictureName(sample.name))
            m_samples.push_back(std::move(sample));
    }
    if (failure)
        throw Error(ErrorKind::File, m_path + ": the folder cannot be read: " + failure.message());
}

void DataSet::listArchive(const ProgressCallback& progress, const CancelToken& cancel)
{
    ArchiveReceiver receiver;
    receiver.wanted = isPictureName;
    receiver.take = [this](const std::string& name, std::vector<std::uint8_t>&& bytes) {
        m_memoryBytes += static_cast<std::int64_t>(bytes.size());
        if (m_memoryBytes > m_options.memoryBytes)
            throw Error(ErrorKind::Memory,
                        m_path + ": its pictures take more than " + std::to_string(m_options.memoryBytes >> 20)
                            + " MiB, and an archive cannot be read from the middle; unpack it and name the folder, or "
                              "allow more memory");
        Sample sample;
        sample.name = name;
        sample.encoded = std::move(bytes);
        m_samples.push_back(std::move(sample));
    };
    receiver.refuse
        = [this](const std::string& name, const std::string& why) { m_skipped.push_back(readable(name) + ": " + why); };
    readPictureArchive(m_path, receiver, progress, cancel);
}

void DataSet::nameClasses()
{
    if (m_samples.empty())
        throw Error(ErrorKind::Usage, m_path + ": expected a folder of pictures for each class, found no picture");
    std::vector<std::vector<std::string>> folders;
    for (const Sample& sample : m_samples) {
        folders.push_back(partsOf(sample.name));
        if (!folders.back().empty())
            folders.back().pop_back();
    }
    std::size_t shared = folders.front().size();
    for (const auto& path : folders) {
        std::size_t same = 0;
        while (same < std::min(shared, path.size()) && path[same] == folders.front()[same])
            ++same;
        shared = same;
    }
    // A single class shares its own folder, too.
    const bool isSingle
        = std::all_of(folders.begin(), folders.end(), [&](const auto& p) { return p.size() == shared; });
    if (isSingle && shared > 0)
        --shared;
    std::set<std::string> names;
    for (std::size_t i = 0; i < folders.size(); ++i) {
        if (folders[i].size() <= shared)
            throw Error(ErrorKind::Usage,
                        m_path + ": expected a folder of pictures for each class, but " + readable(m_samples[i].name)
                            + " lies in none");
        names.insert(folders[i][shared]);
    }
    static const std::set<std::string> splits = {"train", "training", "val", "valid", "validation", "test", "testing"};
    if (names.size() > 1 && std::all_of(names.begin(), names.end(), [](const auto& n) { return splits.count(n) > 0; }))
        throw Error(ErrorKind::Usage,
                    m_path + " holds " + *names.begin() + " and " + *std::next(names.begin())
                        + ", which are parts of a data set, not classes; name the parts one by one");
    for (std::size_t i = 0; i < folders.size(); ++i)
        m_samples[i].label = static_cast<int>(std::distance(names.begin(), names.find(folders[i][shared])));
    for (const std::string& name : names)
        m_classes.push_back(readable(name));
    std::sort(m_samples.begin(), m_samples.end(), [](const Sample& a, const Sample& b) {
        return a.label != b.label ? a.label < b.label : a.name < b.name;
    });
}

std::vector<std::uint8_t> DataSet::bytesOf(const Sample& sample) const
{
    return sample.encoded.empty() && m_isFolder ? readWholeFile(m_path + "/" + sample.name) : sample.encoded;
}

RgbImage DataSet::decode(const Sample& sample, const std::vector<std::uint8_t>& bytes) const
{
    RgbImage image = decodePicture(bytes, m_path + "/" + readable(sample.name));
    const int shorter = std::min(image.width, image.height);
    if (m_options.shrinkTo <= 0 || shorter <= m_options.shrinkTo)
        return image;
    const double scale = static_cast<double>(m_options.shrinkTo) / shorter;
    return resizeBicubic(image, std::max(1, static_cast<int>(std::lround(image.width * scale))),
                         std::max(1, static_cast<int>(std::lround(image.height * scale))));
}

void DataSet::checkOne(Sample& sample)
{
    try {
        std::vector<std::uint8_t> bytes = bytesOf(sample);
        RgbImage image = decode(sample, bytes);
        const bool wasShrunk = m_options.shrinkTo > 0 && std::min(image.width, image.height) == m_options.shrinkTo;
        if (wasShrunk && image.pixels.size() < bytes.size()) {
            sample.small = std::make_shared<const RgbImage>(std::move(image));
            sample.encoded = {};
        } else {
            sample.encoded = std::move(bytes);
        }
    } catch (const Error& error) {
        sample.failure = error.what();
    } catch (const std::bad_alloc&) {
        sample.failure = m_path + "/" + readable(sample.name) + ": out of memory";
    }
}

void DataSet::check(const ProgressCallback& progress, const CancelToken& cancel)
{
    std::atomic<std::int64_t> held{0};
    std::atomic<std::size_t> done{0};
    std::mutex telling;
    forEachIndex(m_samples.size(), m_options.threads, [&](std::size_t i) {
        cancel.check();
        Sample& sample = m_samples[i];
        checkOne(sample);
        const std::int64_t bytes
            = static_cast<std::int64_t>(sample.small ? sample.small->pixels.size() : sample.encoded.size());
        if (held.fetch_add(bytes) + bytes > m_options.memoryBytes && m_isFolder) {
            held.fetch_sub(bytes);
            sample.encoded = {};
            sample.small = nullptr;
        }
        const std::size_t count = ++done;
        if (progress && count % 64 == 0) {
            const std::lock_guard lock(telling);
            progress("checking the pictures of " + m_path,
                     static_cast<double>(count) / static_cast<double>(m_samples.size()));
        }
    });
    m_memoryBytes = held;
    dropFailed();
}

void DataSet::dropFailed()
{
    for (const Sample& sample : m_samples)
        if (!sample.failure.empty())
            m_skipped.push_back(sample.failure);
    m_samples.erase(std::remove_if(m_samples.begin(), m_samples.end(),
                                   [](const Sample& sample) { return !sample.failure.empty(); }),
                    m_samples.end());
    if (m_samples.empty())
        throw Error(ErrorKind::Image, m_path + ": none of its pictures can be read; the first: " + m_skipped.front());
}

std::shared_ptr<const DataSet> DataSet::open(const std::string& path, const DataSetOptions& options,
                                             const ProgressCallback& progress, const CancelToken& cancel)
{
    const std::shared_ptr<DataSet> set(new DataSet);
    set->m_path = path;
    set->m_options = options;
    std::error_code failure;
    set->m_isFolder = fs::is_directory(path, failure);
    if (set->m_isFolder)
        set->listFolder(cancel);
    else
        set->listArchive(progress, cancel);
    set->nameClasses();
    set->check(progress, cancel);
    return set;
}

RgbImage DataSet::picture(std::size_t index) const
{
    const Sample& sample = m_samples[index];
    return sample.small ? *sample.small : decode(sample, bytesOf(sample));
}

}  // namespace mixer
