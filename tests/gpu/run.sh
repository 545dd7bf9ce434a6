#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Everything that needs a GPU, on the machine that has one: builds with CUDA against the LibTorch inside python3's
# PyTorch, runs the tests of kernels, operators and whole networks (fresh inputs each time), compute-sanitizer on small
# shapes, then the benchmarks. Prints tables last.
#   tests/gpu/run.sh [--build FOLDER] [--logs FOLDER] [--mamba SOURCE_PACKAGE] [--ncu] [--tests-only | --bench-only]
# --mamba: mamba-ssm's source package (pip download --no-deps --no-binary :all: mamba-ssm), built beside and compared.
# PYTHON and CUDACXX name others than the first on the PATH.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/gpu
logs=$root/build/gpu-logs
mamba="" ncu=false tests=true bench=true
while (($#)); do
    case $1 in
        --build) build=$2 && shift 2 ;;
        --logs) logs=$2 && shift 2 ;;
        --mamba) mamba=$2 && shift 2 ;;
        --ncu) ncu=true && shift ;;
        --tests-only) bench=false && shift ;;
        --bench-only) tests=false && shift ;;
        *) sed -n '3,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" && exit 2 ;;
    esac
done
python=${PYTHON:-python3}
mkdir -p "$logs"
say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }
failures=0
# step NAME COMMAND…: its output goes to a file, the end of it is shown when it fails.
step() {
    local name=$1 status=0
    shift
    "$@" >"$logs/$name.txt" 2>&1 || status=$?
    say "$name: $([[ $status == 0 ]] && echo passed || echo "FAILED ($status)")"
    if ((status)); then
        failures=$((failures + 1))
        grep -E 'error|Failure|FAILED|ERROR|what\(\)' "$logs/$name.txt" | head -20 || true
        tail -n 8 "$logs/$name.txt"
    fi
    return "$status"
}

torch=$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))')
say "LibTorch: $torch"
mamba_build=
if [[ -n $mamba ]]; then
    bash "$root/tests/gpu/build_mamba.sh" "$mamba" "$build/mamba" >"$logs/mamba-build.txt" 2>&1 &
    mamba_build=$!
fi
step configure cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMIXERSCOPE_CUDA=ON -DMIXERSCOPE_UI=OFF \
    -DMIXERSCOPE_IMAGES=OFF -DMIXERSCOPE_ARCHIVES=OFF -DMIXERSCOPE_LIBTORCH="$torch" \
    -DCMAKE_CUDA_ARCHITECTURES="${ARCHITECTURES:-native}" || exit 1
step build cmake --build "$build" -j "$(nproc)" --target kernels_cuda_gpu_tests scan_cuda_bench gpu_tests \
    network_gpu_bench engine_tests mixerscope mixer_ops -- -k 0 || exit 1

kernel_tests=$build/tests/kernels_cuda/kernels_cuda_gpu_tests
if $tests; then
    step kernels "$kernel_tests" || true
    step networks-and-operators "$build/tests/gpu/gpu_tests" || true
    step engine-on-the-cpu "$build/tests/engine/engine_tests" --gtest_brief=1 --gtest_filter='Parity*:Session*' || true
    step python-operators "$python" -B "$root/tests/gpu/test_ops_cuda.py" "$build/engine/libmixer_ops.so" || true
    small='*SavesChunk*:*SavedStates*:*SameBits*:*NotWanted*:*Causal*'
    for tool in memcheck racecheck; do
        if command -v compute-sanitizer >/dev/null; then
            step "$tool" compute-sanitizer --tool "$tool" --error-exitcode 3 "$kernel_tests" --gtest_filter="$small" || true
        fi
    done
    grep -hE '^largest' "$logs"/kernels.txt "$logs"/networks-and-operators.txt || true
fi
if [[ -n $mamba_build ]]; then
    wait "$mamba_build" && say "mamba-ssm: built" || say "mamba-ssm: does not build, see $logs/mamba-build.txt"
fi
if $bench; then
    say "benchmarks"
    for name in vim2-t viqs-t vim2-s vim2-b; do
        [[ -f $build/$name.safetensors ]] ||
            "$python" -B "$root/tests/reference/make_random_checkpoint.py" "$name" "$build/$name.safetensors"
    done
    step network-bench "$build/tests/gpu/network_gpu_bench" "$build"/{vim2-t,viqs-t,vim2-s,vim2-b}.safetensors || true
    step kernel-bench "$build/tests/kernels_cuda/scan_cuda_bench" || true
    [[ -z $mamba_build ]] ||
        step mamba-bench "$python" "$root/tests/gpu/compare_mamba.py" "$build/mamba" --loop || true
    if $ncu; then
        step ncu "$python" -B "$root/tests/gpu/ncu_table.py" "$build/tests/kernels_cuda/scan_cuda_bench" || true
    fi
    cat "$logs"/kernel-bench.txt "$logs"/mamba-bench.txt "$logs"/network-bench.txt "$logs"/ncu.txt 2>/dev/null || true
fi
say "$failures failed"
exit "$((failures > 0))"
