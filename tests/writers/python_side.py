# SPDX-License-Identifier: MIT
"""What tests/writers/table.py runs in every Python whose PyTorch is to be covered.

    python_side.py write SOURCE FOLDER         SOURCE (safetensors) as every kind of file that this PyTorch writes
    python_side.py verify FILE SOURCE          torch.load(weights_only=True), or safetensors' own reader, gives SOURCE's bits
    python_side.py load FILE                   seconds and MB that torch.load, or safetensors' reader, takes
"""

import json
import pathlib
import resource
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "reference"))
import safetensors_io  # noqa: E402


def read(path):
    arrays, metadata = safetensors_io.read(path)
    return {name: torch.from_numpy(values) for name, values in arrays.items()}, metadata


class Part(torch.nn.Module):
    """A module for TorchScript whose parameters are called as they are in the file."""

    def forward(self, x):
        return x


def tree(tensors):
    groups, result = {}, Part()
    for name, tensor in tensors.items():
        head, _, rest = name.partition(".")
        if rest:
            groups.setdefault(head, {})[rest] = tensor
        elif tensor.is_floating_point():
            result.register_parameter(head, torch.nn.Parameter(tensor))
        else:
            result.register_buffer(head, tensor)
    children = {head: tree(group) for head, group in groups.items()}
    if children and sorted(children) == sorted(str(i) for i in range(len(children))):
        return torch.nn.ModuleList(children[head] for head in sorted(children, key=int))
    if children and all(head.isdigit() for head in children):
        return torch.nn.ModuleDict(children)
    for head, child in children.items():
        result.add_module(head, child)
    return result


def write(source, folder):
    tensors, metadata = read(source)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = metadata.get("mixer_config")
    beside = {"mixer_config": json.loads(config)} if config else {}
    plain = {"state_dict": tensors, **beside, "epoch": 3} if config else tensors
    torch.save(plain, folder / "zip.pth")
    torch.save(plain, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    parameters = [torch.nn.Parameter(torch.ones(2))]
    optimizer = torch.optim.AdamW(parameters)
    parameters[0].sum().backward()
    optimizer.step()
    wrapped = {"module." + name: tensor for name, tensor in tensors.items()}
    torch.save({"model": wrapped, "optimizer": optimizer.state_dict(), "epoch": 3, **beside}, folder / "training.pth")
    torch.jit.save(torch.jit.script(tree(tensors)), folder / "script.pt")
    if config:
        (folder / "script.json").write_text(config)
    try:
        from safetensors.torch import save_file
    except ImportError:
        return
    save_file(tensors, folder / "whole.safetensors", metadata=metadata)
    names = list(tensors)
    shards = {f"net-{i + 1}-of-3.safetensors": names[i::3] for i in range(3)}
    for shard, part in shards.items():
        save_file({name: tensors[name] for name in part}, folder / shard, metadata=metadata)
    index = {"metadata": {}, "weight_map": {name: shard for shard, part in shards.items() for name in part}}
    (folder / "net.safetensors.index.json").write_text(json.dumps(index))


def load(path):
    if path.endswith(".safetensors"):
        from safetensors.torch import load_file

        return load_file(path)
    loaded = torch.load(path, weights_only=True)
    return loaded.get("state_dict", loaded)


def verify(path, source):
    expected, _ = read(source)
    found = load(path)
    assert set(found) == set(expected), sorted(set(found) ^ set(expected))[:5]
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype and found[name].shape == tensor.shape, name
        assert found[name].numpy().tobytes() == tensor.numpy().tobytes(), name
    print(f"{len(found)} tensors equal")


def measure(path):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    tensors = load(path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert tensors
    print(json.dumps({"seconds": seconds, "megabytes": (peak - before) / 1024, "torch": torch.__version__}))


{"write": write, "verify": verify, "load": measure}[sys.argv[1]](*sys.argv[2:])
