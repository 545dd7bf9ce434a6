# SPDX-License-Identifier: MIT
"""From RGB bytes to the network's input, MODEL.md section 9 ("Input")."""

import numpy as np


def resize(image, height, width):
    """Bicubic (a = -0.5, widened when shrinking) resize of uint8 (H, W, C), rounded to 8 bits after both passes."""
    across = _resize_rows(image.transpose(1, 0, 2), width).transpose(1, 0, 2)
    return _resize_rows(across, height)


def cover_size(height, width, target):
    """Sides after scaling so that the image covers `target` (h, w)."""
    scale = max(target[0] / height, target[1] / width)
    return round_to_nearest(height * scale), round_to_nearest(width * scale)


def whole_size(height, width, longest):
    """Sides of "whole image" mode: multiples of 32; `longest` caps the longer side and keeps the shape."""
    scale = min(1.0, longest / max(height, width))
    return tuple(max(32, round_to_nearest(side * scale / 32) * 32) for side in (height, width))


def round_to_nearest(value):
    return int(np.floor(value + 0.5))


def cover_and_crop(image, target):
    """uint8 (H, W, 3) to uint8 (*target, 3): resize to cover, then crop the centre."""
    resized = resize(image, *cover_size(image.shape[0], image.shape[1], target))
    top, left = ((have - want) // 2 for have, want in zip(resized.shape, target))
    return resized[top : top + target[0], left : left + target[1]]


def whole(image, longest):
    return resize(image, *whole_size(image.shape[0], image.shape[1], longest))


def normalize(image, mean, std):
    """uint8 (H, W, 3) to float64 (3, H, W)."""
    return ((image / 255.0 - np.asarray(mean)) / np.asarray(std)).transpose(2, 0, 1)


def _cubic(x):
    """Keys' cubic convolution kernel with a = -0.5."""
    a, x = -0.5, np.abs(x)
    near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    far = (((x - 5.0) * x + 8.0) * x - 4.0) * a
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


def _resize_rows(image, size):
    """Resample the first axis of a uint8 image to `size` and round to 8 bits."""
    length = image.shape[0]
    scale = length / size
    # Shrinking widens the kernel by the scale; enlarging leaves it alone.
    widening = max(scale, 1.0)
    result = np.empty((size, *image.shape[1:]), np.uint8)
    for i in range(size):
        centre = (i + 0.5) * scale
        first = max(0, int(centre - 2.0 * widening + 0.5))
        last = min(length, int(centre + 2.0 * widening + 0.5))
        weights = _cubic((np.arange(first, last) + 0.5 - centre) / widening)
        weights /= weights.sum()
        value = np.tensordot(weights, image[first:last].astype(np.float64), 1)
        result[i] = np.clip(np.floor(value + 0.5), 0, 255)
    return result
