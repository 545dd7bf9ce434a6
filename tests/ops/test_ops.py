#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mixer::selective_scan, mixer::quasi_separable_scan and mixer::scan_set: values and gradients against the plain loops of tests/reference.

Usage: test_ops.py LIBMIXER_OPS.so
"""

import pathlib
import sys
import unittest

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "reference"))
from model import quasi_separable as quasi_separable_loop, s6  # noqa: E402

LIBRARY = sys.argv.pop(1) if len(sys.argv) > 1 else sys.exit(__doc__)
torch.ops.load_library(LIBRARY)

SCANS = [(torch.ops.mixer.selective_scan, s6), (torch.ops.mixer.quasi_separable_scan, quasi_separable_loop)]
NAMES = ["u", "delta", "A", "B", "C", "D", "delta_bias"]


def tensors(dtype=torch.float64, batch=2, steps=150, lanes=19, states=5, shared=False, by_step=False, seed=1):
    """Leaf tensors in the operators' order, without order and softplus."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    A = -torch.exp(0.3 * normal(1 if shared else lanes, states)) * torch.arange(1, states + 1)
    per = (steps, 1) if by_step else (lanes,)
    values = [normal(batch, steps, lanes), normal(batch, steps, lanes), A, normal(batch, steps, states),
              normal(batch, steps, states), normal(*per), 0.5 * normal(*per) - 2]
    return [x.to(dtype).requires_grad_() for x in values]


def plain(loop, u, delta, A, B, C, D=None, delta_bias=None, order=None, delta_softplus=False):
    """The operators' meaning, out of the loop over (M, E, T) in scan order."""
    steps = u.shape[1]
    rows = torch.arange(steps) if order is None else order.long()
    delta = delta if delta_bias is None else delta + delta_bias
    delta = F.softplus(delta) if delta_softplus else delta
    skip = torch.zeros(1, dtype=u.dtype) if D is None else D
    skip = skip.expand(steps, u.shape[2])[rows].T
    arguments = [x[:, rows].transpose(1, 2) for x in (u, delta, B, C)]
    y = loop(arguments[0], arguments[1], A, arguments[2], arguments[3], skip)[0]
    return torch.zeros_like(u).index_copy(1, rows, y.transpose(1, 2))


