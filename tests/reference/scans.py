# SPDX-License-Identifier: MIT
"""Scan orders, MODEL.md section 3: `order[t] = y * W + x` of the token visited at step t."""

VIM2_SCANS = ["row", "column", "row-reverse", "column-reverse", "diagonal", "hilbert", "spiral", "window-4"]
VIQS_SCANS = ["row", "column", "diagonal", "hilbert", "spiral", "window-4"]
CROSS_SCANS = ["row", "column", "row-reverse", "column-reverse"]


def scan_order(name, height, width):
    """The permutation of scan `name` on a grid of `height` rows and `width` columns, as a list of flat indices."""
    if name.endswith("-reverse"):
        return scan_order(name[: -len("-reverse")], height, width)[::-1]
    if name in _PLAIN:
        cells = _PLAIN[name](height, width)
    else:
        family, _, size = name.rpartition("-")
        if family not in _SIZED or not size.isdigit() or int(size) < 2:
            raise ValueError(f"unknown scan {name!r}")
        cells = _SIZED[family](height, width, int(size))
    return [y * width + x for y, x in cells]


def _row(height, width):
    return [(y, x) for y in range(height) for x in range(width)]


def _column(height, width):
    return [(y, x) for x in range(width) for y in range(height)]


def _serpentine_row(height, width):
    return [(y, width - 1 - x if y % 2 else x) for y in range(height) for x in range(width)]


def _serpentine_column(height, width):
    return [(height - 1 - y if x % 2 else y, x) for x in range(width) for y in range(height)]


def _diagonal(height, width):
    cells = []
    for s in range(height + width - 1):
        rows = range(max(0, s - width + 1), min(height - 1, s) + 1)
        # Even lines go up-right (y falling), odd lines down-left.
        cells += [(y, s - y) for y in (reversed(rows) if s % 2 == 0 else rows)]
    return cells


def _hilbert(height, width):
    cells = []
    if width >= height:
        _gilbert(cells, (0, 0), (width, 0), (0, height))
    else:
        _gilbert(cells, (0, 0), (0, height), (width, 0))
    return [(y, x) for x, y in cells]


def _gilbert(cells, start, major, minor):
    """Fill the rectangle spanned by two axis-parallel vectors (x, y), from `start` to the far end of `major`."""

    def add(p, q):
        return (p[0] + q[0], p[1] + q[1])

    def subtract(p, q):
        return (p[0] - q[0], p[1] - q[1])

    def half(p):
        return (p[0] // 2, p[1] // 2)  # toward minus infinity, as section 3 asks

    def unit(p):
        return ((p[0] > 0) - (p[0] < 0), (p[1] > 0) - (p[1] < 0))

    def length(p):
        return abs(p[0] + p[1])

    if length(minor) == 1 or length(major) == 1:
        step = unit(major) if length(minor) == 1 else unit(minor)
        for _ in range(max(length(major), length(minor))):
            cells.append(start)
            start = add(start, step)
        return

    if 2 * length(major) > 3 * length(minor):
        # A long rectangle: two halves, one behind the other; an even first half keeps the steps unit moves.
        first = half(major)
        if length(first) % 2 and length(major) > 2:
            first = add(first, unit(major))
        _gilbert(cells, start, first, minor)
        _gilbert(cells, add(start, first), subtract(major, first), minor)
        return

    # The Hilbert step: up along the minor axis, across, and down again.
    first = half(minor)
    if length(first) % 2 and length(minor) > 2:
        first = add(first, unit(minor))
    major_half = half(major)
    _gilbert(cells, start, first, major_half)
    _gilbert(cells, add(start, first), major, subtract(minor, first))
    last = add(start, add(subtract(major, unit(major)), subtract(first, unit(minor))))
    _gilbert(cells, last, subtract((0, 0), first), subtract(major_half, major))


def _spiral(height, width):
    cells = []
    top, left, bottom, right = 0, 0, height - 1, width - 1
    while top <= bottom and left <= right:
        cells += [(top, x) for x in range(left, right + 1)]
        cells += [(y, right) for y in range(top + 1, bottom + 1)]
        if bottom > top:
            cells += [(bottom, x) for x in range(right - 1, left - 1, -1)]
        if right > left:
            cells += [(y, left) for y in range(bottom - 1, top, -1)]
        top, left, bottom, right = top + 1, left + 1, bottom - 1, right - 1
    return cells


def _morton(height, width):
    def code(cell):
        y, x = cell
        return sum(((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1) for bit in range(32))

    return sorted(_row(height, width), key=code)


def _window(height, width, size):
    return [
        (y, x)
        for top in range(0, height, size)
        for left in range(0, width, size)
        for y in range(top, min(top + size, height))
        for x in range(left, min(left + size, width))
    ]


def _atrous(height, width, step):
    return [
        (y, x)
        for phase_y in range(step)
        for phase_x in range(step)
        for y in range(phase_y, height, step)
        for x in range(phase_x, width, step)
    ]


_PLAIN = {
    "row": _row,
    "column": _column,
    "serpentine-row": _serpentine_row,
    "serpentine-column": _serpentine_column,
    "diagonal": _diagonal,
    "hilbert": _hilbert,
    "spiral": _spiral,
    "morton": _morton,
}
_SIZED = {"window": _window, "atrous": _atrous}
