"""Every kind of file that sellers send as a photo, on each marketplace: sent as buyers should see it, or refused."""

import io
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks.photo_kinds import REFUSED, SIZE_PX, TAKEN, WALL, encoded
from stoflow.domain.call import Command, Request
from stoflow.domain.ids import TenantId
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.ebay.pictures import PHOTO_LIMIT_BYTES as EBAY_LIMIT_BYTES
from stoflow.marketplaces.ebay.publication import EbayPublication
from stoflow.marketplaces.etsy.pictures import PHOTO_LIMIT_BYTES as ETSY_LIMIT_BYTES
from stoflow.marketplaces.etsy.publication import EtsyPublication
from stoflow.marketplaces.vinted.publication import VintedPublication
from stoflow.resources.products.media import MediaFolder
from stoflow.resources.products.photo_source import PhotoSource, RefusedPhoto
from tests.unit.marketplaces.conftest import MakeAttempt

ANNA = TenantId(7)
LIMITS_BYTES = {"ebay": EBAY_LIMIT_BYTES, "etsy": ETSY_LIMIT_BYTES, "vinted": EBAY_LIMIT_BYTES}
UNTOUCHED = {"JPEG", "JPEG, grey", "JPEG, progressive", "JPEG with a profile", "PNG"}
GREY = {"JPEG, grey", "PNG, grey and cut out", "PNG, black and white", "PNG, 16 bits of grey",
        "PNG, 16 bits of grey, cut out", "TIFF, 16 bits of grey"}  # fmt: skip
WHITE = (255, 255, 255)
CORNERS = {
    "JPEG, grey": (227,) * 3,
    "PNG, black and white": WHITE,
    "PNG, 16 bits of grey": (156,) * 3,
    "TIFF, 16 bits of grey": (156,) * 3,
}
SIZES = {
    "JPEG, camera held upright": (600, 800),
    "HEIC, camera held upright": (600, 800),
    "AVIF, camera held upright": (600, 800),
    "JPEG of 13 MB with a profile": (2600, 2600),
    "PNG, 16 bits of colour": (64, 48),
}
REASONS = {
    "empty": "is empty", "zeros": "nothing but zeros", "PDF": "is a PDF", "web page": "is a web page",
    "SVG": "is an SVG drawing", "ZIP": "is a ZIP archive", "video": "is a video", "text": "is a text",
    "huge PNG": "of 30000 x 20000 pixels where at most 35 million are taken of a PNG",
    "huge JPEG": "of 30000 x 20000 pixels where at most 43 million are taken of a JPEG",
    "huge WEBP": "of 16383 x 16383 pixels where at most 10 million are taken of a WEBP",
    "huge HEIC": "of 30000 x 20000 pixels where at most 24 million are taken of a HEIC",
    "huge AVIF": "is a damaged AVIF", "huge GIF": "of 65535 x 65535 pixels", "TIFF of fractions": "is a picture of fractions",
}  # fmt: skip
DAMAGED = "ends too early|is damaged|is a damaged"


@pytest.fixture
def source(tmp_path: Path) -> PhotoSource:
    folder = tmp_path / "files"
    folder.mkdir()
    return PhotoSource(folder, MediaFolder(tmp_path / "media"))


def sent_to(marketplace: str, attempt: Any, media: MediaFolder, path: str) -> bytes:
    """Return the bytes that reach the marketplace: in the request, or as the plugin is given them."""
    upload = {"ebay": EbayPublication, "etsy": EtsyPublication, "vinted": VintedPublication}[marketplace]().upload
    call = next(upload(attempt))
    if isinstance(call, Command):
        kept = media.find(path)
        assert kept is not None
        return kept.file.read_bytes()
    assert isinstance(call, Request)
    return call.files[0].content


