"""Values of PyTorch for every operation of TensorCore → operations/*.safetensors.

Run: python make_operations.py

Everything is computed in double precision from inputs that a 16-bit float holds exactly, so that inputs take little
room and the references carry no rounding of their own. Image-like tensors are stored as NHWC, weights as OIHW. A file
holds several cases; tensors are named `case/tensor`, and the metadata give each case's numbers as JSON.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

FOLDER = Path(__file__).parent / "operations"


class Family:
    """The cases of one file."""

    def __init__(self, name):
        self.name, self.tensors, self.cases = name, {}, {}

    def add(self, case, numbers=None, **tensors):
        self.cases[case] = json.dumps(numbers or {}, sort_keys=True)
        for name, tensor in tensors.items():
            if tensor is None:
                continue
            tensor = tensor.detach()
            half = tensor.to(torch.float16)
            if tensor.dtype == torch.uint8:
                stored = tensor
            elif torch.equal(half.to(tensor.dtype), tensor):
                stored = half
            else:
                stored = tensor.to(torch.float32)
            self.tensors[f"{case}/{name}"] = stored.contiguous()

    def write(self):
        FOLDER.mkdir(exist_ok=True)
        save_file(self.tensors, FOLDER / f"{self.name}.safetensors", metadata=self.cases)


def normal(*shape, scale=1.0):
    """Values with few significant bits: exact in 16 bits."""
    return (torch.randn(*shape, dtype=torch.float64) * scale).to(torch.float16).to(torch.float64)


def labels(classes, ignored_share, *shape):
    values = torch.randint(0, classes, shape)
    values[torch.rand(*shape) < ignored_share] = 255
    return values


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def gradients(output, inputs):
    """A random upstream gradient, and what it becomes at `inputs`."""
    upstream = normal(*output.shape)
    return upstream, torch.autograd.grad(output, inputs, upstream)


def leaves(*tensors):
    return [None if t is None else t.clone().requires_grad_() for t in tensors]


def convolution():
    family = Family("convolution")
    # name: batch, height, width, in, out, kernel, stride, padding, dilation, bias
    sizes = {
        "one_by_one": (2, 5, 7, 5, 21, 1, 1, 0, 1, True),
        "one_by_one_no_bias": (2, 5, 7, 21, 3, 1, 1, 0, 1, False),
        "one_by_one_strided": (1, 7, 5, 5, 3, 1, 2, 0, 1, False),
        "three": (2, 6, 7, 3, 5, 3, 1, 1, 1, True),
        "three_strided": (2, 7, 9, 5, 3, 3, 2, 1, 1, False),
        "three_no_padding": (1, 6, 5, 5, 5, 3, 1, 0, 1, True),
        "dilation_2": (1, 9, 7, 5, 3, 3, 1, 2, 2, False),
        "dilation_6": (1, 13, 11, 3, 5, 3, 1, 6, 6, True),
        "dilation_beyond_input": (2, 5, 4, 3, 5, 3, 1, 6, 6, False),
        "dilation_18_on_one_pixel": (1, 1, 1, 5, 3, 3, 1, 18, 18, False),
        "seven_strided": (1, 11, 13, 3, 5, 7, 2, 3, 1, False),
        "seven_strided_larger_than_input": (1, 2, 3, 3, 5, 7, 2, 3, 1, True),
        "wide": (1, 4, 3, 21, 16, 3, 1, 1, 1, False),
        "full_vectors": (1, 5, 5, 16, 32, 3, 2, 2, 2, True),
    }
    for name, (n, h, w, i, o, k, stride, padding, dilation, has_bias) in sizes.items():
        x, weights = leaves(normal(n, h, w, i), normal(o, i, k, k, scale=(i * k * k) ** -0.5))
        bias = leaves(normal(o))[0] if has_bias else None
        out = nhwc(F.conv2d(nchw(x), weights, bias, stride, padding, dilation))
        inputs = [x, weights] + ([bias] if has_bias else [])
        upstream, grads = gradients(out, inputs)
        residual = normal(*out.shape)
        family.add(
            name, {"stride": stride, "padding": padding, "dilation": dilation}, input=x, weights=weights,
            bias=bias, output=out, upstream=upstream, input_gradient=grads[0], weights_gradient=grads[1],
            bias_gradient=grads[2] if has_bias else None, residual=residual)
    family.write()


def batch_normalization():
    family = Family("batch_normalization")
    for name, shape, relu, has_residual, training in [
        ("plain", (2, 3, 5, 7), False, False, True),
        ("relu", (2, 4, 3, 5), True, False, True),
        ("residual", (1, 5, 3, 3), False, True, True),
        ("residual_relu", (2, 3, 4, 21), True, True, True),
        ("two_values", (2, 1, 1, 5), False, False, True),
        ("running", (2, 3, 2, 5), False, False, False),
        ("running_residual_relu", (2, 3, 4, 5), True, True, False),
    ]:
        c = shape[3]
        x, scale, shift = leaves(normal(*shape, scale=2) + 3, normal(c) + 1, normal(c))
        residual = leaves(normal(*shape))[0] if has_residual else None
        mean, variance = normal(c) + 3, normal(c).abs() + 0.5
        numbers = {"relu": int(relu), "training": int(training)}
        running_mean, running_variance = mean.clone(), variance.clone()
        out = nhwc(
            F.batch_norm(nchw(x), running_mean, running_variance, scale, shift, training, 0.1, 1e-5))
        if has_residual:
            out = out + residual
        if relu:
            out = out.relu()
        inputs = [x, scale, shift] + ([residual] if has_residual else [])
        upstream, grads = gradients(out, inputs)
        flat = x.detach().reshape(-1, c)
        family.add(
            name, numbers, input=x, scale=scale, shift=shift, residual=residual, mean=mean, variance=variance,
            output=out, upstream=upstream, input_gradient=grads[0], scale_gradient=grads[1],
            shift_gradient=grads[2], residual_gradient=grads[3] if has_residual else None,
            batch_mean=flat.mean(0), batch_variance=flat.var(0, unbiased=False),
            next_mean=running_mean, next_variance=running_variance)
    family.write()


def pooling():
    family = Family("pooling")
    for name, (n, h, w, c), kernel, stride, padding in [
        ("stem_even", (2, 8, 6, 5), 3, 2, 1),
        ("stem_odd", (1, 7, 9, 3), 3, 2, 1),
        ("one_pixel", (1, 1, 1, 5), 3, 2, 1),
        ("no_padding", (1, 6, 6, 21), 2, 2, 0),
        ("overlapping", (1, 5, 6, 3), 3, 1, 1),
    ]:
        (x,) = leaves(normal(n, h, w, c) - 2)  # mostly negative: padding must not win
        out = nhwc(F.max_pool2d(nchw(x), kernel, stride, padding))
        upstream, (grad,) = gradients(out, [x])
        family.add(
            "max_" + name, {"kernel": kernel, "stride": stride, "padding": padding}, input=x, output=out,
            upstream=upstream, input_gradient=grad)
    for name, shape in [("small", (2, 3, 5, 21)), ("one_pixel", (2, 1, 1, 3))]:
        (x,) = leaves(normal(*shape))
        out = x.mean((1, 2), keepdim=True)
        upstream, (grad,) = gradients(out, [x])
        family.add("average_" + name, input=x, output=out, upstream=upstream, input_gradient=grad)
    family.write()


def resize():
    family = Family("resize")
    sizes = {
        "up": ((2, 3, 4), (6, 8)), "up_odd": ((1, 4, 5), (9, 13)), "down": ((1, 9, 8), (3, 4)),
        "mixed": ((1, 7, 3), (4, 11)), "from_one": ((2, 1, 1), (3, 5)), "to_one": ((1, 5, 4), (1, 1)),
        "same_height": ((1, 4, 4), (4, 7)), "to_two": ((1, 9, 9), (2, 2)),
    }
    for alignment in ("corners", "edges"):
        for name, ((n, h, w), (height, width)) in sizes.items():
            (x,) = leaves(normal(n, h, w, 3))
            out = nhwc(
                F.interpolate(
                    nchw(x), (height, width), mode="bilinear", align_corners=alignment == "corners"))
            upstream, (grad,) = gradients(out, [x])
            family.add(
                f"{alignment}_{name}", {"corners": int(alignment == "corners")}, input=x, output=out,
                upstream=upstream, input_gradient=grad)
    family.write()


def elementwise():
    family = Family("elementwise")
    (x,) = leaves(normal(2, 3, 4, 5))
    upstream, (grad,) = gradients(x.relu(), [x])
    family.add("relu", input=x, output=x.relu(), upstream=upstream, input_gradient=grad)
    values = torch.cat([normal(40, scale=4), torch.tensor([0.0, 90.0, -90.0, 20.0, -20.0]).double()])
    family.add("sigmoid", input=values, output=values.sigmoid())
    a, b = leaves(normal(2, 3, 2, 3), normal(2, 3, 2, 3))
    upstream, grads = gradients(a + 0.25 * b, [a, b])
    family.add(
        "sum", {"factor": 0.25}, first=a, second=b, output=a + 0.25 * b, upstream=upstream,
        first_gradient=grads[0], second_gradient=grads[1])
    family.add("average", {"decay": 0.995}, first=a, second=b, output=0.995 * a + 0.005 * b)
    parts = leaves(normal(2, 3, 2, 3), normal(2, 3, 2, 21), normal(2, 3, 2, 1))
    out = torch.cat(parts, 3)
    upstream, grads = gradients(out, parts)
    named = {f"part{i}": p for i, p in enumerate(parts)} | {f"gradient{i}": g for i, g in enumerate(grads)}
    family.add("concatenation", output=out, upstream=upstream, **named)
    (x,) = leaves(normal(2, 3, 4, 5))
    rows = [7, 0, 23, 4, 12]
    out = x.reshape(-1, 5)[rows]
    upstream, (grad,) = gradients(out, [x])
    family.add("gather", {"rows": rows}, input=x, output=out, upstream=upstream, input_gradient=grad)
    a, b = leaves(normal(9, 17), normal(17, 5))
    upstream, grads = gradients(a @ b, [a, b])
    family.add(
        "product", first=a, second=b, output=a @ b, upstream=upstream, first_gradient=grads[0],
        second_gradient=grads[1])
    family.write()


def softmax():
    family = Family("softmax")
    for name, shape, scale in [
        ("two", (1, 3, 3, 2), 1), ("voc", (2, 3, 5, 21), 3), ("peaked", (1, 4, 4, 5), 40), ("one", (1, 2, 2, 1), 1)
    ]:
        (x,) = leaves(normal(*shape, scale=scale))
        p, logp = x.softmax(3), x.log_softmax(3)
        upstream, (grad,) = gradients(p, [x])
        (log_grad,) = torch.autograd.grad(logp, [x], upstream)
        entropy = -(p * torch.where(p > 0, logp, 0)).sum(3)
        confidence, label = p.max(3)
        family.add(
            name, input=x, softmax=p, log_softmax=logp, upstream=upstream, softmax_gradient=grad,
            log_softmax_gradient=log_grad, entropy=entropy, confidence=confidence, labels=label.to(torch.uint8))
    family.write()


def cross_entropy():
    family = Family("cross_entropy")
    sizes = {
        "same": ((2, 5, 4), (5, 4), 5), "upsampled": ((2, 5, 6), (17, 21), 5), "factor_four": ((1, 9, 9), (33, 33), 3),
        "one_pixel": ((1, 1, 1), (7, 5), 21), "downsampled": ((1, 12, 9), (5, 4), 3), "one_row": ((2, 3, 4), (1, 9), 5),
    }
    for name, ((n, h, w), (height, width), classes) in sizes.items():
        (x,) = leaves(normal(n, h, w, classes, scale=2))
        y = labels(classes, 0.3, n, height, width)
        resized = F.interpolate(nchw(x), (height, width), mode="bilinear", align_corners=True)
        loss = F.cross_entropy(resized, y, ignore_index=255)
        (grad,) = torch.autograd.grad(loss, [x])
        family.add(name, input=x, labels=y.to(torch.uint8), loss=loss, input_gradient=grad)
    for name, ((n, h, w), (height, width)) in {
        "binary_same": ((2, 5, 4), (5, 4)), "binary_upsampled": ((2, 5, 6), (17, 21)),
        "binary_large_logits": ((1, 4, 4), (4, 4)),
    }.items():
        (x,) = leaves(normal(n, h, w, 1, scale=30 if "large" in name else 2))
        y = labels(2, 0.3, n, height, width)
        resized = F.interpolate(nchw(x), (height, width), mode="bilinear", align_corners=True)[:, 0]
        counted = y != 255
        weight = torch.where(y == 0, 4.5, 1.0).double()
        target = torch.where(counted, y, 0).double()
        values = F.binary_cross_entropy_with_logits(resized, target, weight, reduction="none")
        loss = values[counted].mean()
        (grad,) = torch.autograd.grad(loss, [x])
        family.add(
            name, {"negative_weight": 4.5}, input=x, labels=y.to(torch.uint8), loss=loss, input_gradient=grad)
    family.write()


def similarities(a, b, temperature):
    """exp(cos(aᵢ, bⱼ) / τ)."""
    unit = lambda x: x / x.norm(dim=1, keepdim=True).clamp(min=1e-8)
    return (unit(a) @ unit(b).T / temperature).exp()


def class_sums(student, teacher, classes, temperature):
    d = similarities(teacher, student, temperature)
    total, present = 0, classes.unique()
    for c in present:
        own = classes == c
        positive = d[own][:, own].sum()
        negative = d[own][:, ~own].sum()
        total = total - torch.log(positive / (positive + negative)) / own.sum()
    return total / len(present)


def pixel_pairs(student, teacher, classes, temperature):
    d = similarities(student, teacher, temperature)
    total = 0
    for i in range(len(classes)):
        own = classes == classes[i]
        negative = d[i][~own].sum()
        total = total + torch.log(1 + negative / d[i][own]).sum()
    return total / len(classes)


def pixel_contrast():
    family = Family("pixel_contrast")
    for name, count, depth, classes, temperature in [
        ("small", 23, 8, 4, 0.5), ("panels", 300, 4, 3, 0.5), ("sharp", 40, 5, 3, 0.1), ("one_class", 9, 4, 1, 0.5),
        ("one_pixel_each", 5, 6, 5, 0.5),
    ]:
        teacher, y = normal(count, depth), torch.randint(0, classes, (count,))
        if name == "one_pixel_each":
            y = torch.randperm(count)
        (student,) = leaves(normal(count, depth))
        for form, loss_function in (("class-sums", class_sums), ("pixel-pairs", pixel_pairs)):
            loss = loss_function(student, teacher, y, temperature)
            (grad,) = torch.autograd.grad(loss, [student])
            family.add(
                f"{name}_{form}", {"temperature": temperature, "form": form}, student=student,
                teacher=teacher, classes=(y * 7).to(torch.uint8), loss=loss, student_gradient=grad)
    family.write()


def adamw():
    family = Family("adamw")
    for name, rate, decay, betas, epsilon in [
        ("default", 1e-3, 1e-2, (0.9, 0.999), 1e-8), ("strong", 0.1, 0.5, (0.8, 0.9), 1e-3),
        ("no_decay", 1e-2, 0.0, (0.9, 0.999), 1e-8),
    ]:
        parameter = torch.nn.Parameter(normal(3, 4))
        start = parameter.detach().clone()
        optimizer = torch.optim.AdamW([parameter], lr=rate, betas=betas, eps=epsilon, weight_decay=decay)
        history, steps = [], []
        for step in range(5):
            gradient = normal(3, 4, scale=10.0 ** (1 - step))
            parameter.grad = gradient
            optimizer.step()
            steps.append(gradient)
            history.append(parameter.detach().clone())
        family.add(
            name,
            {"rate": rate, "decay": decay, "beta1": betas[0], "beta2": betas[1], "epsilon": epsilon},
            start=start, gradients=torch.stack(steps), history=torch.stack(history))
    family.write()


if __name__ == "__main__":
    for make in (
        convolution, batch_normalization, pooling, resize, elementwise, softmax, cross_entropy, pixel_contrast,
        adamw,
    ):
        torch.manual_seed(20220404)
        make()
