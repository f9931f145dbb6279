"""Photos in a bucket of a server that others wrote: OpenStack Swift with its S3 door, as Debian has it.

A store's own answers differ where a double of ours cannot: signatures, errors in XML, how a list is paged. Another
server's bucket is tried by naming it:

    STOFLOW_TEST_BUCKET=s3://photos STOFLOW_TEST_BUCKET_ENDPOINT=http://127.0.0.1:9000 \
    STOFLOW_TEST_BUCKET_ACCESS_KEY=… STOFLOW_TEST_BUCKET_SECRET_KEY=… python -m pytest THIS FILE
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image

from stoflow.domain.errors import PhotosUnavailable
from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow.storage.photo_bucket import PhotoBucket
from stoflow.wiring.photos import media_of

NAMED = "STOFLOW_TEST_BUCKET"
DEBIANS_PYTHON = "/usr/bin/python3"
SWIFT = Path(__file__).parents[2] / "harness" / "swift_server.py"
ANNA = TenantId(7)
MORE_THAN_A_PAGE = 60


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The bucket that the environment names, else one of a Swift of this run's own."""
    if NAMED in os.environ:
        names = ("ENDPOINT", "ACCESS_KEY", "SECRET_KEY", "REGION")
        given = {f"media_{name.lower()}": os.environ.get(f"{NAMED}_{name}", "") for name in names}
        yield {"media_url": os.environ[NAMED], **given}
        return
    _have_swift()
    command = [DEBIANS_PYTHON, str(SWIFT), str(tmp_path_factory.mktemp("swift"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as swift:
        assert swift.stdout is not None
        port = swift.stdout.readline().strip()
        assert port, "Swift did not start."
        endpoint = f"http://127.0.0.1:{port}"
        yield {
            "media_url": "s3://photos",
            "media_endpoint": endpoint,
            "media_access_key": "test:tester",
            "media_secret_key": "testing",
            "media_region": "",
        }
        swift.terminate()


def _have_swift() -> None:
    if subprocess.run([DEBIANS_PYTHON, "-c", "import swift"], capture_output=True, check=False).returncode == 0:
        return
    if os.environ.get("STOFLOW_REQUIRE_REAL_SERVERS"):
        pytest.fail("python3-swift is missing, and STOFLOW_REQUIRE_REAL_SERVERS is set.")
    pytest.skip("Debian's python3-swift is not installed here; continuous integration installs it.")


@pytest.fixture
def settings(named: Mapping[str, str], tmp_path: Path) -> Settings:
    return Settings.model_construct().model_copy(
        update={**named, "home": tmp_path / "one", "media_url": f"{named['media_url']}/{uuid4()}"}
    )


@pytest.fixture
def bucket(settings: Settings) -> Iterator[PhotoBucket]:
    opened = PhotoBucket(settings)
    yield opened
    for path in opened.paths(""):
        opened.delete(path)


def test_what_one_machine_keeps_another_finds_until_it_is_deleted(
    settings: Settings, bucket: PhotoBucket, tmp_path: Path
) -> None:
    drawn = BytesIO()
    Image.new("RGB", (400, 300), "red").save(drawn, "JPEG")
    path = media_of(settings).keep(ANNA, drawn.getvalue())
    found = media_of(settings.model_copy(update={"home": tmp_path / "two"})).find(path)
    assert found is not None
    assert found.file.read_bytes() == drawn.getvalue()
    assert bucket.has(path)
    assert bucket.paths(f"{ANNA}/") == [path]
    bucket.delete(path)
    bucket.delete(path)
    assert not bucket.has(path)
    assert bucket.get(path) is None
    assert bucket.paths(f"{ANNA}/") == []


def test_a_tenant_s_photos_are_all_named_and_nobody_else_s(bucket: PhotoBucket) -> None:
    for number in range(MORE_THAN_A_PAGE):
        bucket.put(f"7/{number:04}.jpg", b"one")
    bucket.put("77/0000.jpg", b"another's")
    assert sorted(bucket.paths("7/")) == [f"7/{number:04}.jpg" for number in range(MORE_THAN_A_PAGE)]


@pytest.mark.parametrize("wrong", ["media_access_key", "media_secret_key"])
def test_who_has_the_wrong_key_is_told_so_without_it(settings: Settings, wrong: str) -> None:
    with pytest.raises(PhotosUnavailable) as refused:
        PhotoBucket(settings.model_copy(update={wrong: "not-the-right-one"})).put("7/one.jpg", b"one")
    assert "not-the-right-one" not in str(refused.value)


def test_a_bucket_that_there_is_none_of_keeps_nothing_and_is_not_empty(settings: Settings) -> None:
    none = PhotoBucket(settings.model_copy(update={"media_url": f"s3://{uuid4()}"}))
    for ask in (lambda: none.put("7/one.jpg", b"one"), lambda: none.get("7/one.jpg"), lambda: none.paths("7/")):
        with pytest.raises(PhotosUnavailable, match="no such bucket"):
            ask()
