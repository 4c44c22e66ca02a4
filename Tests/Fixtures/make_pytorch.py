"""Small files of torch.save in both formats → pytorch/*.pth, and what they hold → pytorch/expected.safetensors.

Run: python make_pytorch.py

Every file holds the same state dict under "state_dict", beside the plain values that training scripts tend to save.
"""

import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).parent / "pytorch"


def state_dict():
    torch.manual_seed(7)
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
    state = OrderedDict()
    state["weight"] = torch.nn.Parameter(torch.randn(2, 3, 2, 2))
    state["whole"] = base
    state["transposed"] = base.t()
    state["window"] = base[1:3, 2:6:2]
    state["expanded"] = torch.tensor([1.5, -2.0]).expand(3, 2)
    state["channels_last"] = torch.randn(1, 3, 2, 2).to(memory_format=torch.channels_last)
    state["scalar"] = torch.tensor(0.125)
    state["empty"] = torch.zeros(0, 4)
    state["num_batches_tracked"] = torch.tensor(123456)
    for name, dtype in [
        ("half", torch.float16), ("brain", torch.bfloat16), ("double", torch.float64), ("long", torch.int64),
        ("int", torch.int32), ("short", torch.int16), ("char", torch.int8),
    ]:
        state[name] = torch.tensor([-3, 0, 7, 100]).to(dtype)
    state["byte"] = torch.tensor([0, 200, 255], dtype=torch.uint8)
    state["bool"] = torch.tensor([True, False, True])
    state._metadata = OrderedDict([("", {"version": 1})])
    return state


def checkpoint():
    return {
        "epoch": 12, "best": 0.75, "name": "größe", "done": True, "nothing": None, "seed": 2**63 + 5, "negative": -70000,
        "large": 3_000_000_000, "size": torch.Size([3, 4]), "type": torch.float16, "classes": {"road"},
        "history": [1, (2, 3), {"loss": 0.5}], "state_dict": state_dict(), "by_index": {0: torch.ones(2), 1: torch.zeros(1)},
        "device": torch.device("cpu"),
    }


def rewrite(source, target, compression):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", compression) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))


def zip64(source, target):
    """The same archive with ZIP64 sizes, offsets and end records, which Python writes for large files only."""
    with zipfile.ZipFile(source) as old:
        contents = [(info.filename.encode(), old.read(info), info.CRC) for info in old.infolist()]
    body, directory = b"", b""
    for name, data, crc in contents:
        extra = struct.pack("<HHQQ", 1, 16, len(data), len(data))
        offset = len(body)
        body += struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0, 0, 0, 0, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra))
        body += name + extra + data
        extra = struct.pack("<HHQQQ", 1, 24, len(data), len(data), offset)
        directory += struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, 0, 0, 0, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(name), len(extra), 0, 0,
            0, 0, 0xFFFFFFFF)
        directory += name + extra
    end = struct.pack(
        "<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, len(contents), len(contents), len(directory), len(body))
    end += struct.pack("<IIQI", 0x07064B50, 0, len(body) + len(directory), 1)
    end += struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    target.write_bytes(body + directory + end)


class Attack:
    def __reduce__(self):
        return (eval, ("1 + 1",))


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    torch.save(checkpoint(), FOLDER / "zip.pth")
    torch.save(checkpoint(), FOLDER / "zip_protocol_5.pth", pickle_protocol=5)
    torch.save(checkpoint(), FOLDER / "legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({"weight": torch.ones(2)}, FOLDER / "small.pth")
    torch.save({"weight": torch.ones(2)}, FOLDER / "small_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 1, "hook": Attack()}, FOLDER / "attack.pth")
    torch.save({"epoch": 1, "hook": Attack()}, FOLDER / "attack_legacy.pth", _use_new_zipfile_serialization=False)
    torch.save(torch.nn.Linear(2, 1), FOLDER / "whole_model.pth")
    rewrite(FOLDER / "small.pth", FOLDER / "deflated.pth", zipfile.ZIP_DEFLATED)
    zip64(FOLDER / "small.pth", FOLDER / "zip64.pth")
    expected = {name: value.detach().to(torch.float32).contiguous() for name, value in state_dict().items()}
    save_file(expected, FOLDER / "expected.safetensors")
    for file in FOLDER.iterdir():
        file.chmod(0o644)
