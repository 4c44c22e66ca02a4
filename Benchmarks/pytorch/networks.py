"""The method's networks in PyTorch, built from what errata-benchmark says about them and filled with its weights.

The layers are those of Tests/Fixtures/torch_twin.py (our own description); here its ReLUs work in place, as
torchvision's and the authors' do, which saves PyTorch time and memory.
"""

import importlib.util
import json
import pathlib
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors import safe_open


def load_twin():
    path = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Fixtures" / "torch_twin.py"
    spec = importlib.util.spec_from_file_location("torch_twin", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["torch_twin"] = module  # torch.compile looks it up
    spec.loader.exec_module(module)

    class InPlace:
        relu = staticmethod(lambda x: F.relu(x, inplace=True))

        def __getattr__(self, name):
            return getattr(F, name)

    module.F = InPlace()
    return module


twin = load_twin()


class Exchange:
    """Weights and inputs that the other side has written."""

    def __init__(self, path):
        with safe_open(path, framework="pt") as file:
            self.description = json.loads(file.metadata()["description"])
            self.tensors = {name: file.get_tensor(name) for name in file.keys()}

    def image(self, name):
        """NHWC as written → NCHW."""
        return self.tensors[name].permute(0, 3, 1, 2).contiguous()

    def fill(self, module, prefix):
        state = {name: self.tensors[prefix + name] for name in module.state_dict() if "num_batches" not in name}
        missing, unexpected = module.load_state_dict(state, strict=False)
        if unexpected or any("num_batches" not in name for name in missing):
            raise SystemExit(f"weights under {prefix} do not fit: missing {missing}, unexpected {unexpected}")


def decoder(encoder, classes, settings, network):
    return twin.Decoder(
        encoder, classes, network["encoder"]["outputStride"], settings["asppChannels"], settings["lowLevelChannels"],
        settings["decoderChannels"], network["projectionChannels"],
        (settings["asppDropout"], settings["decoderDropout1"], settings["decoderDropout2"]))


class Segmentation(nn.Module):
    def __init__(self, network, classes):
        super().__init__()
        encoder = network["encoder"]
        self.encoder = twin.ResNet(encoder["depth"], encoder["width"], encoder["outputStride"])
        self.decoder = decoder(self.encoder, classes, network["decoder"], network)

    def forward(self, images):
        return self.decoder(*self.encoder(images))


class Audit(nn.Module):
    """Both networks as an audit runs them. The projection head is left out: an audit does not need it."""

    def __init__(self, network, classes):
        super().__init__()
        self.student = Segmentation(network, classes)
        self.eln = error_localization(network, classes)

    def forward(self, images):
        deep, low = self.student.encoder(images)
        decoder = self.student.decoder
        logits = decoder.cls(decoder.decoder(decoder.aspp(deep), low))
        return logits, self.eln(twin.error_localization_input(images, logits))


def error_localization(network, classes):
    settings = network["errorLocalization"]
    sizes = settings["decoder"]
    return twin.ErrorLocalizationNetwork(
        classes, settings["depth"], settings["width"], settings["outputStride"], sizes["asppChannels"],
        sizes["lowLevelChannels"], sizes["decoderChannels"],
        (sizes["asppDropout"], sizes["decoderDropout1"], sizes["decoderDropout2"]), settings["dilatesBasicBlocks"])


def without_dropout(module):
    """A context in which the module's dropouts pass everything (the authors' gt_mode)."""

    class Mode:
        def __enter__(self):
            self.dropouts = [part for part in module.modules() if isinstance(part, nn.Dropout)]
            for part in self.dropouts:
                part.train(False)

        def __exit__(self, *_):
            for part in self.dropouts:
                part.train(True)

    return Mode()
