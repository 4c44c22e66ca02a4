"""Learning-rate schedules and gradient clipping of PyTorch → training.json.

Run: python make_training.py
"""

import json
from pathlib import Path

import torch
from torch.optim.lr_scheduler import ConstantLR, LinearLR, PolynomialLR, SequentialLR


def factors(kind, steps, power, warmup):
    parameter = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    rest = steps - warmup
    if kind == "polynomial":
        main = PolynomialLR(optimizer, total_iters=rest, power=power)
    else:
        main = ConstantLR(optimizer, factor=1.0, total_iters=rest)
    scheduler = main
    if warmup > 1:
        # LinearLR reaches its end after total_iters steps: with w - 1 of them step t has (t + 1) / w.
        first = LinearLR(optimizer, start_factor=1 / warmup, end_factor=1.0, total_iters=warmup - 1)
        scheduler = SequentialLR(optimizer, [first, main], milestones=[warmup])
    result = []
    for _ in range(steps):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return result


def clipping(maximum, scale):
    torch.manual_seed(7)
    gradients = [torch.randn(3, 4) * scale, torch.randn(5) * scale, torch.randn(2, 2) * scale]
    parameters = [torch.nn.Parameter(torch.zeros_like(gradient)) for gradient in gradients]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, maximum)
    return {
        "maximum": maximum, "norm": norm.item(),
        "gradients": [gradient.flatten().tolist() for gradient in gradients],
        "clipped": [parameter.grad.flatten().tolist() for parameter in parameters],
    }


schedules = [
    {"schedule": kind, "steps": steps, "power": power, "warmup": warmup,
     "factors": factors(kind, steps, power, warmup)}
    for kind, steps, power, warmup in [
        ("constant", 6, 0.9, 0), ("constant", 6, 0.9, 3), ("polynomial", 10, 0.9, 0),
        ("polynomial", 10, 2.0, 4), ("polynomial", 7, 1.0, 2),
    ]
]
cases = [clipping(1.0, 1.0), clipping(0.5, 1e-3), clipping(10.0, 100.0), clipping(1e-3, 1e-6)]
Path(__file__).with_name("training.json").write_text(
    json.dumps({"schedules": schedules, "clipping": cases}, indent=1) + "\n")
