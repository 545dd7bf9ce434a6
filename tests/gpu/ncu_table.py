#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What limits each scan: asks Nsight Compute about one call of every shape and prints one line for each.

Usage: ncu_table.py SCAN_CUDA_BENCH [--type bf16]
"""
import argparse
import csv
import io
import subprocess

TIME = "gpu__time_duration.sum"
BYTES = "dram__bytes.sum.per_second"
MEMORY = "dram__throughput.avg.pct_of_peak_sustained_elapsed"
ISSUE = "sm__inst_issued.avg.pct_of_peak_sustained_active"
WARPS = "sm__warps_active.avg.pct_of_peak_sustained_active"
STALL = "smsp__average_warps_issue_stalled_"
REASONS = ["barrier", "short_scoreboard", "long_scoreboard", "wait", "mio_throttle", "lg_throttle", "not_selected",
           "math_pipe_throttle", "no_instruction", "dispatch_stall"]
METRICS = [TIME, BYTES, MEMORY, ISSUE, WARPS] + [f"{STALL}{r}_per_issue_active.ratio" for r in REASONS]
SCALE = {"second": 1e6, "s": 1e6, "msecond": 1e3, "ms": 1e3, "usecond": 1, "us": 1, "nsecond": 1e-3, "ns": 1e-3,
         "Tbyte/s": 1e12, "Tbyte/second": 1e12, "Gbyte/s": 1e9, "Gbyte/second": 1e9, "Mbyte/s": 1e6,
         "Mbyte/second": 1e6, "Kbyte/s": 1e3, "Kbyte/second": 1e3, "byte/s": 1, "byte/second": 1}


def measure(bench, operation, stage, batch, element):
    """One {metric: value} for each kernel of the last of the benchmark's three calls."""
    command = ["ncu", "--csv", "--page", "raw", "--metrics", ",".join(METRICS), bench, "once", f"op={operation}",
               f"stage={stage}", f"batch={batch}", "scans=1", f"type={element}", "data=shared"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    table = [line for line in text.splitlines() if line.startswith('"')]
    rows = list(csv.DictReader(io.StringIO("\n".join(table))))
    units, rows = rows[0], rows[1:]
    of_one_call = rows[-(len(rows) // 3):] if len(rows) >= 3 else rows
    found = []
    for row in of_one_call:
        values = {m: float(row[m].replace(",", "")) * SCALE.get(units[m], 1) for m in METRICS if row.get(m)}
        if "nan" not in (str(v) for v in values.values()):
            found.append(values)
    return found


def limiter(kernel):
    shares = {"bytes": kernel[MEMORY], "instructions": kernel[ISSUE]}
    busiest = max(shares, key=shares.get)
    if shares[busiest] >= 60:
        return busiest
    stalls = {r: kernel.get(f"{STALL}{r}_per_issue_active.ratio", 0.0) for r in REASONS}
    return f"latency ({max(stalls, key=stalls.get).replace('_', ' ')})"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bench")
    parser.add_argument("--type", default="bf16")
    options = parser.parse_args()
    print("| scan | batch | stage | us | GB/s | DRAM | issue | warps | limiter |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for operation in ("s6", "qs", "s6-back", "qs-back"):
        for batch in (64, 8, 1):
            for stage in (1, 2, 3, 4):
                kernels = measure(options.bench, operation, stage, batch, options.type)
                main_kernel = max(kernels, key=lambda k: k[TIME])
                print(f"| {operation} | {batch} | {stage} | {sum(k[TIME] for k in kernels):.1f} "
                      f"| {main_kernel[BYTES] * 1e-9:.0f} | {main_kernel[MEMORY]:.0f} % | {main_kernel[ISSUE]:.0f} % "
                      f"| {main_kernel[WARPS]:.0f} % | {limiter(main_kernel)} |", flush=True)


if __name__ == "__main__":
    main()
