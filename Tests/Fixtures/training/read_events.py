"""Reads a training's event files with the `tensorboard` package, and compares them with log.jsonl.

Run: python read_events.py RUN      (pip install tensorboard)
"""

import json
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run = Path(sys.argv[1])
accumulator = EventAccumulator(str(run), size_guidance={"scalars": 0})
accumulator.Reload()
scalars = {
    tag: {event.step: event.value for event in accumulator.Scalars(tag)}
    for tag in accumulator.Tags()["scalars"]
}
lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
steps = [line for line in lines if "stage" in line and "supervised" in line]
names = {
    "loss/total": "total", "loss/supervised": "supervised", "loss/error localization": "errorLocalization",
    "optimizer/learning rate": "learningRate", "throughput/images per second": "imagesPerSecond",
}
compared = 0
for tag, key in names.items():
    expected = {line["step"]: line[key] for line in steps if line.get(key) is not None}
    found = scalars.get(tag, {})
    assert found.keys() == expected.keys(), f"{tag}: steps {sorted(found.keys() ^ expected.keys())} differ"
    for step, value in expected.items():
        assert abs(found[step] - value) <= 1e-6 * max(1, abs(value)), f"{tag}, step {step}"
        compared += 1
for line in lines:
    for name, network in line.get("networks", {}).items():
        found = scalars[f"validation/mIoU, {name}"][line["step"]]
        assert abs(found - network["meanIntersectionOverUnion"]) <= 1e-6
        compared += 1
print(f"{len(scalars)} tags, {len(steps)} steps; {compared} values agree with log.jsonl")
for tag, values in sorted(scalars.items()):
    print(f"  {tag}: {len(values)} values, last {values[max(values)]:.5g}")
