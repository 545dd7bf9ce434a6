# SPDX-License-Identifier: MIT
"""The pictures of tinyimagenet50 and the augmentation of training batches."""

import io
import math
import tarfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
import torch.nn.functional as F

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def load_split(path):
    """(images uint8 (n, 64, 64, 3), class indices int64 (n), class names) of a tar.gz of class folders, or its npz.

    Classes are the sorted folder names, pictures in the order of their names.
    """
    if str(path).endswith(".npz"):
        stored = np.load(path)
        return stored["images"], stored["labels"], [str(name) for name in stored["names"]]
    from PIL import Image

    with tarfile.open(path) as archive:
        files = {m.name: archive.extractfile(m).read() for m in archive.getmembers() if m.name.endswith(".jpg")}
    order = sorted(files)
    names = sorted({name.split("/")[-2] for name in order})
    labels = np.array([names.index(name.split("/")[-2]) for name in order])

    def decode(name):
        return np.asarray(Image.open(io.BytesIO(files[name])).convert("RGB"))

    with ThreadPoolExecutor(16) as pool:
        images = np.stack(list(pool.map(decode, order)))
    return images, labels, names


def hold_out(labels, every=10):
    """Mask of the pictures that choose the recipe: every tenth of each class."""
    mask = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        mask[np.flatnonzero(labels == label)[every - 1 :: every]] = True
    return mask


def normalize(images):
    """uint8 (B, 3, h, w) to the network's input."""
    mean, std = (torch.tensor(v, device=images.device).view(3, 1, 1) for v in (MEAN, STD))
    return (images.float() / 255 - mean) / std


def augment(images, labels, classes, strength):
    """A training batch: float (B, 3, h, w) and soft labels (B, classes). `strength` scales all that distorts."""
    device, batch = images.device, images.shape[0]

    def uniform(low, high, *shape):
        return low + (high - low) * torch.rand(batch, *shape, device=device)

    x = images.float() / 255
    x = _crop_and_turn(x, uniform, strength)
    x = _recolour(x, uniform, strength)
    mean, std = (torch.tensor(v, device=device).view(3, 1, 1) for v in (MEAN, STD))
    x = (x.clamp(0, 1) - mean) / std
    x = x * ~_box(x, uniform, uniform(0.02, 0.2) * (uniform(0, 1) < 0.25 * strength))
    return _mix(x, F.one_hot(labels, classes).float(), uniform, strength)


def _crop_and_turn(x, uniform, strength):
    """Random resized crop, mirror, small rotation, in one bicubic resampling."""
    area = uniform(1 - 0.65 * min(strength, 1.4), 1)
    ratio = torch.exp(uniform(-math.log(4 / 3), math.log(4 / 3)))
    across, down = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    angle = uniform(-0.2, 0.2) * strength * (uniform(0, 1) < 0.5)
    mirror = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    left, top = uniform(-1, 1) * (1 - across), uniform(-1, 1) * (1 - down)
    rows = [mirror * across * cosine, -across * sine, left, mirror * down * sine, down * cosine, top]
    grid = F.affine_grid(torch.stack(rows, 1).view(-1, 2, 3), x.shape, align_corners=False)
    return F.grid_sample(x, grid, mode="bicubic", padding_mode="reflection", align_corners=False)


def _recolour(x, uniform, strength):
    """Brightness, contrast, saturation, and sometimes no colour at all."""
    spread = 0.4 * strength
    x = x * uniform(1 - spread, 1 + spread, 1, 1, 1)
    centre = x.mean((1, 2, 3), keepdim=True)
    x = centre + (x - centre) * uniform(1 - spread, 1 + spread, 1, 1, 1)
    gray = x.mean(1, keepdim=True)
    saturation = uniform(1 - spread, 1 + spread, 1, 1, 1) * (uniform(0, 1, 1, 1, 1) > 0.05)
    return gray + (x - gray) * saturation


def _box(x, uniform, area):
    """(B, 1, h, w) mask of one random rectangle per picture that covers about the share `area`."""
    height, width = x.shape[-2:]
    ratio = torch.exp(uniform(-0.7, 0.7))
    half_h, half_w = (area * ratio).sqrt() / 2, (area / ratio).sqrt() / 2
    y = (torch.arange(height, device=x.device) + 0.5) / height
    x_ = (torch.arange(width, device=x.device) + 0.5) / width
    down = (y - uniform(0, 1)[:, None]).abs() < half_h[:, None]
    across = (x_ - uniform(0, 1)[:, None]).abs() < half_w[:, None]
    return (down[:, :, None] & across[:, None, :])[:, None]


def _mix(x, targets, uniform, strength):
    """A quarter of the batch (times strength) blended with a neighbour, as much with a rectangle of the neighbour."""
    pick = uniform(0, 1)
    blend = (pick < 0.25 * strength).float()
    paste = ((pick >= 0.25 * strength) & (pick < 0.5 * strength)).float()
    other, other_targets = x.roll(1, 0), targets.roll(1, 0)
    share = blend * uniform(0, 1) * 0.5
    x = torch.lerp(x, other, share[:, None, None, None])
    mask = _box(x, uniform, paste * uniform(0.05, 0.6))
    x = torch.where(mask, other, x)
    share = share + mask.float().mean((1, 2, 3))
    return x, torch.lerp(targets, other_targets, share[:, None])
