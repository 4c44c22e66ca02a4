"""What acceptance.sh found, as a table: python3 experiments/camvid/acceptance.py OUTPUT"""

import json
import pathlib
import statistics
import sys

import numpy
from PIL import Image

output = pathlib.Path(sys.argv[1])
IGNORED = 11


def accepted_images(split, level):
    """Share of the images that passed, and their mean true error rate."""
    accepted = json.loads((split / f"images-{level}.json").read_text())["accepted"]
    truth = {one["name"]: one["trueErrorRate"] for one in json.loads((split / "truth.json").read_text())["images"]}
    rates = [truth[pathlib.Path(path).stem] for path in accepted]
    return len(rates) / len(truth), statistics.mean(rates) if rates else None


def accepted_pixels(split, level):
    """Share of the known pixels that passed, and how many of those are wrong."""
    people = split / f"people-{level}"
    if not people.exists():
        return 0, None
    known = passed = wrong = 0
    for path in people.rglob("*.png"):
        look, labels, truth = (
            numpy.array(Image.open(file))
            for file in (path, split / "labels" / path.relative_to(people), output / "masks" / path.name)
        )
        passes = (look == 0) & (truth != IGNORED)
        known += int((truth != IGNORED).sum())
        passed += int(passes.sum())
        wrong += int((passes & (labels != truth)).sum())
    return passed / known, wrong / passed if passed else None


def main():
    print("| labels | what passes | promised at most | splits where something passes | share that passes | its error rate: "
          "mean, largest | promises broken |\n|---|---|---|---|---|---|---|")
    for kind in ("own", "espnet"):
        splits = sorted(path.parent for path in output.glob(f"{kind}-*/done"))
        levels = sorted(path.stem.split("-")[1] for path in splits[0].glob("images-*.json"))
        for name, measure in (("images", accepted_images), ("pixels", accepted_pixels)):
            for level in levels:
                found = [measure(split, level) for split in splits]
                rates = [rate for _, rate in found if rate is not None]
                shares = [share for share, rate in found if rate is not None]
                row = [kind, name, f"{100 * float(level):.0f} %", f"{len(rates)} of {len(splits)}"]
                row.append(f"{100 * statistics.mean(shares):.1f} %" if shares else "–")
                row.append(f"{100 * statistics.mean(rates):.2f} %, {100 * max(rates):.2f} %" if rates else "–")
                row.append(str(sum(rate > float(level) for rate in rates)))
                print(f"| {' | '.join(row)} |")


main()
