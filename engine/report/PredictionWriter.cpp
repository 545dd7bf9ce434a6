// SPDX-License-Identifier: MIT
#include "engine/report/PredictionWriter.h"

#include "engine/report/Csv.h"
#include "engine/report/JsonNumber.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <ostream>

namespace mixer {
namespace {

using Json = nlohmann::ordered_json;

/// Paths need not be UTF-8; JSON must be.
std::string dump(const Json& json)
{
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename T> Json numbers(const std::vector<T>& values)
{
    Json array = Json::array();
    for (const T v : values)
        array.push_back(shortest(v));
    return array;
}

Json routingOf(const MixerRecord& record)
{
    Json chosen = Json::array();
    for (const int scan : record.routing.chosen)
        chosen.push_back(record.routing.scans.at(static_cast<std::size_t>(scan)));
    return {{"mixer", record.id.name()},
            {"scans", record.routing.scans},
            {"probabilities", numbers(record.routing.probabilities)},
            {"chosen", std::move(chosen)}};
}

/// Of pictures; prepared tensors (.npy) go around it.
Json preprocessingJson(const InferenceSession& session)
{
    const PreprocessOptions options = session.preprocessing();
    Json json;
    if (options.mode == ResizeMode::Whole)
        json = {{"max_side", options.maxSide}, {"crop", "whole"}};
    else
        json = {{"size", {options.height, options.width}},
                {"crop", options.mode == ResizeMode::Stretch ? Json("none") : Json(options.cropFraction)}};
    json["mean"] = numbers(std::vector<float>(options.mean.begin(), options.mean.end()));
    json["std"] = numbers(std::vector<float>(options.std.begin(), options.std.end()));
    json["overrides"] = session.preprocessDifferences();
    return json;
}

class JsonWriter : public PredictionWriter {
public:
    JsonWriter(std::ostream& out, const InferenceSession& session, const PredictionFormat& format)
        : m_out(out)
        , m_session(session)
        , m_format(format)
    {
    }

    void begin() override
    {
        const Json model = {{"path", m_session.checkpoint().path()},
                            {"family", m_session.config().familyName()},
                            {"parameters", m_session.checkpoint().parameterCount()},
                            {"labels", m_session.checkpoint().labelsOrigin},
                            {"receipt", m_session.receipt().summary()}};
        m_out << "{\"model\":" << dump(model) << ",\"preprocessing\":" << dump(preprocessingJson(m_session))
              << ",\"images\":[";
    }
    void add(const std::string& path, int width, int height, const Trace& trace) override
    {
        Json row = {{"path", path}, {"width", width}, {"height", height}, {"milliseconds", trace.milliseconds()}};
        row["top"] = topOf(trace);
        if (m_format.logits)
            row["logits"] = numbers(trace.logits());
        if (m_format.routing) {
            row["routing"] = Json::array();
            for (const MixerRecord& record : trace.mixers())
                if (!record.id.isChannelMixer)
                    row["routing"].push_back(routingOf(record));
        }
        if (const auto baseline = trace.baseline()) {
            row["edits"] = Json::array();
            for (const Edit& edit : trace.interventions().edits)
                if (edit.enabled)
                    row["edits"].push_back(edit.description());
            const int first = trace.firstDeparture();
            row["departs_at"] = first < 0 ? Json() : Json(trace.mixers().at(static_cast<std::size_t>(first)).id.name());
            row["baseline"] = topOf(*baseline);
        }
        write(row);
    }
    void addFailure(const std::string& path, const std::string& message) override
    {
        write({{"path", path}, {"error", message}});
    }
    void finish() override { m_out << "\n]}\n" << std::flush; }

private:
    Json topOf(const Trace& trace) const
    {
        Json top = Json::array();
        for (const int index : trace.topClasses(m_format.topCount))
            top.push_back({{"index", index},
                           {"label", m_session.config().label(index)},
                           {"probability", shortest(trace.probabilities().at(static_cast<std::size_t>(index)))}});
        return top;
    }

    void write(const Json& row)
    {
        m_out << (m_isFirst ? "\n" : ",\n") << dump(row) << std::flush;
        m_isFirst = false;
    }

    std::ostream& m_out;
    const InferenceSession& m_session;
    PredictionFormat m_format;
    bool m_isFirst = true;
};

class CsvWriter : public PredictionWriter {
public:
    CsvWriter(std::ostream& out, const InferenceSession& session, const PredictionFormat& format)
        : m_out(out)
        , m_session(session)
        , m_format(format)
    {
    }

    void begin() override { m_out << "path,width,height,milliseconds,rank,index,label,probability,logit,error\n"; }
    void add(const std::string& path, int width, int height, const Trace& trace) override
    {
        int rank = 0;
        for (const int index : trace.topClasses(m_format.topCount)) {
            const auto i = static_cast<std::size_t>(index);
            m_out << csvField(path) << ',' << width << ',' << height << ',' << number(trace.milliseconds()) << ','
                  << ++rank << ',' << index << ',' << csvField(m_session.config().label(index)) << ','
                  << number(trace.probabilities().at(i)) << ',' << number(trace.logits().at(i)) << ",\n";
        }
        m_out << std::flush;
    }
    void addFailure(const std::string& path, const std::string& message) override
    {
        m_out << csvField(path) << ",,,,,,,,," << csvField(message) << '\n' << std::flush;
    }
    void finish() override { m_out << std::flush; }

private:
    template <typename T> static std::string number(T value)
    {
        char text[32];
        return {text, std::to_chars(text, text + sizeof text, value).ptr};
    }

    std::ostream& m_out;
    const InferenceSession& m_session;
    PredictionFormat m_format;
};

class TextWriter : public PredictionWriter {
public:
    TextWriter(std::ostream& out, const InferenceSession& session, const PredictionFormat& format)
        : m_out(out)
        , m_session(session)
        , m_format(format)
    {
    }

    void begin() override { }
    void add(const std::string& path, int width, int height, const Trace& trace) override
    {
        char text[64];
        std::snprintf(text, sizeof text, "  %d x %d  %.1f ms\n", width, height, trace.milliseconds());
        m_out << path << text;
        const std::vector<int> top = trace.topClasses(m_format.topCount);
        std::size_t widest = 0;
        for (const int index : top)
            widest = std::max(widest, m_session.config().label(index).size());
        for (const int index : top) {
            const std::string label = m_session.config().label(index);
            const float probability = trace.probabilities().at(static_cast<std::size_t>(index));
            std::snprintf(text, sizeof text, "  %5.1f %%", 100.0 * static_cast<double>(probability));
            m_out << "    " << label << std::string(widest - label.size(), ' ') << text;
            if (const auto baseline = trace.baseline()) {
                const float before = baseline->probabilities().at(static_cast<std::size_t>(index));
                std::snprintf(text, sizeof text, "  (%+.1f)", 100.0 * static_cast<double>(probability - before));
                m_out << text;
            }
            m_out << '\n';
        }
        m_out << std::flush;
    }
    void addFailure(const std::string& path, const std::string& message) override
    {
        // Messages name the file already.
        m_out << (message.rfind(path, 0) == 0 ? message : path + ": " + message) << '\n' << std::flush;
    }
    void finish() override { m_out << std::flush; }

private:
    std::ostream& m_out;
    const InferenceSession& m_session;
    PredictionFormat m_format;
};

}  // namespace

std::unique_ptr<PredictionWriter> PredictionWriter::make(std::ostream& out, const InferenceSession& session,
                                                         const PredictionFormat& format)
{
    switch (format.kind) {
    case PredictionFormat::Kind::Json:
        return std::make_unique<JsonWriter>(out, session, format);
    case PredictionFormat::Kind::Csv:
        return std::make_unique<CsvWriter>(out, session, format);
    case PredictionFormat::Kind::Text:
        break;
    }
    return std::make_unique<TextWriter>(out, session, format);
}

}  // namespace mixer
