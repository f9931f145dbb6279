"""Photos are sent as they are where they fit, and smaller, always the same, where they do not."""

import io
import os
import random
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image

from stoflow.domain.call import Command
from stoflow.domain.outcome import Refused
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.photos import UnreadablePhoto, fingerprint_of, kept_photo, presentable, read_photo, shrink
from stoflow.marketplaces.pictures import DECODING, opened_picture
from stoflow.marketplaces.registry import build_registry
from stoflow.marketplaces.vinted.publication import VintedPublication
from tests.unit.marketplaces.conftest import MakeAttempt


def noisy_photo(side_px: int) -> bytes:
    """Return a photo that hardly compresses, as a camera's large ones do."""
    noise = random.Random(1).randbytes(side_px * side_px * 3)
    encoded = io.BytesIO()
    Image.frombytes("RGB", (side_px, side_px), noise).save(encoded, "JPEG", quality=95)
    return encoded.getvalue()


def test_a_photo_that_fits_is_sent_as_it_is(make_attempt: MakeAttempt, media_root: Path) -> None:
    photo = read_photo(make_attempt("ebay"), 1, limit_bytes=100_000)
    assert photo.content == (media_root / "1.jpg").read_bytes()
    assert (photo.content_type, photo.filename) == ("image/jpeg", "photo-1.jpg")


def located(**notes: Any) -> bytes:
    """Return a photo as a phone saves it: with the place where it was taken, in one of the two ways."""
    encoded = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(encoded, "JPEG", **notes)
    return encoded.getvalue()


def exif_of_a_place() -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (52.0, 31.0, 12.0)}
    )
    return exif


@pytest.mark.parametrize("notes", [{"exif": exif_of_a_place()}, {"xmp": b"<x:xmpmeta exif:GPSLatitude='52,31.2N'/>"}])
def test_where_a_photo_was_taken_is_nobody_elses(notes: dict[str, Any]) -> None:
    photo = located(**notes)
    kept, content_type = presentable(photo, limit_bytes=len(photo), whole=True)
    with Image.open(io.BytesIO(kept)) as image:
        assert (content_type, image.size) == ("image/jpeg", (40, 30))
        assert not image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    assert b"GPS" not in kept


def test_a_photo_no_marketplace_takes_becomes_a_jpeg(
    make_attempt: MakeAttempt, tmp_path: Path, product: Product
) -> None:
    Image.new("RGBA", (20, 20), "red").save(tmp_path / "p.webp")
    attempt = make_attempt(
        "etsy", product=replace(product, images=(ProductImage(1, "p.webp"),)), media_root=str(tmp_path)
    )
    photo = read_photo(attempt, 1, limit_bytes=100_000)
    assert photo.content_type == "image/jpeg"
    assert Image.open(io.BytesIO(photo.content)).format == "JPEG"


def test_a_large_photo_is_made_smaller_and_every_process_makes_the_same(
    make_attempt: MakeAttempt, tmp_path: Path, product: Product
) -> None:
    (tmp_path / "large.jpg").write_bytes(noisy_photo(1200))
    attempt = make_attempt(
        "ebay", product=replace(product, images=(ProductImage(1, "large.jpg"),)), media_root=str(tmp_path)
    )
    first, second = (read_photo(attempt, 1, limit_bytes=160_000) for _ in range(2))
    assert first == second
    assert len(first.content) <= 160_000
    assert min(Image.open(io.BytesIO(first.content)).size) >= 300


def test_the_plugin_is_told_where_a_photo_is_and_not_sent_it(make_attempt: MakeAttempt, product: Product) -> None:
    images = (ProductImage(4, "1.jpg"), ProductImage(9, "2.jpg"))
    attempt = make_attempt("vinted", product=replace(product, id=31, images=images), index=2)
    call = next(VintedPublication().upload(attempt))
    assert isinstance(call, Command)
    assert call.payload["url"] == "/api/products/31/photos/9"
    assert call.payload.keys() == {"temp_uuid", "url"}


