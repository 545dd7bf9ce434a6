#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles the CUDA kernels and writes RESOURCES.md from the compiler's own report.

Usage: record_resources.py [--nvcc PATH] [--jobs N]
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
TYPES = ["float32", "bfloat16", "float16"]
ARCHITECTURES = [75, 80, 90, 120]
FORMAT = """# Registers, shared memory and spills of the CUDA kernels

Written by `record_resources.py` from `nvcc -Xptxas -v` ({version}); 128 or 256 threads a block. Shared memory is dynamic
and depends on the shape, see `makePlan`; the second number is what the compiler allots itself. "4 x 16 states": 4 in each
of 16 threads. Spills are bytes of the whole kernel, stores + loads. {count} kernels in {types} types.

| kernel | type | {heads} |
| --- | --- | {rules} |
{rows}
"""


def compile_type(nvcc, element):
    """The compiler's report on one element type, for all architectures."""
    targets = [f"-gencode=arch=compute_{a},code=sm_{a}" for a in ARCHITECTURES]
    with tempfile.TemporaryDirectory() as scratch:
        command = [nvcc, "-std=c++17", "-O3", *targets, "-Xptxas", "-v", f"-I{ROOT}", "-c",
                   "-o", os.path.join(scratch, "out.o"), str(FOLDER / f"scan_{element}.cu")]
        return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def kernel_name(mangled):
    name = next((n for n in ("ForwardScan", "SegmentScan", "BackwardScan") if n in mangled), None)
    if not name:
        return "SumParts"
    states, groups, one_tile = re.search(r"WidthILi(\d+)ELi(\d+)ELb([01])E", mangled).groups()
    kinds = re.findall(r"Lb([01])E", mangled)[1:]  # the first is the width's own
    kind = "quasi-separable" if kinds == ["1"] else "selective"
    return f"{name} {kind}, {'one tile' if one_tile == '1' else 'several tiles'}, {states} x {groups} states"


def parse(report):
    """{(kernel, architecture): (registers, static shared, spill bytes)}"""
    found = {}
    key = None
    for line in report.splitlines():
        if match := re.search(r"Compiling entry function '(\S+)' for 'sm_(\d+)'", line):
            key = (kernel_name(match.group(1)), int(match.group(2)))
            found[key] = [0, 0, 0]
        elif match := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            found[key][2] = int(match.group(1)) + int(match.group(2))
        elif match := re.search(r"Used (\d+) registers", line):
            found[key][0] = int(match.group(1))
            if shared := re.search(r"(\d+) bytes smem", line):
                found[key][1] = int(shared.group(1))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nvcc", default=os.environ.get("CUDACXX", "/usr/local/cuda/bin/nvcc"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    version = re.search(r"V[\d.]+", subprocess.run([options.nvcc, "--version"], check=True, capture_output=True,
                                                   text=True).stdout).group(0)
    rows = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        reports = list(pool.map(lambda element: compile_type(options.nvcc, element), TYPES))
    for element, report in zip(TYPES, reports):
        found = parse(report)
        for kernel in sorted({name for name, _ in found}):
            cells = ["{}, {}, {}".format(*found[kernel, a]) for a in ARCHITECTURES]
            rows.append(f"| {kernel} | {element} | {' | '.join(cells)} |")
    text = FORMAT.format(version=version, count=len(rows), types=len(TYPES),
                         heads=" | ".join(f"sm_{a}: registers, shared, spills" for a in ARCHITECTURES),
                         rules=" | ".join("---" for _ in ARCHITECTURES), rows="\n".join(rows))
    (FOLDER / "RESOURCES.md").write_text(text)


if __name__ == "__main__":
    main()
