"""Photos in a bucket instead of a folder: through the api, at a worker's hand, and while the bucket is away."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from stoflow.cli.work.config import MASK, shown
from stoflow.domain.account import Account
from stoflow.domain.attempt import Attempt
from stoflow.domain.errors import PhotosUnavailable
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.outcome import TryAgain
from stoflow.domain.product import Product, ProductImage
from stoflow.marketplaces.checks import photo_errors
from stoflow.marketplaces.etsy.validation import LIMITS
from stoflow.marketplaces.photos import UnreadablePhoto, read_photo
from stoflow.marketplaces.registry import build_registry
from stoflow.resources.products.media import MediaFolder, forget_oldest
from stoflow.settings import Settings
from stoflow.wiring.photos import media_of
from tests.harness.bucket import Bucket, serving_bucket

ANNA = TenantId(7)


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    with serving_bucket() as served:
        yield served


@pytest.fixture
def settings(bucket: Bucket, tmp_path: Path) -> Settings:
    return Settings.model_construct(
        home=tmp_path / "one",
        media_url="s3://photos/of/stoflow",
        media_endpoint=bucket.url,
        media_access_key=bucket.key,
        media_secret_key="secret",
    )


@pytest.fixture
def media(settings: Settings) -> MediaFolder:
    return media_of(settings)


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> MediaFolder:
    """The same bucket, used from another machine."""
    return media_of(settings.model_copy(update={"home": tmp_path / "two"}))


def picture(colour: str = "red", size: tuple[int, int] = (40, 30)) -> bytes:
    drawn = BytesIO()
    Image.new("RGB", size, colour).save(drawn, "JPEG")
    return drawn.getvalue()


def attempt_with(media: MediaFolder, *paths: str) -> Attempt:
    images = tuple(ProductImage(place, path) for place, path in enumerate(paths, start=1))
    product = Product(id=1, title="Coat", description="", price=None, images=images)
    return Attempt(
        ANNA, JobId(1), "upload:1", product, Account("etsy", "1"), index=1,
        media_root=str(media.root), photos=media.elsewhere,
    )  # fmt: skip


def test_a_photo_that_one_machine_keeps_another_finds(
    media: MediaFolder, elsewhere: MediaFolder, bucket: Bucket
) -> None:
    path = media.keep(ANNA, picture())
    assert bucket.objects == {f"/photos/of/stoflow/{path}": picture()}
    found = elsewhere.find(path)
    assert found is not None
    assert (found.file.read_bytes(), found.content_type) == (picture(), "image/jpeg")
    described = elsewhere.describe(path)
    assert described is not None
    assert (described.bytes, described.width, described.height) == (len(picture()), 40, 30)


def test_a_photo_is_had_once_and_put_once(media: MediaFolder, elsewhere: MediaFolder, bucket: Bucket) -> None:
    path = media.keep(ANNA, picture())
    assert media.keep(ANNA, picture()) == path
    for _ in range(3):
        assert elsewhere.find(path)
    assert [method for method, _ in bucket.asked] == ["HEAD", "PUT", "HEAD", "GET"]


def test_a_worker_reads_a_photo_that_another_machine_kept(media: MediaFolder, elsewhere: MediaFolder) -> None:
    attempt = attempt_with(elsewhere, media.keep(ANNA, picture()))
    assert photo_errors(attempt, LIMITS) == ()
    assert read_photo(attempt, 1, limit_bytes=1_000_000).content == picture()


@pytest.mark.parametrize(
    "path", ["7/../8/" + "0" * 32 + ".jpg", "/etc/passwd", "7/" + "0" * 32 + ".jpg", "7/x.jpg", ""]
)
def test_what_is_no_photo_of_the_bucket_is_not_found(media: MediaFolder, path: str) -> None:
    assert media.find(path) is None
    with pytest.raises(UnreadablePhoto):
        read_photo(attempt_with(media, path), 1, limit_bytes=1_000_000)


@pytest.mark.parametrize("marketplace", ["ebay", "etsy", "vinted"])
def test_while_the_bucket_is_away_a_task_tries_again_and_is_not_charged(
    media: MediaFolder, elsewhere: MediaFolder, bucket: Bucket, marketplace: str
) -> None:
    attempt = replace(attempt_with(elsewhere, media.keep(ANNA, picture())), outputs={"create": {"listing_id": "9"}})
    bucket.away = True
    conversation = build_registry().handler(marketplace, "publish").step("upload:1").do(attempt)
    with pytest.raises(StopIteration) as ended:
        next(conversation)  # pyright: ignore[reportArgumentType, reportCallIssue]
    outcome = ended.value.value
    assert isinstance(outcome, TryAgain)
    assert (outcome.charged, outcome.away) == (False, True)


def test_nothing_is_kept_that_the_bucket_did_not_take(media: MediaFolder, bucket: Bucket) -> None:
    bucket.away = True
    with pytest.raises(PhotosUnavailable):
        media.keep(ANNA, picture())
    bucket.away = False
    assert bucket.objects == {f"/photos/of/stoflow/{media.keep(ANNA, picture())}": picture()}


def test_a_key_that_the_bucket_does_not_know_is_said_without_it(settings: Settings) -> None:
    wrong = settings.model_copy(update={"media_access_key": "AKIDWRONG"})
    with pytest.raises(PhotosUnavailable) as refused:
        media_of(wrong).keep(ANNA, picture())
    assert "AKIDWRONG" not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_copies_take_no_more_room_than_they_may_but_for_those_in_use(tmp_path: Path) -> None:
    for age_s in (0, 60, 3_600, 7_200, 86_400):
        file = tmp_path / f"{age_s}.jpg"
        file.write_bytes(b"0" * 1_000)
        made = time.time() - age_s
        os.utime(file, (made, made))
    forget_oldest(tmp_path, keep_bytes=3_500)
    assert {file.name for file in tmp_path.iterdir()} == {"0.jpg", "60.jpg", "3600.jpg"}
    forget_oldest(tmp_path, keep_bytes=500)
    assert {file.name for file in tmp_path.iterdir()} == {"0.jpg", "60.jpg"}


def test_the_settings_of_a_bucket_are_shown_but_for_its_keys(settings: Settings) -> None:
    assert shown(settings, "media_url") == "s3://photos/of/stoflow"
    assert shown(settings, "media_access_key") == shown(settings, "media_secret_key") == MASK
