"""Photos drawn here: real JPEG files of real size, the same for the same subject every time."""

import io
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageChops, ImageDraw, ImageFont

SIZE_PX = (1200, 900)
GRAIN_PX = (600, 450)  # the cloth's grain: it gives the file the weight of a camera's
GRAIN_MIDDLE = 128
GRAIN_DIVISOR = 30
JPEG_QUALITY = 78
TEXT_PX = 34

INKS: dict[str, tuple[int, int, int]] = {
    "black": (34, 34, 38), "white": (240, 238, 232), "grey": (134, 138, 142), "beige": (212, 190, 158),
    "brown": (112, 74, 48), "blue": (48, 92, 168), "navy": (28, 40, 84), "light blue": (150, 190, 228),
    "red": (186, 36, 40), "burgundy": (104, 24, 44), "pink": (234, 150, 178), "purple": (112, 68, 148),
    "green": (52, 122, 72), "khaki": (120, 118, 72), "yellow": (232, 200, 64), "orange": (226, 124, 44),
    "cream": (242, 230, 204), "gold": (202, 164, 76), "silver": (192, 196, 200), "multi": (160, 96, 132),
    "turquoise": (56, 164, 168), "dark green": (24, 74, 48), "charcoal": (66, 70, 76), "mustard": (202, 152, 44),
    "lilac": (188, 164, 214),
}  # fmt: skip
WALLS = ((232, 228, 220), (214, 222, 226), (226, 214, 208), (218, 226, 212), (198, 196, 200))

Point = tuple[float, float]
Shape = tuple[Point, ...]  # corners in hundredths of the frame's width and height

SHAPES: dict[str, Shape] = {
    "dress": ((42, 12), (58, 12), (62, 40), (74, 90), (26, 90), (38, 40)),
    "skirt": ((38, 25), (62, 25), (76, 85), (24, 85)),
    "trousers": ((36, 12), (64, 12), (68, 92), (54, 92), (50, 36), (46, 92), (32, 92)),
    "shorts": ((34, 28), (66, 28), (72, 70), (53, 72), (50, 48), (47, 72), (28, 70)),
    "coat": ((40, 8), (60, 8), (74, 20), (80, 66), (70, 68), (68, 94), (32, 94), (30, 68), (20, 66), (26, 20)),
    "top": ((38, 18), (46, 22), (54, 22), (62, 18), (80, 34), (72, 48),
            (66, 42), (66, 84), (34, 84), (34, 42), (28, 48), (20, 34)),
    "shoe": ((16, 70), (18, 48), (34, 46), (46, 58), (74, 62), (86, 72), (86, 80), (16, 80)),
    "boot": ((34, 14), (54, 14), (56, 58), (80, 70), (82, 84), (34, 84)),
    "bag": ((24, 42), (38, 42), (42, 20), (58, 20), (62, 42), (76, 42), (80, 86), (20, 86)),
    "hat": ((14, 66), (30, 62), (36, 32), (64, 32), (70, 62), (86, 66), (82, 74), (18, 74)),
    "scarf": ((30, 12), (46, 12), (58, 50), (70, 92), (54, 92), (44, 56), (28, 90), (14, 86)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """What a photo shows; `view` counts the photos of one product from 1, each from a little further round."""

    shape: str
    color: str
    caption: str
    view: int = 1

    @property
    def seed(self) -> str:
        return f"{self.shape}|{self.color}|{self.caption}|{self.view}"


def draw(subject: Subject) -> bytes:
    """Return a JPEG file of the subject: cloth in its colour, a pattern, its name, and the grain of a photo."""
    chance = random.Random(subject.seed)
    image = Image.new("RGB", SIZE_PX, chance.choice(WALLS))
    pen = ImageDraw.Draw(image)
    ink = INKS.get(subject.color.lower(), INKS["grey"])
    corners = _turned(SHAPES.get(subject.shape, SHAPES["top"]), 0.06 * (subject.view - 1) + chance.uniform(-0.03, 0.03))
    pen.polygon(corners, fill=ink, outline=_shade(ink, -50), width=6)
    chance.choice(PATTERNS)(pen, corners, _shade(ink, 36), chance)
    pen.text((40, SIZE_PX[1] - 70), f"{subject.caption[:48]}  ·  {subject.view}", fill=(60, 60, 64), font=_font())
    buffer = io.BytesIO()
    _grained(image, chance).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _turned(shape: Shape, radians: float) -> list[Point]:
    width, height = SIZE_PX
    sine, cosine = math.sin(radians), math.cos(radians)
    middle = [((x - 50) * height / 100, (y - 50) * height / 100) for x, y in shape]
    return [(width / 2 + x * cosine - y * sine, height / 2 + x * sine + y * cosine) for x, y in middle]


def _shade(ink: tuple[int, int, int], change: int) -> tuple[int, int, int]:
    red, green, blue = (max(0, min(255, part + change)) for part in ink)
    return red, green, blue


def _middle(corners: list[Point]) -> Point:
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


def _stripes(pen: ImageDraw.ImageDraw, corners: list[Point], ink: tuple[int, int, int], chance: random.Random) -> None:
    x, y = _middle(corners)
    for step in range(-3, 4):
        height = y + step * chance.randint(28, 34)
        pen.line((x - 90, height, x + 90, height), fill=ink, width=8)


def _dots(pen: ImageDraw.ImageDraw, corners: list[Point], ink: tuple[int, int, int], chance: random.Random) -> None:
    x, y = _middle(corners)
    for _ in range(30):
        left, top = x + chance.uniform(-110, 110), y + chance.uniform(-120, 120)
        pen.ellipse((left, top, left + 16, top + 16), fill=ink)


def _buttons(pen: ImageDraw.ImageDraw, corners: list[Point], ink: tuple[int, int, int], _chance: random.Random) -> None:
    x, y = _middle(corners)
    pen.line((x, y - 180, x, y + 180), fill=ink, width=4)
    for step in range(-2, 3):
        pen.ellipse((x - 11, y + step * 70 - 11, x + 11, y + step * 70 + 11), fill=ink)


Pattern = Callable[[ImageDraw.ImageDraw, list[Point], tuple[int, int, int], random.Random], None]
PATTERNS: tuple[Pattern, ...] = (_stripes, _dots, _buttons)


def _font() -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(TEXT_PX)


def _grained(image: Image.Image, chance: random.Random) -> Image.Image:
    """Add the grain to the brightness only: a third of the work, and how film does it."""
    brightness, *colours = image.convert("YCbCr").split()
    grain = ImageChops.offset(_grain(), chance.randrange(SIZE_PX[0]), chance.randrange(SIZE_PX[1]))
    return Image.merge("YCbCr", (ImageChops.add(brightness, grain, offset=-GRAIN_MIDDLE), *colours))


@cache
def _grain() -> Image.Image:
    chance = random.Random("grain")
    noise = Image.frombytes("L", GRAIN_PX, chance.randbytes(GRAIN_PX[0] * GRAIN_PX[1]))
    return noise.point([GRAIN_MIDDLE + (level - GRAIN_MIDDLE) // GRAIN_DIVISOR for level in range(256)]).resize(SIZE_PX)
