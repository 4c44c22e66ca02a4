"""PyTorch's own static quantisation for x86 processors (torch.ao.quantization, FX graph mode)."""

import warnings

import torch


def quantize(model, images):
    """Quantises encoders, ASPP, decoders and heads in place, ranges from `images`.

    What joins the parts (entropy, resizing, concatenation with the image) is no traceable graph and stays in floats.
    """
    warnings.filterwarnings("ignore")
    from torch.ao.quantization import get_default_qconfig_mapping
    from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx

    torch.backends.quantized.engine = "x86"
    decoder = model.student.decoder
    parts = [(model.student, "encoder"), (decoder, "aspp"), (decoder, "decoder"), (decoder, "cls"),
             (model.eln, "backbone"), (model.eln, "aspp"), (model.eln, "decoder"), (model.eln, "classifier")]
    for owner, name in parts:
        part = getattr(owner, name).eval()
        setattr(owner, name, prepare_fx(part, get_default_qconfig_mapping("x86"), example_inputs(name)))
    with torch.no_grad():
        model(images)
    for owner, name in parts:
        setattr(owner, name, convert_fx(getattr(owner, name)))


def example_inputs(name):
    return (torch.zeros(1, 1, 1, 1),) * (2 if name == "decoder" else 1)
