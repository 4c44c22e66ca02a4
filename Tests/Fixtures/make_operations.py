"""Values and gradients of every operation as PyTorch computes them, for Tests/TensorCoreTests.

Run with a Python that has torch, numpy and safetensors:  python make_operations.py
Image-like tensors are stored NHWC, convolution weights OIHW. Each case is NAME.<tensor>; settings are in the metadata.
"""

import json
import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(7)
torch.set_num_threads(1)
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "operations")


def nhwc(x):
    return x.detach().permute(0, 2, 3, 1).contiguous() if x.dim() == 4 else x.detach().contiguous()


class Cases:
    def __init__(self):
        self.tensors, self.settings = {}, {}

    def add(self, name, settings=None, **tensors):
        for key, value in tensors.items():
            self.tensors[f"{name}.{key}"] = value.contiguous().float()
        self.settings[name] = settings or {}

    def save(self, file):
        os.makedirs(FOLDER, exist_ok=True)
        save_file(self.tensors, os.path.join(FOLDER, file), metadata={"cases": json.dumps(self.settings, sort_keys=True)})


def convolutions():
    cases = Cases()
    table = [
        # name, N, H, W, in, out, kernel, stride, padding, dilation, bias
        ("stem", 2, 13, 11, 3, 8, 7, 2, 3, 1, False),
        ("same3", 2, 9, 10, 5, 7, 3, 1, 1, 1, True),
        ("strided3", 1, 9, 8, 8, 16, 3, 2, 1, 1, False),
        ("dilated2", 1, 9, 9, 8, 8, 3, 1, 2, 2, False),
        ("dilated6", 2, 8, 7, 4, 5, 3, 1, 6, 6, False),
        ("dilated_beyond", 1, 4, 5, 3, 4, 3, 1, 12, 12, True),
        ("point", 2, 5, 6, 21, 5, 1, 1, 0, 1, True),
        ("point_strided", 1, 7, 7, 16, 8, 1, 2, 0, 1, False),
        ("single", 3, 1, 1, 16, 8, 1, 1, 0, 1, False),
        ("one_output", 1, 6, 5, 16, 1, 1, 1, 0, 1, True),
    ]
    for name, n, h, w, i, o, k, stride, padding, dilation, bias in table:
        x = torch.randn(n, i, h, w, requires_grad=True)
        weight = (torch.randn(o, i, k, k) * 0.3).requires_grad_()
        b = torch.randn(o, requires_grad=True) if bias else None
        y = F.conv2d(x, weight, b, stride, padding, dilation)
        g = torch.randn_like(y)
        y.backward(g)
        residual = torch.randn_like(y)
        tensors = dict(input=nhwc(x), weight=weight.detach(), output=nhwc(y), grad_output=nhwc(g), grad_input=nhwc(x.grad),
                       grad_weight=weight.grad, residual=nhwc(residual), fused=nhwc(F.relu(y + residual)))
        if bias:
            tensors |= dict(bias=b.detach(), grad_bias=b.grad)
        cases.add(name, dict(stride=stride, padding=padding, dilation=dilation), **tensors)
    cases.save("convolution.safetensors")


def batch_norms():
    cases = Cases()
    for name, shape, offset in [("small", (2, 5, 4, 3), 0.0), ("offset", (3, 16, 5, 7), 50.0), ("wide", (1, 33, 6, 6), 1.0)]:
        for relu in (False, True):
            norm = torch.nn.BatchNorm2d(shape[1])
            torch.nn.init.normal_(norm.weight, 1, 0.3)
            torch.nn.init.normal_(norm.bias)
            x = (torch.randn(shape) * 2 + offset).requires_grad_()
            residual = torch.randn(shape, requires_grad=True)
            y = norm(x) + residual
            y = F.relu(y) if relu else y
            g = torch.randn_like(y)
            y.backward(g)
            norm.eval()
            z = norm(x) + residual
            cases.add(f"{name}_{'relu' if relu else 'plain'}", dict(relu=relu), input=nhwc(x), residual=nhwc(residual),
                      weight=norm.weight.detach(), bias=norm.bias.detach(), output=nhwc(y), grad_output=nhwc(g),
                      grad_input=nhwc(x.grad), grad_residual=nhwc(residual.grad), grad_weight=norm.weight.grad,
                      grad_bias=norm.bias.grad, running_mean=norm.running_mean, running_var=norm.running_var,
                      inference=nhwc(F.relu(z) if relu else z))
    cases.save("batch_norm.safetensors")


def resizes():
    cases = Cases()
    sizes = [((5, 6), (11, 13)), ((9, 8), (4, 3)), ((1, 1), (4, 5)), ((4, 5), (1, 1)), ((7, 7), (7, 9)), ((3, 2), (10, 10))]
    for index, (source, target) in enumerate(sizes):
        for aligned in (True, False):
            x = torch.randn(2, 5, *source, requires_grad=True)
            y = F.interpolate(x, size=target, mode="bilinear", align_corners=aligned)
            g = torch.randn_like(y)
            y.backward(g)
            cases.add(f"resize{index}_{'corners' if aligned else 'edges'}", dict(corners=aligned), input=nhwc(x),
                      output=nhwc(y), grad_output=nhwc(g), grad_input=nhwc(x.grad))
    cases.save("resize.safetensors")


def simple(cases, name, function, *shape):
    x = torch.randn(*shape, requires_grad=True)
    y = function(x)
    g = torch.randn_like(y)
    y.backward(g)
    cases.add(name, input=nhwc(x), output=nhwc(y), grad_output=nhwc(g), grad_input=nhwc(x.grad))


