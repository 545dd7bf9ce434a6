// SPDX-License-Identifier: MIT
#include "engine/session/ReferencePack.h"

#include "engine/attribution/NetworkRunner.h"
#include "engine/checkpoint/ZipWriter.h"
#include "engine/core/Error.h"
#include "engine/trace/TracedRun.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace mixer {
namespace {

/// NumPy's header, format 1.0, padded to whole 64 bytes.
std::string npyHeader(const std::string& type, const std::vector<std::int64_t>& shape)
{
    constexpr std::size_t kPreamble = 10, kAlignment = 64;
    std::string text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (";
    for (const std::int64_t size : shape)
        text += std::to_string(size) + ", ";
    text += "), }";
    while ((kPreamble + text.size() + 1) % kAlignment != 0)
        text += ' ';
    text += '\n';
    return std::string("\x93NUMPY\x01\x00", 8) + checkpoint::littleEndian(text.size(), 2) + text;
}

Array vectorArray(const std::vector<float>& values)
{
    Array array;
    array.shape = {static_cast<std::int64_t>(values.size())};
    array.values = values;
    return array;
}

Array vectorArray(const std::vector<double>& values)
{
    return vectorArray(std::vector<float>(values.begin(), values.end()));
}

/// Differences of two arrays of one shape.
void compare(PackedArray& known, const Array& single, const Array* twin)
{
    double absolute = 0, difference = 0, norm = 0;
    const bool isComparable = twin && twin->shape == single.shape;
    for (std::size_t i = 0; i < single.values.size(); ++i) {
        const double value = single.values[i];
        known.largest = std::max(known.largest, std::abs(value));
        if (!isComparable)
            continue;
        const double other = twin->values[i];
        absolute = std::max(absolute, std::abs(value - other));
        difference += (value - other) * (value - other);
        norm += other * other;
    }
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    known.absolute = isComparable ? absolute : kNone;
    known.relative = !isComparable ? kNone : difference == 0 ? 0 : std::sqrt(difference / norm);
}

class Pack {
public:
    explicit Pack(const std::string& path)
        : m_zip(path, "pack one mixer at a time, or a smaller input")
    {
    }

    void add(const std::string& name, const Array& single, const Array* twin)
    {
        PackedArray known;
        known.name = name;
        known.shape = single.shape;
        compare(known, single, twin);
        m_arrays.push_back(known);
        write(name, npyHeader("<f4", single.shape), single.values.data(), single.values.size() * sizeof(float));
    }

    void addOrder(const std::string& name, const std::vector<std::int32_t>& order)
    {
        write(name, npyHeader("<i4", {static_cast<std::int64_t>(order.size())}), order.data(),
              order.size() * sizeof(std::int32_t));
    }

    std::vector<PackedArray> finish()
    {
        m_zip.finish();
        return std::move(m_arrays);
    }

private:
    void write(const std::string& name, const std::string& header, const void* data, std::size_t bytes)
    {
        m_zip.add(name + ".npy", header.size() + bytes, [&](const auto& sink) {
            sink(header.data(), header.size());
            sink(data, bytes);
        });
    }

    checkpoint::ZipWriter m_zip;
    std::vector<PackedArray> m_arrays;
};

int scanOfName(const MixerDetail& detail, const std::string& name)
{
    for (int scan = 0; scan < detail.scanCount(); ++scan)
        if (detail.scanName(scan) == name)
            return scan;
    return -1;
}

void packScan(Pack& pack, const std::string& mixer, const MixerDetail& single, const MixerDetail& twin, int scan)
{
    const std::string name = mixer + "/scans/" + single.scanName(scan) + '/';
    const int other = scanOfName(twin, single.scanName(scan));
    using Part = Array (*)(const MixerDetail&, int);
    struct Named {
        const char* name;
        Part part;
    };
    constexpr std::array<Named, 8> kParts = {{
        {"delta", [](const MixerDetail& d, int s) { return d.delta(s); }},
        {"gate", [](const MixerDetail& d, int s) { return d.gate(s); }},
        {"u", [](const MixerDetail& d, int s) { return d.input(s); }},
        {"A", [](const MixerDetail& d, int s) { return d.stateMatrix(s); }},
        {"B", [](const MixerDetail& d, int s) { return d.inputMatrix(s); }},
        {"C", [](const MixerDetail& d, int s) { return d.outputMatrix(s); }},
        {"D", [](const MixerDetail& d, int s) { return d.skip(s); }},
        {"y", [](const MixerDetail& d, int s) { return d.output(s); }},
    }};
    for (const Named& named : kParts) {
        const Array mine = named.part(single, scan);
        const Array theirs = other < 0 ? Array() : named.part(twin, other);
        pack.add(name + named.name, mine, other < 0 ? nullptr : &theirs);
    }
    std::vector<std::int32_t> order;
    for (int step = 0; step < single.positionCount(); ++step)
        order.push_back(single.positionAt(scan, step));
    pack.addOrder(name + "order", order);
}

void packRouting(Pack& pack, const std::string& mixer, const Routing& single, const Routing& twin)
{
    if (!single.hasRouter)
        return;
    const auto add = [&](const char* name, const std::vector<double>& mine, const std::vector<double>& theirs) {
        const Array twinArray = vectorArray(theirs);
        pack.add(mixer + name, vectorArray(mine), &twinArray);
    };
    add("/router_logits", single.logits, twin.logits);
    add("/router_probabilities", single.probabilities, twin.probabilities);
    add("/weights", single.weights, single.chosen == twin.chosen ? twin.weights : std::vector<double>());
}

void packMixer(Pack& pack, std::size_t index, const Trace& single, const Trace& twin, bool withInside,
               const CancelToken& cancel)
{
    const MixerRecord& record = single.mixers()[index];
    const std::string name = record.id.name();
    const auto addTensor = [&](const char* what, const at::Tensor& mine, const at::Tensor& theirs) {
        const Array twinArray = hostArray(theirs);
        pack.add(name + what, hostArray(mine), &twinArray);
    };
    const TracedRun& mine = *single.tensors();
    const TracedRun& theirs = *twin.tensors();
    addTensor("/input", mine.inputs.at(index), theirs.inputs.at(index));
    packRouting(pack, name, record.routing, twin.mixers()[index].routing);
    if (withInside) {
        const auto detail = single.detail(record.id, cancel);
        const auto twinDetail = twin.detail(record.id, cancel);
        if (!detail->outputGate().isEmpty())
            pack.add(name + "/output_gate", detail->outputGate(), &twinDetail->outputGate());
        for (int scan = 0; scan < detail->scanCount(); ++scan) {
            cancel.check();
            packScan(pack, name, *detail, *twinDetail, scan);
        }
    }
    addTensor("/output", mine.outputs.at(index), theirs.outputs.at(index));
}

void requireTwins(const std::string& path, const Trace& single, const Trace& twin)
{
    const bool areTwins = single.tensors() && twin.tensors() && single.mixers().size() == twin.mixers().size()
        && single.logits().size() == twin.logits().size();
    if (!areTwins)
        throw Error(ErrorKind::Usage, path + ": a pack compares two runs of one network, these are of two");
}

nlohmann::ordered_json numberOrNull(double value)
{
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

std::vector<PackedArray> writeReferencePack(const std::string& path, const InferenceSession& single,
                                            const InferenceSession& twin, const PreparedImage& image,
                                            const PackOptions& options)
{
    const auto trace = single.run(image, {}, options.cancel);
    const auto twinTrace = twin.run(image, {}, options.cancel);
    requireTwins(path, *trace, *twinTrace);
    for (const MixerId& id : options.mixers)
        if (!trace->find(id))
            throw Error(ErrorKind::Usage, "this network has no mixer '" + id.name() + "'");
    Pack pack(path);
    pack.add("image", image.tensor, &image.tensor);
    for (std::size_t i = 0; i < trace->mixers().size(); ++i) {
        options.cancel.check();
        const MixerId& id = trace->mixers()[i].id;
        if (options.progress)
            options.progress("packing " + id.name(),
                             static_cast<double>(i) / static_cast<double>(trace->mixers().size()));
        const bool withInside = options.mixers.empty()
            || std::find(options.mixers.begin(), options.mixers.end(), id) != options.mixers.end();
        packMixer(pack, i, *trace, *twinTrace, withInside, options.cancel);
    }
    const Array logits = vectorArray(twinTrace->logits());
    const Array probabilities = vectorArray(twinTrace->probabilities());
    pack.add("logits", vectorArray(trace->logits()), &logits);
    pack.add("probabilities", vectorArray(trace->probabilities()), &probabilities);
    return pack.finish();
}

void writeTolerances(const std::string& path, const std::vector<PackedArray>& arrays, const std::string& modelPath,
                     const std::string& imagePath, const std::string& program)
{
    using nlohmann::ordered_json;
    ordered_json list = ordered_json::array();
    for (const PackedArray& array : arrays)
        list.push_back({{"name", array.name},
                        {"shape", array.shape},
                        {"largest", numberOrNull(array.largest)},
                        {"absolute", numberOrNull(array.absolute)},
                        {"relative", numberOrNull(array.relative)}});
    const ordered_json document
        = {{"program", program}, {"model", modelPath}, {"image", imagePath}, {"arrays", std::move(list)}};
    checkpoint::AtomicFile file(path);
    file.write(document.dump(1, ' ', false, ordered_json::error_handler_t::replace) + '\n');
    file.commit();
}

}  // namespace mixer
