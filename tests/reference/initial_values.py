# SPDX-License-Identifier: MIT
"""Initial weights of a network, MODEL.md section 9, and a shaken variant in which nothing is trivially zero or one."""

import numpy as np

from model import complete_config, tensor_shapes


def initial_values(config, seed):
    """Name -> float32 array for every tensor of the configuration."""
    config = complete_config(config)
    rng = np.random.default_rng(seed)
    values = {name: _initial(name, shape, rng) for name, shape in tensor_shapes(config).items()}
    return {name: value.astype(np.float32) for name, value in values.items()}


def shaken_values(config, seed):
    """Initial values with every neutral element moved, step sizes spread and residual branches as loud as the trunk."""
    rng = np.random.default_rng(seed + 1)
    values = {name: value.astype(np.float64) for name, value in initial_values(config, seed).items()}
    for name, value in values.items():
        last = name.rsplit(".", 1)[-1]
        noise = rng.standard_normal(value.shape)
        if ".mix." in name:
            # Entries that no sum uses must be ignored, whatever they hold.
            used = _used_mix(name, value.shape)
            values[name] = np.where(used, value + 0.3 * noise, 5.0 * noise)
        elif name.endswith(("out_proj.weight", "reduction.weight", "head.fc.weight")):
            values[name] = _uniform(rng, value.shape, np.sqrt(3.0 / value.shape[-1]))
        elif last == "dt_bias" or name.endswith("dt_proj.bias"):
            values[name] = _step_bias(rng, value.shape, 0.02, 0.8)
        elif last == "w_v":
            values[name] = 0.4 * noise
        elif value.ndim == 1 or last in ("D", "A_log"):
            values[name] = value + 0.25 * noise
    return {name: value.astype(np.float32) for name, value in values.items()}


def _initial(name, shape, rng):
    last = name.rsplit(".", 1)[-1]
    if ".mix." in name:
        return _plain_residual(name, shape)
    if name.endswith(("dt_proj.bias", "dt_bias")):
        return _step_bias(rng, shape, 0.001, 0.1)
    if last == "A_log":
        return np.broadcast_to(np.log(np.arange(1, shape[-1] + 1)), shape).copy()
    if last == "D" or (last == "weight" and len(shape) == 1):
        return np.ones(shape)
    if last in ("bias", "w_v"):
        return np.zeros(shape)
    if last == "w_r":
        return _uniform(rng, shape, 0.5)
    if "dt_proj" in name:
        return _uniform(rng, shape, shape[-1] ** -0.5)
    if name.endswith(("out_proj.weight", "reduction.weight", "head.fc.weight")):
        return _truncated_normal(rng, shape, 0.02)
    if "conv" in name or name == "stem.proj.weight":
        # PyTorch's default: uniform within 1 / sqrt(fan in).
        return _uniform(rng, shape, np.prod(shape[1:]) ** -0.5)
    return _uniform(rng, shape, np.sqrt(3.0 / shape[-1]))


def _plain_residual(name, shape):
    """beta[l, l-1] = theta[l, l] = 1 in the one-based counting of section 7."""
    value = np.zeros(shape)
    for row in range(shape[0]):
        if name.endswith("beta"):
            value[row, row] = 1.0
        elif name.endswith("theta"):
            value[row, row + 1] = 1.0
    return value


def _used_mix(name, shape):
    columns = np.arange(shape[1])[None] - (1 if name.endswith("theta") else 0)
    return columns <= np.arange(shape[0])[:, None]


def _uniform(rng, shape, bound):
    return rng.uniform(-bound, bound, shape)


def _truncated_normal(rng, shape, deviation):
    """Normal, redrawn where it leaves two standard deviations."""
    value = rng.standard_normal(shape)
    while np.any(outside := np.abs(value) > 2.0):
        value[outside] = rng.standard_normal(int(outside.sum()))
    return deviation * value


def _step_bias(rng, shape, low, high):
    """Inverse softplus of a log-uniform step size."""
    step = np.exp(rng.uniform(np.log(low), np.log(high), shape))
    return step + np.log(-np.expm1(-step))
