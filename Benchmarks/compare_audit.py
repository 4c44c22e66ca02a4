"""Case d: `errata audit` on a folder of JPEG images against pytorch/audit.py, from the start of the process to its end."""

import argparse
import json
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def timed(command, environment):
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} failed: {errors.decode()}")
    return {"seconds": time.perf_counter() - start, "peakBytes": usage.ru_maxrss * 1024,
            "processorSeconds": usage.ru_utime + usage.ru_stime}


def mean_error(database, column):
    with sqlite3.connect(database) as connection:
        return connection.execute(f"SELECT avg({column}) FROM images").fetchone()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="JPEG images; the first --count of them are used")
    parser.add_argument("--model", required=True)
    parser.add_argument("--program", default=str(HERE.parent / ".build/release/errata"))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--results", default=str(HERE / "results"))
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    threads = str(arguments.threads)
    environment = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
    path = pathlib.Path(arguments.results) / "d.json"
    path.parent.mkdir(exist_ok=True)
    record = {"case": "d", "title": f"audit of {arguments.count} JPEG images, preset cpu", "pairs": {"channels_last": []},
              "threads": arguments.threads}
    if path.exists():
        record = json.loads(path.read_text())
    with tempfile.TemporaryDirectory() as work:
        images = pathlib.Path(work) / "images"
        images.mkdir()
        for image in sorted(pathlib.Path(arguments.folder).glob("*.jpg"))[: arguments.count]:
            shutil.copy(image, images)
        for index in range(arguments.pairs):
            ours, theirs = f"{work}/ours{index}.sqlite", f"{work}/theirs{index}.sqlite"
            pair = {
                "ours": timed([arguments.program, "audit", str(images), "--model", arguments.model, "--database", ours],
                              environment),
                "pytorch": timed([arguments.python, str(HERE / "pytorch" / "audit.py"), str(images), arguments.model,
                                  theirs, threads], environment),
            }
            record["pairs"]["channels_last"].append(pair)
            a, b = mean_error(ours, "mean_error_probability"), mean_error(theirs, "error")
            record["differences"] = {"mean error probability": abs(a - b) / b}
            record["agrees"] = record["differences"]["mean error probability"] <= 1e-3
            print(json.dumps(pair), file=sys.stderr)
    path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")
    ratios = [pair["pytorch"]["seconds"] / pair["ours"]["seconds"] for pair in record["pairs"]["channels_last"]]
    print(f"d: ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} … {max(ratios):.2f}) of {len(ratios)} pairs")


main()
