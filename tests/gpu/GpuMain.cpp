// SPDX-License-Identifier: MIT
#include "engine/core/Error.h"
#include "engine/session/Device.h"

#include <gtest/gtest.h>

#include <cstdio>

int main(int argc, char** argv)
{
    constexpr int kSkipped = 77;  // what CTest is told to read as "skipped"
    testing::InitGoogleTest(&argc, argv);
    try {
        std::printf("on %s\n", mixer::deviceName(mixer::chooseDevice("cuda", 0)).c_str());
    } catch (const mixer::Error& error) {
        std::printf("skipped: %s\n", error.what());
        return kSkipped;
    }
    if (const int failed = RUN_ALL_TESTS())
        return failed;
    // A device, but a filter that leaves nothing, proves nothing.
    return testing::UnitTest::GetInstance()->test_to_run_count() > 0 ? 0 : 1;
}