def test_a_picture_that_cannot_be_made_small_enough_is_refused() -> None:
    with pytest.raises(UnreadablePhoto, match="cannot be made smaller"):
        shrink(noisy_photo(400), limit_bytes=100)


def test_a_file_that_is_no_picture_is_refused(make_attempt: MakeAttempt, tmp_path: Path, product: Product) -> None:
    (tmp_path / "p.jpg").write_text("not a picture")
    attempt = make_attempt(
        "ebay", product=replace(product, images=(ProductImage(1, "p.jpg"),)), media_root=str(tmp_path)
    )
    with pytest.raises(UnreadablePhoto, match="Photo 1 is a text; save it as JPEG"):
        read_photo(attempt, 1, limit_bytes=1000)
    with pytest.raises(UnreadablePhoto, match="no photo 2"):
        read_photo(attempt, 2, limit_bytes=1000)


def test_a_damaged_picture_is_refused() -> None:
    with pytest.raises(UnreadablePhoto, match="ends too early"):
        shrink(noisy_photo(64)[:500], limit_bytes=100)


def test_an_upload_of_a_file_that_cannot_be_fetched_is_refused_by_name(
    make_attempt: MakeAttempt, media_root: Path, tmp_path: Path, product: Product
) -> None:
    (tmp_path / "elsewhere.jpg").write_bytes((media_root / "1.jpg").read_bytes())
    for path in ("gone.jpg", "", str(tmp_path / "elsewhere.jpg")):
        attempt = make_attempt("vinted", index=1, product=replace(product, images=(ProductImage(1, path),)))
        with pytest.raises(StopIteration) as end:
            next(VintedPublication().upload(attempt))
        refused = end.value.value
        assert isinstance(refused, Refused)
        assert [error.field for error in refused.errors] == ["images"]


@pytest.mark.parametrize(
    "path",
    ["../outside.jpg", "{outside}", "link.jpg", "loop.jpg", "pipe.jpg", ".", "", "a\0b.jpg", "x" * 300, "1.jpg/2"],
)
@pytest.mark.parametrize("marketplace", ["ebay", "etsy", "vinted"])
def test_no_path_leads_a_worker_out_of_the_media_folder(
    make_attempt: MakeAttempt, tmp_path: Path, product: Product, path: str, marketplace: str
) -> None:
    outside, media = tmp_path / "outside.jpg", tmp_path / "media"
    media.mkdir()
    Image.new("RGB", (20, 20)).save(outside)
    (media / "link.jpg").symlink_to(outside)
    (media / "loop.jpg").symlink_to(media / "loop.jpg")
    os.mkfifo(media / "pipe.jpg")
    images = (ProductImage(1, path.format(outside=outside)),)
    attempt = make_attempt(marketplace, product=replace(product, images=images), media_root=str(media))
    for reading in (fingerprint_of, kept_photo, partial(read_photo, limit_bytes=1000)):
        with pytest.raises(UnreadablePhoto, match="Photo 1 is not there any more"):
            reading(attempt, 1)
    handler = build_registry(entry_points=False).handler(marketplace, "publish")
    refused = handler.step("validate").do(attempt)
    assert isinstance(refused, Refused)
    assert ("images", "The file of photo 1 is missing.") in [(each.field, each.message) for each in refused.errors]


def test_a_photo_too_long_to_be_one_is_not_read(make_attempt: MakeAttempt, tmp_path: Path, product: Product) -> None:
    with (tmp_path / "long.jpg").open("wb") as file:
        file.truncate(10_000_000_000)
    attempt = make_attempt(
        "ebay", product=replace(product, images=(ProductImage(1, "long.jpg"),)), media_root=str(tmp_path)
    )
    with pytest.raises(UnreadablePhoto, match="longer than 30 MiB"):
        read_photo(attempt, 1, limit_bytes=1000)


def test_one_picture_is_decoded_at_a_time() -> None:
    with opened_picture(noisy_photo(64)):
        assert not DECODING.acquire(blocking=False)
    assert DECODING.acquire(blocking=False)
    DECODING.release()
