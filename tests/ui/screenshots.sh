#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes every picture of the user guide (the README shows two of them), and its glossary, from what the program is today:
#   tests/ui/screenshots.sh BUILD_FOLDER [NAME…]
# All of them, or those named: window, scans … Takes the demonstration checkpoints and the sample photos that
# ./setup.sh run has fetched. Needs no display. ImageMagick or GraphicsMagick, where it is installed, makes the files small.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=${1:?usage: tests/ui/screenshots.sh BUILD_FOLDER [NAME…]}
wanted=("${@:2}")
out=resources/guide/images
mkdir -p "$out"
tool=$(find "$build" -type f -name window_screenshot -perm -u+x | head -n 1)
program=$build/mixerscope
[[ -n $tool ]] || { echo "build the targets window_screenshot and mixerscope first" >&2; exit 1; }
export QT_QPA_PLATFORM=${QT_QPA_PLATFORM:-offscreen}
export GOMP_SPINCOUNT=300  # as the program itself sets it: threads that wait do not take the time of those that work
vim2=resources/models/vim2-demo.safetensors
viqs=resources/models/viqs-demo.safetensors
photos=(build/samples/{chelsea,coffee,astronaut}.png build/samples/rocket.jpg build/samples/motorcycle_left.png)
edits=$(mktemp)
trap 'rm -f "$edits"' EXIT

is_wanted() {
    [[ ${#wanted[@]} -eq 0 || " ${wanted[*]} " == *" $1 "* ]]
}

# Colours are few: plots, and photos that may lose some.
shrink() {
    if command -v convert >/dev/null; then
        convert "$1" -colors "${2:-256}" "png8:$1.small" && mv "$1.small" "$1"
    fi
    ls -l "$1"
}

# take NAME MODEL OPTIONS…: the window, or what the options say of it.
take() {
    is_wanted "$1" || return 0
    local file=$out/$1.png model=$2
    shift 2
    "$tool" --output "$file" "$@" "$model" "${photos[@]}" 2>/dev/null
    shrink "$file"
}

# draw NAME OPTIONS…: a figure from the command line.
draw() {
    is_wanted "$1" || return 0
    local file=$out/$1.png
    shift
    "$program" export "$@" --dpi 100 --no-recipe --force -o "$file" >/dev/null
    shrink "$file"
}

take window "$vim2" --scan diagonal --step 150
take window-dark "$vim2" --dark --overlay 2 --step 130 --panels attention,edits --force spiral

take canvas "$vim2" --only canvas --overlay 3 --scan diagonal --step 150 --width 1200 --height 760
take feature-pca "$vim2" --only canvas --overlay 8 --no-path --mixer stages.0.blocks.0.channel_mixer --width 1200 --height 760
take images "$vim2" --only images --only-size 330x330
take model "$vim2" --only model --only-size 330x430
take tensors "$vim2" --only tensors --only-size 760x330 --panels tensors
take predictions "$vim2" --only predictions --only-size 460x240 --image 4 --force row
take scans "$vim2" --only scans --only-size 760x300 --scan diagonal --step 150
take scan-order "$vim2" --only scanOrder --only-size 760x280 --scan diagonal --step 150
take router "$vim2" --only router --only-size 760x300 --study --panels router
take channels "$vim2" --only channels --only-size 520x440 --scan diagonal --step 150 --combo laneSortCombo=2
take states "$vim2" --only states --only-size 520x420 --scan diagonal --step 150
take attention "$vim2" --only attention --only-size 460x460 --scan diagonal --step 150
take split "$viqs" --only attention --only-size 520x440 --combo attentionDirectionCombo=2
take attribution "$vim2" --only attribution --only-size 460x420 --image 3 --mixer stages.2.blocks.1.channel_mixer \
    --overlay 6 --combo ablationPartCombo=0 --click explainButton --click ablateButton
take patch-effects "$vim2" --only patchEffects --only-size 520x400 --image 4 --panels patchEffects \
    --click measurePatchesButton
take mixing "$vim2" --only mixing --only-size 460x420 --mixer stages.2.blocks.0.token_mixers.0
cat >"$edits" <<'JSON'
{"version": 1, "edits": [
  {"kind": "force-scans", "scans": ["row"], "mixers": ["stages.0.blocks.0.token_mixers.0"]},
  {"kind": "scale-delta", "factor": 2, "mixers": ["stages.1.blocks.0.token_mixers.0"]}]}
JSON
take edits "$vim2" --only edits --only-size 440x360 --image 4 --edits "$edits"
take export "$vim2" --action exportFigure

cat >"$edits" <<'JSON'
{"version": 1, "edits": [
  {"kind": "hold-channels", "channels": [162], "at": "zero", "mixers": ["stages.2.blocks.1.channel_mixer"]}]}
JSON
take compare "$vim2" --image 3 --mixer stages.2.blocks.1.channel_mixer --edits "$edits" --panels compare \
    --compare compareBaseline

# Stories.
write_edit() {
    printf '{"version": 1, "edits": [{"kind": "force-scans", "scans": ["%s"], "mixers": ["%s"]}]}' "$1" "$2" >"$edits"
}
write_edit window-4 stages.2.blocks.0.token_mixers.1
draw researcher-window-4 --figure predictions "${photos[4]}" --edit "$edits" --column single --no-caption
take researcher "$vim2" --image 4 --mixer stages.2.blocks.0.token_mixers.1 --panels edits --force row-reverse
write_edit row-reverse stages.2.blocks.0.token_mixers.1
draw researcher-row-reverse --figure predictions "${photos[4]}" --edit "$edits" --column single --no-caption
take engineer "$vim2" --image 3 --mixer stages.2.blocks.1.channel_mixer --panels attribution,edits --no-path --overlay 6 \
    --combo attributionMethodCombo=3 --combo ablationPartCombo=2 --click explainButton --click ablateButton
take student "$vim2" --mixer stages.1.blocks.0.token_mixers.1 --scan column --step 19 --lane 138 --overlay 1 \
    --combo laneSortCombo=2 --combo stateQuantityCombo=0

if is_wanted glossary; then
    "$tool" --glossary resources/guide/en/glossary.md
fi
