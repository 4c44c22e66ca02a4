"""A straightforward audit in PyTorch: decode with Pillow, predict, write the same statistics and maps with sqlite3.

It leaves out the connected error regions, which errata finds too, and which neither PyTorch nor numpy offers.
"""

import hashlib
import json
import pathlib
import sqlite3
import sys
import zlib

import numpy
import torch
import torch.nn.functional as F
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from images import normalized  # noqa: E402
from networks import Audit, Exchange  # noqa: E402

SCHEMA = """
CREATE TABLE images (id INTEGER PRIMARY KEY, path TEXT UNIQUE, sha256 TEXT, width INTEGER, height INTEGER, error REAL,
  wrong REAL, p50 REAL, p90 REAL, p95 REAL, p99 REAL, confidence REAL, entropy REAL);
CREATE TABLE image_classes (image_id INTEGER, class_index INTEGER, pixels INTEGER, wrong REAL);
CREATE TABLE histograms (image_id INTEGER, bin INTEGER, pixels INTEGER);
CREATE TABLE maps (image_id INTEGER, kind TEXT, data BLOB);
"""


def load(path):
    exchange = Exchange(path)
    network, classes = exchange.description["network"], len(exchange.description["classNames"])
    model = Audit(network, classes).eval().to(memory_format=torch.channels_last)
    exchange.fill(model.student, "segmentation.")
    exchange.fill(model.eln, "eln.")
    return model, classes


@torch.no_grad()
def predict(model, image):
    logits, right = model(normalized(image)[None].contiguous(memory_format=torch.channels_last))
    size = (image.height, image.width)
    logits = F.interpolate(logits, size=size, mode="bilinear", align_corners=True)[0]
    wrong = torch.sigmoid(-F.interpolate(right, size=size, mode="bilinear", align_corners=True)[0, 0])
    probabilities = F.softmax(logits, 0)
    confidence, labels = probabilities.max(0)
    entropy = -(probabilities * F.log_softmax(logits, 0)).sum(0)
    return labels.numpy(), wrong.numpy(), confidence.numpy(), entropy.numpy()


def record(database, path, data, image, maps, classes):
    labels, wrong, confidence, entropy = maps
    quantiles = numpy.quantile(wrong, [0.5, 0.9, 0.95, 0.99])
    row = (path, hashlib.sha256(data).hexdigest(), image.width, image.height, wrong.mean(), wrong.sum(), *quantiles,
           confidence.mean(), entropy.mean())
    row = tuple(float(value) if isinstance(value, numpy.floating) else value for value in row)
    key = database.execute(f"INSERT INTO images VALUES (NULL{', ?' * len(row)})", row).lastrowid
    pixels = numpy.bincount(labels.ravel(), minlength=classes)
    sums = numpy.bincount(labels.ravel(), weights=wrong.ravel(), minlength=classes)
    database.executemany("INSERT INTO image_classes VALUES (?, ?, ?, ?)",
                         [(key, index, int(pixels[index]), float(sums[index])) for index in range(classes) if pixels[index]])
    bins = numpy.histogram(wrong, 20, (0, 1))[0]
    database.executemany("INSERT INTO histograms VALUES (?, ?, ?)", [(key, i, int(n)) for i, n in enumerate(bins)])
    scales = (("label", labels, None), ("error", wrong, 1), ("confidence", confidence, 1),
              ("entropy", entropy, numpy.log(classes)))
    for kind, values, scale in scales:
        bytes_ = values.astype(numpy.uint8) if scale is None else (values * (255 / scale) + 0.5).astype(numpy.uint8)
        database.execute("INSERT INTO maps VALUES (?, ?, ?)", (key, kind, zlib.compress(bytes_.tobytes(), 3)))
    database.commit()


def main():
    folder, model_path, database_path, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    model, classes = load(model_path)
    database = sqlite3.connect(database_path)
    database.execute("PRAGMA journal_mode = WAL")
    database.executescript(SCHEMA)
    for path in sorted(pathlib.Path(folder).iterdir()):
        data = path.read_bytes()
        with Image.open(path) as file:
            image = file.convert("RGB")
        record(database, path.name, data, image, predict(model, image), classes)
    mean = database.execute("SELECT avg(error) FROM images").fetchone()[0]
    print(json.dumps({"meanError": mean}))


main()
