"""PyTorch's side of the comparison: speaks the same line protocol as errata-benchmark (see Benchmarks/README.md)."""

import argparse
import json
import pathlib
import sys
import time

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from networks import Audit, Exchange  # noqa: E402
from quantization import quantize  # noqa: E402
from training import Step, class_sums  # noqa: E402


class Forward:
    def __init__(self, exchange, arguments):
        description = exchange.description
        self.model = Audit(description["configuration"]["network"], description["classCount"]).eval()
        exchange.fill(self.model.student, "student.")
        exchange.fill(self.model.eln, "eln.")
        self.images = exchange.image("images")
        if arguments.layout == "int8":
            quantize(self.model, self.images)
        elif arguments.layout != "default":
            self.model.to(memory_format=torch.channels_last)
            self.images = self.images.to(memory_format=torch.channels_last)
        self.call = self.model
        if arguments.layout == "compiled":
            import torch._inductor.config as inductor

            inductor.freezing = True
            self.call = torch.compile(self.model)
            self.run()

    def run(self):
        with torch.no_grad():
            self.result = self.call(self.images)

    def outputs(self):
        self.run()
        logits, right = self.result
        return {"logits": logits.permute(0, 2, 3, 1), "right": right.permute(0, 2, 3, 1)}

    def operations(self):
        with torch.no_grad():  # without ways back
            return count_operations(self.model, lambda: self.model(self.images))


class TrainingStep:
    def __init__(self, exchange, arguments):
        self.step = Step(exchange, arguments.layout, arguments.stage)

    def run(self):
        self.step.run()

    def outputs(self):
        result = {}
        for index in range(2):
            self.step.run()
            result[f"step{index}.losses"] = torch.stack(self.step.losses)
        return result

    def operations(self):
        parts = torch.nn.ModuleList([self.step.student, self.step.auxiliary, self.step.eln, self.step.teacher])
        return count_operations(parts, self.step.run)


class Contrast:
    def __init__(self, exchange, arguments):
        description, tensors = exchange.description, exchange.tensors
        self.temperature = description["temperature"]
        self.crops = [(tensors[f"student.{i}"].requires_grad_(), tensors[f"teacher.{i}"], tensors[f"classes.{i}"].long())
                      for i in range(description["crops"])]

    def run(self):
        self.losses = []
        for student, teacher, classes in self.crops:
            student.grad = None
            loss = class_sums(student, teacher, classes, self.temperature)
            loss.backward()
            self.losses.append(loss.detach())

    def outputs(self):
        self.run()
        result = {f"gradient.{i}": crop[0].grad for i, crop in enumerate(self.crops)}
        return result | {"losses": torch.stack(self.losses)}

    def operations(self):
        # Similarities, and their products with the teacher's rows on the way back.
        return sum(2 * 2 * len(classes) ** 2 * student.shape[1] for student, _, classes in self.crops)


class Images:
    """Decode, crop, flip, colour jitter, normalise: Pillow and two worker processes, as a DataLoader does it."""

    def __init__(self, exchange, arguments):
        from images import TwoViews

        self.dataset, self.workers = TwoViews(exchange.description["paths"]), arguments.threads

    def run(self):
        loader = torch.utils.data.DataLoader(self.dataset, batch_size=4, shuffle=True, num_workers=self.workers)
        for _ in loader:
            pass

    def outputs(self):
        return {"decoded": self.dataset.plain(0)[None].permute(0, 2, 3, 1)}

    def operations(self):
        return 0


def count_operations(module, run):
    """Floating-point operations of all convolutions that `run` executes, with their ways back."""
    total = 0

    def hook(convolution, inputs, output):
        nonlocal total
        forward = 2 * output.numel() * convolution.weight[0].numel()
        passes = 1
        if torch.is_grad_enabled() and output.requires_grad:
            passes += int(convolution.weight.requires_grad) + int(inputs[0].requires_grad)
        total += forward * passes

    handles = [part.register_forward_hook(hook) for part in module.modules() if isinstance(part, torch.nn.Conv2d)]
    run()
    for handle in handles:
        handle.remove()
    return total


def reset_peak():
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def peak_bytes():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) * 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=["forward", "step", "contrast", "images"])
    parser.add_argument("--exchange", required=True)
    parser.add_argument("--layout", choices=["default", "channels_last", "compiled", "int8"], default="default")
    parser.add_argument("--stage", default="supervised")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    kind = {"forward": Forward, "step": TrainingStep, "contrast": Contrast, "images": Images}[arguments.case]
    case = kind(Exchange(arguments.exchange), arguments)
    print(json.dumps({"ready": True, "version": torch.__version__}), flush=True)
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "run":
            reset_peak()
            start = time.perf_counter()
            case.run()
            print(json.dumps({"seconds": time.perf_counter() - start, "peakBytes": peak_bytes()}), flush=True)
        elif command == "outputs":
            save_file({name: value.detach().contiguous().float() for name, value in case.outputs().items()}, argument)
            print(json.dumps({"written": True}), flush=True)
        elif command == "operations":
            print(json.dumps({"operations": case.operations()}), flush=True)
        else:
            raise SystemExit(f"unknown command {line!r}")


main()
