"""Twenty AdamW steps of a small DeepLabV3+ in PyTorch, for the trajectory test in Tests/SegmentationTests.

Run with a Python that has torch and safetensors:  python make_trajectory.py
Why a learning rate of 1e-4: at 1e-3 PyTorch in single precision strays from itself in double precision by a relative 1e-3
within nine steps (AdamW turns the rounding of gradients near zero into whole steps), at 1e-4 by 6e-5 within twenty.
Images are stored as bytes (NHWC; value / 64 − 2 is the input), labels as bytes; weights as PyTorch has them.
"""

import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from torch_twin import Decoder, ErrorLocalizationNetwork, ResNet, error_localization_input

torch.manual_seed(11)
torch.set_num_threads(2)
CLASSES, STEPS, BATCHES, SIZE = 5, 20, 4, 64
encoder = ResNet(18, width=8)
decoder = Decoder(encoder, CLASSES, aspp=16, low=8, channels=16, projection=8, dropouts=(0, 0, 0))
eln = ErrorLocalizationNetwork(CLASSES, depth=18, width=4, aspp=8, low=8, channels=8, dropouts=(0, 0, 0))
tensors = {}
for prefix, module in (("encoder.", encoder), ("decoder.", decoder), ("eln.", eln)):
    for name, value in module.state_dict().items():
        if "num_batches_tracked" not in name:
            tensors[prefix + name] = value.clone()

batches = []
for index in range(BATCHES):
    images = torch.randint(0, 256, (2, 3, SIZE // 8, SIZE // 8)).float()
    images = F.interpolate(images, size=(SIZE, SIZE), mode="bilinear", align_corners=False).round()
    labels = (images.mean(1) / 256 * CLASSES).long().clamp(0, CLASSES - 1)
    labels[torch.rand(labels.shape) < 0.1] = 255
    batches.append((images / 64 - 2, labels))
    tensors[f"batch{index}.images"] = images.permute(0, 2, 3, 1).contiguous().to(torch.uint8)
    tensors[f"batch{index}.labels"] = labels.to(torch.uint8)

with torch.no_grad():
    for module in (encoder, decoder, eln):
        module.eval()
    deep, low = encoder(batches[0][0])
    logits, projection = decoder(deep, low)
    tensors["inference.logits"] = logits.permute(0, 2, 3, 1).contiguous()
    tensors["inference.projection"] = projection.permute(0, 2, 3, 1).contiguous()
    tensors["inference.eln_logits"] = eln(error_localization_input(batches[0][0], logits)).permute(0, 2, 3, 1).contiguous()

encoder.train(), decoder.train()
parameters = list(encoder.parameters()) + list(decoder.parameters())
optimizer = torch.optim.AdamW(parameters, lr=1e-4, weight_decay=1e-5)
losses = []
for step in range(STEPS):
    images, labels = batches[step % BATCHES]
    logits, _ = decoder(*encoder(images))
    loss = F.cross_entropy(F.interpolate(logits, size=labels.shape[1:], mode="bilinear", align_corners=True), labels,
                           ignore_index=255)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
tensors["losses"] = torch.tensor(losses)
for prefix, module in (("final.encoder.", encoder), ("final.decoder.", decoder)):
    for name, value in module.state_dict().items():
        if name.endswith(("running_mean", "running_var")):
            tensors[prefix + name] = value
folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "trajectory")
os.makedirs(folder, exist_ok=True)
save_file(tensors, os.path.join(folder, "trajectory.safetensors"))
print(losses)
