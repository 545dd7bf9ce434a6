#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Our scan beside ggml's ssm_scan, the engine of llama.cpp, in one process: compare.sh [FOLDER]
# ggml comes as the source package of ggml-python from PyPI and is built in FOLDER for this machine; nothing of it is
# kept here. Needs `./setup.sh build --preset bench` before.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
folder=${1:-$root/build/ggml}
mkdir -p "$folder"
cd "$folder"
[[ -d source ]] || {
    python3 -m pip download -q --no-deps --no-binary :all: ggml-python==0.0.45
    mkdir source
    tar xzf ggml_python-0.0.45.tar.gz --strip-components 1 -C source
}
cmake -S source/vendor/ggml -B build -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DBUILD_SHARED_LIBS=OFF \
    -DGGML_BUILD_TESTS=OFF -DGGML_BUILD_EXAMPLES=OFF -DCMAKE_C_FLAGS=-w -DCMAKE_CXX_FLAGS=-w >/dev/null
cmake --build build -j "$(nproc)" --target ggml ggml-cpu >/dev/null
g++ -std=c++17 -O2 -fopenmp -I"$root" -Isource/vendor/ggml/include "$here/compare.cpp" -o compare \
    "$root/build/bench/kernels/libmixer_kernels.a" -Lbuild/src -lggml -lggml-cpu -lggml-base -ldl -lpthread
GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-300} ./compare
