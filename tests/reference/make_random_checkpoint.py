# SPDX-License-Identifier: MIT
"""Writes a checkpoint with fresh initial weights, for benchmarks: make_random_checkpoint.py vim2-t|vim2-s|vim2-b|viqs-t OUT"""

import json
import sys

from initial_values import initial_values
from safetensors_io import write

FAMILIES = {
    "vim2": {
        "scans": ["row", "column", "row-reverse", "column-reverse", "diagonal", "hilbert", "spiral", "window-4"],
        "sos": {"top_k": 4},
        "gate": "linear",
    },
    "viqs": {
        "scans": ["row", "column", "diagonal", "hilbert", "spiral", "window-4"],
        "sos": {"top_k": 2},
        "gate": "multires",
    },
}
DEPTHS = {"t": [[2], [2], [2, 2, 2], [2]], "s": [[2], [2], [2] * 9, [2]], "b": [[2], [2], [2] * 9, [2]]}


def main():
    name, out = sys.argv[1:]
    arch, size = name.split("-")
    config = {
        "arch": arch,
        **FAMILIES[arch],
        "d_state": 16,
        "expand": 2,
        "scan_parameters": "shared",
        "dims": [128, 256, 512, 1024] if size == "b" else [96, 192, 384, 768],
        "token_mixers": DEPTHS[size],
        "channel_inner": [256, 512, 1024, 1024] if size == "b" else [192, 384, 768, 768],
        "num_classes": 1000,
        "image_size": [224, 224],
    }
    write(out, initial_values(config, seed=1), {"mixer_config": json.dumps(config)})


if __name__ == "__main__":
    main()
