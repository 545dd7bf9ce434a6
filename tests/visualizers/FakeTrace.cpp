// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/visualizers/FakeTrace.h"

#include "engine/analysis/RouterStatistics.h"
#include "engine/core/Error.h"
#include "visualizers/RunPair.h"

#include <algorithm>
#include <cmath>

namespace mixer::test {

namespace {

/// Step size of a lane at a place of the picture (0 to 1): small mostly, large near a bright spot that wanders with
/// the lane.
float deltaAt(int lane, int lanes, double y, double x)
{
    const double share = (lane + 0.5) / lanes;
    const double dy = y - (0.3 + 0.4 * share);
    const double dx = x - (0.5 + 0.3 * std::sin(9 * share));
    const double base = 0.005 + 0.06 * std::abs(std::sin(23 * share));
    return static_cast<float>(base
                              * (0.3 + 3 * std::exp(-12 * (dx * dx + dy * dy)) + 0.2 * std::sin(40 * share + 9 * x)));
}

Routing routingOf(const FakeOptions& options, int index)
{
    Routing routing;
    routing.scans = options.scans;
    routing.hasRouter = options.hasRouter;
    const int count = static_cast<int>(options.scans.size());
    if (!options.hasRouter) {
        for (int s = 0; s < count; ++s)
            routing.chosen.push_back(s);
        routing.weights.assign(options.scans.size(), 1);
        return routing;
    }
    double sum = 0;
    for (int s = 0; s < count; ++s) {
        const double logit = 1.3 * std::sin(1.7 * index + 2.3 * s);
        routing.logits.push_back(logit);
        sum += std::exp(logit);
    }
    std::vector<int> order;
    for (int s = 0; s < count; ++s) {
        routing.probabilities.push_back(std::exp(static_cast<double>(routing.logits[static_cast<std::size_t>(s)]))
                                        / sum);
        order.push_back(s);
    }
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return routing.logits[static_cast<std::size_t>(a)] > routing.logits[static_cast<std::size_t>(b)];
    });
    order.resize(static_cast<std::size_t>(std::min(options.topK, count)));
    std::sort(order.begin(), order.end());
    routing.chosen = order;
    double chosenSum = 0;
    for (const int s : order)
        chosenSum += routing.probabilities[static_cast<std::size_t>(s)];
    for (const int s : order)
        routing.weights.push_back(routing.probabilities[static_cast<std::size_t>(s)] / chosenSum);
    return routing;
}

RgbImage fakePicture(int width, int height)
{
    RgbImage image{width, height, {}};
    image.pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    std::size_t i = 0;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const double u = static_cast<double>(x) / width;
            const double v = static_cast<double>(y) / height;
            const bool disc = std::hypot(u - 0.45, (v - 0.55) * height / width) < 0.17;
            const bool ground = v > 0.75;
            image.pixels[i++] = static_cast<std::uint8_t>(disc ? 220 : ground ? 70 + 60 * u : 120 + 60 * v);
            image.pixels[i++] = static_cast<std::uint8_t>(disc ? 140 + 60 * u : ground ? 110 : 160 + 40 * v);
            image.pixels[i++] = static_cast<std::uint8_t>(disc ? 60 : ground ? 60 : 210);
        }
    }
    return image;
}

}  // namespace

FakeDetail::FakeDetail(const MixerRecord& record, const FakeOptions& options)
    : m_options(options)
{
    m_record = record;
    const int tokens = record.height * record.width;
    if (record.id.isChannelMixer) {
        m_scans = options.quasiSeparable ? std::vector<std::string>{"both"}
                                         : std::vector<std::string>{"forward", "backward"};
        m_lanes = tokens;
        m_positions = record.inner;
    } else {
        for (const int s : record.routing.chosen)
            m_scans.push_back(record.routing.scans.at(static_cast<std::size_t>(s)));
        m_lanes = record.inner;
        m_positions = tokens;
    }
    m_delta = Array({m_lanes, m_positions});
    for (int lane = 0; lane < m_lanes; ++lane) {
        for (int position = 0; position < m_positions; ++position) {
            const int token = record.id.isChannelMixer ? lane : position;
            const int channel = record.id.isChannelMixer ? position : lane;
            const double y = (token / record.width + 0.5) / record.height;
            const double x = (token % record.width + 0.5) / record.width;
            m_delta.at(lane, position) = std::max(1e-4F, deltaAt(channel, record.inner, y, x));
        }
    }
    m_stateMatrix = Array({m_lanes, options.states});
    for (std::size_t i = 0; i < m_stateMatrix.values.size(); ++i)
        m_stateMatrix.values[i] = -static_cast<float>(i % static_cast<std::size_t>(options.states) + 1);
    m_norm = Array({m_positions});
    m_backwardNorm = Array({m_positions});
    for (int step = 0; step < m_positions; ++step) {
        const double t = static_cast<double>(step) / m_positions;
        m_norm.values[static_cast<std::size_t>(step)] = static_cast<float>(
            3.2 * (1 - std::exp(-9 * t)) * (1 + 0.25 * std::sin(19 * t) + 0.05 * std::sin(170 * t)));
        m_backwardNorm.values[static_cast<std::size_t>(step)]
            = static_cast<float>(2.6 * (1 - std::exp(-9 * (1 - t))) * (1 + 0.2 * std::cos(13 * t)));
    }
}

