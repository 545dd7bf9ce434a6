# SPDX-License-Identifier: MIT
"""Regenerate the fixtures of VMamba and Vim, tests/fixtures/{vmamba,vim}-*. Run with python3."""

import json
import os

import torch

import peers
import safetensors_io
from make_fixtures import CLASSES, FIXTURES, picture_like, stored

# `config`: what the checkpoint tells in its metadata, beside what its shapes tell. `rename`: as older releases named it.
NETS = {
    "vmamba-v0": {
        "sizes": {
            "dims": [8, 12],
            "depths": [1, 1],
            "d_state": 4,
            "ratio": 2,
            "gate": True,
            "conv_bias": True,
            "mlp": 0,
            "patch_embed": "v1",
            "downsample": "v1",
        },
        "image": (22, 29),
        "detail": ["layers.0.blocks.0.op", "layers.1.blocks.0.op"],
        "rename": [
            ("patch_embed.0.", "patch_embed.proj."),
            ("patch_embed.2.", "patch_embed.norm."),
            ("downsample.1.", "downsample.norm."),
            ("downsample.2.", "downsample.reduction."),
            ("blocks.0.norm.", "blocks.0.ln_1."),
            (".op.", ".self_attention."),
            ("classifier.", ""),
        ],
    },
    "vmamba-v2": {
        "sizes": {
            "dims": [8, 12, 10],
            "depths": [1, 2, 1],
            "d_state": 1,
            "ratio": 1,
            "gate": False,
            "conv_bias": False,
            "mlp": 2,
            "patch_embed": "v2",
            "downsample": "v3",
        },
        "image": (30, 23),
        "detail": ["layers.1.blocks.1.op"],
    },
    "vmamba-variant": {
        "sizes": {
            "dims": [8, 10],
            "depths": [1, 1],
            "d_state": 3,
            "ratio": 1.5,
            "gate": True,
            "conv_bias": True,
            "mlp": 1.5,
            "gated_mlp": True,
            "out_norm": "cnorm",
            "patch_embed": "v1",
            "downsample": "v2",
            "pos_embed": (4, 6),
        },
        "config": {
            "gate": "linear",
            "activation": "gelu",
            "mlp_activation": "relu",
            "scan": "two_ways",
            "out_norm": "cnorm",
            "out_gelu": True,
            "post_norm": True,
        },
        "image": (16, 24),
        "larger": (28, 20),
        "detail": ["layers.0.blocks.0.op"],
    },
    "vim-default": {
        "sizes": {
            "dim": 12,
            "depth": 2,
            "d_state": 8,
            "patch": 8,
            "tokens": 16,
            "directions": "two",
            "norm": "rms",
            "class_token": "middle",
        },
        "image": (32, 32),
        "larger": (40, 24),
        "detail": ["layers.1.mixer"],
    },
    "vim-variant": {
        "sizes": {
            "dim": 20,
            "depth": 2,
            "d_state": 4,
            "patch": 8,
            "tokens": 15,
            "directions": "shared",
            "norm": "layer",
            "class_token": "both",
            "layer_scale": True,
        },
        "config": {"stride": 4, "pos_embed": [3, 5]},
        "image": (17, 26),
        "larger": (26, 33),
        "detail": ["layers.0.mixer"],
    },
}

LARGE = ("u", "delta", "scan_out", "y", "gate_out")


def renamed(name, pairs):
    for now, once in pairs:
        name = name.replace(now, once)
    return name


def write_net(name, description, seed):
    sizes = {**description["sizes"], "classes": CLASSES}
    is_vim = name.startswith("vim")
    weights = (peers.vim_weights if is_vim else peers.vmamba_weights)(sizes, seed)
    image = torch.as_tensor(picture_like(description["image"], seed))
    told = description.get("config")
    config = {**(told or {}), **{key: sizes[key] for key in ("directions", "class_token") if key in sizes}}
    run = peers.run_vim if is_vim else peers.run_vmamba
    logits, trace = run(weights, config, image.double())

    metadata = {"mixer_config": json.dumps(told, separators=(",", ":"))} if told else {}
    tensors = {renamed(key, description.get("rename", [])): value.float().numpy() for key, value in weights.items()}
    safetensors_io.write(os.path.join(FIXTURES, f"{name}.safetensors"), tensors, metadata)
    results = {"input": image.numpy(), "logits": logits.numpy()}
    if "larger" in description:
        larger = torch.as_tensor(picture_like(description["larger"], seed + 1))
        results["larger.input"] = larger.numpy()
        results["larger.logits"] = run(weights, config, larger.double())[0].numpy()
    for key, value in trace.items():
        mixer, part = key.rsplit(".", 1)
        if part not in LARGE or mixer in description["detail"]:
            results[key] = stored(value.contiguous().numpy())
    path = os.path.join(FIXTURES, f"{name}.expected.safetensors")
    safetensors_io.write(path, results, {"detail": json.dumps(description["detail"])})


def main():
    for seed, (name, description) in enumerate(NETS.items()):
        write_net(name, description, 7000 + seed)


if __name__ == "__main__":
    main()
