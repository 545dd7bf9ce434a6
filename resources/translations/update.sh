#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Brings the translations up to date with the sources: new texts come in as unfinished, those that are gone leave.
# update.sh [FOLDER]: writes the .ts files of FOLDER, this one by default. LUPDATE names another lupdate.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(cd "${1:-$here}" && pwd)
cd "$here/../.."
lupdate=${LUPDATE:-$(command -v lupdate6 || echo /usr/lib/qt6/bin/lupdate)}
options=(-silent -no-obsolete -locations none -source-language en -I . ui visualizers)
said=$({
    "$lupdate" -target-language zh_CN "${options[@]}" -ts "$folder/mixerscope_zh_CN.ts"
    # English is the language of the sources: only its plurals need words.
    "$lupdate" -target-language en -pluralonly "${options[@]}" -ts "$folder/mixerscope_en.ts"
} 2>&1)
# ui/Translate.h has the tr() of the namespace. A class that calls it unqualified would be looked up as the class.
problems=$(grep -v "Class 'mixer::ui' lacks Q_OBJECT macro" <<<"$said" | sort -u || true)
if [[ -n $problems ]]; then
    printf '%s\n' "$problems" "update.sh: lupdate takes another context for these texts than the program:" \
        "give the class Q_OBJECT or Q_DECLARE_TR_FUNCTIONS" >&2
    exit 1
fi
