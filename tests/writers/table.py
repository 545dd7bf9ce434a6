# SPDX-License-Identifier: MIT
"""The table of what opens: container x writer x family, every value compared, and time and memory of a 300 MB file.

    tests/writers/table.py [--program build/release/mixerscope] [--large FILE.safetensors] [--debian-only]

Writers are Debian's PyTorch 1.13 (/usr/bin/python3) and, in a virtual environment that is made in build/writers, a
PyTorch 2 and safetensors' own library from PyPI. For each file the program must give the same bits (`convert`) and the
same logits (`predict`) as the fixture that it was written from; what the program writes must load in each Python.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIDE = str(pathlib.Path(__file__).with_name("python_side.py"))
ENVIRONMENT = ROOT / "build" / "writers" / "torch2"
FIXTURES = ROOT / "tests" / "fixtures"
FAMILIES = {"ViM2": "vim2-default", "ViQS": "viqs-default", "VMamba": "vmamba", "Vim": "vim-"}
KINDS = [
    ("torch zip", "zip.pth"),
    ("torch before 1.6", "legacy.pth"),
    ("training checkpoint", "training.pth"),
    ("TorchScript", "script.pt"),
    ("safetensors", "whole.safetensors"),
    ("safetensors, 3 shards", "net.safetensors.index.json"),
]


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def pythons(debian_only):
    python = ENVIRONMENT / "bin" / "python"
    if not debian_only and not python.exists():
        run(sys.executable, "-m", "venv", ENVIRONMENT)
        run(python, "-m", "pip", "install", "-q", "torch==2.4.1", "numpy<2", "safetensors")
    result = {}
    for candidate in ("/usr/bin/python3", *([] if debian_only else [python])):
        version = run(candidate, "-c", "import torch; print(torch.__version__)").strip()
        result["torch " + version.split("+")[0]] = str(candidate)
    return result


def sources():
    """One checkpoint of each family that has a fixture."""
    found = {}
    for family, name in FAMILIES.items():
        files = [path for path in sorted(FIXTURES.glob(name + "*.safetensors")) if ".expected." not in path.name]
        if files:
            found[family] = files[0]
    return found


def write_input(path, height, width):
    """float32 (3, height, width) as .npy, by hand: prepared, so that no picture reader is involved."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': (3, {height}, {width}), }}"
    header = header.ljust(117) + "\n"
    values = bytearray()
    import struct

    for i in range(3 * height * width):
        values += struct.pack("<f", ((i * 7919) % 1000) / 500 - 1)
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + values)


def logits(program, model, picture):
    output = run(program, "predict", picture, "--model", model, "--json", "--logits", "--threads", "1")
    return json.loads(output)["images"][0]["logits"]


def same_bits(left, right):
    """Of two safetensors files: the same tensors, whatever their order and prefix."""
    sys.path.insert(0, str(ROOT / "tests" / "reference"))
    import safetensors_io

    first, second = safetensors_io.read(left)[0], safetensors_io.read(right)[0]
    assert set(first) == set(second), sorted(set(first) ^ set(second))[:5]
    for name, values in first.items():
        assert values.dtype == second[name].dtype and values.shape == second[name].shape, name
        assert values.tobytes() == second[name].tobytes(), name


def check(program, file, source, picture, folder):
    out = folder / "converted.safetensors"
    run(program, "convert", file, out, "--force", "--strip-prefix")
    same_bits(out, source)
    assert logits(program, file, picture) == logits(program, source, picture), "other logits"


def opened(program, writers, families, folder):
    rows = {}
    failures = []
    for family, source in families.items():
        config = json.loads(run(program, "info", source, "--json"))["configuration"]
        picture = folder / "input.npy"
        write_input(picture, *config["image_size"])
        for writer, python in writers.items():
            run(python, SIDE, "write", source, folder / writer / family)
            for kind, name in KINDS:
                file = folder / writer / family / name
                if not file.exists():
                    continue
                cell = rows.setdefault((kind, writer), {})
                try:
                    check(program, file, source, picture, folder)
                    cell[family] = "equal"
                except (AssertionError, RuntimeError) as error:
                    cell[family] = "FAILED"
                    failures.append(f"{kind}, {writer}, {family}: {error}")
        for kind, ending in (("torch zip", "pth"), ("safetensors", "safetensors")):
            file = folder / f"written.{ending}"
            run(program, "convert", source, file, "--force")
            for writer, python in writers.items():
                if ending == "safetensors" and python == "/usr/bin/python3":
                    continue
                reader = "safetensors (PyPI)" if ending == "safetensors" else f"{writer}, weights_only"
                cell = rows.setdefault((f"{kind} by convert", "read by " + reader), {})
                try:
                    run(python, SIDE, "verify", file, source)
                    cell[family] = "equal"
                except RuntimeError as error:
                    cell[family] = "FAILED"
                    failures.append(f"{kind}, {writer}, {family}: {error}")
    print("| container | writer | " + " | ".join(families) + " |")
    print("| --- | --- |" + " --- |" * len(families))
    for (kind, writer), cell in rows.items():
        print(f"| {kind} | {writer} | " + " | ".join(cell.get(family, "-") for family in families) + " |")
    return failures


def measured(command):
    """Best of three: seconds of the whole process, and its peak of private and of mapped memory in MB."""
    best = None
    for _ in range(3):
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if status:
            raise RuntimeError(f"{command} failed")
        if best is None or seconds < best[0]:
            best = (seconds, usage.ru_maxrss / 1024)
    return best


def large(program, writers, file, folder):
    print(f"\n{file.name}: {file.stat().st_size / 1e6:.0f} MB; best of three, files in the page cache\n")
    print("| what | seconds | peak MB |\n| --- | --- | --- |")
    pth = folder / "large.pth"
    run(program, "convert", file, pth)
    for name, path in (("safetensors", file), (".pth", pth)):
        seconds, memory = measured([program, "info", path, "--security"])
        print(f"| mixerscope info --security, {name}: opened and checked | {seconds:.2f} | {memory:.0f} |")
        seconds, memory = measured([program, "info", path])
        print(f"| mixerscope info, {name}: network built, every weight checked | {seconds:.2f} | {memory:.0f} |")
    for kind in ("safetensors", "pth"):
        seconds, memory = measured([program, "convert", pth, folder / f"again.{kind}", "--force"])
        print(f"| mixerscope convert, .pth to {kind} | {seconds:.2f} | {memory:.0f} |")
    seconds, memory = measured([program, "convert", file, folder / "again.pth", "--force", "--dtype", "bf16"])
    print(f"| mixerscope convert --dtype bf16 | {seconds:.2f} | {memory:.0f} |")
    for writer, python in writers.items():
        best = min((json.loads(run(python, SIDE, "load", pth)) for _ in range(3)), key=lambda row: row["seconds"])
        print(f"| {writer}: torch.load of the .pth, without the import | {best['seconds']:.2f} | +{best['megabytes']:.0f} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build" / "release" / "mixerscope")
    parser.add_argument("--large", type=pathlib.Path)
    parser.add_argument("--debian-only", action="store_true", help="without what PyPI has")
    options = parser.parse_args()
    writers = pythons(options.debian_only)
    with tempfile.TemporaryDirectory(prefix="mixerscope-writers-") as name:
        folder = pathlib.Path(name)
        failures = opened(options.program, writers, sources(), folder)
        if options.large:
            large(options.program, writers, options.large, folder)
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


sys.exit(main())
