"""Tables of what compare.sh measured: python3 experiments/camvid/tables.py OUTPUT"""

import json
import pathlib
import statistics
import sys

output = pathlib.Path(sys.argv[1])
PROBABILITY, SOFTMAX, ENTROPY = "error probability", "1 - max softmax", "entropy"
MEAN = "mean of it and 1 - max softmax"


def results(arm, run):
    """One evaluation a seed, in the order of the seeds."""
    return [json.loads(path.read_text()) for path in sorted(output.glob(f"{arm}-[0-9]*/results/{run}.json"))]


def spread(values, digits=3):
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


def segmentation(label, arm, run):
    found = [result["segmentation"] for result in results(arm, run)]
    if found:
        columns = [[one[key] for one in found] for key in ("meanIntersectionOverUnion", "pixelAccuracy")]
        print(f"| {label} | {' | '.join(map(spread, columns))} |")


MEASURES = (
    "averagePrecision", "areaUnderROC", "f1", "binaryMeanIntersectionOverUnion",
    "confidentAveragePrecision", "confidentAreaUnderROC",
)


def detection(label, arm, run, detector, order=None):
    found = results(arm, run)
    if not found:
        return
    rows = [next(one for one in result["detection"] if one["detector"] == detector) for result in found]
    columns = [spread([row[measure] for row in rows]) for measure in MEASURES]
    name = order or ("expected error rate" if detector == PROBABILITY else detector)
    rhos = [one["spearman"] for result in found for one in result["ranking"] if one["ranking"] == name]
    columns.append(spread(rhos, 2) if rhos else "–")
    print(f"| {label} | {' | '.join(columns)} |")


def calibration(label, arm, run):
    found = [result["calibration"] for result in results(arm, run)]
    if found:
        rates = "; ".join(f"{100 * one['estimatedErrorRate']:.1f}, {100 * one['trueErrorRate']:.1f}" for one in found)
        inside = [100 * one["imagesInInterval"] for one in found if "imagesInInterval" in one]
        row = [spread([one["expectedCalibrationError"] for one in found]), rates, spread(inside, 0) if inside else "–"]
        print(f"| {label} | {' | '.join(row)} |")


def orders(arm, run):
    """Every order of the images, one a row."""
    found = results(arm, run)
    if not found:
        return
    header("order", "ρ", "found in the first 10 %", "in the first 20 %", "area to the perfect order")
    for index, first in enumerate(found[0]["ranking"]):
        rows = [result["ranking"][index] for result in found]
        assert all(row["ranking"] == first["ranking"] for row in rows)
        columns = [spread([row["spearman"] for row in rows], 2)] + [
            spread([row[key] for row in rows])
            for key in ("foundInFirst10Percent", "foundInFirst20Percent", "areaBelowPerfect")
        ]
        print(f"| {first['ranking']} | {' | '.join(columns)} |")


def header(*columns):
    print("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")


def main():
    header("segmentation of `val`", "mIoU", "pixel accuracy")
    for arm in ("supervised", "eln", "threshold", "ecn", "errata", "r50", "r50-pretrained", "r50-full"):
        segmentation(arm, arm, "own")
    finds = ("AP", "AUROC", "F1", "mIoU", "confident AP", "confident AUROC", "ρ")
    header("own labels", *finds)
    detection("ELN", "eln", "own", PROBABILITY)
    detection("1 − maximum softmax", "eln", "own", SOFTMAX)
    detection("entropy", "eln", "own", ENTROPY)
    detection("decoder disagreement", "eln", "disagreement", PROBABILITY)
    detection("mean of ELN and 1 − maximum softmax", "eln", "own", MEAN, order="–")
    detection("ECN", "ecn", "own", PROBABILITY)
    detection("combined, calibrated", "eln", "combined", PROBABILITY)
    detection("`errata`: ELN", "errata", "own", PROBABILITY)
    detection("`errata`: 1 − maximum softmax", "errata", "own", SOFTMAX)
    detection("`errata`: combined, calibrated", "errata", "combined", PROBABILITY)
    detection("ResNet-50, pretrained: ELN", "r50-full", "own", PROBABILITY)
    detection("ResNet-50, pretrained: 1 − maximum softmax", "r50-full", "own", SOFTMAX)
    detection("ResNet-50, pretrained: combined, calibrated", "r50-full", "combined", PROBABILITY)
    header("ESPNet's labels", *finds)
    for arm in ("eln", "errata", "ecn"):
        detection(f"{arm}: its network", arm, "espnet", PROBABILITY)
        detection(f"{arm}: 1 − our softmax of their label", arm, "espnet", SOFTMAX)
        detection(f"{arm}: mean", arm, "espnet-mean", PROBABILITY)
    header("ESPNet's labels, second half", *finds)
    detection("ESPNet's own confidence", "eln", "espnet-confidence", SOFTMAX)
    for arm in ("eln", "errata"):
        detection(f"{arm}: ELN", arm, "espnet-half", PROBABILITY)
        detection(f"{arm}: combined with their confidence", arm, "espnet-combined", PROBABILITY)
    header(
        "", "expected calibration error", "folder's error rate, %: estimated, true; by seed", "images in their interval, %")
    for arm in ("eln", "errata"):
        for run in ("own", "combined", "several", "espnet-combined"):
            calibration(f"{arm}: {run}", arm, run)
    for run in ("several", "combined", "espnet-combined"):
        print(f"\nOrders, errata: {run}")
        orders("errata", run)


main()
