"""Our PyTorch description of the networks (paper.md, section 2), with the parameter names that the Swift side uses.

Encoder: torchvision's names (conv1, bn1, layer1.0.conv1, layer1.0.downsample.0, …). Decoder: aspp.aspp1.atrous_conv,
aspp.aspp1.bn, aspp.global_avg_pool.1, aspp.conv1, aspp.bn1, decoder.conv1, decoder.bn1, decoder.last_conv1.0/.1,
decoder.last_conv2.0/.1, decoder.last_conv3, cls.classifier.0/.2, proj.projector.0/.2. ELN: backbone.*, aspp.*,
decoder.*, classifier.0/.2.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


def norm_conv(i, o, k, stride=1, padding=0, dilation=1):
    return nn.Conv2d(i, o, k, stride, padding, dilation, bias=False), nn.BatchNorm2d(o)


class Block(nn.Module):
    """Basic block or bottleneck."""

    def __init__(self, i, planes, stride, dilation, bottleneck, project):
        super().__init__()
        out = planes * (4 if bottleneck else 1)
        if bottleneck:
            self.conv1, self.bn1 = norm_conv(i, planes, 1)
            self.conv2, self.bn2 = norm_conv(planes, planes, 3, stride, dilation, dilation)
            self.conv3, self.bn3 = norm_conv(planes, out, 1)
        else:
            self.conv1, self.bn1 = norm_conv(i, planes, 3, stride, dilation, dilation)
            self.conv2, self.bn2 = norm_conv(planes, planes, 3, 1, dilation, dilation)
        self.bottleneck = bottleneck
        self.downsample = nn.Sequential(*norm_conv(i, out, 1, stride)) if project else None

    def forward(self, x):
        shortcut = self.downsample(x) if self.downsample is not None else x
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.bottleneck:
            y = self.bn3(self.conv3(F.relu(y)))
        return F.relu(y + shortcut)


class ResNet(nn.Module):
    def __init__(self, depth, width=64, output_stride=16, channels=3, dilate_basic=True):
        super().__init__()
        blocks = {18: [2, 2, 2, 3], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3]}[depth]
        bottleneck = depth >= 50
        strides, dilations = ([1, 2, 2, 1], [1, 1, 1, 2]) if output_stride == 16 else ([1, 2, 1, 1], [1, 1, 2, 4])
        self.conv1, self.bn1 = norm_conv(channels, width, 7, 2, 3)
        i = width
        for layer in range(4):
            planes, made = width << layer, []
            for block in range(blocks[layer]):
                dilation = dilations[layer] * ([1, 2, 4][block] if layer == 3 else 1)
                stride = strides[layer] if block == 0 else 1
                out = planes * (4 if bottleneck else 1)
                made.append(Block(i, planes, stride, dilation if bottleneck or dilate_basic else 1, bottleneck,
                                  block == 0 and (stride != 1 or i != out)))
                i = out
            setattr(self, f"layer{layer + 1}", nn.Sequential(*made))
        self.out_channels, self.low_channels = i, width * (4 if bottleneck else 1)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        low = self.layer1(x)
        return self.layer4(self.layer3(self.layer2(low))), low


class Branch(nn.Module):
    def __init__(self, i, o, k, dilation):
        super().__init__()
        self.atrous_conv, self.bn = norm_conv(i, o, k, 1, dilation if k == 3 else 0, dilation if k == 3 else 1)

    def forward(self, x):
        return F.relu(self.bn(self.atrous_conv(x)))


class ASPP(nn.Module):
    def __init__(self, i, o, output_stride, dropout):
        super().__init__()
        rates = [6, 12, 18] if output_stride == 16 else [12, 24, 36]
        self.aspp1 = Branch(i, o, 1, 1)
        self.aspp2, self.aspp3, self.aspp4 = (Branch(i, o, 3, rate) for rate in rates)
        self.global_avg_pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(i, o, 1, bias=False), nn.ReLU())
        self.conv1, self.bn1 = norm_conv(5 * o, o, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        mean = F.interpolate(self.global_avg_pool(x), size=x.shape[2:], mode="bilinear", align_corners=True)
        parts = [self.aspp1(x), self.aspp2(x), self.aspp3(x), self.aspp4(x), mean]
        return self.dropout(F.relu(self.bn1(self.conv1(torch.cat(parts, 1)))))


class Joiner(nn.Module):
    def __init__(self, deep, low, reduced, channels, dropout1, dropout2):
        super().__init__()
        self.conv1, self.bn1 = norm_conv(low, reduced, 1)
        self.last_conv1 = nn.Sequential(*norm_conv(deep + reduced, channels, 3, 1, 1), nn.ReLU())
        self.last_conv2 = nn.Sequential(*norm_conv(channels, channels, 3, 1, 1), nn.ReLU())
        self.last_conv3 = nn.Conv2d(channels, channels, 1)
        self.drop1, self.drop2 = nn.Dropout(dropout1), nn.Dropout(dropout2)

    def forward(self, x, low):
        low = F.relu(self.bn1(self.conv1(low)))
        x = F.interpolate(x, size=low.shape[2:], mode="bilinear", align_corners=True)
        x = self.drop1(self.last_conv1(torch.cat((x, low), 1)))
        return self.last_conv3(self.drop2(self.last_conv2(x)))


class Head(nn.Module):
    def __init__(self, name, channels, out):
        super().__init__()
        self.add_module(name, nn.Sequential(nn.Conv2d(channels, channels, 1), nn.ReLU(), nn.Conv2d(channels, out, 1)))

    def forward(self, x):
        return next(self.children())(x)


class Decoder(nn.Module):
    """The main or an auxiliary decoder."""

    def __init__(self, encoder, classes, output_stride=16, aspp=256, low=48, channels=256, projection=128,
                 dropouts=(0.1, 0.5, 0.1)):
        super().__init__()
        self.aspp = ASPP(encoder.out_channels, aspp, output_stride, dropouts[0])
        self.decoder = Joiner(aspp, encoder.low_channels, low, channels, dropouts[1], dropouts[2])
        self.cls, self.proj = Head("classifier", channels, classes), Head("projector", channels, projection)

    def forward(self, deep, low):
        x = self.decoder(self.aspp(deep), low)
        return self.cls(x), self.proj(x)


class ErrorLocalizationNetwork(nn.Module):
    """Input: normalised image, entropy, class output, joined by the caller."""

    def __init__(self, classes, depth=34, width=64, output_stride=16, aspp=256, low=48, channels=256,
                 dropouts=(0.5, 0.5, 0.1), dilate_basic=True):
        super().__init__()
        self.backbone = ResNet(depth, width, output_stride, 4 + classes, dilate_basic)
        self.aspp = ASPP(self.backbone.out_channels, aspp, output_stride, dropouts[0])
        self.decoder = Joiner(aspp, self.backbone.low_channels, low, channels, dropouts[1], dropouts[2])
        self.classifier = nn.Sequential(nn.Conv2d(channels, channels, 1), nn.ReLU(), nn.Conv2d(channels, 1, 1))

    def forward(self, x):
        deep, low = self.backbone(x)
        return self.classifier(self.decoder(self.aspp(deep), low))


def error_localization_input(images, logits):
    logits = F.interpolate(logits.detach(), size=images.shape[2:], mode="bilinear", align_corners=True)
    entropy = -(F.softmax(logits, 1) * F.log_softmax(logits, 1)).sum(1, keepdim=True)
    return torch.cat((images, entropy, logits), 1)
