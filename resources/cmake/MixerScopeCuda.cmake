# SPDX-License-Identifier: MIT
# The CUDA language for compute capability 7.5 to 12.x in one binary. Included once, by the top.
if(MIXERSCOPE_SANITIZE)
    message(FATAL_ERROR "MIXERSCOPE_SANITIZE does not go with MIXERSCOPE_CUDA: sanitize without it; the kernels' bodies "
                        "are then tested by emulation.")
endif()
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX} AND EXISTS /usr/local/cuda/bin/nvcc)
    set(CMAKE_CUDA_COMPILER /usr/local/cuda/bin/nvcc)
endif()
if(NOT CMAKE_CUDA_ARCHITECTURES)
    # 8.9 runs 8.6's code and 10.3 that of 10.0; 11.x compiles 10.0's PTX at start, what comes after 12.x that of 12.0.
    set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 90-real 100 120)
endif()
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
