"""Photos are sent as they are where they fit, and smaller, always the same, where they do not."""

import io
import random
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from stoflow.domain.call import Command
from stoflow.domain.outcome import Refused
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.photos import UnreadablePhoto, read_photo, shrink
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