def element_wise():
    cases = Cases()
    simple(cases, "relu", F.relu, 2, 5, 4, 3)
    simple(cases, "max_pool", lambda x: F.max_pool2d(x, 3, 2, 1), 2, 5, 9, 8)
    simple(cases, "global_average", lambda x: F.adaptive_avg_pool2d(x, 1), 2, 7, 5, 6)
    simple(cases, "softmax", lambda x: F.softmax(x, 1), 2, 11, 3, 4)
    simple(cases, "log_softmax", lambda x: F.log_softmax(x, 1), 2, 21, 3, 4)
    logits = torch.randn(2, 11, 5, 6) * 3
    p = F.softmax(logits, 1)
    confidence, label = p.max(1)
    entropy = -(p * F.log_softmax(logits, 1)).sum(1)
    cases.add("statistics", input=nhwc(logits), label=label, confidence=confidence, entropy=entropy)
    a = torch.randn(5, 7, requires_grad=True)
    b = torch.randn(7, 4, requires_grad=True)
    y = a @ b
    g = torch.randn_like(y)
    y.backward(g)
    cases.add("matrix", a=a.detach(), b=b.detach(), output=y.detach(), grad_output=g, grad_a=a.grad, grad_b=b.grad)
    cases.save("element_wise.safetensors")


def losses():
    cases = Cases()
    for name, size, target, classes in [("same", (6, 7), (6, 7), 5), ("upsampled", (5, 4), (17, 13), 11), ("downsampled", (9, 9), (4, 6), 3),
                                        ("point", (1, 1), (3, 3), 4)]:
        x = (torch.randn(2, classes, *size) * 2).requires_grad_()
        labels = torch.randint(0, classes, (2, *target))
        labels[torch.rand(labels.shape) < 0.2] = 255
        loss = F.cross_entropy(F.interpolate(x, size=target, mode="bilinear", align_corners=True), labels, ignore_index=255)
        loss.backward()
        cases.add("ce_" + name, input=nhwc(x), labels=labels, loss=loss.detach(), grad_input=nhwc(x.grad))

    for name, errors in [("balanced", True), ("without_errors", False)]:
        x = (torch.randn(2, 1, 5, 6) * 2).requires_grad_()
        target = (torch.rand(2, 9, 8) < 0.7).float() if errors else torch.ones(2, 9, 8)
        known = torch.rand(2, 9, 8) < 0.85
        ones, zeros = (known & (target == 1)).sum(), (known & (target == 0)).sum()
        weight = torch.where(target == 0, ones / zeros if zeros > 0 else torch.tensor(1.0), torch.tensor(1.0))
        y = F.interpolate(x, size=(9, 8), mode="bilinear", align_corners=True).squeeze(1)
        loss = (F.binary_cross_entropy_with_logits(y, target, reduction="none") * weight)[known].mean()
        loss.backward()
        stored = torch.where(known, target, torch.tensor(255.0))
        cases.add("bce_" + name, input=nhwc(x), targets=stored, wrong_weight=(ones / zeros if zeros > 0 else torch.tensor(1.0)).reshape(1),
                  loss=loss.detach(), grad_input=nhwc(x.grad))

    for name, classes in [("three", [0, 1, 2]), ("one", [4])]:
        count, depth, tau = 150 if name == "three" else 12, 6, 0.5
        teacher, student = torch.randn(count, depth), torch.randn(count, depth, requires_grad=True)
        label = torch.tensor(classes)[torch.randint(0, len(classes), (count,))]
        # The authors' form: teacher pixels as anchors, sums over all pairs.
        t, s = F.normalize(teacher, dim=1, eps=1e-8), F.normalize(student, dim=1, eps=1e-8)
        d = torch.exp(t @ s.T / tau)
        same = label[:, None] == label[None, :]
        sums = 0
        for c in label.unique():
            rows = label == c
            positive, negative = d[rows][:, rows].sum(), d[rows][:, ~rows].sum()
            sums = sums - torch.log(positive / (positive + negative)) / rows.sum()
        sums = sums / len(label.unique())
        sums.backward()
        grad_sums, student.grad = student.grad, None
        # The paper's form: student pixels as anchors.
        s = F.normalize(student, dim=1, eps=1e-8)
        d = torch.exp(s @ t.T / tau)
        negative = (d * ~same).sum(1, keepdim=True)
        pairs = (torch.log1p(negative / d) * same).sum(1).mean()
        pairs.backward()
        cases.add("contrast_" + name, teacher=teacher, student=student.detach(), classes=label, class_sums=sums.detach().reshape(1),
                  grad_class_sums=grad_sums, pixel_pairs=pairs.detach().reshape(1), grad_pixel_pairs=student.grad)
    cases.save("losses.safetensors")


def optimizer():
    cases = Cases()
    a, b = torch.nn.Parameter(torch.randn(7, 3)), torch.nn.Parameter(torch.randn(5))
    start = dict(a=a.detach().clone(), b=b.detach().clone())
    adam = torch.optim.AdamW([dict(params=[a], lr=1e-2), dict(params=[b], lr=1e-3)], weight_decay=0.1)
    gradients = {}
    for step in range(5):
        for name, parameter in (("a", a), ("b", b)):
            # The third step has no gradient for b: an absent gradient leaves parameter and moments alone.
            parameter.grad = None if (name, step) == ("b", 2) else torch.randn_like(parameter)
            if parameter.grad is not None:
                gradients[f"grad_{name}{step}"] = parameter.grad.clone()
        adam.step()
    cases.add("adamw", **start, **gradients, final_a=a.detach(), final_b=b.detach())
    cases.save("optimizer.safetensors")


for make in (convolutions, batch_norms, resizes, element_wise, losses, optimizer):
    make()
