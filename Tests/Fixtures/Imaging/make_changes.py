"""Writes changes.json: a small random image, and what PyTorch and torchvision's formulas make of it.

Resizing comes from torch; the colour changes from the definitions in torchvision's documentation and source (blend,
clamp, cut off the fraction; luma weights 0.2989, 0.587, 0.114), worked out here in 32-bit floats. Needs numpy and
torch. Run it in this folder.
"""

import colorsys
import json
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import interpolate

WIDTH, HEIGHT = 12, 10
random = np.random.default_rng(4)
image = random.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
# Greys, the primaries and the ends of the range, where hue and saturation have their corners.
image[0, :8] = [[0, 0, 0], [255, 255, 255], [128, 128, 128], [255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0], [1, 0, 0]]
labels = random.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)


def rounded(values):
    return [round(float(value), 3) for value in np.asarray(values).reshape(-1)]


def resize(width, height, **options):
    batch = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None]
    return interpolate(batch, size=(height, width), **options)[0].permute(1, 2, 0).numpy()


def overlaps(size, new_size):
    """How much of each source pixel an output pixel covers, as a part of the whole."""
    scale = size / new_size
    lower, upper = np.arange(new_size)[:, None] * scale, (np.arange(new_size)[:, None] + 1) * scale
    covered = np.minimum(upper, np.arange(size) + 1) - np.maximum(lower, np.arange(size))
    return np.clip(covered, 0, None) / scale


resized = []
for width, height in ((5, 4), (7, 3), (17, 13), (12, 20), (29, 3), (1, 1), (11, 10)):
    linear = {"mode": "bilinear", "align_corners": False}
    labels_batch = torch.from_numpy(labels.astype(np.float32))[None, None]
    nearest = interpolate(labels_batch, size=(height, width), mode="nearest-exact")[0, 0].numpy()
    entry = {
        "width": width,
        "height": height,
        "bilinear": rounded(resize(width, height, **linear)),
        "antialiased": rounded(resize(width, height, antialias=True, **linear)),
        "nearest": nearest.astype(np.uint8).tobytes().hex(),
    }
    if width <= WIDTH and height <= HEIGHT:
        area = np.einsum("yh,xw,hwc->yxc", overlaps(HEIGHT, height), overlaps(WIDTH, width), image.astype(float))
        entry["area"] = rounded(area)
        if WIDTH % width == 0 and HEIGHT % height == 0:
            assert np.allclose(area, resize(width, height, mode="area"), atol=1e-3)
    resized.append(entry)

f32 = np.float32
pixels = image.astype(f32)
luma = np.floor(f32(0.2989) * pixels[..., 0] + f32(0.587) * pixels[..., 1] + f32(0.114) * pixels[..., 2])[..., None]


def blend(other, factor):
    mixed = pixels * f32(factor) + other * f32(1 - factor)
    return np.clip(mixed, 0, 255).astype(np.uint8)


def turn_hue(turn):
    turned = np.zeros_like(image)
    for index in np.ndindex(HEIGHT, WIDTH):
        hue, saturation, value = colorsys.rgb_to_hsv(*(pixels[index] / 255).astype(float))
        channels = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)
        turned[index] = (np.array(channels) * 255.999).astype(np.uint8)
    return turned


changes = []


def change(kind, factor, values):
    changes.append({"kind": kind, "factor": factor, "rgb": values.astype(np.uint8).tobytes().hex()})


for factor in (0, 0.5, 1, 1.375, 3):
    change("brightness", factor, blend(f32(0), factor))
    change("contrast", factor, blend(luma.mean(dtype=np.float64).astype(f32), factor))
    change("saturation", factor, blend(luma, factor))
for turn in (-0.5, -0.2, 0, 0.1, 0.3, 0.5):
    change("hue", turn, turn_hue(turn))
change("grayscale", 0, luma.repeat(3, axis=-1))

document = {
    "width": WIDTH,
    "height": HEIGHT,
    "rgb": image.tobytes().hex(),
    "labels": labels.tobytes().hex(),
    "resized": resized,
    "changes": changes,
}
Path("changes.json").write_text(json.dumps(document, separators=(",", ":")).replace("},{", "},\n{") + "\n")
