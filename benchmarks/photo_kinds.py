"""Files of every kind that sellers send as photos, made here: good ones, odd ones, and those that are none."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from random import Random

from PIL import Image, ImageCms, ImageDraw
from pillow_heif import register_heif_opener

SIZE_PX = (800, 600)
WALL, COAT = (235, 225, 215), (180, 40, 40)
DEEP_WALL = 40_000
HELD_UPRIGHT = 6
HUGE_PX = (30_000, 20_000)
P3_NUMBERS = (12, 13)  # of the primaries and of the curve, by ITU-T H.273
Maker = Callable[[], bytes]


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    register_heif_opener()
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def scene(mode: str = "RGB", size: tuple[int, int] = SIZE_PX) -> Image.Image:
    """Return a coat before a wall, or cut out where the mode has transparency."""
    cut_out = mode in {"RGBA", "LA"}
    picture = Image.new("RGBA", size, (0, 0, 0, 0) if cut_out else WALL)
    width, height = size
    ImageDraw.Draw(picture).rectangle((width // 4, height // 6, width * 3 // 4, height * 5 // 6), fill=COAT)
    return picture.convert(mode)


def noise(side_px: int) -> Image.Image:
    """Return what hardly compresses, as a camera's large pictures do."""
    return Image.frombytes("RGB", (side_px, side_px), Random(1).randbytes(side_px * side_px * 3))


@cache
def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def numbered_png(kind: str) -> bytes:
    """Return a PNG that says by numbers that its colours are Display P3's."""
    content = encoded(scene(kind), "PNG")
    return content[:33] + png_chunk(b"cICP", bytes(P3_NUMBERS) + b"\x00\x01") + content[33:]


def numbered_avif() -> bytes:
    content = encoded(scene(), "AVIF")
    at = content.index(b"colrnclx") + 8
    return content[:at] + struct.pack(">2H", *P3_NUMBERS) + content[at + 4 :]


def held(how: int) -> Image.Exif:
    notes = Image.Exif()
    notes[0x0112] = how
    return notes


def palette_cut_out() -> Image.Image:
    picture = scene().quantize(8)
    picture.info["transparency"] = picture.getpixel((0, 0))
    return picture


def deep_grey(*, clear: bool = False) -> bytes:
    picture = Image.new("I;16", SIZE_PX, DEEP_WALL)
    content = encoded(picture, "PNG")
    return content[:33] + png_chunk(b"tRNS", struct.pack(">H", DEEP_WALL)) + content[33:] if clear else content


def deep_colour() -> bytes:
    """Return a PNG of 16 bits for each colour, which Pillow reads and does not write."""
    width, height = 64, 48
    line = b"\x00" + struct.pack(">3H", *(part * 257 for part in WALL)) * width
    header = struct.pack(">2I5B", width, height, 16, 2, 0, 0, 0)
    return png(header, zlib.compress(line * height))


def png(header: bytes, pixels: bytes) -> bytes:
    chunks = (png_chunk(b"IHDR", header), png_chunk(b"IDAT", pixels), png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def animated(kind: str, **options: object) -> bytes:
    frames = [Image.new("RGB", SIZE_PX, ink) for ink in ("navy", "gold")]
    return encoded(scene("RGB"), kind, save_all=True, append_images=frames, **options)


def huge_png() -> bytes:
    return png(struct.pack(">2I5B", *HUGE_PX, 8, 2, 0, 0, 0), zlib.compress(bytes(1000)))


def huge_jpeg() -> bytes:
    content = encoded(scene(), "JPEG", progressive=True)
    at = content.index(b"\xff\xc2") + 5
    return content[:at] + struct.pack(">2H", *reversed(HUGE_PX)) + content[at + 4 :]


def huge_webp() -> bytes:
    content = animated("WEBP")
    at = content.index(b"VP8X") + 12
    return content[:at] + b"\xfe\x3f\x00" * 2 + content[at + 6 :]


def huge_box(kind: str) -> bytes:
    """Return a HEIC or AVIF that says of itself that it is huge."""
    content = encoded(scene(), kind)
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">2I", *HUGE_PX) + content[at + 8 :]


def huge_gif() -> bytes:
    content = encoded(scene("P"), "GIF")
    return content[:6] + struct.pack("<2H", 65_535, 65_535) + content[10:]


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


