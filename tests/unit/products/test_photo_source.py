"""Photos taken in: from the folder of the file that names them or from addresses, each once, named by what it holds."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.photo_kinds import TAKEN
from stoflow.domain.ids import TenantId
from stoflow.domain.product import Fate, GivenProduct, NewProduct, ProductImage, Stored
from stoflow.resources.products.file import read_products
from stoflow.resources.products.import_report import ImportReport
from stoflow.resources.products.importing import import_products
from stoflow.resources.products.media import MediaFolder
from stoflow.resources.products.photo_source import PhotoSource, RefusedPhoto, with_photos
from stoflow.transports.direct.photos import NotFetched

ANNA, BEN = TenantId(7), TenantId(8)
SHARED = Path(os.environ.get("STOFLOW_SHARED", Path(__file__).parents[4] / "shared")) / "cases"


class Web:
    """Answers addresses from a table, and counts them."""

    def __init__(self, **photos: bytes) -> None:
        self.photos = photos
        self.asked: Counter[str] = Counter()

    def fetch(self, address: str) -> bytes:
        self.asked[address] += 1
        name = address.rpartition("/")[2].partition(".")[0]
        if name not in self.photos:
            raise NotFetched("cannot be fetched: the server answers 404; open it in a browser")
        return self.photos[name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    return made


@pytest.fixture
def media(tmp_path: Path) -> MediaFolder:
    return MediaFolder(tmp_path / "media")


def product(*photos: str) -> NewProduct:
    images = tuple(ProductImage(position, path) for position, path in enumerate(photos, start=1))
    return NewProduct(title="Scarf", description="", price=None, images=images)


def test_the_same_photo_is_kept_once_for_each_seller_by_whatever_name(folder: Path, media: MediaFolder) -> None:
    for name in ("a.jpg", "b.jpg"):
        (folder / name).write_bytes(TAKEN["PNG, cut out"]())
    source = PhotoSource(folder, media)
    first = source.take(ANNA, "a.jpg")
    assert (source.take(ANNA, "b.jpg"), source.take(ANNA, "a.jpg")) == (first, first)
    assert source.take(BEN, "a.jpg") == first.replace("7/", "8/")
    assert sorted(str(path.relative_to(media.root)) for path in media.root.rglob("*.*")) == [
        first, first.replace("7/", "8/"),
    ]  # fmt: skip


def test_an_address_is_fetched_once_whether_it_brings_a_photo_or_not(folder: Path, media: MediaFolder) -> None:
    web = Web(a=TAKEN["JPEG"](), b=TAKEN["AVIF"](), page=b"<html>Log in</html>")
    source = PhotoSource(folder, media, web.fetch)
    named = product("https://shop.example/a.jpg", "https://shop.example/b.avif", "//shop.example/a.jpg")
    taken = with_photos(source, ANNA, named)
    assert with_photos(source, ANNA, named) == taken
    assert taken.images[0].path == taken.images[2].path != taken.images[1].path
    for reason in ("the server answers 404", "the server answers 404"):
        with pytest.raises(RefusedPhoto, match=reason):
            source.take(ANNA, "https://shop.example/gone.jpg")
    with pytest.raises(RefusedPhoto, match=r'"http://shop.example/page.jpg" is a web page'):
        source.take(ANNA, "http://shop.example/page.jpg")
    assert web.asked["https://shop.example/gone.jpg"] == 1
    assert web.asked["https://shop.example/b.avif"] == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ftp://shop.example/a.jpg", "an address of ftp, and only http and https"),
        ("data:image/png;base64,AAAA", "an address of data"),
        ("file:///etc/passwd", "an address of file"),
        ("javascript:alert(1)", "an address of javascript"),
        ("C:\\photos\\a.jpg", "is not in the folder"),
        ("", "is not in the folder"),
        (".", "is not in the folder"),
        ("loop.jpg", "is not in the folder"),
        ("pipe.jpg", "is not in the folder"),
        ("long.jpg", "longer than 30 MiB"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(folder: Path, media: MediaFolder, name: str, reason: str) -> None:
    (folder / "loop.jpg").symlink_to(folder / "loop.jpg")
    os.mkfifo(folder / "pipe.jpg")
    with (folder / "long.jpg").open("wb") as file:
        file.truncate(10_000_000_000)
    with pytest.raises(RefusedPhoto, match=reason) as refused:
        PhotoSource(folder, media, Web().fetch).take(ANNA, name)
    assert refused.value.name == name
    assert not media.root.exists()


@pytest.mark.parametrize("written", ["photos\\scarf é.png", "photos/scarf e\u0301.png", "photos/scarf é.png"])
@pytest.mark.parametrize("on_disk", ["scarf é.png", "scarf e\u0301.png"])
def test_a_photo_is_found_by_a_name_that_another_system_wrote(
    folder: Path, media: MediaFolder, written: str, on_disk: str
) -> None:
    (folder / "photos").mkdir()
    (folder / "photos" / on_disk).write_bytes(TAKEN["PNG"]())
    assert PhotoSource(folder, media).take(ANNA, written).endswith(".png")


def test_a_file_that_is_there_half_is_never_seen(media: MediaFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Path, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        media.keep(ANNA, TAKEN["PNG"]())
    assert not [path for path in media.root.rglob("*") if path.is_file()]


def case(name: str) -> Path:
    if not (SHARED / name).is_dir():
        pytest.skip("The cases lie in the folder STOFLOW_SHARED names, which is not here.")
    return SHARED / name


def test_the_addresses_of_case_8_are_fetched_or_named(media: MediaFolder) -> None:
    folder, stored = case("08-image-urls"), list[NewProduct]()

    def store(_: TenantId, batch: Sequence[GivenProduct], __: Mapping[int, int]) -> Sequence[Stored]:
        stored.extend(given.product for given in batch)
        return [Stored(number, Fate.CREATED) for number, _ in enumerate(batch, start=1)]

    def imported(web: Web) -> ImportReport:
        items = read_products(folder / "products.csv", mapping={})
        return import_products(store, [ANNA], items, photos=PhotoSource(folder, media, web.fetch))

    report = imported(Web(a=TAKEN["JPEG"]()))
    assert [(row.line, row.field, row.value) for row in report.rejected] == [
        (2, "images", "https://shop.example/b.jpg")
    ]
    assert '"Red wool scarf" is left out' in report.rejected[0].sentence
    assert not stored
    assert imported(Web(a=TAKEN["JPEG"](), b=TAKEN["WEBP, cut out"]())).imported == 1
    assert [media.find(image.path) is not None for image in stored[0].images] == [True, True]


def test_the_photos_of_case_9_are_taken_or_refused_each_by_its_name(media: MediaFolder) -> None:
    source = PhotoSource(case("09-photos"), media)
    corners = {"phone.jpg": (235, 235, 230), "cutout.webp": (255,) * 3, "cutout.png": (255,) * 3,
               "upright.jpg": (235, 235, 230), "print.jpg": (235, 235, 230), "deep.png": (117,) * 3}  # fmt: skip
    for name, corner in corners.items():
        kept = media.find(source.take(ANNA, name))
        assert kept is not None
        with Image.open(kept.file) as picture:
            assert picture.format == "JPEG"
            assert picture.size == {"upright.jpg": (600, 800), "deep.png": (600, 600)}.get(name, (800, 600))
            assert picture.convert("RGB").getpixel((5, 5)) == pytest.approx(corner, abs=3)
    reasons = {"empty.jpg": "is empty", "half.jpg": "ends too early", "iphone.heic": "is a damaged HEIC",
               "huge.png": "is not in the folder", "products.csv": "is a text"}  # fmt: skip
    for name, reason in reasons.items():
        with pytest.raises(RefusedPhoto, match=f'"{name}" {reason}'):
            source.take(ANNA, name)
