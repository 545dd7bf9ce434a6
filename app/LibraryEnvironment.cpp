// SPDX-License-Identifier: GPL-3.0-or-later
// What libraries read from the environment in their constructors, before main(). This runs before all constructors,
// sets what is missing and starts the program again, which costs one more pass of the dynamic linker.
//
// GOMP_SPINCOUNT: OpenMP's threads (LibTorch's, OpenBLAS's and the kernels') wait for each other by spinning, by
// default so long that another busy process makes every layer several times slower (ViM2-T on two cores beside other
// work: 2.4 s an image; bounded 0.1 to 0.2 s).
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <sys/auxv.h>
#include <unistd.h>

#include <climits>
#include <cstring>

namespace {

// Counted in pauses: some ten microseconds. A longer wait gains nothing on a quiet machine.
char s_spinning[] = "GOMP_SPINCOUNT=300";

/// `variable`: "NAME=value"
bool isSet(char* const* environment, const char* variable)
{
    const std::size_t length = static_cast<std::size_t>(std::strchr(variable, '=') - variable) + 1;
    for (; *environment != nullptr; ++environment)
        if (std::strncmp(*environment, variable, length) == 0)
            return true;
    return false;
}

/// No constructor has run: only plain system calls and the stack here. When anything fails, the program runs as it is.
void completeEnvironment(int /*argumentCount*/, char** arguments, char** environment)
{
    constexpr std::size_t kMost = 4096;
    // Without a base address the dynamic linker was started by hand, and the program's own file is not what runs.
    if (isSet(environment, s_spinning) || isSet(environment, "OMP_WAIT_POLICY=") || getauxval(AT_BASE) == 0)
        return;
    char* extended[kMost];
    std::size_t count = 0;
    while (environment[count] != nullptr && count + 2 < kMost) {
        extended[count] = environment[count];
        ++count;
    }
    if (environment[count] != nullptr)
        return;
    extended[count] = s_spinning;
    extended[count + 1] = nullptr;
    char program[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return;
    program[length] = '\0';
    execve(program, arguments, extended);
}

__attribute__((section(".preinit_array"), used)) void (*const hook)(int, char**, char**) = completeEnvironment;

}  // namespace

#endif
