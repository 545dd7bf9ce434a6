#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Fails when a text of the sources is not in the translations, or one of the translations is not in the sources any more:
# test.sh LUPDATE
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$root"/resources/translations/*.ts "$work"
LUPDATE=${1:?usage: test.sh LUPDATE} "$root/resources/translations/update.sh" "$work"
status=0
for file in "$root"/resources/translations/*.ts; do
    if ! diff -u "$file" "$work/$(basename "$file")"; then
        echo "$(basename "$file") is behind the sources: run resources/translations/update.sh and translate what is unfinished"
        status=1
    fi
done
if grep -n 'type="unfinished"' "$root"/resources/translations/*.ts; then
    echo "there are texts without a translation"
    status=1
fi
exit "$status"