TAKEN: Mapping[str, Maker] = {
    "JPEG": lambda: encoded(scene(), "JPEG"),
    "JPEG, grey": lambda: encoded(scene("L"), "JPEG"),
    "JPEG, progressive": lambda: encoded(scene(), "JPEG", progressive=True),
    "JPEG with a profile": lambda: encoded(scene(), "JPEG", icc_profile=profile()),
    "JPEG, camera held upright": lambda: encoded(scene(), "JPEG", exif=held(HELD_UPRIGHT)),
    "JPEG with a second picture (MPO)": lambda: encoded(
        scene(), "MPO", save_all=True, append_images=[scene(size=(200, 150))]
    ),
    "JPEG of four inks": lambda: encoded(scene("CMYK"), "JPEG"),
    "JPEG of 13 MB with a profile": lambda: encoded(noise(2600), "JPEG", quality=97, icc_profile=profile()),
    "PNG": lambda: encoded(scene(), "PNG"),
    "PNG, cut out": lambda: encoded(scene("RGBA"), "PNG"),
    "PNG, grey and cut out": lambda: encoded(scene("LA"), "PNG"),
    "PNG of a palette, cut out": lambda: encoded(palette_cut_out(), "PNG"),
    "PNG, cut out, with a profile in numbers": lambda: numbered_png("RGBA"),
    "AVIF with a profile in numbers": numbered_avif,
    "HEIC with a profile in numbers": lambda: encoded(
        scene(), "HEIF", color_primaries=P3_NUMBERS[0], transfer_characteristics=P3_NUMBERS[1]
    ),
    "PNG, black and white": lambda: encoded(Image.new("1", SIZE_PX, 1), "PNG"),
    "PNG, 16 bits of grey": deep_grey,
    "PNG, 16 bits of grey, cut out": lambda: deep_grey(clear=True),
    "PNG, 16 bits of colour": deep_colour,
    "GIF, moving": lambda: animated("GIF"),
    "GIF, cut out": lambda: encoded(palette_cut_out(), "GIF"),
    "WEBP with a profile": lambda: encoded(scene(), "WEBP", icc_profile=profile()),
    "WEBP, cut out": lambda: encoded(scene("RGBA"), "WEBP", lossless=True),
    "WEBP, moving": lambda: animated("WEBP"),
    "HEIC": lambda: encoded(scene(), "HEIF"),
    "HEIC, cut out": lambda: encoded(scene("RGBA"), "HEIF"),
    "HEIC, camera held upright": lambda: encoded(scene(), "HEIF", exif=held(HELD_UPRIGHT).tobytes()),
    "AVIF": lambda: encoded(scene(), "AVIF"),
    "AVIF, cut out": lambda: encoded(scene("RGBA"), "AVIF"),
    "AVIF, camera held upright": lambda: encoded(scene(), "AVIF", exif=held(HELD_UPRIGHT)),
    "BMP": lambda: encoded(scene(), "BMP"),
    "TIFF of four inks": lambda: encoded(scene("CMYK"), "TIFF"),
    "TIFF, 16 bits of grey": lambda: encoded(Image.new("I;16", SIZE_PX, DEEP_WALL), "TIFF"),
}
REFUSED: Mapping[str, Maker] = {
    "empty": lambda: b"",
    "zeros": lambda: bytes(5000),
    "half a JPEG": lambda: half(encoded(scene(), "JPEG")),
    "half a PNG": lambda: half(encoded(scene(), "PNG")),
    "half a GIF": lambda: half(encoded(noise(100), "GIF")),
    "half a WEBP": lambda: half(encoded(scene(), "WEBP")),
    "half a HEIC": lambda: half(encoded(noise(300), "HEIF")),
    "half an AVIF": lambda: half(encoded(noise(300), "AVIF")),
    "half a BMP": lambda: half(encoded(scene(), "BMP")),
    "PDF": lambda: b"%PDF-1.7\n1 0 obj\n",
    "web page": lambda: b"<!DOCTYPE html><html><body>404</body></html>",
    "SVG": lambda: b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "ZIP": lambda: b"PK\x03\x04" + bytes(100),
    "video": lambda: b"\x00\x00\x00\x18ftypmp42" + bytes(100),
    "text": "Écharpe en laine".encode,
    "huge PNG": huge_png,
    "huge JPEG": huge_jpeg,
    "huge WEBP": huge_webp,
    "huge HEIC": lambda: huge_box("HEIF"),
    "huge AVIF": lambda: huge_box("AVIF"),
    "huge GIF": huge_gif,
    "TIFF of fractions": lambda: encoded(Image.new("F", SIZE_PX, 0.5), "TIFF"),
}
