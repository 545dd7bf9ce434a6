# SPDX-License-Identifier: MIT
"""Regenerate tests/fixtures (all but golden/ and scan_orders.json, which come from the contract). Run with python3.

Fixed seeds: the same files come out each time, up to the last bits of the mathematics library.
"""

import json
import os

import numpy as np
import torch

import initial_values
import model
import preprocess
import safetensors_io
import scans

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")

# Every net covers something that no other does; `detail` names the mixers whose large intermediates are stored.
NETS = {
    "vim2-default": {
        "config": {
            "arch": "vim2",
            "dims": [6, 8],
            "token_mixers": [[2], [1, 1]],
            "channel_inner": [12, 10],
            "d_state": 16,
            "expand": 2,
            "scans": scans.VIM2_SCANS,
            "sos": {"top_k": 4},
            "scan_parameters": "shared",
            "gate": "linear",
        },
        "image": (21, 22),
        "detail": ["stages.0.blocks.0.token_mixers.1", "stages.1.blocks.1.channel_mixer"],
    },
    "vim2-perscan-multires": {
        "config": {
            "arch": "vim2",
            "dims": [8],
            "token_mixers": [[1, 1]],
            "channel_inner": [9],
            "d_state": 4,
            "expand": 1,
            "scans": ["serpentine-row", "serpentine-column", "morton", "window-2", "atrous-2"],
            "sos": {"top_k": 2},
            "scan_parameters": "per_scan",
            "gate": "multires",
        },
        "image": (37, 29),
        "detail": ["stages.0.blocks.1.token_mixers.0", "stages.0.blocks.0.channel_mixer"],
    },
    "vim2-cross": {
        "config": {
            "arch": "vim2",
            "dims": [8, 6, 10],
            "token_mixers": [[1], [1], [1]],
            "channel_inner": [8, 16, 6],
            "d_state": 8,
            "expand": 2,
            "scans": scans.CROSS_SCANS,
            "sos": None,
            "scan_parameters": "shared",
            "gate": "linear",
        },
        "image": (5, 4),
        "detail": ["stages.0.blocks.0.token_mixers.0", "stages.2.blocks.0.channel_mixer"],
    },
    "vim2-every-scan": {
        "config": {
            "arch": "vim2",
            "dims": [8],
            "token_mixers": [[1]],
            "channel_inner": [8],
            "d_state": 5,
            "expand": 1,
            "scans": ["hilbert", "window-3", "diagonal-reverse", "atrous-3"],
            "sos": {"top_k": 4},
            "scan_parameters": "per_scan",
            "gate": "linear",
        },
        "image": (23, 26),
        "detail": ["stages.0.blocks.0.token_mixers.0", "stages.0.blocks.0.channel_mixer"],
    },
    "viqs-default": {
        "config": {
            "arch": "viqs",
            "dims": [6, 10],
            "token_mixers": [[1], [1, 1]],
            "channel_inner": [12, 10],
            "d_state": 16,
            "expand": 2,
            "scans": scans.VIQS_SCANS,
            "sos": {"top_k": 2},
            "scan_parameters": "shared",
            "gate": "multires",
        },
        "image": (22, 14),
        "detail": ["stages.0.blocks.0.token_mixers.0", "stages.1.blocks.1.channel_mixer"],
    },
    "viqs-perscan-linear": {
        "config": {
            "arch": "viqs",
            "dims": [8, 8],
            "token_mixers": [[1], [2]],
            "channel_inner": [6, 10],
            "d_state": 6,
            "expand": 2,
            "scans": ["spiral", "hilbert", "window-4", "column"],
            "sos": {"top_k": 1},
            "scan_parameters": "per_scan",
            "gate": "linear",
        },
        "image": (20, 38),
        "detail": ["stages.0.blocks.0.token_mixers.0", "stages.1.blocks.0.channel_mixer"],
    },
    "viqs-cross": {
        "config": {
            "arch": "viqs",
            "dims": [4],
            "token_mixers": [[1]],
            "channel_inner": [5],
            "d_state": 3,
            "expand": 1,
            "scans": ["row", "diagonal"],
            "sos": None,
            "scan_parameters": "shared",
            "gate": "multires",
        },
        "image": (64, 20),
        "detail": ["stages.0.blocks.0.token_mixers.0", "stages.0.blocks.0.channel_mixer"],
    },
    "viqs-every-scan": {
        "config": {
            "arch": "viqs",
            "dims": [8, 8],
            "token_mixers": [[1], [1]],
            "channel_inner": [6, 6],
            "d_state": 3,
            "expand": 2,
            "scans": ["column", "morton", "spiral"],
            "sos": {"top_k": 3},
            "scan_parameters": "per_scan",
            "gate": "multires",
        },
        "image": (4, 31),
        "detail": ["stages.0.blocks.0.token_mixers.0", "stages.1.blocks.0.channel_mixer"],
    },
}

CLASSES = 5
# Above this many elements a float64 result is stored as float32: the tests of these compare in float32 anyway.
DOUBLE_LIMIT = 64
# Logits at the edge of the choice must differ by more than any float32 noise.
SMALLEST_GAP = 1e-2

