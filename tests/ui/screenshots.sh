#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes the pictures of the window that the README shows, light and dark, from what the program is today:
#   tests/ui/screenshots.sh BUILD_FOLDER [MODEL] [IMAGE…]
# Without a model and images: the demonstration checkpoint and the sample photos that ./setup.sh run has fetched.
# Needs no display. ImageMagick or GraphicsMagick, where it is installed, makes the files small (256 colours).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${1:?usage: tests/ui/screenshots.sh BUILD_FOLDER [MODEL] [IMAGE…]}
model=${2:-resources/models/vim2-demo.safetensors}
images=("${@:3}")
if [[ ${#images[@]} -eq 0 ]]; then
    images=(build/samples/{chelsea,coffee,astronaut}.png build/samples/rocket.jpg)
fi
out=resources/screenshots
mkdir -p "$out"

tool=$(find "$build" -type f -name window_screenshot -perm -u+x | head -n 1)
[[ -n $tool ]] || { echo "build the target window_screenshot first" >&2; exit 1; }
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}

take() {
    local name=$1
    shift
    "$tool" --output "$out/$name.png" "$@" "$model" "${images[@]}"
    if command -v convert >/dev/null; then
        convert "$out/$name.png" -colors 256 "png8:$out/$name.small.png" &&
            mv "$out/$name.small.png" "$out/$name.png"
    fi
    ls -l "$out/$name.png"
}

take window-light --scan diagonal --step 150
take window-dark --dark --overlay 4 --step 130 --panels attention,edits --force spiral
