// SPDX-License-Identifier: GPL-3.0-or-later
// LibTorch's OpenMP threads wait for each other by spinning, by default so long that another busy process makes every
// layer several times slower (ViM2-T beside other work on two cores: 2.4 s an image, bounded 0.3 s). libgomp reads the
// bound from the environment in its constructor, before main(); hence this runs before all constructors, sets the bound
// and starts the program again, which costs one more pass of the dynamic linker.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <sys/auxv.h>
#include <unistd.h>

#include <climits>
#include <cstring>

namespace {

bool isSet(char* const* environment, const char* name)
{
    const std::size_t length = std::strlen(name);
    for (; *environment != nullptr; ++environment)
        if (std::strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return true;
    return false;
}

/// No constructor has run: only plain system calls and the stack here. When anything fails, the threads spin as ever.
void boundSpinning(int /*argumentCount*/, char** arguments, char** environment)
{
    static char bound[] = "GOMP_SPINCOUNT=1000";
    constexpr std::size_t kMost = 4096;
    // Without a base address the dynamic linker was started by hand, and the program's own file is not what runs.
    if (isSet(environment, "GOMP_SPINCOUNT") || isSet(environment, "OMP_WAIT_POLICY") || getauxval(AT_BASE) == 0)
        return;
    char* extended[kMost];
    std::size_t count = 0;
    while (environment[count] != nullptr && count + 2 < kMost) {
        extended[count] = environment[count];
        ++count;
    }
    if (environment[count] != nullptr)
        return;
    extended[count] = bound;
    extended[count + 1] = nullptr;
    char program[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return;
    program[length] = '\0';
    execve(program, arguments, extended);
}

__attribute__((section(".preinit_array"), used)) void (*const hook)(int, char**, char**) = boundSpinning;

}  // namespace

#endif
