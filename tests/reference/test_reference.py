# SPDX-License-Identifier: MIT
"""Checks of the reference itself: golden orders, golden nets, identities that MODEL.md states. Run with python3."""

import json
import os
import sys
import unittest

import numpy as np
import torch

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import fast_model
import initial_values
import make_peer_fixtures
import model
import peers
import preprocess
import safetensors_io
import scans

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")


def fixture(*parts):
    return os.path.join(FIXTURES, *parts)


def random_scan(length=11, lanes=5, state=3, seed=1):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    u, delta = normal(2, lanes, length), model.softplus(normal(2, lanes, length))
    return [
        u,
        delta,
        -torch.exp(normal(lanes, state)),
        normal(2, state, length),
        normal(2, state, length),
        normal(lanes, 1),
    ]


class ScanOrders(unittest.TestCase):
    def test_golden_orders(self):
        with open(fixture("scan_orders.json")) as file:
            orders = json.load(file)["orders"]
        for name, sizes in orders.items():
            for size, expected in sizes.items():
                height, width = map(int, size.split("x"))
                self.assertEqual(scans.scan_order(name, height, width), expected, f"{name} {size}")

    def test_every_scan_is_a_permutation(self):
        names = [*scans._PLAIN, "window-2", "window-3", "atrous-2", "atrous-5", "spiral-reverse"]
        for name in names:
            for height in range(1, 10):
                for width in range(1, 10):
                    order = scans.scan_order(name, height, width)
                    self.assertEqual(sorted(order), list(range(height * width)), f"{name} {height}x{width}")

    def test_hilbert_moves_by_one(self):
        for height in range(1, 20):
            for width in range(1, 20):
                cells = [divmod(index, width) for index in scans.scan_order("hilbert", height, width)]
                jumps = [abs(a - c) + abs(b - d) for (a, b), (c, d) in zip(cells, cells[1:])]
                longer, shorter = max(height, width), min(height, width)
                diagonal = 1 if longer % 2 == 1 and shorter % 2 == 0 and shorter > 2 else 0
                self.assertEqual(sum(jump == 2 for jump in jumps), diagonal, f"{height}x{width}")
                self.assertTrue(all(jump in (1, 2) for jump in jumps))

    def test_unknown_names_are_refused(self):
        for name in ("window-1", "window", "zigzag", "atrous-x", "-reverse"):
            with self.assertRaises(ValueError):
                scans.scan_order(name, 3, 3)


class SelectiveScans(unittest.TestCase):
    def dense(self, u, delta, A, Bm, Cm, D, causal):
        """The matrix form of section 2, built entry by entry for one lane."""
        batch, lanes, length = u.shape
        y = torch.zeros_like(u)
        for b in range(batch):
            for e in range(lanes):
                for i in range(length):
                    for j in range(length):
                        if causal and j > i:
                            continue
                        between = delta[b, e, j + 1 : i + 1] if j <= i else delta[b, e, i:j]
                        decay = torch.exp(between.sum() * A[e])
                        y[b, e, i] += (Cm[b, :, i] * decay * Bm[b, :, j]).sum() * delta[b, e, j] * u[b, e, j]
        return y + D * u

    def test_s6_is_its_matrix(self):
        arguments = random_scan()
        y, _ = model.s6(*arguments)
        torch.testing.assert_close(y, self.dense(*arguments, causal=True), rtol=1e-12, atol=1e-12)

    def test_quasi_separable_is_its_matrix(self):
        u, delta, A, Bm, Cm, D = random_scan()
        y, _, _ = model.quasi_separable(u, delta, A, Bm, Cm, D)
        # Section 2's upper part runs over i <= m < j: the steps crossed on the way back from j to i.
        torch.testing.assert_close(y, self.dense(u, delta, A, Bm, Cm, D, causal=False), rtol=1e-12, atol=1e-12)

    def test_quasi_separable_has_no_direction(self):
        u, delta, A, Bm, Cm, D = random_scan()
        y, _, _ = model.quasi_separable(u, delta, A, Bm, Cm, D)
        turned, _, _ = model.quasi_separable(u.flip(2), delta.flip(2), A, Bm.flip(2), Cm.flip(2), D)
        torch.testing.assert_close(turned.flip(2), y, rtol=1e-12, atol=1e-12)

    def test_states_are_those_of_a_shorter_run(self):
        u, delta, A, Bm, Cm, D = random_scan()
        _, (h,) = model.s6(u, delta, A, Bm, Cm, D, keep=[6])
        _, (last,) = model.s6(u[..., :7], delta[..., :7], A, Bm[..., :7], Cm[..., :7], D, keep=[6])
        torch.testing.assert_close(h, last, rtol=0, atol=0)


