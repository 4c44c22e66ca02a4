"""Writes calibration.json: scores of two detectors, which pixels are wrong, and what scikit-learn's logistic regression
on the scores' logits finds.

Needs numpy and scikit-learn. Run in this folder: python make_calibration.py
"""

import json

import numpy as np
from sklearn.linear_model import LogisticRegression

generator = np.random.default_rng(7)
COUNT = 300
wrong = generator.random(COUNT) < 0.25
first = np.clip(0.3 + 0.3 * wrong + generator.normal(0, 0.2, COUNT), 0.01, 0.99).astype(np.float32)
second = np.clip(0.4 + 0.2 * wrong + generator.normal(0, 0.25, COUNT), 0.01, 0.99).astype(np.float32)
scores = np.stack([first, second], axis=1).astype(np.float64)
features = np.log(scores / (1 - scores))
# The ridge of LogisticStack's default, half its square norm, on the weights alone.
model = LogisticRegression(C=1 / 1e-3, tol=1e-12, max_iter=10000).fit(features, wrong)
with open("calibration.json", "w") as file:
    json.dump({
        "first": [float(f"{v:.9g}") for v in first], "second": [float(f"{v:.9g}") for v in second],
        "wrong": [int(v) for v in wrong], "intercept": float(model.intercept_[0]),
        "weights": [float(v) for v in model.coef_[0]],
        "probabilities": [float(f"{v:.9g}") for v in model.predict_proba(features)[:20, 1]]}, file)
    file.write("\n")
