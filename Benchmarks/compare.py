"""Runs our program and PyTorch in turns, and writes what came out. See Benchmarks/README.md.

A case's pairs add up over several calls (--pairs), so that a long case can be measured in short pieces.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy
from safetensors.numpy import load_file

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent

# name: (what it is, case, its settings, PyTorch's variants)
INFERENCE, TRAINING = ("default", "channels_last", "compiled"), ("default", "channels_last")
CASES = {
    "a-r50": ("forward pass, ResNet-50, 1×512×512", "forward", ["--networks", "resnet50", "--batch", "1"], INFERENCE),
    "a-r101": ("forward pass, ResNet-101, 1×512×512", "forward", ["--networks", "resnet101", "--batch", "1"], INFERENCE),
    "a-r50-int8": ("forward pass in int8, ResNet-50, 1×512×512", "forward",
                   ["--networks", "resnet50", "--batch", "1", "--precision", "int8"], ("channels_last", "int8")),
    "b-256": ("supervised step, ResNet-50, 2×256×256", "step",
              ["--networks", "resnet50", "--batch", "2", "--height", "256", "--width", "256"], TRAINING),
    "b-512": ("supervised step, ResNet-50, 1×512×512", "step", ["--networks", "resnet50", "--batch", "1"], TRAINING),
    "b-2x512": ("supervised step, ResNet-50, 2×512×512", "step", ["--networks", "resnet50"], TRAINING),
    "c-joint": ("joint step, ResNet-50, 2×512×512", "step", ["--networks", "resnet50", "--stage", "joint"], TRAINING),
    "c-small": ("semi-supervised step, preset cpu, (4 + 4)×256×256", "step",
                ["--networks", "small", "--stage", "semi-supervised", "--batch", "4", "--height", "256", "--width", "256",
                 "--classes", "11"], TRAINING),
    "c-r50-256": ("semi-supervised step, ResNet-50, (2 + 2)×256×256", "step",
                  ["--networks", "resnet50", "--stage", "semi-supervised", "--height", "256", "--width", "256"], TRAINING),
    "c-r50": ("semi-supervised step, ResNet-50, (2 + 2)×512×512", "step",
              ["--networks", "resnet50", "--stage", "semi-supervised"], TRAINING),
    "e": ("contrastive loss, 8 crops of 2×32×32, 128 features", "contrast", [], ("default",)),
    "f": ("decode and augment 64 images, 256×256 crops", "images", [], ("default",)),
}
TOLERANCE = 1e-3
# Rounded to bytes, random weights: what rounding costs a trained model is in docs/performance.md.
INT8_TOLERANCE = 0.5


class Side:
    """A process that waits for commands."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.greeting = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args} ended with {self.process.wait()}")
        return json.loads(line)

    def ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def start_ours(arguments, case, settings, exchange):
    command = [arguments.program, case, "--exchange", exchange, "--threads", str(arguments.threads), *settings]
    return Side(command, environment(arguments))


def start_pytorch(arguments, case, settings, exchange, layout):
    stage = settings[settings.index("--stage") + 1] if "--stage" in settings else "supervised"
    command = [arguments.python, str(HERE / "pytorch" / "worker.py"), case, "--exchange", exchange, "--layout", layout,
               "--stage", stage, "--threads", str(arguments.threads)]
    return Side(command, environment(arguments))


def environment(arguments):
    threads = str(arguments.threads)
    return os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}


def relative_difference(ours, theirs):
    return max(
        float(numpy.abs(ours[name] - theirs[name]).max() / max(1e-12, numpy.abs(theirs[name]).max())) for name in theirs)