class WholeNets(unittest.TestCase):
    """The committed parity fixtures still are what this reference computes."""

    NAMES = [
        "vim2-default", "vim2-perscan-multires", "vim2-cross", "vim2-every-scan",
        "viqs-default", "viqs-perscan-linear", "viqs-cross", "viqs-every-scan",
    ]  # fmt: skip

    def load(self, name):
        expected, metadata = safetensors_io.read(fixture(f"{name}.expected.safetensors"))
        return model.Network.load(fixture(f"{name}.safetensors")), expected, json.loads(metadata["detail"])

    def test_results_are_reproduced(self):
        for name in self.NAMES:
            network, expected, detail = self.load(name)
            trace = {}
            trace["logits"] = network(torch.as_tensor(expected.pop("input")).double(), trace, detail)
            self.assertEqual(set(trace), set(expected), name)
            for key, value in expected.items():
                np.testing.assert_allclose(trace[key].numpy(), value, rtol=1e-6, atol=1e-6, err_msg=f"{name} {key}")

    def test_batch_is_its_images(self):
        for name in self.NAMES:
            network, expected, _ = self.load(name)
            images = torch.as_tensor(expected["input"]).double()
            single = torch.cat([network(images[:1]), network(images[1:])])
            torch.testing.assert_close(network(images), single, rtol=1e-10, atol=1e-12)

    def test_every_tensor_matters(self):
        """A fixture in which a weight could be misread without a change would test nothing."""
        for name in ("vim2-default", "viqs-default", "vim2-perscan-multires"):
            network, expected, _ = self.load(name)
            images = torch.as_tensor(expected["input"]).double()
            logits = network(images)
            for key, weight in network.weights.items():
                network.weights[key] = weight * 1.01 + 0.01
                changed = (network(images) - logits).abs().max()
                network.weights[key] = weight
                if key.endswith("mix.alpha") and weight.numel() == 1:
                    continue
                self.assertGreater(float(changed), 1e-7, f"{name} {key}")


class FastNetworks(unittest.TestCase):
    """The training code computes what the reference computes."""

    CONFIGS = [
        {"arch": "vim2", "scans": scans.VIM2_SCANS, "sos": {"top_k": 4}, "gate": "linear"},
        {"arch": "viqs", "scans": scans.VIQS_SCANS, "sos": {"top_k": 2}, "gate": "multires"},
    ]

    def check(self, device):
        for part in self.CONFIGS:
            sizes = {"dims": [8, 40], "token_mixers": [[1], [2, 1]], "channel_inner": [40, 9], "d_state": 4}
            config = {**part, **sizes, "num_classes": 5, "image_size": [24, 28]}
            values = initial_values.shaken_values(config, 3)
            images = torch.randn(3, 3, 24, 28, generator=torch.Generator().manual_seed(2))
            reference = model.Network(config, values)
            for weight in reference.weights.values():
                weight.requires_grad_()
            fast = fast_model.FastNetwork(config).to(device).eval()
            for name, weight in fast.named_tensors().items():
                weight.data.copy_(torch.from_numpy(values[name]))
            logits, _ = fast(images.to(device))
            expected = reference(images.double())
            torch.testing.assert_close(logits.cpu().double(), expected, rtol=1e-4, atol=1e-4)
            target = torch.linspace(-1, 1, 15).reshape(3, 5)
            (expected * target).sum().backward()
            (logits * target.to(device)).sum().backward()
            for name, weight in fast.named_tensors().items():
                wanted = reference.weights[name].grad
                error = (weight.grad.cpu() - wanted).norm() / (wanted.norm() + 1e-6)
                self.assertLess(float(error), 2e-3, f"{part['arch']} {name}")

    def test_on_the_cpu(self):
        self.check("cpu")

    @unittest.skipUnless(torch.cuda.is_available(), "needs a GPU")
    def test_on_the_gpu(self):
        self.check("cuda")


class DemonstrationCheckpoints(unittest.TestCase):
    FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "resources", "models")

    def test_they_run_and_say_what_they_are(self):
        for family in ("vim2", "viqs"):
            path = os.path.join(self.FOLDER, f"{family}-demo.safetensors")
            self.assertLessEqual(os.path.getsize(path), 4_000_000)
            network = model.Network.load(path, torch.float32)
            self.assertEqual(network.config["arch"], family)
            self.assertEqual(len(network.config["labels"]), network.config["num_classes"])
            _, metadata = safetensors_io.read(path)
            self.assertGreater(json.loads(metadata["mixer_training"])["top_1"], 10.0)
            logits = network(torch.zeros(1, 3, *network.config["image_size"]))
            self.assertTrue(bool(torch.isfinite(logits).all()) and float(logits.std()) > 0.1)


