# SPDX-License-Identifier: MIT
"""Regenerate tests/fixtures/pth: what different writers make of the same tensors, and what is in them.

Run with every PyTorch that is to be covered: `python3 make_pth_fixtures.py WRITER`, where WRITER becomes part of the
file names ("torch1", "torch2"). CASE.expected.safetensors holds the tensors of CASE.*.pth; it is the same for all.
"""

import argparse
import collections
import copy
import json
import os
import pathlib
import pickle
import struct
import sys
import types

import numpy as np
import torch

import safetensors_io

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")
FOLDER = os.path.join(FIXTURES, "pth")
NAMES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
    "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL", "complex64": "C64",
    "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
}  # fmt: skip


def expected(case, tensors, metadata=None):
    """Write the tensors row-major as safetensors, in their order."""
    header = {"__metadata__": metadata} if metadata else {}
    data = b""
    for name, tensor in tensors.items():
        tensor = tensor.detach().clone(memory_format=torch.contiguous_format)
        raw = bytes(tensor.storage().untyped() if hasattr(tensor.storage(), "untyped") else tensor.storage()._untyped())
        raw = raw[: tensor.numel() * tensor.element_size()]
        dtype = NAMES[str(tensor.dtype).split(".")[1]]
        header[name] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(FOLDER, case + ".expected.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def stand_in_for_yacs():
    """yacs' CfgNode is a dict with attributes; the pickle of this one reads the same."""
    module = types.ModuleType("yacs.config")

    class CfgNode(dict):
        __module__ = "yacs.config"

    CfgNode.__qualname__ = "CfgNode"
    module.CfgNode = CfgNode
    sys.modules["yacs"] = types.ModuleType("yacs")
    sys.modules["yacs.config"] = module
    return CfgNode


def network():
    torch.manual_seed(1)
    net = torch.nn.Sequential(
        collections.OrderedDict(
            stem=torch.nn.Conv2d(3, 4, 2), norm=torch.nn.BatchNorm2d(4), head=torch.nn.Linear(4, 5, bias=False)
        )
    )
    return net


def nested(net):
    config = stand_in_for_yacs()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    drop = config(RATE=0.1)
    drop.__dict__["__immutable__"] = True
    return {
        "model": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epoch": 299,
        "max_accuracy": np.float64(82.5),
        "args": argparse.Namespace(lr=1e-3, out=pathlib.PosixPath("/runs/a"), betas=(0.9, 0.999), amp=True, resume=None),
        "config": config(MODEL=config(NAME="tiny", DIMS=[8, 16], DROP=drop)),
        "mean": np.array([0.5, 0.25], dtype=np.float32),
        "note": "two words",
    }


def views():
    base = torch.arange(24, dtype=torch.float32)
    grid = base.view(4, 6)
    return {
        "grid": grid,
        "transposed": grid.t(),
        "column": grid[:, 2],
        "window": grid[1:3, 2:5],
        "row": grid[3],
        "expanded": base[5:6].expand(3, 2),
        "every_other": base[1::2],
        "permuted": torch.arange(24, dtype=torch.int16).view(2, 3, 4).permute(2, 0, 1),
        "channels_last": torch.arange(36, dtype=torch.float16).view(1, 4, 3, 3).to(memory_format=torch.channels_last),
        "scalar": torch.tensor(7, dtype=torch.int64),
        "empty": torch.zeros(0, 3),
        "tied": grid,
    }


def every_type():
    numbers = torch.arange(-3, 3)
    result = {}
    for name in ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8"):
        result[name] = (numbers * 1.5).to(getattr(torch, name))
    result["uint8"] = numbers.abs().to(torch.uint8)
    result["bool"] = numbers > 0
    result["complex64"] = torch.complex(numbers.float(), numbers.float() * 2)
    return result


def new_types():
    numbers = torch.arange(6)
    return {name: numbers.float().to(getattr(torch, name)) for name in ("float8_e4m3fn", "float8_e5m2")}


class Scripted(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.parts = torch.nn.ModuleList([torch.nn.Linear(3, 2), torch.nn.LayerNorm(2)])
        self.register_buffer("steps", torch.arange(3))
        self.scale = 0.5

    def forward(self, x):
        for part in self.parts:
            x = part(x) * self.scale
        return x + self.steps[0]


def main():
    writer = sys.argv[1]
    os.makedirs(FOLDER, exist_ok=True)

    def save(case, value, kind="zip"):
        path = os.path.join(FOLDER, f"{case}.{writer}.{kind}.pth")
        torch.save(value, path, _use_new_zipfile_serialization=kind == "zip")

    net = network()
    weights = copy.deepcopy(net.state_dict())
    checkpoint = nested(net)
    trained = checkpoint["model"]
    expected("plain", weights)
    expected("nested", trained)
    expected("views", views())
    expected("types", every_type())
    for kind in ("zip", "legacy"):
        save("plain", weights, kind)
        save("nested", checkpoint, kind)
        save("views", views(), kind)
        save("types", every_type(), kind)
    save("parameters", dict(network().named_parameters()))
    expected("parameters", dict(network().named_parameters()))
    save("module", {"epoch": 1, "state_dict": network()})
    expected("module", network().state_dict())

    torch.manual_seed(2)
    script = Scripted()
    torch.jit.save(torch.jit.script(script), os.path.join(FOLDER, f"script.{writer}.zip.pth"))
    expected("script", {**dict(script.named_buffers()), **dict(script.named_parameters())})

    if hasattr(torch, "float8_e5m2"):
        save("new-types", new_types())
        expected("new-types", new_types())

    arrays = {
        "fortran": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        "big": np.arange(3, dtype=">i4"),
        "plain": np.arange(4, dtype=np.float64),
    }
    expected("numpy", {name: torch.from_numpy(array.astype(array.dtype.newbyteorder("="))) for name, array in arrays.items()})
    for protocol in (2, 4, 5):
        with open(os.path.join(FOLDER, f"numpy.{writer}.protocol{protocol}.pkl"), "wb") as file:
            pickle.dump(arrays, file, protocol=protocol)

    tensors, metadata = safetensors_io.read(os.path.join(FIXTURES, "viqs-cross.safetensors"))
    state = {"module." + name: torch.from_numpy(values) for name, values in tensors.items()}
    for kind in ("zip",) if writer == "torch1" else ("legacy",):  # each is 20 KB
        save("viqs-cross", {"state_dict": state, "mixer_config": json.loads(metadata["mixer_config"]), "epoch": 1}, kind)


main()
