"""One training step of each stage, the way that the authors' program goes about it (our description of it, in our own
words; paper.md, section 4): the labelled images pass the encoder three times (for L_sup with a way back, for the
auxiliary decoders' and for ELN's loss without), every decoder runs twice, all losses are added up and followed back at
once."""

import copy

import torch
import torch.nn.functional as F

from networks import Segmentation, error_localization, decoder, twin, without_dropout


class Step:
    def __init__(self, exchange, layout, stage):
        self.settings = exchange.description["configuration"]
        network, classes = self.settings["network"], exchange.description["classCount"]
        self.stage, self.alphas = stage, network["auxiliaryAlphas"]
        self.student = Segmentation(network, classes)
        self.auxiliary = torch.nn.ModuleList(
            decoder(self.student.encoder, classes, network["decoder"], network) for _ in self.alphas)
        self.eln = error_localization(network, classes)
        exchange.fill(self.student, "student.")
        exchange.fill(self.eln, "eln.")
        for index, part in enumerate(self.auxiliary):
            exchange.fill(part, f"auxiliary.{index}.")
        parts = [self.student, self.auxiliary, self.eln]
        memory_format = torch.contiguous_format if layout == "default" else torch.channels_last
        for part in parts:
            part.to(memory_format=memory_format).train()
        self.teacher = copy.deepcopy(self.student)
        self.teacher.requires_grad_(False)
        self.inputs = [exchange.image(name).to(memory_format=memory_format) for name in ("images", "plain", "augmented")]
        self.labels = exchange.tensors["labels"].long()
        self.optimizer = self.make_optimizer()

    def make_optimizer(self):
        settings = self.settings["optimizer"]
        slow, fast = [], []
        for root, part in (("student", self.student), ("auxiliary", self.auxiliary), ("eln", self.eln)):
            for name, parameter in part.named_parameters():
                normalization = parameter.dim() == 1 and not any(
                    head in name for head in ("classifier.", "projector.", "last_conv3."))
                if normalization and root != "eln" and not settings["trainsNormalization"]:
                    continue
                is_slow = root == "student" and name.startswith("encoder.") or root == "eln" and name.startswith("backbone.")
                (slow if is_slow else fast).append(parameter)
        rate = settings["learningRate"]
        return torch.optim.AdamW(
            [{"params": slow, "lr": rate * settings["encoderLearningRateFactor"]}, {"params": fast, "lr": rate}],
            weight_decay=settings["weightDecay"], fused=True)

    def run(self):
        images, plain, augmented = self.inputs
        self.losses = []
        total = self.labeled(images)
        if self.stage == "semi-supervised":
            total = total + self.unlabeled(plain, augmented)
        self.optimizer.zero_grad()
        total.backward()
        self.optimizer.step()
        if self.stage == "semi-supervised":
            decay = self.settings["teacher"]["decay"]
            with torch.no_grad():
                torch._foreach_lerp_(list(self.teacher.parameters()), list(self.student.parameters()), 1 - decay)

    def note(self, loss):
        self.losses.append(loss.detach())
        return loss

    def labeled(self, images):
        size = images.shape[2:]
        student = self.student
        supervised = self.note(self.segmentation_loss(student(images)[0], size))
        if self.stage == "supervised":
            return supervised
        total = supervised
        with torch.no_grad():
            features = student.encoder(images)
        for part, alpha in zip(self.auxiliary, self.alphas):
            loss = self.note(self.segmentation_loss(part(*features)[0], size))
            total = total + loss * float(loss.item() >= alpha * supervised.item())
        with torch.no_grad():
            features = student.encoder(images)
            predictions = [part(*features)[0] for part in (student.decoder, *self.auxiliary)]
        losses = [self.error_localization_loss(images, logits) for logits in predictions]
        return total + self.note(sum(losses))

    def segmentation_loss(self, logits, size):
        logits = F.interpolate(logits, size=size, mode="bilinear", align_corners=True)
        return F.cross_entropy(logits, self.labels, ignore_index=255)

    def error_localization_loss(self, images, logits):
        value = twin.error_localization_input(images, logits)
        predicted = value[:, 4:].argmax(1)
        known = self.labels != 255
        right = (predicted == self.labels) & known
        wrong = (predicted != self.labels) & known
        weight = torch.where(wrong, right.sum() / wrong.sum().clamp(min=1), known.float())
        output = F.interpolate(self.eln(value), size=images.shape[2:], mode="bilinear", align_corners=True)[:, 0]
        loss = F.binary_cross_entropy_with_logits(output, right.float(), weight=weight, reduction="sum")
        return loss / known.sum()

    def unlabeled(self, plain, augmented):
        with torch.no_grad(), without_dropout(self.teacher), without_dropout(self.eln):
            logits, teacher_features = self.teacher(plain)
            right = self.eln(twin.error_localization_input(plain, logits))[:, 0] > 0
            labels = torch.where(right, logits.argmax(1), 255)
        losses = [self.view(image, labels, teacher_features) for image in (augmented, plain)]
        for kind in (0, 1):
            for loss in losses:
                self.note(loss[kind])
        return sum(loss[0] + loss[1] for loss in losses)

    def view(self, image, labels, teacher_features):
        logits, features = self.student(image)
        pseudo = F.cross_entropy(logits, labels, ignore_index=255) if (labels != 255).any() else logits.sum() * 0
        return pseudo, self.contrast(features, teacher_features, labels)

    def contrast(self, student, teacher, labels):
        settings = self.settings["losses"]["contrastive"]
        count, side = settings["cropCount"], settings["cropSize"]
        total = 0
        for _ in range(count):
            top = torch.randint(0, labels.shape[1] - side + 1, ()).item() if labels.shape[1] > side else 0
            left = torch.randint(0, labels.shape[2] - side + 1, ()).item() if labels.shape[2] > side else 0
            window = (slice(None), slice(top, top + side), slice(left, left + side))
            classes = labels[window].reshape(-1)
            valid = classes != 255

            def rows(features):
                return features.permute(0, 2, 3, 1)[window].reshape(-1, features.shape[1])[valid]

            total = total + class_sums(rows(student), rows(teacher), classes[valid], settings["temperature"])
        return total / count


def class_sums(student, teacher, classes, temperature):
    """−log(S₊ / (S₊ + S₋)) / n for each class present, mean over the classes."""
    if classes.numel() == 0:
        return student.sum() * 0
    student, teacher = F.normalize(student, dim=1, eps=1e-8), F.normalize(teacher, dim=1, eps=1e-8)
    losses = []
    for label in classes.unique():
        own = classes == label
        anchors = teacher[own]
        positive = (anchors @ student[own].T / temperature).exp().sum()
        negative = (anchors @ student[~own].T / temperature).exp().sum()
        losses.append(-torch.log(positive / (positive + negative)) / own.sum())
    return torch.stack(losses).mean()
