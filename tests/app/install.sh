#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What `cmake --install` puts under a prefix is all there and works from there: install.sh BUILD_FOLDER
set -euo pipefail
build=${1:?usage: install.sh BUILD_FOLDER}
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
cmake --install "$build" --prefix "$prefix" >/dev/null

fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}
for file in bin/mixerscope share/mixerscope/models/{vim2,viqs}-demo.safetensors share/applications/mixerscope.desktop \
    share/mime/packages/mixerscope.xml share/metainfo/mixerscope.metainfo.xml share/man/man1/mixerscope.1.gz \
    share/icons/hicolor/{16x16,48x48,256x256}/apps/mixerscope.png share/icons/hicolor/scalable/apps/mixerscope.svg \
    share/doc/mixerscope/{README.md,copyright,LICENSES/MIT.txt}; do
    [[ -f $prefix/$file ]] || fail "$file was not installed"
done
[[ -n $(find "$prefix" -name libmixer_ops.so) ]] || fail "libmixer_ops.so was not installed"

# Away from the sources, with nothing but what was installed: its own models, by name.
cd "$prefix"
program=$prefix/bin/mixerscope
"$program" sample -o drawn.png
for model in vim2-demo viqs-demo; do
    out=$("$program" predict drawn.png --model "$model" --json --top 1)
    [[ $out == *"\"path\":\"$prefix/share/mixerscope/models/$model.safetensors\""* ]] || fail "$model: $out"
    [[ $out == *'"probability"'* ]] || fail "$model: $out"
done
"$program" export --figure routing drawn.png -o routing.svg && grep -q '<svg' routing.svg
"$program" batch drawn.png -o drawn.csv && [[ $(wc -l <drawn.csv) == 2 ]] || fail "batch"
