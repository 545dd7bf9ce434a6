# SPDX-License-Identifier: MIT
# LibTorch: Debian's, or with MIXERSCOPE_CUDA the one inside a PyTorch for CUDA, MIXERSCOPE_LIBTORCH (its folder `torch`;
# ./setup.sh build --cuda makes one under build/). Sets TORCH_INCLUDE_DIRS and TORCH_LIBRARIES. Included once, by the top.
if(NOT MIXERSCOPE_CUDA)
    find_package(Torch REQUIRED)
    return()
endif()

if(NOT MIXERSCOPE_LIBTORCH)
    file(GLOB candidates ${PROJECT_SOURCE_DIR}/build/libtorch/lib/python3*/site-packages/torch)
    list(APPEND candidates "")
    list(GET candidates 0 MIXERSCOPE_LIBTORCH)
endif()
set(MIXERSCOPE_LIBTORCH "${MIXERSCOPE_LIBTORCH}" CACHE PATH "Folder `torch` of a PyTorch for CUDA" FORCE)
if(NOT EXISTS "${MIXERSCOPE_LIBTORCH}/lib/libc10_cuda.so")
    message(FATAL_ERROR "MIXERSCOPE_CUDA needs the LibTorch of a PyTorch for CUDA: run ./setup.sh build --cuda, or set "
                        "MIXERSCOPE_LIBTORCH to the folder `torch` of one (it holds include/ and lib/libc10_cuda.so).")
endif()
# Its own CMake package asks for all of CUDA's libraries to link with. These are what our code calls; libtorch_cuda.so,
# with everything that it needs, is loaded when a GPU is there (engine/session/Device.cpp).
set(TORCH_INCLUDE_DIRS
    ${MIXERSCOPE_LIBTORCH}/include ${MIXERSCOPE_LIBTORCH}/include/torch/csrc/api/include ${CUDAToolkit_INCLUDE_DIRS})
set(TORCH_LIBRARIES
    ${MIXERSCOPE_LIBTORCH}/lib/libtorch_cpu.so ${MIXERSCOPE_LIBTORCH}/lib/libc10_cuda.so
    ${MIXERSCOPE_LIBTORCH}/lib/libc10.so CUDA::cudart)
# libtorch_cpu.so finds its own libraries by its own path.
file(GLOB torch_neighbours ${MIXERSCOPE_LIBTORCH}/../nvidia/cu13/lib)
foreach(folder IN LISTS torch_neighbours)
    add_link_options(-Wl,-rpath-link,${folder})
endforeach()
message(STATUS "LibTorch for CUDA: ${MIXERSCOPE_LIBTORCH}")