PICTURES = {
    "shrink": {"from": (47, 60), "mode": "crop", "image_size": [12, 16], "tensor": True},
    "enlarge": {"from": (9, 7), "mode": "crop", "image_size": [16, 14]},
    "odd-ratio": {
        "from": (21, 64),
        "mode": "crop",
        "image_size": [13, 15],
        "tensor": True,
        "mean": [0.5, 0.4, 0.3],
        "std": [0.2, 0.25, 0.5],
    },
    "tall": {"from": (61, 13), "mode": "crop", "image_size": [20, 10]},
    "same-size": {"from": (8, 10), "mode": "crop", "image_size": [8, 10]},
    "whole": {"from": (29, 71), "mode": "whole", "longest": 1024},
    "whole-tiny": {"from": (7, 5), "mode": "whole", "longest": 1024},
    "whole-capped": {"from": (30, 75), "mode": "whole", "longest": 32},
}


def write_net(name, description, seed):
    config = {**description["config"], "num_classes": CLASSES, "image_size": list(description["image"])}
    config["labels"] = [f"class {i}" for i in range(CLASSES)]
    while True:
        weights = initial_values.shaken_values(config, seed)
        image = torch.as_tensor(picture_like(description["image"], seed))
        trace = {}
        logits = model.Network(config, weights)(image.double(), trace, description["detail"])
        if choices_are_clear(config, trace):
            break
        seed += 1

    metadata = {"mixer_config": json.dumps(config, separators=(",", ":"))}
    safetensors_io.write(os.path.join(FIXTURES, f"{name}.safetensors"), weights, metadata)
    results = {key: stored(value.numpy()) for key, value in trace.items()}
    results.update({"input": image.numpy(), "logits": logits.numpy()})
    path = os.path.join(FIXTURES, f"{name}.expected.safetensors")
    safetensors_io.write(path, results, {"detail": json.dumps(description["detail"])})


def picture_like(size, seed):
    """A normalized batch of two unlike images, float32 (2, 3, h, w): smooth shapes, an edge, some noise."""
    rng = np.random.default_rng(seed + 100)
    y, x = np.mgrid[0 : size[0], 0 : size[1]] / max(size)
    images = np.empty((2, 3, *size))
    for b in range(2):
        for c in range(3):
            waves = np.sin(rng.uniform(2, 20) * x + rng.uniform(-20, 20) * y + rng.uniform(0, 6))
            images[b, c] = rng.normal() + (1.5 - b) * waves + b * np.sign(x - y) + 0.3 * rng.standard_normal(size)
    return images.astype(np.float32)


def choices_are_clear(config, trace):
    """No router's choice hangs on float32 noise, and somewhere the two images choose differently."""
    if config["sos"] is None or config["sos"]["top_k"] == len(config["scans"]):
        return True
    top_k = config["sos"]["top_k"]
    for key, logits in trace.items():
        if key.endswith(".router_logits"):
            ranked = logits.sort(-1, descending=True).values
            if float((ranked[:, top_k - 1] - ranked[:, top_k]).min()) < SMALLEST_GAP:
                return False
    chosen = [value for key, value in trace.items() if key.endswith(".chosen")]
    return any(bool((value[0] != value[1]).any()) for value in chosen)


def stored(values):
    return values if values.dtype == np.int64 or values.size <= DOUBLE_LIMIT else values.astype(np.float32)


def write_pictures():
    tensors, cases = {}, {}
    for seed, (name, case) in enumerate(PICTURES.items()):
        image = synthetic_photo(case["from"], seed)
        settings = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], **case}
        del settings["from"]
        with_tensor = settings.pop("tensor", False)
        if case["mode"] == "crop":
            resized = preprocess.cover_and_crop(image, case["image_size"])
        else:
            resized = preprocess.whole(image, case["longest"])
        tensors[f"{name}.image"], tensors[f"{name}.resized"] = image, np.ascontiguousarray(resized)
        if with_tensor:
            tensors[f"{name}.tensor"] = preprocess.normalize(resized, settings["mean"], settings["std"]).astype(
                np.float32
            )
        cases[name] = settings
    path = os.path.join(FIXTURES, "preprocess.safetensors")
    safetensors_io.write(path, tensors, {"cases": json.dumps(cases)})


def synthetic_photo(size, seed):
    """uint8 (H, W, 3) with gradients, hard black-white edges (which make the cubic overshoot) and noise."""
    rng = np.random.default_rng(seed + 500)
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    image = np.stack([x * 255 / size[1], y * 255 / size[0], (x + y) * 255 / sum(size)], -1)
    image[(x // 7 + y // 5) % 3 == 0] = 255
    image[(x // 9 + y // 4) % 4 == 0] = 0
    return np.clip(image + rng.normal(0, 12, image.shape), 0, 255).astype(np.uint8)


def main():
    for seed, (name, description) in enumerate(NETS.items()):
        write_net(name, description, 1000 * seed)
    write_pictures()
    sizes = {}
    for folder, _, files in os.walk(FIXTURES):
        sizes.update({os.path.join(folder, file): os.path.getsize(os.path.join(folder, file)) for file in files})
    for path, size in sorted(sizes.items()):
        print(f"{size:9d} {os.path.relpath(path, FIXTURES)}")
    print(f"{sum(sizes.values()):9d} together")


if __name__ == "__main__":
    main()
