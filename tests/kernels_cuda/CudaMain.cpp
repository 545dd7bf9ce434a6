// SPDX-License-Identifier: MIT
#include <cuda_runtime_api.h>

#include <gtest/gtest.h>

#include <cstdio>

int main(int argc, char** argv)
{
    constexpr int kSkipped = 77;  // what CTest is told to read as "skipped"
    testing::InitGoogleTest(&argc, argv);
    int devices = 0;
    if (const cudaError_t error = cudaGetDeviceCount(&devices); error != cudaSuccess || devices == 0) {
        std::printf("skipped: no CUDA device (%s)\n", cudaGetErrorString(error));
        return kSkipped;
    }
    if (const int failed = RUN_ALL_TESTS())
        return failed;
    // A device, but a filter that leaves nothing, proves nothing.
    return testing::UnitTest::GetInstance()->test_to_run_count() > 0 ? 0 : 1;
}
