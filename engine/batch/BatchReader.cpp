// SPDX-License-Identifier: MIT
#include "engine/batch/BatchReader.h"

#include "engine/batch/BatchTable.h"
#include "engine/batch/PictureList.h"
#include "engine/core/Error.h"
#include "engine/core/Text.h"
#include "engine/report/Csv.h"
#include "engine/session/InferenceSession.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

namespace mixer {

namespace {

constexpr const char* kFirstColumns = "path,label,error,width,height,top1_label,top1_index,top1_probability";

/// The columns of one router, by number.
struct RouterColumns {
    MixerId mixer;
    std::vector<std::string> scans;
    std::size_t chosen = 0;
    std::vector<std::size_t> probabilities;  ///< one for each scan
};

class Reader {
public:
    Reader(const std::string& path, const InferenceSession& session)
        : m_path(path)
        , m_file(path, std::ios::binary)
        , m_csv(m_file, path)
        , m_session(session)
        , m_classes(session.config())
    {
        if (!m_file)
            throw Error(ErrorKind::File, path + ": cannot be read");
        std::vector<std::string> header;
        if (!m_csv.next(header))
            fail("expected a batch's table, found nothing");
        m_columns = header.size();
        for (std::size_t i = 0; i < header.size(); ++i)
            if (!m_index.emplace(header[i], i).second)
                fail("two columns are called " + readable(header[i]));
        for (std::size_t i = 0; i < header.size(); ++i)
            addRouter(header, i);
        m_topIndex = column("top1_index");
        m_topProbability = column("top1_probability");
        m_topLabel = column("top1_label");
    }

    bool next(BatchContents::Picture& picture, RouterStatistics::Routings& routings)
    {
        if (!m_csv.next(m_fields))
            return false;
        if (m_fields.size() != m_columns)
            fail("expected " + std::to_string(m_columns) + " columns, found " + std::to_string(m_fields.size()));
        picture = {};
        routings.clear();
        picture.path = m_fields[BatchTable::kPath];
        picture.error = m_fields[BatchTable::kError];
        picture.trueClass = m_classes.of(picture.path);
        if (!picture.error.empty())
            return true;
        readPrediction(picture);
        for (const RouterColumns& router : m_routers)
            routings.emplace_back(router.mixer, routing(router));
        return true;
    }

    double share(std::uintmax_t size)
    {
        return size > 0 ? static_cast<double>(m_file.tellg()) / static_cast<double>(size) : 0;
    }

private:
    [[noreturn]] void fail(const std::string& what) const
    {
        throw Error(ErrorKind::Format, m_path + ", line " + std::to_string(m_csv.line()) + ": " + what);
    }

    std::size_t column(const std::string& name) const
    {
        const auto found = m_index.find(name);
        if (found == m_index.end())
            fail("expected a batch's table, which has a column " + name);
        return found->second;
    }

    /// Where column i is "MIXER.chosen".
    void addRouter(const std::vector<std::string>& header, std::size_t i)
    {
        const std::string ending = ".chosen";
        const std::string& name = header[i];
        if (name.size() <= ending.size() || name.compare(name.size() - ending.size(), ending.size(), ending) != 0)
            return;
        RouterColumns router;
        const std::string mixer = name.substr(0, name.size() - ending.size());
        router.mixer = MixerId::parse(mixer);
        router.chosen = i;
        const auto mixers = m_session.mixers();
        if (std::none_of(mixers.begin(), mixers.end(), [&](const MixerRecord& m) { return m.id == router.mixer; }))
            throw Error(ErrorKind::Usage,
                        m_path + " was made by another network: this one has no mixer " + readable(mixer));
        const std::string prefix = mixer + ".p.";
        for (std::size_t k = 0; k < header.size(); ++k)
            if (header[k].compare(0, prefix.size(), prefix) == 0) {
                router.scans.push_back(header[k].substr(prefix.size()));
                router.probabilities.push_back(k);
            }
        m_routers.push_back(std::move(router));
    }

    template <typename T> T number(std::size_t field) const
    {
        const std::string& text = m_fields[field];
        T value{};
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (failure != std::errc() || end != text.data() + text.size())
            fail("expected a number, found '" + readable(text.substr(0, 40)) + "'");
        return value;
    }
    float probability(std::size_t field) const
    {
        const float p = number<float>(field);
        if (!(p >= 0 && p <= 1))
            fail("expected a probability, found " + readable(m_fields[field]));
        return p;
    }

    void readPrediction(BatchContents::Picture& picture) const
    {
        const ModelConfig& config = m_session.config();
        picture.topClass = number<int>(m_topIndex);
        picture.confidence = probability(m_topProbability);
        if (picture.topClass < 0 || picture.topClass >= config.numClasses
            || config.label(picture.topClass) != m_fields[m_topLabel])
            throw Error(ErrorKind::Usage,
                        m_path + " was made by another network or with other labels: its class "
                            + readable(m_fields[m_topIndex]) + " is '" + readable(m_fields[m_topLabel]) + "'");
    }

    Routing routing(const RouterColumns& columns) const
    {
        Routing routing;
        routing.scans = columns.scans;
        routing.hasRouter = true;
        for (const std::size_t field : columns.probabilities) {
            const double p = static_cast<double>(probability(field));
            routing.probabilities.push_back(p);
            // Up to a number that all share: margins are differences.
            routing.logits.push_back(std::log(std::max(p, 1e-38)));
        }
        const std::string& names = m_fields[columns.chosen];
        for (std::size_t begin = 0; begin <= names.size();) {
            const std::size_t end = std::min(names.find('+', begin), names.size());
            const std::string name = names.substr(begin, end - begin);
            const auto found = std::find(columns.scans.begin(), columns.scans.end(), name);
            if (found == columns.scans.end())
                fail("there is no scan '" + readable(name) + "' among the columns of " + columns.mixer.name());
            routing.chosen.push_back(static_cast<int>(found - columns.scans.begin()));
            begin = end + 1;
        }
        return routing;
    }

    std::string m_path;
    std::ifstream m_file;
    CsvReader m_csv;
    const InferenceSession& m_session;
    FolderClasses m_classes;
    std::size_t m_columns = 0;
    std::map<std::string, std::size_t> m_index;
    std::vector<RouterColumns> m_routers;
    std::size_t m_topIndex = 0, m_topProbability = 0, m_topLabel = 0;
    std::vector<std::string> m_fields;
};

}  // namespace

bool BatchContents::isOne(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string start(std::string(kFirstColumns).size(), '\0');
    return file.read(start.data(), static_cast<std::streamsize>(start.size())) && start == kFirstColumns;
}

BatchContents BatchContents::read(const std::string& path, const InferenceSession& session,
                                  const ProgressCallback& progress, const CancelToken& cancel)
{
    std::error_code unknown;
    const std::uintmax_t size = std::filesystem::file_size(path, unknown);
    Reader reader(path, session);
    BatchContents contents;
    auto statistics = std::make_shared<RouterStatistics>(session.config().numClasses);
    RouterStatistics::Routings routings;
    for (Picture picture; reader.next(picture, routings);) {
        cancel.check();
        if (progress && contents.pictures.size() % 256 == 0)
            progress("Reading the table", reader.share(size));
        if (!routings.empty()) {
            statistics->add(routings, picture.trueClass >= 0 ? picture.trueClass : picture.topClass);
            contents.routerPictures.push_back(static_cast<int>(contents.pictures.size()));
        }
        contents.pictures.push_back(std::move(picture));
    }
    if (!contents.routerPictures.empty())
        contents.routers = std::move(statistics);
    return contents;
}

}  // namespace mixer