int FakeDetail::positionAt(int scan, int step) const
{
    if (m_record.id.isChannelMixer)
        return scanName(scan) == "backward" ? m_positions - 1 - step : step;
    return ScanOrder::get(scanName(scan), m_record.height, m_record.width)->order().at(static_cast<std::size_t>(step));
}

int FakeDetail::stepOf(int scan, int position) const
{
    if (m_record.id.isChannelMixer)
        return scanName(scan) == "backward" ? m_positions - 1 - position : position;
    return ScanOrder::get(scanName(scan), m_record.height, m_record.width)
        ->inverse()
        .at(static_cast<std::size_t>(position));
}

Array FakeDetail::gate(int) const
{
    Array gate = m_delta;
    for (float& g : gate.values)
        g = -std::expm1(-g);
    return gate;
}

Array FakeDetail::meanGate(int scan) const
{
    const Array all = gate(scan);
    Array mean({m_positions});
    for (int lane = 0; lane < m_lanes; ++lane) {
        for (int position = 0; position < m_positions; ++position)
            mean.values[static_cast<std::size_t>(position)] += all.at(lane, position) / static_cast<float>(m_lanes);
    }
    return mean;
}

Array FakeDetail::laneGate(int scan) const
{
    const Array all = gate(scan);
    Array mean({m_lanes});
    for (int lane = 0; lane < m_lanes; ++lane) {
        for (int position = 0; position < m_positions; ++position)
            mean.values[static_cast<std::size_t>(lane)] += all.at(lane, position) / static_cast<float>(m_positions);
    }
    return mean;
}

float FakeDetail::stateValue(int lane, int n, int step)
{
    return static_cast<float>(0.8 * std::exp(-0.12 * n) * std::sin(0.37 * lane + 0.9 * n + 0.05 * step)
                              * (0.2 + std::abs(std::cos(0.11 * lane))));
}

Array FakeDetail::state(int, int firstLane, int count, int step, Direction direction) const
{
    if (direction == Direction::Backward && !isQuasiSeparable())
        throw Error(ErrorKind::Usage, "a causal scan has no backward state");
    Array h({count, m_options.states});
    const float sign = direction == Direction::Backward ? -0.5F : 1.0F;
    for (int i = 0; i < count; ++i) {
        for (int n = 0; n < m_options.states; ++n)
            h.at(i, n) = sign * stateValue(firstLane + i, n, step);
    }
    return h;
}

const Array& FakeDetail::stateNorm(int, Direction direction) const
{
    return direction == Direction::Forward ? m_norm : m_backwardNorm;
}

Array FakeDetail::stateNorm(int, int, int, Direction direction) const
{
    return direction == Direction::Forward ? m_norm : m_backwardNorm;
}

FakeTrace::FakeTrace(const FakeOptions& options)
    : m_options(options)
{
    const int side = options.inputSide;
    const double scale
        = std::max(static_cast<double>(side) / options.imageWidth, static_cast<double>(side) / options.imageHeight);
    const int resizedWidth = static_cast<int>(std::lround(options.imageWidth * scale));
    const int resizedHeight = static_cast<int>(std::lround(options.imageHeight * scale));
    m_geometry.originalWidth = options.imageWidth;
    m_geometry.originalHeight = options.imageHeight;
    m_geometry.inputWidth = side;
    m_geometry.inputHeight = side;
    m_geometry.scaleX = static_cast<double>(resizedWidth) / options.imageWidth;
    m_geometry.scaleY = static_cast<double>(resizedHeight) / options.imageHeight;
    m_geometry.offsetX = (resizedWidth - side) / 2;
    m_geometry.offsetY = (resizedHeight - side) / 2;

    double sum = 0;
    for (int c = 0; c < options.classes; ++c) {
        m_logits.push_back(static_cast<float>(3 * std::sin(2.1 * c + 0.4) - 0.2 * c));
        sum += std::exp(static_cast<double>(m_logits.back()));
    }
    for (const float logit : m_logits)
        m_probabilities.push_back(static_cast<float>(std::exp(static_cast<double>(logit)) / sum));

    int grid = side / kPatchSize;
    int index = 0;
    for (int stage = 0; stage < static_cast<int>(options.tokenMixersPerStage.size()); ++stage) {
        const int count = options.tokenMixersPerStage[static_cast<std::size_t>(stage)];
        for (int m = 0; m < count; ++m) {
            MixerRecord record{{stage, 0, m, false, MixerId::Family::Mixer},
                               grid,
                               grid,
                               {},
                               {},
                               options.inner / 2,
                               options.inner,
                               {},
                               1.5};
            record.routing = routingOf(options, index++);
            m_mixers.push_back(record);
        }
        m_mixers.push_back({{stage, 0, 0, true, MixerId::Family::Mixer},
                            grid,
                            grid,
                            {},
                            {},
                            options.inner / 2,
                            options.inner,
                            {},
                            0.7});
        grid = (grid + 1) / 2;
    }
}