@pytest.mark.parametrize("marketplace", LIMITS_BYTES)
@pytest.mark.parametrize("kind", TAKEN)
def test_a_photo_is_sent_as_buyers_should_see_it(
    kind: str, marketplace: str, source: PhotoSource, make_attempt: MakeAttempt, product: Product
) -> None:
    content = TAKEN[kind]()
    (source.folder / "photo").write_bytes(content)
    path = source.take(ANNA, "photo")
    assert source.take(ANNA, "photo") == path
    attempt = make_attempt(
        marketplace,
        product=replace(product, images=(ProductImage(1, path),)),
        media_root=str(source.media.root),
        index=1,
        outputs={"create": {"listing_id": "9"}, "choose": {"listing_id": "9"}},
    )
    sent = sent_to(marketplace, attempt, source.media, path)
    assert (sent == content) == (kind in UNTOUCHED)
    assert len(sent) <= LIMITS_BYTES[marketplace]
    with Image.open(io.BytesIO(sent)) as picture:
        assert picture.format == ("PNG" if kind == "PNG" else "JPEG")
        assert picture.mode == ("L" if kind in GREY else "RGB")
        assert picture.size == SIZES.get(kind, SIZE_PX)
        assert picture.getexif().get(0x0112, 1) == 1
        assert bool(picture.info.get("icc_profile")) == ("profile" in kind)
        if kind != "JPEG of 13 MB with a profile":
            corner = picture.convert("RGB").getpixel((4, 4))
            assert corner == pytest.approx(CORNERS.get(kind, WHITE if "cut out" in kind else WALL), abs=4)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_is_no_good_photo_is_refused_by_name_and_reason(kind: str, source: PhotoSource) -> None:
    (source.folder / "photo").write_bytes(REFUSED[kind]())
    with pytest.raises(RefusedPhoto, match=REASONS.get(kind, DAMAGED)) as refused:
        source.take(ANNA, "photo")
    assert refused.value.name == "photo"
    assert str(refused.value).startswith('The photo "photo" ')
    assert not source.media.root.exists()


@pytest.mark.parametrize("kind", ["JPEG, camera held upright", "PNG, cut out", "WEBP, cut out"])
def test_what_an_earlier_version_kept_is_made_right_when_it_is_sent(
    kind: str, source: PhotoSource, make_attempt: MakeAttempt, product: Product
) -> None:
    source.media.root.mkdir()
    (source.media.root / "old.jpg").write_bytes(TAKEN[kind]())
    images = (ProductImage(1, "old.jpg"),)
    attempt = make_attempt("ebay", product=replace(product, images=images), media_root=str(source.media.root), index=1)
    with Image.open(io.BytesIO(sent_to("ebay", attempt, source.media, "old.jpg"))) as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        assert picture.getexif().get(0x0112, 1) == 1
        assert picture.getpixel((4, 4)) == pytest.approx(WHITE if "cut out" in kind else WALL, abs=4)


@pytest.mark.parametrize("how", range(1, 9))
def test_each_way_to_hold_a_camera_is_turned_upright(how: int, source: PhotoSource) -> None:
    notes = Image.Exif()
    notes[0x0112] = how
    picture = Image.new("RGB", (64, 32), "white")
    picture.paste("black", (0, 0, 16, 16))  # the sensor's first corner
    (source.folder / "photo").write_bytes(encoded(picture, "PNG", exif=notes))
    kept = source.media.find(source.take(ANNA, "photo"))
    assert kept is not None
    with Image.open(kept.file) as upright:
        shown = upright.convert("1")
    assert shown.size == ((64, 32) if how < 5 else (32, 64))
    right, bottom = shown.width - 5, shown.height - 5
    corners = [(4, 4), (right, 4), (right, bottom), (4, bottom)]
    assert [corner for corner in corners if not shown.getpixel(corner)] == [corners[(how - 1) % 4]]


def test_a_picture_stored_in_parts_is_bounded_by_its_parts_too(source: PhotoSource) -> None:
    values = {256: 32, 257: 32, 258: 8, 259: 1, 262: 1, 277: 1, 322: 60_000, 323: 60_000, 324: 200, 325: 8}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items())
    tiff = b"II*\x00" + struct.pack("<IH", 8, len(values)) + entries + bytes(100)
    (source.folder / "photo").write_bytes(tiff)
    with pytest.raises(RefusedPhoto, match="at most 35 million"):
        source.take(ANNA, "photo")
