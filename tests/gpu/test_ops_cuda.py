#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The operators on a GPU from Python: values and gradients against the same operators in float64 on the CPU.

Usage: test_ops_cuda.py LIBMIXER_OPS.so
"""

import sys
import unittest

import torch

LIBRARY = sys.argv.pop(1) if len(sys.argv) > 1 else sys.exit(__doc__)
torch.ops.load_library(LIBRARY)


def inputs(dtype):
    """Fresh ones, rounded to what dtype holds: float64 on the CPU."""
    def uniform(low, high, *shape):
        return (torch.rand(*shape, dtype=torch.float64) * (high - low) + low).to(dtype).double()

    return [uniform(-1, 1, 2, 150, 24), uniform(-5, 1, 2, 1, 150, 24), -uniform(0.1, 2, 1, 24, 16).float().double(),
            uniform(-1, 1, 2, 1, 150, 16), uniform(-1, 1, 2, 1, 150, 16), uniform(-1, 1, 1, 24).float().double(),
            uniform(-1, 1, 3, 24).float().double()]


class OperatorsOnGpu(unittest.TestCase):
    def run_set(self, values, device, dtype, quasi_separable):
        leaves = [x.detach().to(device, dtype, copy=True).requires_grad_() for x in values]
        orders = torch.stack([torch.arange(150), torch.arange(149, -1, -1), torch.arange(150).roll(70)]).int()
        ids = torch.tensor([[0, 2], [1, 2]], dtype=torch.int32)
        weights = torch.tensor([[0.3, 0.7], [0.5, 0.5]], dtype=torch.float64).to(device, dtype).requires_grad_()
        y = torch.ops.mixer.scan_set(*leaves, orders=orders.to(device), scan_ids=ids.to(device), weights=weights,
                                     quasi_separable=quasi_separable)
        (y.double() ** 2).sum().backward()
        return [y] + [x.grad for x in leaves + [weights]]

    def test_scan_set(self):
        for dtype, tolerance in ((torch.float32, 5e-5), (torch.bfloat16, 3e-2), (torch.float16, 4e-3)):
            for quasi_separable in (False, True):
                values = inputs(dtype)
                wanted = self.run_set(values, "cpu", torch.float64, quasi_separable)
                found = self.run_set(values, "cuda", dtype, quasi_separable)
                for a, b in zip(found, wanted):
                    self.assertEqual(a.dtype, dtype)
                    self.assertLess((a.cpu().double() - b).abs().max(), tolerance * b.abs().max())

    def test_single_scans(self):
        u, delta, A, B, C, D, _ = inputs(torch.float32)
        for operator in (torch.ops.mixer.selective_scan, torch.ops.mixer.quasi_separable_scan):
            arguments = (u, delta[:, 0], A[0], B[:, 0], C[:, 0], D[0])
            wanted = operator(*arguments, delta_softplus=True)
            found = operator(*(x.cuda().float() for x in arguments), delta_softplus=True)
            self.assertLess((found.cpu() - wanted).abs().max(), 1e-5 * wanted.abs().max())

    def test_streams_and_no_waiting(self):
        u, delta, A, B, C, D, _ = (x.cuda().float() for x in inputs(torch.float32))
        stream = torch.cuda.Stream()
        expected = torch.ops.mixer.scan_set(u, delta, A, B, C, D)
        torch.cuda.synchronize()
        torch.cuda.set_sync_debug_mode("error")
        try:
            with torch.cuda.stream(stream):
                y = torch.ops.mixer.scan_set(u, delta, A, B, C, D)
        finally:
            torch.cuda.set_sync_debug_mode("default")
        stream.synchronize()
        self.assertTrue(torch.equal(y, expected))


if __name__ == "__main__":
    unittest.main()
