"""The two views of a training image, with Pillow: what the authors' loader does, without torchvision."""

import random

import numpy
import torch
from PIL import Image, ImageEnhance

MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
DEVIATION = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


def normalized(image):
    values = torch.from_numpy(numpy.asarray(image)).permute(2, 0, 1).float().div_(255)
    return values.sub_(MEAN).div_(DEVIATION)


def hue(image, shift):
    h, s, v = image.convert("HSV").split()
    moved = (numpy.asarray(h).astype(numpy.int16) + int(shift * 255)) % 256
    return Image.merge("HSV", (Image.fromarray(moved.astype(numpy.uint8)), s, v)).convert("RGB")


class TwoViews(torch.utils.data.Dataset):
    def __init__(self, paths, side=256):
        self.paths, self.side = paths, side

    def __len__(self):
        return len(self.paths)

    def plain(self, index):
        return normalized(Image.open(self.paths[index]).convert("RGB"))

    def __getitem__(self, index):
        image = Image.open(self.paths[index]).convert("RGB")
        x, y = random.randint(0, image.width - self.side), random.randint(0, image.height - self.side)
        image = image.crop((x, y, x + self.side, y + self.side))
        if random.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        changes = [
            lambda x: ImageEnhance.Brightness(x).enhance(random.uniform(0.6, 1.4)),
            lambda x: ImageEnhance.Contrast(x).enhance(random.uniform(0.6, 1.4)),
            lambda x: ImageEnhance.Color(x).enhance(random.uniform(0.6, 1.4)),
            lambda x: hue(x, random.uniform(-0.1, 0.1)),
        ]
        random.shuffle(changes)
        changed = image
        for change in changes:
            changed = change(changed)
        if random.random() < 0.2:
            changed = changed.convert("L").convert("RGB")
        return normalized(image), normalized(changed)
