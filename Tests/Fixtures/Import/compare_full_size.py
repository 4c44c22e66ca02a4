"""`errata import` and `errata predict` against PyTorch, on randomly filled networks of the paper's size.

Run:  python compare_full_size.py [--errata PROGRAM] [--depth 50 101] [--size 505 505]
Needs the built program, 2 GB of memory and 1 GB in the folder for temporary files. Exit code 1 above the bar.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from PIL import Image
from safetensors import safe_open

from authors_checkpoint import Networks, sample_image

# Largest difference over the largest absolute value.
BAR = 1e-4
CLASSES = 21


def run(*arguments):
    result = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}: exit code {result.returncode}\n{result.stderr}")
    print(result.stdout, end="")


def largest_difference(found, truth):
    return ((found - truth).abs().max() / truth.abs().max()).item()


def compare(depth, size, parallel, program, folder):
    networks = Networks(CLASSES, depth, seed=depth)
    checkpoint, model, scores = folder / "authors.pth", folder / "model.safetensors", folder / "scores.safetensors"
    torch.save(networks.checkpoint(parallel), checkpoint)
    classes = folder / "classes.txt"
    classes.write_text("".join(f"class {index}\n" for index in range(CLASSES)))
    pixels = sample_image(*size)
    picture = folder / "image.png"
    Image.fromarray(pixels.numpy()).save(picture)
    run(program, "import", "--from", "ssl-eln", checkpoint, "--classes", classes, "--output", model)
    run(program, "predict", picture, "--model", model, "--output", scores)
    expected = networks.scores(pixels)
    exact = networks.scores(pixels, torch.float64)
    differences = {}
    with safe_open(scores, "pt") as file:
        assert len(json.loads(file.metadata()["class_names"])) == CLASSES
        for name, truth, double in (("logits", expected[0], exact[0]), ("eln_logits", expected[-1], exact[-1])):
            found = file.get_tensor(name)
            assert found.shape == truth.shape, f"{name}: {found.shape}, expected {truth.shape}"
            differences[name] = largest_difference(found, truth)
            print(f"ResNet-{depth} {name} {tuple(found.shape)}, largest value {truth.abs().max():.2f}: errata differs from "
                  f"PyTorch by {differences[name]:.1e} of it; from PyTorch in double precision errata differs by "
                  f"{largest_difference(found, double):.1e}, PyTorch by {largest_difference(truth, double):.1e}")
    labels = expected[0].argmax(-1)
    with safe_open(scores, "pt") as file:
        same = (file.get_tensor("logits").argmax(-1) == labels).float().mean()
    print(f"ResNet-{depth} labels that agree: {100 * same:.3f} %")
    return max(differences.values())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    root = Path(__file__).resolve().parents[3]
    parser.add_argument("--errata", type=Path, default=root / ".build/release/errata")
    parser.add_argument("--depth", type=int, nargs="+", default=[50, 101])
    parser.add_argument("--size", type=int, nargs=2, default=[505, 505], help="height and width of the image")
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    worst = 0
    for position, depth in enumerate(arguments.depth):
        with tempfile.TemporaryDirectory() as folder:
            # Every second one as DataParallel would have saved it.
            worst = max(worst, compare(depth, arguments.size, position % 2 == 1, arguments.errata, Path(folder)))
    print(f"largest relative difference {worst:.2e}, bar {BAR:.0e}")
    sys.exit(0 if worst <= BAR else 1)
