"""Makes version-1.sqlite.gz: a small database of audits of version 1, by the program of commit 9ebb2ba, which wrote that version.

Usage: make_version_1.py PATH/TO/errata     (built from that commit; run in this folder)

Two runs: 'judged' has its labels from elsewhere (--pseudo-labels), 'own' labels itself. Both hold two images,
one of them under two names, and a broken one.
"""

import gzip
import pathlib
import shutil
import sqlite3
import subprocess
import sys

import numpy
from PIL import Image

SETTINGS = """
network:
  encoder: {width: 4}
  decoder: {asppChannels: 8, lowLevelChannels: 8, decoderChannels: 8}
  projectionChannels: 8
  auxiliaryAlphas: [0.01]
  errorLocalization:
    width: 4
    decoder: {asppChannels: 8, lowLevelChannels: 8, decoderChannels: 8}
stages: {supervisedSteps: 2, jointSteps: 2, semiSupervisedSteps: 2, stepsPerEpoch: 2}
data: {labeledBatchSize: 2, unlabeledBatchSize: 2}
data.augmentation: {cropHeight: 32, cropWidth: 32}
"""


def main(errata):
    # A fixed place: the database names it.
    work = pathlib.Path("/tmp/errata-version-1")
    work.mkdir()

    def run(*arguments, expected=0):
        done = subprocess.run([errata, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == expected, done.stderr

    run("synthesize", work / "data", "--labeled", 4, "--unlabeled", 4, "--audit", 1, "--held-out", 1,
        "--width", 48, "--height", 40)
    (work / "settings.yaml").write_text(SETTINGS)
    run("train", "--images", work / "data/labeled/images", "--masks", work / "data/labeled/masks",
        "--unlabeled", work / "data/unlabeled", "--classes", work / "data/classes.txt", "--ignore", 255,
        "--preset", "tiny", "--config", work / "settings.yaml", "--output", work / "run")
    images, labels = work / "images", work / "labels"
    images.mkdir()
    labels.mkdir()
    random = numpy.random.default_rng(1)
    for name in ("a", "b"):
        Image.fromarray(random.integers(0, 255, (9, 12, 3), dtype=numpy.uint8)).save(images / f"{name}.png")
        Image.fromarray(random.integers(0, 2, (9, 12), dtype=numpy.uint8)).save(labels / f"{name}.png")
    for folder in (images, labels):
        shutil.copy(folder / "b.png", folder / "c.png")
    (images / "broken.png").write_text("no picture")
    for name, more in (("judged", ["--pseudo-labels", labels]), ("own", [])):
        run("audit", images, "--model", work / "run/model.safetensors", "--database", work / "audit.sqlite",
            "--run", name, "--region-threshold", 0.25, "--minimum-region-area", 2, *more, expected=2)
    database = sqlite3.connect(work / "audit.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode = DELETE")
    # Small pages: most tables hold a few rows.
    database.execute("PRAGMA page_size = 512")
    database.execute("VACUUM")
    database.close()
    packed = gzip.compress((work / "audit.sqlite").read_bytes(), 9, mtime=0)
    pathlib.Path("version-1.sqlite.gz").write_bytes(packed)
    print(len(packed), "bytes")
    shutil.rmtree(work)


main(sys.argv[1])
