"""Randomly filled checkpoints in the form of the authors' program (github.com/kinux98/SSL_ELN), and what the networks
in them say about an image.

The networks are our own description, torch_twin.py; only the names of the tensors and the parts of the file are theirs.
Run:  python authors_checkpoint.py     writes the small fixture of Tests/ErrorLocalizationTests/ImportTests
compare_full_size.py builds the networks of the paper from the same functions.
"""

import sys
from collections import OrderedDict
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))
from torch_twin import Decoder, ErrorLocalizationNetwork, ResNet, error_localization_input  # noqa: E402

MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
DEVIATION = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


class Networks:
    """Encoder, main and auxiliary decoders, ELN; `sizes` are the twin's widths, those of the paper unless given."""

    def __init__(self, classes, depth, eln_depth=34, auxiliary=2, width=64, eln_width=64, seed=0, **sizes):
        torch.manual_seed(seed)
        eln_sizes = {name: size for name, size in sizes.items() if name != "projection"}
        self.classes = classes
        self.encoder = ResNet(depth, width)
        self.decoders = [Decoder(self.encoder, classes, **sizes) for _ in range(1 + auxiliary)]
        # The authors' basic blocks lose their dilation.
        self.eln = ErrorLocalizationNetwork(classes, eln_depth, eln_width, dilate_basic=False, **eln_sizes)
        self.parts = [self.encoder, *self.decoders, self.eln]
        self._randomize()

    def _randomize(self):
        """Random scales, shifts and running statistics; the latter near what the layers see, so that values neither
        die nor explode through a hundred layers."""
        for part in self.parts:
            for module in part.modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                    torch.nn.init.normal_(module.bias, 0, 0.2)
                    module.momentum = 1.0
            part.train()
        with torch.no_grad():
            noise = torch.randn(2, 3, 12, 12)
            self._run(F.interpolate(noise, size=(97, 97), mode="bilinear", align_corners=True))
            for part in self.parts:
                for module in part.modules():
                    if isinstance(module, torch.nn.BatchNorm2d):
                        deviation = module.running_var.sqrt()
                        module.running_mean += 0.2 * deviation * torch.randn_like(deviation)
                        module.running_var *= torch.empty_like(deviation).uniform_(0.6, 1.7)
                        module.momentum = 0.1
                part.eval()

    def _run(self, images):
        features = self.encoder(images)
        outputs = [decoder(*features)[0] for decoder in self.decoders]
        return outputs, self.eln(error_localization_input(images, outputs[0]))

    def scores(self, pixels, dtype=torch.float32):
        """Class scores of every decoder and ELN's scores, NHWC, for one image as uint8 [H, W, 3]: what the authors'
        program computes in evaluation mode, without mixed precision."""
        image = (pixels.permute(2, 0, 1).float() / 255 - MEAN) / DEVIATION
        for part in self.parts:
            part.to(dtype)
        with torch.no_grad():
            outputs, eln = self._run(image[None].to(dtype))
        return [x.permute(0, 2, 3, 1).contiguous() for x in [*outputs, eln]]

    def checkpoint(self, parallel=False):
        """The dictionary that their program hands to torch.save; `parallel` adds DataParallel's prefix."""
        prefix = "module." if parallel else ""

        def named(state, rename=lambda name: name):
            return OrderedDict((prefix + rename(name), value) for name, value in state.items())

        file = {
            "epoch": 130,
            "enc_state_dict": named(self.encoder.state_dict(), lambda name: "backbone." + name),
            "dec_state_dict": named(self.decoders[0].state_dict()),
            "scaler_state_dict": {"scale": 65536.0, "growth_factor": 2.0, "_growth_tracker": 7},
            "optimizer_state_dict": {
                "state": {0: {"step": torch.tensor(3.0), "exp_avg": torch.ones(2), "exp_avg_sq": torch.ones(2)}},
                "param_groups": [{"lr": 1e-5, "betas": (0.9, 0.999), "params": [0]}],
            },
            "eln_state_dict": named(
                self.eln.state_dict(), lambda name: name.replace(".downsample.", ".shortcut.")),
        }
        for index, decoder in enumerate(self.decoders[1:]):
            file[f"dec_{index}"] = named(decoder.state_dict())
        return file


def share_storages(checkpoint):
    """The same tensors as windows on one storage a type: a file of few entries."""
    for part in checkpoint.values():
        if not isinstance(part, OrderedDict):
            continue
        for dtype in {value.dtype for value in part.values()}:
            chosen = [name for name, value in part.items() if value.dtype == dtype]
            flat = torch.cat([part[name].flatten() for name in chosen])
            start = 0
            for name in chosen:
                shape, count = part[name].shape, part[name].numel()
                part[name] = flat[start:start + count].view(shape)
                start += count
    return checkpoint


def sample_image(height, width, seed=1):
    """Smooth colours, uint8 [H, W, 3]."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(1, 3, max(2, height // 24), max(2, width // 24), generator=generator)
    image = F.interpolate(noise, size=(height, width), mode="bicubic", align_corners=True)
    return (image[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous()


if __name__ == "__main__":
    torch.set_num_threads(2)
    networks = Networks(
        5, 50, eln_depth=18, auxiliary=1, width=2, eln_width=2, seed=2, aspp=3, low=3, channels=4, projection=4)
    torch.save(share_storages(networks.checkpoint()), FOLDER / "small.pth")
    pixels = sample_image(71, 94)
    logits, auxiliary, eln = networks.scores(pixels)
    save_file(
        {"pixels": pixels, "logits": logits, "auxiliary_logits": auxiliary, "eln_logits": eln},
        FOLDER / "small_scores.safetensors")
    for file in FOLDER.glob("small*"):
        file.chmod(0o644)
        print(file.name, file.stat().st_size)
    for name, value in (("logits", logits), ("auxiliary", auxiliary), ("eln", eln)):
        print(name, tuple(value.shape), "mean", value.mean().item(), "deviation", value.std().item())
