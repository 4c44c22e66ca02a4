"""Writes one JPEG for each way of storing colour and each orientation, and jpeg.json with Pillow's values.

Needs numpy and pillow. Run it in this folder.
"""

import io
import json
import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

WIDTH, HEIGHT = 16, 10
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
smooth = np.stack([40 + 12 * x, 230 - 18 * y, 90 + 5 * x + 6 * y], axis=-1).astype(np.uint8)
image = Image.fromarray(smooth)
expected = {}


def jpeg(picture, **options):
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=92, **options)
    return buffer.getvalue()


def save(name, data):
    Path(name + ".jpg").write_bytes(data)
    opened = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    values = np.asarray(opened)
    expected[name] = {"width": values.shape[1], "height": values.shape[0], "rgb": values.tobytes().hex()}


def exif(orientation, order):
    mark = b"MM\0*" if order == ">" else b"II*\0"
    make = struct.pack(order + "HHI4s", 0x010F, 2, 4, b"abc\0")
    turn = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    directory = struct.pack(order + "H", 2) + make + turn + struct.pack(order + "I", 0)
    return b"Exif\0\0" + mark + struct.pack(order + "I", 8) + directory


def adobe(data):
    """Where the Adobe segment starts, and its length with the marker."""
    start = data.index(b"\xff\xee")
    return start, 2 + struct.unpack(">H", data[start + 2 : start + 4])[0]


save("ycbcr-444", jpeg(image, subsampling=0))
save("ycbcr-420", jpeg(image, subsampling=2))
save("ycbcr-progressive", jpeg(image, progressive=True, subsampling=0))
save("rgb-stored", jpeg(image, keep_rgb=True))
save("grey", jpeg(image.convert("L")))
save("restart-intervals", jpeg(image, restart_marker_blocks=1, subsampling=0))

black = np.concatenate([smooth, (20 + 8 * x + 9 * y)[..., None].astype(np.uint8)], axis=-1)
inks = jpeg(Image.fromarray(black, mode="CMYK"), subsampling=0)
start, length = adobe(inks)
assert inks[start + 4 : start + 9] == b"Adobe" and inks[start + 15] == 0
save("cmyk", inks)
save("cmyk-without-marker", inks[:start] + inks[start + length :])
# Transform 2: the same bytes, read as YCCK.
save("ycck", inks[: start + 15] + b"\2" + inks[start + 16 :])

for orientation in range(1, 9):
    save(f"orientation-{orientation}", jpeg(image, subsampling=0, exif=exif(orientation, "<>"[orientation % 2])))
save("orientation-9", jpeg(image, subsampling=0, exif=exif(9, "<")))
save("orientation-cut", jpeg(image, subsampling=0, exif=exif(6, "<")[:30]))

whole = jpeg(image, subsampling=0)
save("stray-bytes", whole[:-2] + b"\0" * 4 + whole[-2:])
Path("broken-stray-bytes.jpg").write_bytes(whole[:-2] + b"\1" * 100 + whole[-2:])

frame = whole.index(b"\xff\xc0")
huge = whole[: frame + 5] + struct.pack(">HH", 65_500, 65_500) + whole[frame + 9 :]
Path("broken-huge.jpg").write_bytes(huge)
# Half of the rows that the header promises.
taller = whole[: frame + 5] + struct.pack(">HH", 32, 16) + whole[frame + 9 :]
Path("broken-too-few-rows.jpg").write_bytes(taller)
damaged = bytearray(whole)
scan = whole.index(b"\xff\xda") + 14
damaged[scan + 10 : scan + 30] = b"\xff\xd3" * 10
Path("broken-scan.jpg").write_bytes(bytes(damaged))

Path("jpeg.json").write_text(json.dumps(expected, indent=0) + "\n")
