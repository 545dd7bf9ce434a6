#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From a fresh Debian 12 to the running program: ./setup.sh help
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# What building, testing and running need. OpenBLAS is named because Debian's reference BLAS, which LibTorch also
# accepts, is some thirty times slower; the OpenMP flavour, because it shares its threads with LibTorch.
PACKAGES=(
    build-essential cmake ninja-build ccache git
    libtorch-dev libopenblas0-openmp libopencv-dev
    qt6-base-dev libqt6opengl6-dev qt6-charts-dev qt6-svg-dev libgl1-mesa-dev
    qt6-tools-dev qt6-l10n-tools
    nlohmann-json3-dev libcli11-dev zlib1g-dev libarchive-dev
    libgtest-dev libbenchmark-dev
    fonts-dejavu-core
)
# What checking and changing the sources needs besides (deps --dev, .ci/run).
DEV_PACKAGES=(clang-format-14 clang-tidy-14 clang-14 libclang-rt-14-dev python3-torch python3-numpy)

# `build --cuda`: PyTorch's LibTorch for CUDA 13 and what linking with it needs, from PyPI, under build/libtorch. The rest
# of CUDA's libraries is needed only where there is a GPU: build/libtorch/bin/pip install torch==2.11.0 brings it.
CUDA_PACKAGES=(python3-venv)
LIBTORCH=build/libtorch
LIBTORCH_WHEELS=(torch==2.11.0 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85)
NVCC_WHEELS=(nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-cuda-cccl==13.0.85)

PHOTOS=(chelsea.png coffee.png astronaut.png rocket.jpg motorcycle_left.png)
SAMPLES=build/samples
DEMO=build/demo
MODEL=resources/models/vim2-demo.safetensors

say() {
    if [[ -t 2 ]]; then
        printf '\033[1m%s\033[0m\n' "$*" >&2
    else
        printf '%s\n' "$*" >&2
    fi
}
fail() {
    printf 'setup.sh: %s\n' "$*" >&2
    exit 1
}

usage() {
    cat <<'TEXT'
usage: ./setup.sh COMMAND

  run [FILES…]               install what is missing, build, fetch sample photos, open the window
  test [-D…] [-- CTEST…]     install what is missing, build everything, run the tests
  build [--preset P] [-D…]   install what is missing, build (release, debug, asan, tsan, no-ui, bench, fuzz)
  build --cuda [-D…]         the same for NVIDIA GPUs, with PyTorch's LibTorch (0.6 GB to fetch) in build/libtorch
  package                    the same, and a Debian package of it: build/release/package/mixerscope_*.deb
  deps [--dev]               only install what is missing; --dev: the tools for changing the sources too
  help                       this text

Debian 12 packages are installed with apt-get, as root or through sudo. Where that is impossible, the missing ones are
listed. MIXERSCOPE_SKIP_DEPS=1 skips the check, for systems that have the libraries under other names.
TEXT
}

missing_packages() {
    local installed
    installed=" $(dpkg-query -W -f '${db:Status-Status}=${Package} ' "$@" 2>/dev/null || true)"
    for package in "$@"; do
        [[ $installed == *" installed=$package "* ]] || printf '%s\n' "$package"
    done
}

# The command that installs packages on this machine; fails where there is none.
installer() {
    if [[ $(id -u) -eq 0 ]]; then
        echo apt-get
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v >&2; }; }; then
        echo sudo apt-get
    else
        return 1
    fi
}

install_dependencies() {
    [[ ${MIXERSCOPE_SKIP_DEPS:-} == 1 ]] && return
    local distribution packages missing install
    packages=("${PACKAGES[@]}")
    [[ ${1:-} == --dev ]] && packages+=("${DEV_PACKAGES[@]}" "${CUDA_PACKAGES[@]}")
    [[ ${1:-} == --cuda ]] && packages+=("${CUDA_PACKAGES[@]}")
    distribution=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown}" || echo unknown)
    if ! command -v dpkg-query >/dev/null; then
        fail "needs Debian 12, this is $distribution. Install the equivalents of these packages, then set