std::shared_ptr<const MixerDetail> FakeTrace::detail(const MixerId& id, const CancelToken&) const
{
    const MixerRecord* record = find(id);
    if (record == nullptr)
        throw Error(ErrorKind::Usage, "no mixer " + id.name());
    return std::make_shared<FakeDetail>(*record, m_options);
}

vis::FigureContext fakeContext(const FakeOptions& options)
{
    vis::FigureContext context;
    context.trace = std::make_shared<FakeTrace>(options);
    MixerConfig network;
    network.family = options.quasiSeparable ? Family::Viqs : Family::Vim2;
    network.scans = options.scans;
    context.config.network = network;
    context.config.numClasses = options.classes;
    static const std::vector<std::string> names
        = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
    for (int c = 0; c < options.classes; ++c)
        context.config.labels.push_back(c < 10 ? names[static_cast<std::size_t>(c)]
                                               : "a class with a rather long label, number " + std::to_string(c));
    static const auto checkpoint = std::make_shared<const Checkpoint>(
        Checkpoint::open(std::string(MIXER_FIXTURES) + "/golden/vim2.safetensors"));
    context.checkpoint = checkpoint;
    context.modelPath = QStringLiteral("/models/demo-vim2.safetensors");
    context.imagePath = QStringLiteral("/photos/chelsea.png");
    context.image = std::make_shared<RgbImage>(fakePicture(options.imageWidth, options.imageHeight));
    context.programVersion = QStringLiteral("0.1.0");
    const auto statistics = std::make_shared<RouterStatistics>(options.classes);
    for (int c = 0; c < std::min(3, options.classes); ++c)
        statistics->add(*context.trace, c);
    context.routerStatistics = statistics;
    const auto effects = std::make_shared<vis::PatchEffectMap>();
    effects->request = {QStringLiteral("/photos/other.png"), PatchedPart::Output, 2, 0};
    effects->effects.parts = 2;
    for (const MixerRecord& record : context.trace->mixers())
        effects->effects.mixers.push_back(record.id);
    effects->effects.logit = Array({std::int64_t{effects->effects.rows()}, 4});
    for (std::size_t i = 0; i < effects->effects.logit.values.size(); ++i)
        effects->effects.logit.values[i] = 0.25F * static_cast<float>(i % 7) - 0.5F;
    effects->effects.probability = effects->effects.logit;
    for (float& value : effects->effects.probability.values)
        value *= 0.1F;
    context.patchEffects = effects;
    return context;
}

void addFakePair(vis::FigureContext& context, const FakeOptions& options, const MixerId& mixer, int step)
{
    context.selection.mixer = mixer;
    context.selection.step = step;
    context.detail = context.trace->detail(mixer, {});
    context.options.overlay = vis::OverlayQuantity::MeanGate;
    const auto other = std::make_shared<vis::FigureContext>(context);
    other->trace = std::make_shared<FakeTrace>(options);
    other->detail = other->trace->detail(mixer, {});
    other->modelPath = QStringLiteral("/models/other.safetensors");
    const auto pair = std::make_shared<vis::RunPair>();
    pair->choice.with = vis::CompareChoice::With::Model;
    pair->nameA = QStringLiteral("demo-vim2.safetensors");
    pair->nameB = QStringLiteral("other.safetensors");
    pair->traceA = context.trace;
    pair->traceB = other->trace;
    pair->comparison.tolerance = 1e-6;
    for (std::size_t i = 0; i < context.trace->mixers().size(); ++i) {
        MixerDifference difference;
        difference.id = context.trace->mixers()[i].id;
        difference.other = difference.id;
        difference.output = {std::pow(10.0, (static_cast<double>(i) - 8) / 2), 0.5, 0.25};
        difference.hasRouters = difference.choseAlike = true;
        pair->comparison.mixers.push_back(difference);
    }
    MixerDifference& lone = pair->comparison.mixers.at(2);
    lone.other.reset();
    lone.output = {};
    lone.problem = "B has no such mixer";
    pair->comparison.mixers.at(3).choseAlike = false;
    pair->comparison.comparable = static_cast<int>(pair->comparison.mixers.size()) - 1;
    context.pair = pair;
    context.other = other;
}

}  // namespace mixer::test
