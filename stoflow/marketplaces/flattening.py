"""A picture of any kind made one that looks the same everywhere: upright, opaque on white, 8 bits, grey or RGB."""

from collections.abc import Callable
from io import BytesIO
from math import ceil
from typing import cast

from PIL import Image, ImageCms, ImageMath

from stoflow.marketplaces.colours import profile_of
from stoflow.marketplaces.pictures import BadPicture, orientation_of

LONGEST_PX = 4096
DRAFT_PX = 2048
BAND_PX = 32
GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N"})
DEEP_MODES = frozenset({"I", "I;16", "I;16L", "I;16B", "I;16N"})
DEEPEST = 65_535
SHALLOWEST = 255
ALPHA_MODES = frozenset({"LA", "La", "PA", "RGBA", "RGBa"})
SPACE_OF_PROFILE = slice(16, 20)
SPACES = {"RGB": b"RGB ", "L": b"GRAY", "CMYK": b"CMYK"}
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def flattened(image: Image.Image, content: bytes) -> Image.Image:
    """Return the first picture of the file opened from these bytes, with its profile where it is one of RGB.

    It is at most LONGEST_PX long. The file's is worked through in bands, so that a large one is never there twice, and
    closed then.
    """
    _draft(image, DRAFT_PX)
    image.load()
    grey = image.mode in GREY_MODES
    profile = profile_of(image, content)
    convert = _to_rgb(image.mode, profile)
    factor = ceil(max(image.size) / LONGEST_PX)
    whole = Image.new("L" if grey else "RGB", (ceil(image.width / factor), ceil(image.height / factor)))
    for top in range(0, image.height, BAND_PX * factor):
        band = image.crop((0, top, image.width, min(top + BAND_PX * factor, image.height)))
        whole.paste(_flat(band, convert).convert(whole.mode).reduce(factor), (0, top // factor))
    turn = TURNS.get(orientation_of(image))
    image.close()  # what was decoded is not needed any more
    if turn is not None:
        whole = whole.transpose(turn)
    if profile[SPACE_OF_PROFILE] == SPACES[whole.mode]:
        whole.info["icc_profile"] = profile
    return whole


def decode_small(image: Image.Image) -> None:
    """Decode the picture to its end, as small as its kind allows; what goes wrong is raised as Pillow has it."""
    _draft(image, 1)
    image.load()


def _draft(image: Image.Image, longest_px: int) -> None:
    """Let a JPEG be decoded at a half, a quarter or an eighth, if it stays that long: no other kind knows a way."""
    share = max(image.size) / longest_px
    if share > 1:
        image.draft(None, (max(1, int(image.width / share)), max(1, int(image.height / share))))


def _flat(band: Image.Image, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    if band.mode in DEEP_MODES:
        band = _scaled(band)
    if band.mode == "F":
        raise BadPicture("is a picture of fractions, not of colours; save it as JPEG or PNG")
    if band.mode not in ALPHA_MODES and "transparency" not in band.info:
        return convert(band)
    seen = band.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")


def _scaled(band: Image.Image) -> Image.Image:
    """Return 16 bits of grey as 8, the transparent grey among them too."""
    darkest, brightest = cast("tuple[float, float]", band.getextrema())
    if darkest < 0 or brightest > DEEPEST:
        raise BadPicture("is a picture of 32 bits of grey; save it as JPEG or PNG")
    wide = band if band.mode == "I" else band.convert("I")
    scaled = wide.point(lambda grey: grey * (SHALLOWEST / DEEPEST) + 0.5).convert("L")
    clear = band.info.get("transparency")
    if isinstance(clear, int):
        opaque = ImageMath.lambda_eval(lambda bands: (bands["wide"] != clear) * SHALLOWEST, wide=wide)
        scaled.putalpha(opaque.convert("L"))
    return scaled


def _to_rgb(mode: str, profile: bytes) -> Callable[[Image.Image], Image.Image]:
    """Return how a band becomes RGB: four inks by their own profile, where the file brings one that can be used."""
    if mode == "CMYK" and profile[SPACE_OF_PROFILE] == SPACES[mode]:
        try:
            inks = ImageCms.ImageCmsProfile(BytesIO(profile))
            transform = ImageCms.buildTransform(inks, ImageCms.createProfile("sRGB"), mode, "RGB")
        except ImageCms.PyCMSError:
            return _to_plain_rgb
        return lambda band: cast("Image.Image", ImageCms.applyTransform(band, transform))
    return _to_plain_rgb


def _to_plain_rgb(band: Image.Image) -> Image.Image:
    return band.convert("RGB")
