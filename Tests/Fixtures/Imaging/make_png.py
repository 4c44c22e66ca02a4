"""Writes one PNG for each colour type, depth and interlacing, the odd ones out, and png.json with their values.

Pillow cannot write most of these, so the files are put together here, chunk by chunk; Pillow then reads them back
wherever it reads exactly. Needs numpy and pillow. Run it in this folder.
"""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 9, 7
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
NAMES = {GREY: "grey", RGB: "rgb", PALETTE: "palette", GREY_ALPHA: "grey-alpha", RGB_ALPHA: "rgb-alpha"}
DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGB_ALPHA: (8, 16)}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

random = np.random.default_rng(20)
palette = random.integers(0, 256, (256, 3))
expected = {}


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed_rows(samples, depth):
    """Unfiltered scanlines of samples shaped [height, width, channels]."""
    rows = b""
    for row in samples.reshape(samples.shape[0], -1):
        if depth == 16:
            data = row.astype(">u2").tobytes()
        else:
            bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
            data = np.packbits(bits.astype(np.uint8).reshape(-1)).tobytes()
        rows += b"\0" + data
    return rows


def png(samples, color, depth, interlaced=False, before=(), after=(), size=None, colors=None):
    height, width = samples.shape[:2]
    if interlaced:
        passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7]
        rows = b"".join(packed_rows(part, depth) for part in passes if part.size)
    else:
        rows = packed_rows(samples, depth)
    header = struct.pack(">IIBBBBB", *(size or (width, height)), depth, color, 0, 0, int(interlaced))
    parts = [chunk(b"IHDR", header)] + [chunk(*extra) for extra in before]
    if color == PALETTE:
        parts.append(chunk(b"PLTE", palette[: colors or 2**depth].astype(np.uint8).tobytes()))
    parts += [chunk(*extra) for extra in after]
    compressed = zlib.compress(rows)
    half = len(compressed) // 2
    parts += [chunk(b"IDAT", compressed[:half]), chunk(b"IDAT", compressed[half:]), chunk(b"IEND")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def random_samples(color, depth):
    return random.integers(0, 2**depth, (HEIGHT, WIDTH, CHANNELS[color]))


def as_rgb(samples, color, depth):
    """What the image looks like: alpha dropped, values scaled to 8 bits and rounded."""
    if color == PALETTE:
        return palette[samples[..., 0]]
    colors = samples[..., :1].repeat(3, axis=-1) if color in (GREY, GREY_ALPHA) else samples[..., :3]
    return np.floor(colors * 255 / (2**depth - 1) + 0.5).astype(int)


def save(name, data, samples, color, depth):
    Path(name + ".png").write_bytes(data)
    rgb = as_rgb(samples, color, depth).astype(np.uint8)
    if depth <= 8:
        assert np.array_equal(np.asarray(Image.open(name + ".png").convert("RGB")), rgb), name
    entry = {"width": samples.shape[1], "height": samples.shape[0], "rgb": rgb.tobytes().hex()}
    if color in (GREY, PALETTE, GREY_ALPHA) and samples[..., 0].max() < 256:
        entry["labels"] = samples[..., 0].astype(np.uint8).tobytes().hex()
    expected[name] = entry


for color, depths in DEPTHS.items():
    for depth in depths:
        samples = random_samples(color, depth)
        for interlaced in (False, True):
            name = f"{NAMES[color]}-{depth}" + ("-interlaced" if interlaced else "")
            save(name, png(samples, color, depth, interlaced), samples, color, depth)

gamma = (b"gAMA", struct.pack(">I", 100_000))
for color, depth in ((GREY, 8), (GREY, 4), (PALETTE, 8), (RGB, 8), (GREY, 16), (GREY_ALPHA, 16)):
    samples = random_samples(color, depth) % 256
    save(f"{NAMES[color]}-{depth}-gamma", png(samples, color, depth, before=[gamma]), samples, color, depth)

for color, depth, transparent in (
    (GREY, 8, struct.pack(">H", 7)),
    (GREY, 2, struct.pack(">H", 1)),
    (GREY, 16, struct.pack(">H", 7)),
    (PALETTE, 4, bytes(range(16))),
    (RGB, 8, struct.pack(">HHH", 1, 2, 3)),
):
    samples = random_samples(color, depth) % 200
    samples[0, 0] = 7 % 2**depth
    data = png(samples, color, depth, after=[(b"tRNS", transparent)])
    save(f"{NAMES[color]}-{depth}-transparent", data, samples, color, depth)

# Labels without a colour, such as an ignore label of 255 after the palette of 21 classes: black in the picture.
samples = random_samples(PALETTE, 8)
all_colors = palette.copy()
palette[21:] = 0
save("palette-8-short", png(samples, PALETTE, 8, colors=21), samples, PALETTE, 8)
palette = all_colors

samples = random_samples(RGB, 8)
profile = (b"iCCP", b"broken\0\0" + zlib.compress(b"no profile at all"))
save("rgb-8-broken-profile", png(samples, RGB, 8, before=[profile]), samples, RGB, 8)

samples = random_samples(GREY, 8)
Path("broken-huge.png").write_bytes(png(samples, GREY, 8, size=(100_000, 100_000)))
Path("broken-empty-size.png").write_bytes(png(samples, GREY, 8, size=(0, 7)))
Path("broken-depth.png").write_bytes(png(samples, GREY, 3))
Path("broken-too-few-rows.png").write_bytes(png(samples, GREY, 8, size=(WIDTH, HEIGHT + 1)))

Path("png.json").write_text(json.dumps(expected, indent=0) + "\n")