class Preprocessing(unittest.TestCase):
    def test_fixture_is_reproduced(self):
        tensors, metadata = safetensors_io.read(fixture("preprocess.safetensors"))
        for name, case in json.loads(metadata["cases"]).items():
            image = tensors[f"{name}.image"]
            if case["mode"] == "crop":
                resized = preprocess.cover_and_crop(image, case["image_size"])
            else:
                resized = preprocess.whole(image, case["longest"])
            np.testing.assert_array_equal(resized, tensors[f"{name}.resized"], name)
            if f"{name}.tensor" in tensors:
                normal = preprocess.normalize(resized, case["mean"], case["std"])
                np.testing.assert_allclose(normal, tensors[f"{name}.tensor"], rtol=1e-6, atol=1e-6, err_msg=name)

    def test_constant_stays_constant(self):
        image = np.full((31, 17, 3), 201, np.uint8)
        for size in ((5, 40), (64, 9), (31, 17)):
            self.assertTrue((preprocess.resize(image, *size) == 201).all())

    def test_sizes(self):
        self.assertEqual(preprocess.cover_size(300, 451, (64, 64)), (64, 96))
        self.assertEqual(preprocess.whole_size(50, 70, 1024), (64, 64))
        self.assertEqual(preprocess.whole_size(3, 700, 320), (32, 320))


class GoldenNets(unittest.TestCase):
    def check(self, name):
        network = model.Network.load(fixture("golden", f"{name}.safetensors"))
        expected, _ = safetensors_io.read(fixture("golden", f"{name}.expected.safetensors"))
        image = torch.as_tensor(expected.pop("input")).double()
        trace = {}
        trace["logits"] = network(image, trace, network.mixer_names())
        for key, value in expected.items():
            found = trace[key].numpy()
            self.assertEqual(found.shape, value.shape, key)
            if value.dtype == np.int64:
                np.testing.assert_array_equal(found, value, key)
            else:
                # The large step sizes are stored as float32, everything else as float64.
                tolerance = 1e-9 if value.dtype == np.float64 else 1.2e-7
                np.testing.assert_allclose(found, value, rtol=tolerance, atol=1e-12, err_msg=key)

    def test_vim2(self):
        self.check("vim2")

    def test_viqs(self):
        self.check("viqs")


class PeerNets(unittest.TestCase):
    def weights(self, name):
        tensors, metadata = safetensors_io.read(fixture(f"{name}.safetensors"))
        return {key: torch.as_tensor(value).double() for key, value in tensors.items()}, metadata

    def test_fixtures_are_reproduced(self):
        for name, description in make_peer_fixtures.NETS.items():
            if "rename" in description:
                continue
            weights, metadata = self.weights(name)
            expected, _ = safetensors_io.read(fixture(f"{name}.expected.safetensors"))
            config = json.loads(metadata.get("mixer_config", "{}"))
            sizes = description["sizes"]
            config.update({key: sizes[key] for key in ("directions", "class_token") if key in sizes})
            run = peers.run_vim if name.startswith("vim") else peers.run_vmamba
            logits, trace = run(weights, config, torch.as_tensor(expected["input"]).double())
            np.testing.assert_allclose(logits.numpy(), expected["logits"], rtol=1e-9, err_msg=name)
            mixer = description["detail"][0]
            np.testing.assert_allclose(trace[mixer + ".y"], expected[mixer + ".y"], rtol=1e-5, atol=1e-6)

    def test_the_cross_scan_sees_every_token_from_every_side(self):
        orders = peers.scan_orders("cross", 3, 4)
        self.assertEqual(orders[1][:4].tolist(), [0, 4, 8, 1])
        for order in orders:
            self.assertEqual(sorted(order.tolist()), list(range(12)))
        self.assertEqual(orders[2].tolist(), orders[0].tolist()[::-1])

    def test_vim_without_its_backward_half_is_causal(self):
        sizes = {**make_peer_fixtures.NETS["vim-default"]["sizes"], "directions": "one", "class_token": "none"}
        weights = peers.vim_weights({**sizes, "classes": 3}, 5)
        image = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)).double()
        other = image.clone()
        other[..., -8:, -8:] += 1  # the last patch
        config = {"directions": "one", "class_token": "none"}
        before = peers.run_vim(weights, config, image)[1]["layers.1.mixer.output"]
        after = peers.run_vim(weights, config, other)[1]["layers.1.mixer.output"]
        self.assertTrue(torch.equal(before[:, :-1], after[:, :-1]))
        self.assertFalse(torch.equal(before[:, -1], after[:, -1]))


if __name__ == "__main__":
    unittest.main()
