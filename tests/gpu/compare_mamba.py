#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times mamba-ssm's selective_scan_cuda at ViM2-T's shapes, alone and with VMamba's copies for four scans, and the
PyTorch loop. Prints one table; rows are those of scan_cuda_bench.

Usage: compare_mamba.py FOLDER_WITH_SELECTIVE_SCAN_CUDA [--loop]
"""
import argparse
import statistics
import sys

import torch

STAGES = [(56, 192), (28, 384), (14, 768), (7, 1536)]
STATES = 16


def milliseconds(call, sets):
    """Of one call, replayed as a graph that goes round over the sets."""
    call(0)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    count = max(sets, 4) if sets > 1 else 20
    with torch.cuda.graph(graph):
        for i in range(count):
            call(i % sets)
    times = []
    for row in range(11):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        graph.replay()
        end.record()
        end.synchronize()
        if row >= 2:
            times.append(begin.elapsed_time(end) / count)
    return statistics.median(times)


def cross_scan(x):
    """(B, C, H, W) in the order of four scans: (B, 4, C, L)."""
    batch, channels, height, width = x.shape
    out = x.new_empty(batch, 4, channels, height * width)
    out[:, 0] = x.flatten(2)
    out[:, 1] = x.transpose(2, 3).flatten(2)
    out[:, 2:] = out[:, :2].flip(-1)
    return out


def cross_merge(y, side):
    batch, _, channels, tokens = y.shape
    y = y[:, :2] + y[:, 2:].flip(-1)
    return y[:, 0] + y[:, 1].view(batch, channels, side, side).transpose(2, 3).reshape(batch, channels, tokens)


def loop(u, delta, A, B, C, D, bias):
    """mamba-ssm's reference: one step after another."""
    delta = torch.nn.functional.softplus(delta.float() + bias[..., None])
    u, B, C = u.float(), B.float(), C.float()
    decay = torch.exp(torch.einsum("bdl,dn->bdln", delta, A))
    inputs = torch.einsum("bdl,bnl,bdl->bdln", delta, B, u)
    state = torch.zeros_like(inputs[:, :, 0])
    ys = []
    for step in range(u.shape[2]):
        state = decay[:, :, step] * state + inputs[:, :, step]
        ys.append(torch.einsum("bdn,bn->bd", state, C[:, :, step]))
    return torch.stack(ys, 2) + u * D[:, None]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--loop", action="store_true")
    options = parser.parse_args()
    sys.path.insert(0, options.folder)
    import selective_scan_cuda

    print(f"{'stage':8} {'B':>4} {'type':5} {'1 scan':>9} {'4 scans':>9} {'+ copies':>9} {'1 back':>9} {'4 back':>9}"
          f" {'loop x4':>9}", flush=True)
    device = "cuda"
    for dtype, name in ((torch.bfloat16, "bf16"), (torch.float32, "f32")):
        for batch in (64, 8, 1):
            for stage, (side, dim) in enumerate(STAGES, 1):
                tokens = side * side
                bytes_of_set = batch * dim * tokens * (2 if dtype == torch.bfloat16 else 4) * 3
                sets = 1 if batch == 1 else max(1, min(12, -(-(160 << 20) // bytes_of_set)))

                def random(*shape):
                    return (torch.rand(*shape, device=device) * 2 - 1).to(dtype)

                def inputs(scans):
                    groups = dim * scans
                    return [dict(u=random(batch, groups, tokens), delta=random(batch, groups, tokens) * 2.5 - 2.5,
                                 A=-torch.rand(groups, STATES, device=device) * 15 - 1,
                                 B=random(batch, scans, STATES, tokens), C=random(batch, scans, STATES, tokens),
                                 D=torch.rand(groups, device=device), bias=-torch.rand(groups, device=device),
                                 dout=random(batch, groups, tokens)) for _ in range(sets)]

                def forward(s):
                    return selective_scan_cuda.fwd(s["u"], s["delta"], s["A"], s["B"], s["C"], s["D"], None,
                                                   s["bias"], True)

                def backward(s, saved):
                    return selective_scan_cuda.bwd(s["u"], s["delta"], s["A"], s["B"], s["C"], s["D"], None,
                                                   s["bias"], s["dout"], saved, None, None, True, False)

                row = []
                for scans in (1, 4):
                    cases = inputs(scans)
                    saved = [forward(s)[1] for s in cases]
                    row.append(milliseconds(lambda i: forward(cases[i]), sets))
                    if scans == 4:
                        images = [random(batch, dim, side, side) for _ in range(sets)]

                        def whole(i):
                            s = dict(cases[i], u=cross_scan(images[i]).flatten(1, 2))
                            return cross_merge(forward(s)[0].view(batch, 4, dim, tokens), side)

                        row.append(milliseconds(whole, sets))
                    back = milliseconds(lambda i: backward(cases[i], saved[i]), sets)
                    row.insert(len(row), back)
                one, one_back, four, copies, four_back = row
                loop_time = float("nan")
                if options.loop and batch in (1, 8):
                    s = inputs(4)[0]
                    small = {k: v[:, :dim] for k, v in s.items() if k in ("u", "delta")}
                    arguments = (small["u"], small["delta"], s["A"][:dim], s["B"][:, 0], s["C"][:, 0], s["D"][:dim],
                                 s["bias"][:dim])
                    loop(*arguments)
                    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
                    begin.record()
                    loop(*arguments)
                    end.record()
                    end.synchronize()
                    loop_time = 4 * begin.elapsed_time(end)
                print(f"{stage:<8} {batch:4} {name:5} {one:9.4f} {four:9.4f} {copies:9.4f} {one_back:9.4f}"
                      f" {four_back:9.4f} {loop_time:9.2f}", flush=True)
                torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
