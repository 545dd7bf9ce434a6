# SPDX-License-Identifier: MIT
"""Read and write safetensors files with numpy alone.

Layout of the format: 8 bytes little-endian header length, a JSON header that names every tensor with its dtype, shape
and byte range, then the bytes. Metadata is a string-to-string map under `__metadata__`.
"""

import json
import struct

import numpy as np

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "|u1"}
_NAMES = {np.dtype(code): name for name, code in _DTYPES.items()}


def read(path):
    """Return (tensors: name -> numpy array, metadata: str -> str)."""
    with open(path, "rb") as file:
        raw = file.read()
    (header_length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + header_length])
    metadata = header.pop("__metadata__", {})
    body = memoryview(raw)[8 + header_length :]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(body[begin:end], dtype=_DTYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).copy()
    return tensors, metadata


def write(path, tensors, metadata=None):
    """Write tensors sorted by name, so that equal content gives equal bytes."""
    header = {"__metadata__": dict(sorted((metadata or {}).items()))}
    offset = 0
    chunks = []
    for name in sorted(tensors):
        # ascontiguousarray alone would turn a scalar into one dimension.
        values = np.asarray(tensors[name])
        data = np.ascontiguousarray(values).tobytes()
        header[name] = {
            "dtype": _NAMES[values.dtype.newbyteorder("<")],
            "shape": list(values.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        offset += len(data)
        chunks.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for data in chunks:
            file.write(data)