class Operators(unittest.TestCase):
    def compare(self, values, tolerance, **options):
        exact = [x.detach().double().requires_grad_() for x in values]
        for operator, loop in SCANS:
            weights = torch.randn(values[0].shape, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
            for x in values + exact:
                x.grad = None
            y = operator(*values, **options)
            expected = plain(loop, *exact, **options)
            self.assertLess((y - expected).abs().max(), tolerance * expected.abs().max())
            (y * weights.to(y.dtype)).sum().backward()
            (expected * weights).sum().backward()
            for name, a, b in zip(NAMES, values, exact):
                self.assertEqual(a.grad.shape, a.shape, name)
                self.assertLess((a.grad - b.grad).abs().max(), 4 * tolerance * b.grad.abs().max(), name)
            with torch.no_grad():
                self.assertTrue(torch.equal(operator(*values, **options), y))

    def test_float64_is_the_loop(self):
        order = torch.randperm(150, generator=torch.Generator().manual_seed(3))
        for shared in (False, True):
            for by_step in (False, True):
                values = tensors(shared=shared, by_step=by_step)
                self.compare(values, 1e-12, delta_softplus=True)
                self.compare(values, 1e-12, delta_softplus=True, order=order)

    def test_float32_is_close_to_it(self):
        self.compare(tensors(torch.float32, lanes=40), 2e-6, delta_softplus=True, order=torch.arange(150).flip(0).int())

    def test_any_strides(self):
        values = tensors()
        moved = [x.detach().transpose(1, -1).contiguous().transpose(1, -1).requires_grad_() if x.dim() == 3 else x
                 for x in values]
        self.assertFalse(moved[0].is_contiguous() or moved[3].is_contiguous())
        self.compare(moved, 1e-12, delta_softplus=True)

    def test_optional_tensors(self):
        values = tensors()
        steps = values[1].detach().abs() * 0.1
        for operator, loop in SCANS:
            y = operator(values[0], steps, *values[2:5])
            self.assertLess((y - plain(loop, values[0], steps, *values[2:5])).abs().max(), 1e-11)
            y.sum().backward()
            self.assertIsNone(values[5].grad)
            self.assertIsNotNone(values[0].grad)

    def test_gradcheck(self):
        values = tensors(batch=1, steps=7, lanes=3, states=2)
        for operator, _ in SCANS:
            self.assertTrue(torch.autograd.gradcheck(lambda *x, op=operator: op(*x, None, True), values))

    def test_no_second_derivative(self):
        values = tensors(steps=5)
        y = torch.ops.mixer.selective_scan(*values, None, True).sum()
        with self.assertRaisesRegex(RuntimeError, "no second derivative"):
            torch.autograd.grad(y, values[0], create_graph=True)

    def test_faults_are_named(self):
        good = [x.detach() for x in tensors()]

        def fault(index, value, message, order=None):
            arguments = list(good)
            if index is not None:
                arguments[index] = value
            for operator, _ in SCANS:
                with self.assertRaisesRegex(RuntimeError, message):
                    operator(*arguments, order, True)

        fault(0, good[0][0], r"u must be \(batch, steps, lanes\)")
        fault(0, good[0][:, :0], "none of them 0")
        fault(0, good[0].half(), "float32 or float64")
        fault(1, good[1][:, 1:], "delta must have the shape of u")
        fault(1, good[1].float(), "all must be the same")
        fault(2, good[2][:4], "A must have the shape")
        fault(2, good[2][0], "A must be")
        fault(3, good[3][..., :2], "B must have the shape")
        fault(4, good[4][:1], "C must have the shape")
        fault(5, good[5][:3], "D must have the shape")
        fault(6, good[6][:, None], "delta_bias must have the shape")
        fault(None, None, "order must have the shape", torch.arange(149))
        fault(None, None, "once; 0 at step 1", torch.zeros(150, dtype=torch.int64))
        fault(None, None, "once; -1 at step 0", torch.arange(150) - 1)
        fault(None, None, "once; 4294967296 at step 0", torch.arange(150) + 2**32)
        fault(None, None, "int32 or int64", torch.arange(150).float())


def set_tensors(seed, images=2, slots=3, scans=4, steps=70, lanes=11, states=3, shared=(), by_step=False):
    """Leaf tensors of a scan set by name; the names in `shared` have one copy for all slots or scans."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    def copies(name, count):
        return 1 if name in shared else count

    per = (steps, 1) if by_step else (lanes,)
    values = {
        "u": normal(images, steps, lanes),
        "delta": normal(images, copies("delta", slots), steps, lanes),
        "A": -torch.exp(0.3 * normal(copies("A", scans), lanes, states)),
        "B": normal(images, copies("B", slots), steps, states),
        "C": normal(images, copies("C", slots), steps, states),
        "D": normal(copies("D", scans), *per),
        "delta_bias": 0.5 * normal(copies("delta_bias", scans), *per) - 2,
        "weights": torch.rand(images, slots, generator=generator, dtype=torch.float64),
    }
    integers = {
        "orders": torch.stack([torch.randperm(steps, generator=generator) for _ in range(scans)]).int(),
        "scan_ids": torch.stack([torch.randperm(scans, generator=generator)[:slots] for _ in range(images)]).int(),
    }
    return {name: x.requires_grad_() for name, x in values.items()}, integers


def plain_set(loop, values, integers):
    """ScanSet.h's definition, image by image and slot by slot, out of single scans."""
    images, slots = values["B"].shape[0], values["weights"].shape[1]

    def copy(x, index):
        return x[0 if x.shape[0] == 1 else index]

    outputs = []
    for b in range(images):
        total = 0
        for k in range(slots):
            s = int(integers["scan_ids"][b, k])
            y = plain(loop, values["u"][b:b + 1], copy(values["delta"][b], k)[None], copy(values["A"], s),
                      copy(values["B"][b], k)[None], copy(values["C"][b], k)[None], copy(values["D"], s),
                      copy(values["delta_bias"], s), integers["orders"][s], True)
            total = total + values["weights"][b, k] * y
        outputs.append(total)
    return torch.cat(outputs)


class ScanSets(unittest.TestCase):
    def test_values_and_gradients(self):
        everything = ("delta", "A", "B", "C", "D", "delta_bias")
        for quasi_separable, loop in ((False, s6), (True, quasi_separable_loop)):
            for shared in ((), everything, ("delta", "B", "C"), ("A", "D")):
                for by_step in (False, True):
                    values, integers = set_tensors(5, shared=shared, by_step=by_step)
                    y = torch.ops.mixer.scan_set(**values, **integers, quasi_separable=quasi_separable)
                    expected = plain_set(loop, values, integers)
                    self.assertLess((y - expected).abs().max(), 1e-12 * expected.abs().max())
                    upstream = torch.randn(y.shape, generator=torch.Generator().manual_seed(9), dtype=y.dtype)
                    mine = torch.autograd.grad((y * upstream).sum(), list(values.values()))
                    theirs = torch.autograd.grad((expected * upstream).sum(), list(values.values()))
                    for name, a, b in zip(values, mine, theirs):
                        self.assertLess((a - b).abs().max(), 1e-11 * b.abs().max(), (name, shared, by_step))

    def test_a_weight_of_zero_still_has_a_gradient(self):
        values, integers = set_tensors(6)
        with torch.no_grad():
            values["weights"].zero_()
        upstream = torch.ones(values["u"].shape, dtype=torch.float64)
        mine = torch.autograd.grad(torch.ops.mixer.scan_set(**values, **integers), values["weights"], upstream)[0]
        theirs = torch.autograd.grad(plain_set(s6, values, integers), values["weights"], upstream)[0]
        self.assertGreater(theirs.abs().max(), 0.1)
        self.assertLess((mine - theirs).abs().max(), 1e-11 * theirs.abs().max())

    def test_without_choice_every_scan_runs(self):
        values, integers = set_tensors(7, slots=4)
        integers["scan_ids"] = torch.arange(4).repeat(2, 1).int()
        with torch.no_grad():
            values["weights"].fill_(1)
        chosen = torch.ops.mixer.scan_set(**values, **integers)
        del values["weights"]
        self.assertLess((torch.ops.mixer.scan_set(**values, orders=integers["orders"]) - chosen).abs().max(), 1e-12)

    def test_faults_are_named(self):
        values, integers = set_tensors(8)
        good = {name: x.detach() for name, x in values.items()} | integers

        def fault(name, value, message):
            with self.assertRaisesRegex(RuntimeError, message):
                torch.ops.mixer.scan_set(**{**good, name: value})

        fault("delta", good["delta"][:, :2], "delta must have 1 or 3 copies")
        fault("A", good["A"][0], "A must be")
        fault("D", good["D"][:, :4], "D must have the shape")
        fault("orders", good["orders"][:3], "orders must have 1 or 4 copies")
        fault("orders", torch.zeros_like(good["orders"]), "must visit each of the 70 rows once")
        fault("scan_ids", good["scan_ids"] + 4, "scan_ids must be within 0 and 3")
        fault("scan_ids", good["scan_ids"].long(), "scan_ids must be int32")
        fault("scan_ids", None, "need scan_ids")
        fault("weights", good["weights"][:, :1], "weights must have the shape")


if __name__ == "__main__":
    unittest.main()
