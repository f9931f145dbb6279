"""Colours that a file names by the numbers of ITU-T H.273: Pillow leaves them out, and takes all colours for sRGB's.

Display P3 is what phones record beside sRGB. As an ICC profile it goes on in every kind of file.
"""

import struct
from functools import cache
from typing import Any

from PIL import Image

DISPLAY_P3 = 12
PLAIN_CURVES = frozenset({1, 2, 6, 13})  # sRGB's, television's, which is shown by the same, and none named
NUMBERS_WITHIN = 4096  # bytes: they are said before the picture
PNG_CHUNKS_AT = 8
D50 = (0.9642, 1.0, 0.8249)
PRIMARIES = {
    b"rXYZ": (0.51512, 0.2412, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.1571, 0.06657, 0.78407),
}
CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def profile_of(image: Image.Image, content: bytes) -> bytes:
    """Return the ICC profile of the file that was opened from these bytes, b"" where its colours are plain."""
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        return profile
    primaries, curve = _numbers(image, content[:NUMBERS_WITHIN])
    return display_p3() if primaries == DISPLAY_P3 and curve in PLAIN_CURVES else b""


@cache
def display_p3() -> bytes:
    """Return Display P3 as an ICC profile of version 4."""
    name = "Display P3".encode("utf-16-be")
    words = b"mluc" + struct.pack(">4xII4sII", 1, 12, b"enUS", len(name), 28) + name
    curve = b"para" + struct.pack(">4xHH", 3, 0) + _fixed(*CURVE)
    tags = {b"desc": words, b"cprt": words, b"wtpt": _xyz(D50)}
    tags |= {tag: _xyz(primary) for tag, primary in PRIMARIES.items()}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, data = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += tag + struct.pack(">II", 132 + 12 * len(tags) + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    size = 128 + len(table) + len(data)
    head = struct.pack(">I4xI4s4s4s12x4s28x", size, 0x04300000, b"mntr", b"RGB ", b"XYZ ", b"acsp") + _fixed(*D50)
    return head.ljust(128, b"\0") + table + data


def _numbers(image: Image.Image, start: bytes) -> tuple[int, int]:
    """Return the numbers of the primaries and of the curve, 2 (not named) each where the file has none."""
    match image.format:
        case "HEIF":
            said: dict[str, Any] = image.info.get("nclx_profile") or {}
            return said.get("color_primaries", 2), said.get("transfer_characteristics", 2)
        case "AVIF":
            _, found, numbers = start.partition(b"colrnclx")  # the first is the picture's own
            return struct.unpack_from(">HH", numbers) if found and len(numbers) >= 4 else (2, 2)  # noqa: PLR2004
        case "PNG":
            return _png_numbers(start)
        case _:
            return 2, 2


def _png_numbers(start: bytes) -> tuple[int, int]:
    at = PNG_CHUNKS_AT
    while at + 10 <= len(start) and start[at + 4 : at + 8] != b"IDAT":
        if start[at + 4 : at + 8] == b"cICP":
            return start[at + 8], start[at + 9]
        at += 12 + int.from_bytes(start[at : at + 4])
    return 2, 2


def _xyz(colour: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*colour)


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)
