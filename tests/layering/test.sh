#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The rooms obey, and the check finds every fault of the folder of deliberate ones.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/check.sh" "$here/../.."
if found=$("$here/check.sh" "$here/bad"); then
    echo "the check accepted the deliberately bad rooms"
    exit 1
fi
for expected in "no Qt in kernels/" "no LibTorch and no OpenCV in kernels/" "no Qt in engine/" \
    "engine/ includes only kernels/" "no widgets in visualizers/" "no LibTorch and no OpenCV in visualizers/" \
    "no LibTorch and no OpenCV in ui/" "NoLicense.h: the first line must be"; do
    if [[ $found != *"$expected"* ]]; then
        printf 'the check missed: %s\nit found:\n%s\n' "$expected" "$found"
        exit 1
    fi
done
