// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/image/Image.h"
#include "engine/session/InferenceSession.h"
#include "tests/visualizers/FakeTrace.h"
#include "tests/visualizers/FigureTesting.h"
#include "visualizers/GatesFigure.h"
#include "visualizers/RoutingFigure.h"
#include "visualizers/StateFigure.h"

#include <cmath>
#include <numeric>

namespace mixer::vis {
namespace {

/// The figures of small networks from tests/fixtures, run by the engine itself.
class RealModel : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override
    {
        const std::string path = std::string(MIXER_FIXTURES) + "/" + GetParam();
        session = InferenceSession::open(path);
        context = test::fakeContext();
        context.trace = session->run(prepareImage(*context.image, session->preprocessing()));
        context.config = session->config();
        context.modelPath = QString::fromStdString(path);
    }
    std::shared_ptr<const InferenceSession> session;
    FigureContext context;
};

TEST_P(RealModel, EveryFigureOfEveryMixerAndScanIsPainted)
{
    for (const MixerRecord& record : context.trace->mixers()) {
        context.selection = Selection();
        context.selection.mixer = record.id;
        context.detail = context.trace->detail(record.id);
        for (int scan = 0; scan < context.detail->scanCount(); ++scan) {
            context.selection.scan = scan;
            context.selection.step = context.detail->positionCount() / 2;
            context.selection.lane = context.detail->laneCount() - 1;
            for (const OverlayQuantity overlay :
                 {OverlayQuantity::Gate, OverlayQuantity::MeanGate, OverlayQuantity::StateNorm}) {
                context.options.overlay = overlay;
                for (const QString& id : figureIds()) {
                    const auto figure = makeFigure(id, context);
                    const QImage image = test::paintOf(*figure, {480, 320}, FigureStyle::light());
                    EXPECT_EQ(test::countNear(image, image.rect(), Qt::magenta, 0), 0) << id.toStdString();
                    EXPECT_LT(test::countNear(image, image.rect(), Qt::white, 0), 480 * 320 * 9 / 10);
                }
            }
        }
    }
}

TEST_P(RealModel, RoutingShowsWhatTheRouterSaid)
{
    const RoutingFigure figure(context);
    const Array values = figure.array();
    for (int row = 0; row < figure.rowCount(); ++row) {
        const Routing& routing = figure.mixerOfRow(row).routing;
        if (!routing.hasRouter)
            continue;
        for (int column = 0; column < figure.columnCount(); ++column)
            EXPECT_FLOAT_EQ(values.at(row, column),
                            static_cast<float>(routing.probabilities[static_cast<std::size_t>(column)]));
    }
}

TEST_P(RealModel, NormUnderTheStateIsTheStatesNorm)
{
    for (const MixerRecord& record : context.trace->mixers()) {
        context.selection.mixer = record.id;
        context.detail = context.trace->detail(record.id);
        context.selection.step = context.detail->positionCount() - 1;
        const StateFigure figure(context);
        const std::vector<float> state = figure.array().values;
        const double norm = std::sqrt(std::inner_product(state.begin(), state.end(), state.begin(), 0.0));
        const FigureTable table = figure.normTable();
        EXPECT_NEAR(table.cell(context.selection.step, table.columnIndex(QStringLiteral("norm_h"))).toDouble(), norm,
                    1e-4 * norm)
            << record.id.name();
    }
}

TEST_P(RealModel, GatesAreOneMinusExpOfMinusDelta)
{
    for (const MixerRecord& record : context.trace->mixers()) {
        context.selection.mixer = record.id;
        context.detail = context.trace->detail(record.id);
        context.selection.step = 0;
        const GatesFigure figure(context);
        const Array& delta = context.detail->delta(0);
        const Array gate = figure.array();
        for (int step = 0; step < context.detail->positionCount(); ++step)
            EXPECT_NEAR(gate.at(0, step), -std::expm1(-delta.at(0, context.detail->positionAt(0, step))), 1e-6);
    }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, RealModel,
                         testing::Values("vim2-default.safetensors", "viqs-default.safetensors",
                                         "vim2-cross.safetensors"));

}  // namespace
}  // namespace mixer::vis