MIXERSCOPE_SKIP_DEPS=1 and try again: ${packages[*]}"
    fi
    mapfile -t missing < <(missing_packages "${packages[@]}")
    ((${#missing[@]})) || return 0
    if [[ $distribution != debian ]]; then
        fail "these packages of Debian 12 are missing, and this is $distribution, where they may be called otherwise:
  ${missing[*]}
Install their equivalents, then set MIXERSCOPE_SKIP_DEPS=1 and try again."
    fi
    if ! install=$(installer); then
        fail "these packages are missing, and installing them needs root:
  ${missing[*]}
Run as root: apt-get install --no-install-recommends ${missing[*]}"
    fi
    say "Installing ${#missing[@]} packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    $install update -qq || say "apt-get update failed; going on with the package lists that are there"
    $install install -y -qq --no-install-recommends "${missing[@]}" >&2 \
        || fail "apt-get could not install: ${missing[*]}"
}

# PyTorch's LibTorch in a virtual environment of its own; nvcc 13 from there too where the machine has none.
install_libtorch_for_cuda() {
    local wheels=("${LIBTORCH_WHEELS[@]}") folder
    if ! system_nvcc >/dev/null; then
        wheels+=("${NVCC_WHEELS[@]}")
    fi
    if [[ ! -f $LIBTORCH/wheels || $(<"$LIBTORCH/wheels") != "${wheels[*]}" ]]; then
        say "Fetching LibTorch for CUDA: ${wheels[*]}"
        python3 -m venv "$LIBTORCH"
        "$LIBTORCH/bin/pip" install -q --disable-pip-version-check --no-cache-dir --no-deps "${wheels[@]}" >&2 \
            || fail "LibTorch for CUDA cannot be had from PyPI now"
        # Wheels hold the libraries without the names that linkers look for.
        folder=$(echo "$LIBTORCH"/lib/python3*/site-packages/nvidia/cu13)
        ln -sf libcudart.so.13 "$folder/lib/libcudart.so"
        printf '%s' "${wheels[*]}" >"$LIBTORCH/wheels"
    fi
    if ! system_nvcc >/dev/null; then
        CUDACXX=$(realpath "$LIBTORCH"/lib/python3*/site-packages/nvidia/cu13/bin/nvcc)
        export CUDACXX
    fi
}

# The machine's own nvcc, of the CUDA that LibTorch is of.
system_nvcc() {
    local nvcc
    [[ ${MIXERSCOPE_NVCC:-} != wheel ]] || return 1
    for nvcc in "${CUDACXX:-}" "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
        if [[ -x $nvcc ]] && "$nvcc" --version | grep -q 'release 13\.'; then
            echo "$nvcc"
            return
        fi
    done
    return 1
}

# Compiling against LibTorch takes up to 2 GiB a process: as many as the cores and the memory carry.
jobs() {
    local memory cores
    cores=$(nproc)
    memory=$(awk '/MemAvailable/ { print int($2 / 2097152) }' /proc/meminfo)
    echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

# configure PRESET [-D…]: only when something asks for it; ninja itself notices changed CMakeLists.txt.
configure() {
    local preset=$1 folder=build/$1
    shift
    if (($#)) || [[ ! -f $folder/build.ninja || CMakePresets.json -nt $folder/CMakeCache.txt ]]; then
        say "Configuring ($preset)"
        cmake --preset "$preset" "$@" >&2
        touch "$folder/CMakeCache.txt"
    fi
}

# build PRESET [TARGET…]
build() {
    local preset=$1
    shift
    say "Building ($preset)"
    cmake --build "build/$preset" -j "$(jobs)" ${1:+--target "$@"} >&2
}

# Photos of Debian's python3-skimage (public domain or CC0), unpacked beside the build, never installed.
fetch_samples() {
    compgen -G "$SAMPLES/*.[pj][np]g" >/dev/null && return
    mkdir -p "$SAMPLES"
    local package
    package=$(mktemp -d)
    say "Fetching sample photos (python3-skimage, about 20 MB)"
    if (cd "$package" && apt-get download -qq python3-skimage && dpkg-deb -x ./*.deb .) >/dev/null 2>&1; then
        for photo in "${PHOTOS[@]}"; do
            cp "$package/usr/lib/python3/dist-packages/skimage/data/$photo" "$SAMPLES/" 2>/dev/null || true
        done
    fi
    rm -rf "$package"
    if ! compgen -G "$SAMPLES/*.[pj][np]g" >/dev/null; then
        say "The photos cannot be had now: drawing a picture instead"
        build/release/mixerscope sample -o "$SAMPLES/drawn.png"
    fi
}

# The photos there are, the cat first.
sample_photos() {
    for photo in "${PHOTOS[@]}" drawn.png; do
        [[ -f $SAMPLES/$photo ]] && printf '%s\n' "$SAMPLES/$photo"
    done
    return 0
}

# Without a display: everything that the window would show, as files.
demonstrate() {
    local photos
    mapfile -t photos < <(sample_photos)
    mkdir -p "$DEMO"
    say "No display (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window. On the command line instead:"
    build/release/mixerscope predict "${photos[@]}" --model "$MODEL"
    build/release/mixerscope predict "${photos[@]}" --model "$MODEL" --json --logits --routing >"$DEMO/predictions.json"
    build/release/mixerscope export --figure all "${photos[@]}" --model "$MODEL" -o "$DEMO/" --format png --force
    say "Figures and numbers: $(pwd)/$DEMO"
}

command_run() {
    install_dependencies
    configure release
    build release mixerscope
    fetch_samples
    local files=("$@")
    if [[ -z ${DISPLAY:-} && -z ${WAYLAND_DISPLAY:-} ]]; then
        ((${#files[@]})) && say "Ignored without a display: ${files[*]}"
        demonstrate
        return
    fi
    ((${#files[@]})) || mapfile -t files < <(sample_photos)
    exec build/release/mixerscope "${files[@]}"
}

command_test() {
    local definitions=() results status=0
    while [[ ${1:-} == -D* ]]; do
        definitions+=("$1")
        shift
    done
    [[ ${1:-} == -- ]] && shift
    install_dependencies
    configure release "${definitions[@]}"
    build release
    say "Testing"
    results=$PWD/build/release/test-results.xml
    ctest --preset release -j "$(nproc)" --output-junit "$results" "$@" || status=$?
    [[ -f $results ]] && awk -F'"' '
        /^[[:space:]]*(tests|failures|disabled|skipped)=/ {
            gsub(/[[:space:]=]/, "", $1)
            count[$1] = $2
        }
        END {
            left_out = count["skipped"] + count["disabled"]
            printf "%d passed, %d failed, %d skipped\n",
                count["tests"] - count["failures"] - left_out, count["failures"], left_out
        }' "$results"
    return "$status"
}

command_build() {
    local preset=release
    if [[ ${1:-} == --cuda || "${1:-} ${2:-}" == "--preset cuda" ]]; then
        preset=cuda
        shift $([[ $1 == --cuda ]] && echo 1 || echo 2)
    elif [[ ${1:-} == --preset ]]; then
        [[ $# -ge 2 ]] || fail "--preset needs a name"
        preset=$2
        shift 2
    fi
    for argument in "$@"; do
        [[ $argument == -D* ]] || fail "build: unknown argument '$argument'; try ./setup.sh help"
    done
    if [[ $preset == cuda ]]; then
        install_dependencies --cuda
        install_libtorch_for_cuda
    else
        install_dependencies
    fi
    configure "$preset" "$@"
    build "$preset"
}

command_package() {
    local package
    install_dependencies
    configure release
    build release mixerscope mixer_ops desktop_icons
    say "Packing"
    cpack --config build/release/CPackConfig.cmake >&2
    package=$(ls -t build/release/package/mixerscope_*.deb | head -n 1)
    say "Made $package; to install it: apt-get install ./$package"
    printf '%s\n' "$package"
}

case ${1:-help} in
    run) shift && command_run "$@" ;;
    test) shift && command_test "$@" ;;
    build) shift && command_build "$@" ;;
    package) command_package ;;
    deps)
        [[ -z ${2:-} || $2 == --dev ]] || fail "deps: unknown argument '$2'; try ./setup.sh help"
        install_dependencies "${2:-}"
        say "Everything needed is installed."
        ;;
    help | -h | --help) usage ;;
    *)
        usage >&2
        exit 2
        ;;
esac
