#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# By hand, as root: the package installs on a bare Debian 12 and works there. debian.sh [PACKAGE.deb]
# Needs debootstrap, desktop-file-utils, appstream and lintian; takes 1.5 GB under a temporary folder and some minutes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
package=${1:-$(./setup.sh package)}
mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' | awk '$2 == "bookworm" { print $1; exit }')
work=$(mktemp -d)
trap 'umount -q "$work/root/proc"; rm -rf --one-file-system "$work"' EXIT

lintian --fail-on error "$package"
dpkg-deb -x "$package" "$work/package"
desktop-file-validate "$work"/package/usr/share/applications/*.desktop
appstreamcli validate --no-net "$work"/package/usr/share/metainfo/*.xml

debootstrap --variant=minbase bookworm "$work/root" "$mirror" >"$work/debootstrap.log"
cp "$package" "$work/root/root/mixerscope.deb"
begin=$SECONDS
chroot "$work/root" env DEBIAN_FRONTEND=noninteractive sh -c \
    'apt-get update -qq && apt-get install -y -qq --no-install-recommends /root/mixerscope.deb' >"$work/install.log" 2>&1 ||
    { tail "$work/install.log" && exit 1; }
printf 'installed in %d s; the root now takes %s\n' $((SECONDS - begin)) "$(du -sh "$work/root" | cut -f 1)"
mount -t proc proc "$work/root/proc"
chroot "$work/root" sh -ec '
    cd /root
    mixerscope sample -o drawn.png
    mixerscope predict drawn.png --model vim2-demo -v
    mixerscope predict drawn.png --model viqs-demo --json >predictions.json
    mixerscope export --figure gates drawn.png -o gates.pdf
    mixerscope batch . --model vim2-demo -o drawn.csv
    test -s /usr/share/mixerscope/guide/en/README.md
    test -s gates.pdf && test "$(wc -l <drawn.csv)" = 2'
echo "works on a bare Debian 12"
