"""How time and memory grow: with pixels, classes, batch, auxiliary decoders and cores. See Benchmarks/README.md.

    cost.py measure SERIES…   # adds to results/cost/SERIES.json
    cost.py plot              # docs/images/cost-*.svg from these

A series runs errata-benchmark once per value, one process each, and takes the median time of a few repetitions and the
largest resident set; `decoders` also runs the authors' way in PyTorch. `audit` samples the memory of a long audit.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parent / "docs" / "images"

SMALL = ["--networks", "small", "--classes", "11"]
SEMI = ["step", *SMALL, "--stage", "semi-supervised"]
R50_JOINT = ["step", "--networks", "resnet50", "--stage", "joint", "--batch", "2", "--height", "256", "--width", "256"]
# name: (what varies, case and fixed settings, the values, what becomes of a value)
SERIES = {
    "pixels-audit": ("image side, pixels", ["forward", *SMALL, "--batch", "1"], [128, 256, 384, 512, 768, 1024],
                     lambda side: ["--height", side, "--width", side]),
    "pixels-audit-r50": ("image side, pixels", ["forward", "--networks", "resnet50", "--batch", "1"],
                         [128, 256, 384, 512], lambda side: ["--height", side, "--width", side]),
    "pixels-training": ("image side, pixels", [*SEMI, "--batch", "2"], [64, 128, 192, 256],
                        lambda side: ["--height", side, "--width", side]),
    "batch": ("images of each kind in a step", [*SEMI, "--height", "128", "--width", "128"], [1, 2, 4, 8],
              lambda batch: ["--batch", batch]),
    "classes": ("classes", ["step", "--networks", "small", "--stage", "semi-supervised", "--batch", "2",
                            "--height", "128", "--width", "128"], [2, 11, 21, 64, 128], lambda classes: ["--classes", classes]),
    "decoders": ("auxiliary decoders", R50_JOINT, [0, 1, 2, 4], lambda count: ["--auxiliary-decoders", count]),
    "cores": ("cores", [*SEMI, "--batch", "2", "--height", "128", "--width", "128"], list(range(1, os.cpu_count() + 1)),
              lambda count: ["--threads", count]),
}


class Worker:
    def __init__(self, command, cores):
        environment = os.environ | {"OMP_NUM_THREADS": str(cores), "OPENBLAS_NUM_THREADS": str(cores)}
        command = ["taskset", "-c", f"0-{cores - 1}", *command]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args} ended with {self.process.wait()}")
        return json.loads(line)

    def repeat(self, count):
        """The first repetition makes buffers and kernels; only its memory counts."""
        runs = []
        for _ in range(count + 1):
            self.process.stdin.write("run\n")
            self.process.stdin.flush()
            runs.append(self.answer())
        self.process.stdin.close()
        self.process.wait()
        return {"seconds": statistics.median(run["seconds"] for run in runs[1:]),
                "peakBytes": max(run["peakBytes"] for run in runs)}


def measure(arguments, name):
    _, settings, values, option = SERIES[name]
    record = {"series": name, "points": []}
    for value in values:
        cores = value if name == "cores" else os.cpu_count()
        own = settings + [str(word) for word in option(value)]
        with tempfile.TemporaryDirectory() as folder:
            exchange = ["--exchange", f"{folder}/exchange.safetensors"] if name == "decoders" else []
            point = {"value": value, "ours": Worker([arguments.program, *own, *exchange], cores).repeat(arguments.runs)}
            if exchange:
                point["pytorch"] = Worker(
                    [arguments.python, str(HERE / "pytorch" / "worker.py"), "step", *exchange, "--layout",
                     "channels_last", "--stage", "joint", "--threads", str(cores)], cores).repeat(1)
        record["points"].append(point)
        print(name, json.dumps(point), file=sys.stderr)
    (arguments.results / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")


def audit(arguments, command):
    """Runs a command and samples its memory until it ends; its standard error says how far it is."""
    with tempfile.TemporaryFile("w+") as log:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        samples = []
        while process.poll() is None:
            time.sleep(arguments.interval)
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text().split("\n")
            except OSError:
                break
            lines = [line.split() for line in status if line.startswith(("VmRSS:", "VmHWM:"))]
            sizes = {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines}
            if sizes:
                samples.append([round(time.perf_counter() - start, 1), sizes["VmRSS"], sizes["VmHWM"]])
        record = {"series": "audit", "command": command[1:], "status": process.wait(), "samples": samples}
    (arguments.results / "audit.json").write_text(json.dumps(record) + "\n")


def plot(arguments):
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as pyplot

    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "errata", "font.size": 9, "axes.grid": True,
                                "grid.alpha": 0.3})
    DOCS.mkdir(exist_ok=True)
    for name, (label, *_) in SERIES.items():
        path = arguments.results / f"{name}.json"
        if not path.exists():
            continue
        points = json.loads(path.read_text())["points"]
        figure, (left, right) = pyplot.subplots(1, 2, figsize=(7, 2.4), constrained_layout=True)
        for side, title in (("ours", "errata"), ("pytorch", "authors' way, PyTorch")):
            mine = [point for point in points if side in point]
            if not mine:
                continue
            values = [point["value"] ** 2 / 1e6 if name.startswith("pixels") else point["value"] for point in mine]
            left.plot(values, [point[side]["seconds"] for point in mine], marker="o", label=title)
            right.plot(values, [point[side]["peakBytes"] / 1e6 for point in mine], marker="o", label=title)
        for axes, title in ((left, "seconds"), (right, "resident memory, MB")):
            axes.set(xlabel="megapixels" if name.startswith("pixels") else label, ylabel=title)
            axes.set_ylim(bottom=0)
            axes.set_xlim(left=0)
        if any("pytorch" in point for point in points):
            right.legend(frameon=False)
        figure.savefig(DOCS / f"cost-{name}.svg", metadata={"Date": None})
        pyplot.close(figure)
    path = arguments.results / "audit.json"
    if path.exists():
        samples = json.loads(path.read_text())["samples"]
        figure, axes = pyplot.subplots(figsize=(7, 2.4), constrained_layout=True)
        step = max(1, len(samples) // 300)
        for column, title in ((1, "now"), (2, "most so far")):
            axes.plot([s[0] / 60 for s in samples[::step]], [s[column] / 1e6 for s in samples[::step]], label=title)
        axes.set(xlabel="minutes", ylabel="resident memory, MB")
        axes.set_ylim(0, max(s[2] for s in samples) / 1e6 * 1.2)
        axes.legend(frameon=False, loc="lower right")
        figure.savefig(DOCS / "cost-audit.svg", metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(HERE.parent / ".build/release/errata-benchmark"))
    parser.add_argument("--python", default=sys.executable, help="of the environment that has PyTorch")
    parser.add_argument("--results", type=pathlib.Path, default=HERE / "results" / "cost")
    parser.add_argument("--runs", type=int, default=3, help="timed repetitions of each value")
    parser.add_argument("--interval", type=float, default=1, help="seconds between samples of an audit's memory")
    commands = parser.add_subparsers(dest="action", required=True)
    commands.add_parser("measure").add_argument("series", nargs="+", choices=sorted(SERIES))
    commands.add_parser("audit").add_argument("command", nargs=argparse.REMAINDER, help="program and arguments")
    commands.add_parser("plot")
    arguments = parser.parse_args()
    arguments.results.mkdir(parents=True, exist_ok=True)
    if arguments.action == "measure":
        for name in arguments.series:
            measure(arguments, name)
    elif arguments.action == "audit":
        audit(arguments, arguments.command)
    else:
        plot(arguments)


main()
