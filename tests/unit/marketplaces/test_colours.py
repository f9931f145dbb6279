"""Colours that a file names by numbers: shown as they were meant, and plain ones left alone."""

import io

import pytest
from PIL import Image, ImageCms

from benchmarks.photo_kinds import encoded, numbered_avif, numbered_png, png_chunk
from stoflow.marketplaces.colours import display_p3, profile_of

RED, RED_OF_SRGB = (220, 60, 40), (239, 35, 17)
NAMED = {
    "PNG": numbered_png("RGB"),
    "AVIF": numbered_avif(),
    "HEIC": encoded(Image.new("RGB", (64, 64)), "HEIF", color_primaries=12, transfer_characteristics=13),
}
PLAIN = {
    "PNG": encoded(Image.new("RGB", (64, 64)), "PNG"),
    "AVIF": encoded(Image.new("RGB", (64, 64)), "AVIF"),
    "HEIC": encoded(Image.new("RGB", (64, 64)), "HEIF"),
    "PNG of an HDR curve": NAMED["PNG"].replace(
        png_chunk(b"cICP", b"\x0c\x0d\x00\x01"), png_chunk(b"cICP", b"\x0c\x10\x00\x01")
    ),
}


def test_the_profile_shows_a_red_as_the_standard_has_it() -> None:
    meant = ImageCms.ImageCmsProfile(io.BytesIO(display_p3()))
    shown = ImageCms.profileToProfile(Image.new("RGB", (1, 1), RED), meant, ImageCms.createProfile("sRGB"))
    assert shown is not None
    assert shown.getpixel((0, 0)) == pytest.approx(RED_OF_SRGB, abs=1)


@pytest.mark.parametrize("kind", NAMED)
def test_numbers_become_a_profile(kind: str) -> None:
    with Image.open(io.BytesIO(NAMED[kind])) as image:
        assert profile_of(image, NAMED[kind]) == display_p3()


@pytest.mark.parametrize("kind", PLAIN)
def test_plain_colours_have_none(kind: str) -> None:
    with Image.open(io.BytesIO(PLAIN[kind])) as image:
        assert profile_of(image, PLAIN[kind]) == b""
