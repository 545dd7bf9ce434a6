#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Paints every view in every size and theme, to be looked at before a release:
#   tests/ui/views.sh BUILD_FOLDER OUT [large checkpoint [large image]]
# OUT/MODEL-THEME-SIZE/PANEL.png: the window with each panel in front, both demonstration models with edits, attribution,
# router statistics, patches and a comparison done; at x2 and in Chinese for one of them; without anything; with a broken
# file; and, given a checkpoint and an image that take a while, at work. Needs no display. ImageMagick, where it is
# installed, makes a sheet of each folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${1:?usage: tests/ui/views.sh BUILD_FOLDER OUT [CHECKPOINT [IMAGE]]}
out=${2:?usage: tests/ui/views.sh BUILD_FOLDER OUT [CHECKPOINT [IMAGE]]}
tool=$(find "$build" -type f -name window_screenshot -perm -u+x | head -n 1)
[[ -n $tool ]] || { echo "build the target window_screenshot first" >&2; exit 1; }
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
export GOMP_SPINCOUNT=300  # as the program itself sets it
photos=(build/samples/{chelsea,coffee,astronaut}.png build/samples/motorcycle_left.png)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

# every FOLDER MODEL OPTIONS…
every() {
    local folder=$out/$1 model=resources/models/$2-demo.safetensors
    shift 2
    "$tool" --every "$folder" --overlay 2 --step 70 --lane 20 --force row --compare compareBaseline --panels attribution,router \
        --press studyButton --click explainButton --click measurePatchesButton "$@" "$model" "${photos[@]}" 2>/dev/null ||
        echo "not painted: $folder" >&2
}

themes=("light:" "dark:--dark")
for theme in "${themes[@]}"; do
    name=${theme%%:*}
    option=${theme#*:}
    for size in 1280x800 2560x1440; do
        for model in vim2 viqs; do
            every "$model-$name-$size" "$model" ${option:+"$option"} --width "${size%x*}" --height "${size#*x}"
        done
    done
    QT_SCALE_FACTOR=2 every "vim2-$name-x2" vim2 ${option:+"$option"} --width 1280 --height 800
    every "vim2-$name-zh" vim2 ${option:+"$option"} --width 1440 --height 900 --language zh_CN
    "$tool" --every "$out/empty-$name" ${option:+"$option"} --width 1280 --height 800 2>/dev/null
    printf 'not a checkpoint' >"$work/broken.safetensors"
    "$tool" --output "$out/error-$name.png" ${option:+"$option"} --width 1280 --height 800 "$work/broken.safetensors" 2>/dev/null
    if [[ -n ${3:-} ]]; then
        "$tool" --output "$out/opening-$name.png" ${option:+"$option"} --width 1280 --height 800 --while-running "$3" \
            resources/models/vim2-demo.safetensors "${photos[0]}" 2>/dev/null || echo "$3 opened before it could be seen" >&2
    fi
    if [[ -n ${4:-} ]]; then
        "$tool" --output "$out/running-$name.png" ${option:+"$option"} --width 1280 --height 800 --while-running "$4" \
            "$3" "${photos[0]}" 2>/dev/null || echo "$4 ran before it could be seen" >&2
    fi
done

if command -v montage >/dev/null; then
    for folder in "$out"/*/; do
        montage "$folder"*.png -geometry 640x -tile 3x -label '%t' "${folder%/}-sheet.png"
    done
fi
