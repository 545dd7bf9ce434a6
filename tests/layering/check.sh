#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Dependencies point one way: app -> ui -> visualizers -> engine -> kernels. Reads the includes of every room under the
# given folder, prints each that its room may not have, and fails if there is one. Checks the licence line as well.
set -euo pipefail
root=${1:?usage: check.sh FOLDER}
status=0

sources() { find "$root/$1" -type f \( -name '*.h' -o -name '*.cpp' \) 2>/dev/null | sort; }

# forbid ROOM PATTERN WHY: no include of the room may match (extended regular expression, behind < or ").
forbid() {
    local hits
    hits=$(sources "$1" | xargs -r grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" || true)
    if [[ -n $hits ]]; then
        printf '%s: %s\n%s\n' "$1" "$3" "$hits"
        status=1
    fi
}

license() {
    local file
    while IFS= read -r file; do
        if [[ $(head -n 1 "$file") != "// SPDX-License-Identifier: $2" ]]; then
            printf '%s: the first line must be "// SPDX-License-Identifier: %s"\n' "$file" "$2"
            status=1
        fi
    done < <(sources "$1")
}

qt='Q[A-Z]|Qt|q[a-z]+\.h'
torch='torch/|ATen/|c10/'
forbid kernels "$qt" "no Qt in kernels/"
forbid kernels "$torch|opencv2/" "no LibTorch and no OpenCV in kernels/"
forbid kernels "(engine|visualizers|ui|app)/" "kernels/ includes no other room"
forbid engine "$qt" "no Qt in engine/"
forbid engine "(visualizers|ui|app)/" "engine/ includes only kernels/"
forbid visualizers "$torch|opencv2/" "no LibTorch and no OpenCV in visualizers/"
forbid visualizers "QWidget>" "no widgets in visualizers/"
forbid visualizers "(ui|app)/" "visualizers/ includes only engine/ and kernels/"
forbid ui "$torch|opencv2/" "no LibTorch and no OpenCV in ui/"
forbid ui "app/" "ui/ does not include app/"
forbid app "$torch|opencv2/" "no LibTorch and no OpenCV in app/"

for room in kernels engine tests/kernels tests/engine; do license "$room" MIT; done
for room in visualizers ui app tests/visualizers tests/ui tests/app; do license "$room" GPL-3.0-or-later; done
exit "$status"
