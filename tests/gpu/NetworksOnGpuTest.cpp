// SPDX-License-Identifier: MIT
// Whole networks on a GPU: against the independent float64 reference's results (tests/fixtures), and sessions against
// sessions on the CPU.
#include "engine/checkpoint/Checkpoint.h"
#include "engine/core/Error.h"
#include "engine/models/Network.h"
#include "engine/session/InferenceSession.h"
#include "tests/engine/Fixtures.h"
#include "tests/gpu/OnGpu.h"

#include <c10/cuda/CUDACachingAllocator.h>
#include <gtest/gtest.h>

namespace mixer::test {
namespace {

const char* const kNets[]
    = {"golden/vim2", "golden/viqs",           "vim2-default",    "vim2-cross",          "viqs-default",
       "viqs-cross",  "vim2-perscan-multires", "vim2-every-scan", "viqs-perscan-linear", "viqs-every-scan"};

class NetworksOnGpu : public testing::TestWithParam<at::ScalarType> { };

TEST_P(NetworksOnGpu, AgreeWithTheReference)
{
    const at::ScalarType type = GetParam();
    const double tolerance = type == at::kFloat ? 1e-4 : type == at::kHalf ? 2e-2 : 1e-1;
    double worst = 0;
    for (const char* net : kNets) {
        const Checkpoint checkpoint = Checkpoint::open(fixture(std::string(net) + ".safetensors"));
        const auto expected = TensorFile::open(fixture(std::string(net) + ".expected.safetensors"));
        const c10::NoGradGuard noGradients;
        const auto network = makeNetwork(checkpoint, at::TensorOptions().dtype(type).device(at::kCUDA));
        const at::Tensor logits = network->forward(tensorOf(*expected->find("input")));
        EXPECT_TRUE(logits.is_cuda());
        const double error = relativeError(logits, tensorOf(*expected->find("logits")));
        EXPECT_LE(error, tolerance) << net;
        worst = std::max(worst, error);
    }
    std::printf("largest error / max |logit|: %.2g\n", worst);
}

INSTANTIATE_TEST_SUITE_P(Types, NetworksOnGpu, testing::Values(at::kFloat, at::kBFloat16, at::kHalf));

std::shared_ptr<const InferenceSession> open(const std::string& net, const char* device)
{
    SessionOptions options;
    options.device = device;
    return InferenceSession::open(fixture(net + ".safetensors"), options);
}

PreparedImage noise(int height, int width)
{
    PreparedImage image;
    image.tensor = Array({3, height, width});
    image.geometry.inputWidth = width, image.geometry.inputHeight = height;
    const at::Tensor values = uniform({3, height, width}, -2, 2, at::kFloat).to(at::kFloat).contiguous();
    image.tensor.values.assign(values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
    return image;
}

double errorOf(const std::vector<float>& found, const std::vector<float>& wanted)
{
    return relativeError(at::tensor(found), at::tensor(wanted));
}

TEST(SessionsOnGpu, RecordWhatTheCpuRecords)
{
    for (const char* net : {"golden/vim2", "golden/viqs", "vim2-perscan-multires", "viqs-cross"}) {
        SCOPED_TRACE(net);
        const auto cpu = open(net, "cpu"), gpu = open(net, "cuda");
        EXPECT_NE(gpu->runtime().device.find("cuda:0"), std::string::npos);
        EXPECT_EQ(gpu->runtime().kernel, "cuda");
        const PreprocessOptions size = cpu->preprocessing();
        const PreparedImage image = noise(size.height, size.width);
        const auto wanted = cpu->run(image), found = gpu->run(image);
        EXPECT_LE(errorOf(found->logits(), wanted->logits()), 1e-4);
        ASSERT_EQ(found->mixers().size(), wanted->mixers().size());
        for (std::size_t i = 0; i < wanted->mixers().size(); ++i) {
            const MixerRecord& record = wanted->mixers()[i];
            SCOPED_TRACE(record.id.name());
            EXPECT_EQ(found->mixers()[i].routing.chosen, record.routing.chosen);
            const auto a = found->detail(record.id), b = wanted->detail(record.id);
            ASSERT_EQ(a->scanCount(), b->scanCount());
            for (int scan = 0; scan < b->scanCount(); ++scan) {
                EXPECT_LE(errorOf(a->output(scan).values, b->output(scan).values), 1e-4);
                EXPECT_LE(errorOf(a->gate(scan).values, b->gate(scan).values), 1e-4);
                EXPECT_LE(
                    errorOf(a->state(scan, 0, b->laneCount(), b->positionCount() / 2, MixerDetail::Direction::Forward)
                                .values,
                            b->state(scan, 0, b->laneCount(), b->positionCount() / 2, MixerDetail::Direction::Forward)
                                .values),
                    1e-4);
            }
        }
    }
}

TEST(SessionsOnGpu, TakeTheGpuByThemselvesAndRefuseWhatIsNotThere)
{
    EXPECT_EQ(open("viqs-cross", "auto")->runtime().kernel, "cuda");
    EXPECT_THROW(open("viqs-cross", "cuda:99"), Error);
    SessionOptions options;
    options.device = "cuda";
    options.precision = Precision::Float64;
    EXPECT_THROW(InferenceSession::open(fixture("viqs-cross.safetensors"), options), Error);
}

// Nearly all of the GPU's memory is forbidden once the network is there.
TEST(SessionsOnGpu, GoOnOnTheCpuWhenMemoryRunsOut)
{
    const auto cpu = open("golden/vim2", "cpu"), gpu = open("golden/vim2", "cuda");
    const PreparedImage image = noise(512, 480);  // more than the allocator holds in reserve
    EXPECT_TRUE(gpu->runtime().notice.empty());
    c10::cuda::CUDACachingAllocator::emptyCache();
    c10::cuda::CUDACachingAllocator::setMemoryFraction(1e-7, 0);
    const auto trace = gpu->run(image);
    c10::cuda::CUDACachingAllocator::setMemoryFraction(1.0, 0);
    EXPECT_NE(gpu->runtime().notice.find("CPU"), std::string::npos);
    EXPECT_NE(gpu->runtime().device.find("out of memory"), std::string::npos);
    EXPECT_LE(errorOf(trace->logits(), cpu->run(image)->logits()), 1e-6);
    EXPECT_LE(errorOf(gpu->run(image)->logits(), trace->logits()), 1e-6);
}

}  // namespace
}  // namespace mixer::test
