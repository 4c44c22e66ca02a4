"""Writes evaluation.json: small audits with their truth, and what scikit-learn, scipy and cleanlab say about them.

Needs numpy, scipy, scikit-learn and cleanlab. Run in this folder: python make_evaluation.py
"""

import json

import numpy as np
from cleanlab.segmentation.rank import _get_label_quality_per_image
from scipy.stats import spearmanr
from sklearn.metrics import (
    accuracy_score, average_precision_score, f1_score, jaccard_score, precision_recall_curve, roc_auc_score)

CLASSES, IGNORE, HEIGHT, WIDTH = 5, 255, 8, 10
generator = np.random.default_rng(2022)


def half(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    value = ((value ^ (value >> 33)) * 0xFF51AFD7ED558CCD) % 2**64
    return (value >> 63) & 1


def make_image(name, share_wrong):
    count = HEIGHT * WIDTH
    truth = generator.integers(0, 4, count)  # class 4 is never there
    wrong = generator.random(count) < share_wrong
    labels = np.where(wrong, (truth + generator.integers(1, 4, count)) % 4, truth)
    doubt = np.clip(0.25 + 0.35 * wrong + generator.normal(0, 0.25, count), 0, 0.74)
    error = np.clip(0.2 + 0.5 * wrong + generator.normal(0, 0.2, count), 0, 1)
    entropy = np.clip(doubt + generator.normal(0, 0.1, count), 0, 1)
    ignored = generator.random(count) < 0.1
    error[ignored] = np.clip(error[ignored] + 0.3, 0, 1)
    truth[ignored] = IGNORE
    to_bytes = lambda values: np.round(values * 255).astype(np.uint8)
    return {
        "name": name, "truth": truth.astype(np.uint8), "labels": labels.astype(np.uint8), "error": to_bytes(error),
        "confidence": to_bytes(1 - doubt), "entropy": to_bytes(entropy)}


images = [
    make_image(f"street/frame-{index:03d}", share)
    for index, share in enumerate([0.05, 0.4, 0.15, 0.3, 0.15, 0.6, 0.0])
]
for image in images:
    image["known"] = image["truth"] != IGNORE
    image["wrong"] = (image["labels"] != image["truth"])[image["known"]]
    doubt = 255 - image["confidence"]
    image["scores"] = {
        "error probability": image["error"], "1 - max softmax": doubt, "entropy": image["entropy"],
        "mean of it and 1 - max softmax": ((image["error"].astype(int) + doubt) // 2).astype(np.uint8)}


def joined(part):
    return np.concatenate([part(image) for image in images])


def best_threshold(wrong, score):
    if not wrong.any():
        return 128
    precision, recall, thresholds = precision_recall_curve(wrong, score)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    best = int(np.argmax(f1[:-1]))
    # Between two scores that occur every threshold does the same; the first above the one before is meant.
    return thresholds[best - 1] + 1 if best > 0 else 0


def detection(name):
    wrong = joined(lambda image: image["wrong"])
    score = joined(lambda image: image["scores"][name][image["known"]])
    group = joined(lambda image: np.full(image["wrong"].size, half(image["name"])))
    confident = joined(lambda image: image["confidence"][image["known"]]) / 255 > 0.9
    predicted = np.zeros_like(wrong)
    for side in (0, 1):
        threshold = best_threshold(wrong[group != side], score[group != side])
        predicted[group == side] = score[group == side] >= threshold
    return {
        "averagePrecision": average_precision_score(wrong, score), "areaUnderROC": roc_auc_score(wrong, score),
        "f1": f1_score(wrong, predicted),
        "binaryMeanIntersectionOverUnion": jaccard_score(wrong, predicted, average="macro"),
        "confidentAveragePrecision": average_precision_score(wrong[confident], score[confident]),
        "confidentAreaUnderROC": roc_auc_score(wrong[confident], score[confident])}


def curve(scores, wrong):
    found = np.concatenate([[0], np.cumsum(wrong[np.argsort(-np.asarray(scores), kind="stable")])]) / wrong.sum()
    return np.linspace(0, 1, found.size), found


def ranking(scores):
    rates = np.array([image["wrong"].mean() for image in images])
    wrong = np.array([image["wrong"].sum() for image in images])
    x, found = curve(scores, wrong)
    return {
        "spearman": spearmanr(scores, rates).statistic, "foundInFirst10Percent": np.interp(0.1, x, found),
        "foundInFirst20Percent": np.interp(0.2, x, found),
        "areaBelowPerfect": np.trapezoid(curve(wrong, wrong)[1], x) - np.trapezoid(found, x)}


def calibration():
    wrong = joined(lambda image: image["wrong"])
    probability = joined(lambda image: image["error"][image["known"]]) / 255
    bins = np.minimum(14, np.floor(probability * 15 + 1e-9)).astype(int)
    gaps = [
        abs(probability[bins == index].mean() - wrong[bins == index].mean()) * (bins == index).mean()
        for index in range(15) if (bins == index).any()]
    image_gaps = [
        abs(image["error"][image["known"]].mean() / 255 - image["wrong"].mean()) for image in images]
    return {
        "expectedCalibrationError": sum(gaps), "trueErrorRate": wrong.mean(),
        "estimatedErrorRate": probability.mean(), "meanImageGap": np.mean(image_gaps)}


def segmentation():
    truth = joined(lambda image: image["truth"][image["known"]])
    labels = joined(lambda image: image["labels"][image["known"]])
    per_class = jaccard_score(truth, labels, labels=range(4), average=None)
    return {
        "pixelAccuracy": accuracy_score(truth, labels), "meanIntersectionOverUnion": per_class.mean(),
        "intersectionOverUnion": list(per_class) + [None]}


def softmin(image):
    return _get_label_quality_per_image(image["confidence"] / 255, method="softmin", temperature=0.1)


document = {
    "classCount": CLASSES, "ignoreLabel": IGNORE, "width": WIDTH, "height": HEIGHT,
    "images": [
        {key: image[key].tobytes().hex() for key in ("truth", "labels", "error", "confidence", "entropy")}
        | {"name": image["name"]} for image in images],
    "detection": {name: detection(name) for name in images[0]["scores"]},
    "ranking": {
        "expected error rate": ranking([image["error"].mean() for image in images]),
        "wrong pixels (p > 0.5)": ranking([(image["error"] > 127.5).mean() for image in images]),
        "1 - max softmax": ranking([255 - image["confidence"].mean() for image in images]),
        "entropy": ranking([image["entropy"].mean() for image in images]),
        "cleanlab softmin": ranking([1 - softmin(image) for image in images]),
        "true error rate": ranking([image["wrong"].mean() for image in images])},
    "calibration": calibration(), "segmentation": segmentation()}
with open("evaluation.json", "w") as file:
    json.dump(document, file, indent=1, default=float)
    file.write("\n")
