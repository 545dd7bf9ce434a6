#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds mamba-ssm's selective_scan_cuda from its source package, with the flags of its setup.py but one architecture.
# Usage: build_mamba.sh SOURCE_PACKAGE.tar.gz FOLDER   (PYTHON, NVCC and ARCHITECTURE, e.g. 90, from the environment)
set -euo pipefail
package=$(realpath "$1")
mkdir -p "$2"
cd "$2"
python=${PYTHON:-python3}
nvcc=${NVCC:-nvcc}
architecture=${ARCHITECTURE:-90}
tar xzf "$package" --strip-components 1
mapfile -t includes < <("$python" - <<'PY'
import glob, os, sysconfig
from torch.utils import cpp_extension
paths = cpp_extension.include_paths() + [sysconfig.get_paths()["include"]]
import torch
paths += glob.glob(os.path.join(os.path.dirname(os.path.dirname(torch.__file__)), "nvidia", "*", "include"))
print("\n".join(f"-I{p}" for p in paths if os.path.isdir(p)))
PY
)
flags=(-O3 -std=c++17 -U__CUDA_NO_HALF_OPERATORS__ -U__CUDA_NO_HALF_CONVERSIONS__ -U__CUDA_NO_BFLOAT16_OPERATORS__
    -U__CUDA_NO_BFLOAT16_CONVERSIONS__ -U__CUDA_NO_BFLOAT162_OPERATORS__ -U__CUDA_NO_BFLOAT162_CONVERSIONS__
    --expt-relaxed-constexpr --expt-extended-lambda --use_fast_math -w
    "-gencode=arch=compute_$architecture,code=sm_$architecture" -Xcompiler -fPIC
    -DTORCH_EXTENSION_NAME=selective_scan_cuda -DTORCH_API_INCLUDE_EXTENSION_H)
printf '%s\n' csrc/selective_scan/*.cu csrc/selective_scan/*.cpp |
    xargs -P "$(nproc)" -I{} sh -c '"$0" "$@" -c {} -o $(basename {}).o' "$nvcc" "${flags[@]}" "${includes[@]}"
libraries=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')
g++ -shared -o "selective_scan_cuda$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')" \
    ./*.o -L"$libraries" -lc10 -lc10_cuda -ltorch -ltorch_cpu -ltorch_cuda -ltorch_python -Wl,-rpath,"$libraries" \
    -Wl,--allow-shlib-undefined
