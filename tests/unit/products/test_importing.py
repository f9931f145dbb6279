"""Products taken in: dealt to the sellers, with photos that exist."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path

from PIL import Image

from stoflow.domain.ids import TenantId
from stoflow.domain.product import Fate, GivenProduct, NewProduct, NotStored, ProductImage, Stored
from stoflow.resources.products.fields.matching import FIELDS
from stoflow.resources.products.file import ReadProduct
from stoflow.resources.products.files.rows import RejectedRow
from stoflow.resources.products.import_report import KEPT_REJECTIONS, PAGE_PRODUCTS, Lines
from stoflow.resources.products.importing import import_products
from stoflow.resources.products.media import MediaFolder
from stoflow.resources.products.photo_source import PhotoSource
from stoflow_sandbox.demo.catalogue import demo_products
from stoflow_sandbox.demo.drawing import Subject, draw
from stoflow_sandbox.demo.photos import PlaceholderPhotos, with_a_photo

ANNA, BEN = TenantId(7), TenantId(8)


class Products:
    def __init__(self) -> None:
        self.products: dict[TenantId, list[NewProduct]] = {}

    def put(
        self, tenant: TenantId, batch: Sequence[GivenProduct], before: Mapping[int, int]
    ) -> Sequence[Stored | NotStored]:
        kept = self.products.setdefault(tenant, [])
        assert len(before) == len(kept)
        kept += [given.product for given in batch]
        return [Stored(id_, Fate.CREATED) for id_ in range(len(kept) - len(batch) + 1, len(kept) + 1)]


def product(title: str, *photos: str, description: str = "Fine.") -> ReadProduct:
    images = tuple(ProductImage(position, path) for position, path in enumerate(photos, start=1))
    new = NewProduct(title=title, description=description, price=Decimal(5), images=images)
    return ReadProduct(1, new, frozenset(FIELDS))


def photos_in(tmp_path: Path) -> PhotoSource:
    folder = tmp_path / "files"
    folder.mkdir()
    return PhotoSource(folder, MediaFolder(tmp_path / "media"))


def test_products_are_dealt_round_robin(tmp_path: Path):
    store = Products()
    items = [product("a"), RejectedRow(2, "Bad."), product("b"), product("c"), product("d")]
    report = import_products(store.put, [ANNA, BEN], items, photos=photos_in(tmp_path), limit=3)
    assert {tenant: [each.title for each in kept] for tenant, kept in store.products.items()} == {
        ANNA: ["a", "c"],
        BEN: ["b"],
    }
    assert (report.imported, report.rejected_rows, report.products) == (3, 1, {ANNA: [1, 2], BEN: [1]})


def test_a_photo_that_is_there_is_kept_as_it_is_and_one_that_is_not_refuses_its_product(tmp_path: Path):
    store, photos = Products(), photos_in(tmp_path)
    Image.new("RGB", (40, 40), "red").save(photos.folder / "real.png")
    (photos.folder / "broken.jpg").write_bytes(b"no image")
    items = [
        product("a", "real.png"),
        product("b", "real.png", "missing.jpg"),
        product("c", "broken.jpg"),
        product("d", "https://host/photo.jpg"),
    ]
    report = import_products(store.put, [ANNA], items, photos=photos)
    assert [each.title for each in store.products[ANNA]] == ["a"]
    kept = photos.media.root / store.products[ANNA][0].images[0].path
    assert kept.read_bytes() == (photos.folder / "real.png").read_bytes()
    assert kept.suffix == ".png"
    assert (report.imported, report.rejected_rows) == (1, 3)
    assert [(row.line, row.field, row.value) for row in report.rejected] == [
        (1, "images", "missing.jpg"),
        (1, "images", "broken.jpg"),
        (1, "images", "https://host/photo.jpg"),
    ]
    assert all(f'"{title}"' in row.reason for title, row in zip("bcd", report.rejected, strict=True))


def test_a_file_cannot_reach_for_photos_outside_its_folder(tmp_path: Path):
    photos = photos_in(tmp_path)
    secret = tmp_path / "secret.png"
    Image.new("RGB", (40, 40), "red").save(secret)
    (photos.folder / "link.png").symlink_to(secret)
    for path in ("../secret.png", str(secret), "link.png", "..\\secret.png", "file://" + str(secret)):
        report = import_products(Products().put, [ANNA], [product("a", path)], photos=photos)
        assert (report.imported, [row.value for row in report.rejected]) == (0, [path])


def test_a_missing_description_is_the_title_and_a_product_without_photos_has_none(tmp_path: Path):
    store, photos = Products(), photos_in(tmp_path)
    report = import_products(store.put, [ANNA], [product("Coat", description="")], photos=photos)
    assert report.descriptions_filled == 1
    assert store.products[ANNA][0].description == "Coat"
    assert store.products[ANNA][0].images == ()
    assert not photos.media.root.exists()


def test_a_report_keeps_the_first_rejections_and_counts_all(tmp_path: Path):
    rejections = (RejectedRow(line, "Bad.") for line in range(KEPT_REJECTIONS + 5))
    report = import_products(Products().put, [ANNA], rejections, photos=photos_in(tmp_path))
    assert (report.rejected_rows, len(report.rejected)) == (KEPT_REJECTIONS + 5, KEPT_REJECTIONS)


def test_only_the_demo_draws_what_is_missing_and_counts_it(tmp_path: Path):
    store, source = Products(), photos_in(tmp_path)
    Image.new("RGB", (40, 40), "red").save(source.folder / "real.png")
    photos = PlaceholderPhotos(source, source.media)
    items = [product("a", "real.png", "missing.jpg"), product("b"), RejectedRow(2, "Bad.")]
    report = import_products(store.put, [ANNA], with_a_photo(items), photos=photos)
    assert (report.imported, report.rejected_rows, photos.drawings) == (2, 1, ["missing.jpg", ""])
    kept = [source.media.root / image.path for each in store.products[ANNA] for image in each.images]
    assert [path.suffix for path in kept] == [".png", ".jpg", ".jpg"]
    assert all(path.is_file() for path in kept)


def test_it_is_told_where_the_products_of_a_file_stand():
    lines = Lines()
    given = {1: 2, 2: 3, 3 * PAGE_PRODUCTS: 40, 2**31 - 1: 1_000_000}
    for product, line in given.items():
        lines[product] = line
    lines[2] = 5
    assert dict(lines) == given | {2: 5}
    assert (len(lines), lines.get(3), lines.get(PAGE_PRODUCTS), 2 in lines) == (4, None, None, True)


def test_what_could_not_be_stored_is_named_with_its_line_and_value(tmp_path: Path):
    def store(_tenant: TenantId, batch: Sequence[GivenProduct], _before: object) -> Sequence[Stored | NotStored]:
        taken = NotStored("title", "Taken.")
        return [taken if given.product.title == "b" else Stored(7, Fate.UNCHANGED) for given in batch]

    report = import_products(store, [ANNA], [product("a"), product("b")], photos=photos_in(tmp_path))
    assert report.rejected == [RejectedRow(1, "Taken.", "title", value="b")]
    assert (report.fates, report.rejected_rows) == ({"created": 0, "changed": 0, "unchanged": 1}, 1)


def test_a_drawing_is_a_photo_of_real_size_and_the_same_every_time():
    photo = draw(Subject("dress", "red", "A dress"))
    assert photo == draw(Subject("dress", "red", "A dress"))
    assert 60_000 < len(photo) < 220_000
    assert photo != draw(Subject("dress", "red", "A dress", view=2))


def test_the_demo_has_at_least_sixty_different_products_with_photos(tmp_path: Path):
    media = MediaFolder(tmp_path)
    items = list(islice(demo_products(media), 66))
    assert len({item.product.title for item in items}) == 66
    assert len({item.product.category for item in items}) >= 30
    assert all(2 <= len(item.product.images) <= 4 for item in items)
    assert all((tmp_path / image.path).exists() for item in items for image in item.product.images)
    assert sum(item.product.when_made.startswith(("19", "2000")) for item in items) >= 60
    assert next(islice(demo_products(media), 66, None)) == items[0]
