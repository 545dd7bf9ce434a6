#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the accuracy curves of train_demo.py's logs as an SVG: `draw_curves.py LOG… -o FILE.svg`."""

import argparse
import re

COLOURS = ["#0072b2", "#d55e00", "#444444", "#009e73"]  # told apart by colour-blind readers too
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 560, 300, 46, 14, 90, 40


def read(path):
    points = re.findall(r"^(\S+) .*epoch ([\d.]+) loss ([\d.]+) top-1 ([\d.]+)", open(path).read(), re.M)
    if not points:
        raise SystemExit(f"{path}: no line of a training run")
    return points[0][0], [(float(epoch), float(top)) for _, epoch, _, top in points]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", nargs="+")
    parser.add_argument("-o", "--out", required=True)
    options = parser.parse_args()
    runs = [read(log) for log in options.logs]
    last = max(epoch for _, points in runs for epoch, _ in points)
    x = lambda epoch: LEFT + (WIDTH - LEFT - RIGHT) * epoch / last
    y = lambda top: HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * top / 100
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    for top in range(0, 101, 20):
        parts.append(f'<path d="M{LEFT} {y(top):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 6}" y="{y(top) + 4:.1f}" text-anchor="end">{top}</text>')
    for epoch in range(0, int(last) + 1, 10):
        parts.append(f'<text x="{x(epoch):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{epoch}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">epoch</text>')
    parts.append(f'<text transform="translate(12 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
                 'top-1, %</text>')
    ends = sorted((points[-1][1], i) for i, (_, points) in enumerate(runs))
    label = {}
    for top, i in ends:  # labels a line apart
        label[i] = min(y(top) + 4, min(label.values(), default=1e9) - 14)
    for i, (name, points) in enumerate(runs):
        path = "L".join(f"{x(e):.1f} {y(t):.1f}" for e, t in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{COLOURS[i]}" stroke-width="2"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 6}" y="{label[i]:.1f}" fill="{COLOURS[i]}">{name}</text>')
    open(options.out, "w").write("\n".join([*parts, "</svg>\n"]))


if __name__ == "__main__":
    main()