def compare_outputs(arguments, name, folder):
    """The largest relative difference of anything that both sides compute."""
    _, case, settings, _ = CASES[name]
    if case == "step":  # a smaller problem without chance: dropout off, the whole map as the only crop
        settings = drop(settings, "--height", "--width", "--batch")
        settings += ["--height", "128", "--width", "128", "--batch", "2", "--deterministic"]
    if case == "images":
        settings = settings + ["--folder", arguments.images]
    exchange = f"{folder}/check.safetensors"
    ours = start_ours(arguments, case, settings, exchange)
    theirs = start_pytorch(arguments, case, settings, exchange, "default")
    ours.ask(f"outputs {folder}/ours.safetensors")
    theirs.ask(f"outputs {folder}/theirs.safetensors")
    ours.close(), theirs.close()
    a, b = load_file(f"{folder}/ours.safetensors"), load_file(f"{folder}/theirs.safetensors")
    return {key: relative_difference({key: a[key]}, {key: b[key]}) for key in sorted(b)}


def drop(settings, *names):
    kept, skip = [], False
    for word in settings:
        if skip:
            skip = False
        elif word in names:
            skip = True
        else:
            kept.append(word)
    return kept


def measure(arguments, name, record, folder):
    _, case, settings, layouts = CASES[name]
    if case == "images":
        settings = settings + ["--folder", arguments.images]
    layouts = [layout for layout in layouts if not arguments.layouts or layout in arguments.layouts]
    exchange = f"{folder}/exchange.safetensors"
    ours = start_ours(arguments, case, settings, exchange)
    for layout in layouts:
        theirs = start_pytorch(arguments, case, settings, exchange, layout)
        record["pytorchVersion"] = theirs.greeting["version"]
        if "operations" not in record:
            record["operations"] = theirs.ask("operations")["operations"]
        else:
            theirs.ask("run")
        ours.ask("run")
        pairs = record["pairs"].setdefault(layout, [])
        for _ in range(arguments.pairs):
            first, second = ours.ask("run"), theirs.ask("run")
            pairs.append({"ours": first, "pytorch": second})
            print(f"{name} {layout}: {first['seconds']:.3f} s, PyTorch {second['seconds']:.3f} s, "
                  f"ratio {second['seconds'] / first['seconds']:.2f}", file=sys.stderr)
        theirs.close()
    ours.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="+", choices=sorted(CASES))
    parser.add_argument("--program", default=str(REPOSITORY / ".build/release/errata-benchmark"))
    parser.add_argument("--python", default=sys.executable, help="of the environment that has PyTorch")
    parser.add_argument("--results", default=str(HERE / "results"), help="folder of one JSON file a case")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--layouts", nargs="*", help="only these of PyTorch's variants")
    parser.add_argument("--images", default="", help="folder of images, for case f")
    parser.add_argument("--restart", action="store_true", help="forget the pairs of earlier calls")
    parser.add_argument("--no-check", action="store_true", help="do not compare the outputs again")
    arguments = parser.parse_args()
    os.makedirs(arguments.results, exist_ok=True)
    for name in arguments.cases:
        path = pathlib.Path(arguments.results) / f"{name}.json"
        record = {"case": name, "title": CASES[name][0], "pairs": {}}
        if path.exists() and not arguments.restart:
            record = json.loads(path.read_text())
        with tempfile.TemporaryDirectory() as folder:
            if not arguments.no_check:
                record["differences"] = compare_outputs(arguments, name, folder)
                tolerance = INT8_TOLERANCE if "int8" in CASES[name][2] else TOLERANCE
                record["agrees"] = max(record["differences"].values()) <= tolerance
                print(f"{name}: largest relative difference {max(record['differences'].values()):.1e}", file=sys.stderr)
            if arguments.pairs:
                measure(arguments, name, record, folder)
        record["threads"] = arguments.threads
        path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
        for layout, pairs in record["pairs"].items():
            ratios = [pair["pytorch"]["seconds"] / pair["ours"]["seconds"] for pair in pairs]
            print(f"{name} {layout}: ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} … {max(ratios):.2f}) "
                  f"of {len(ratios)} pairs")


main()
