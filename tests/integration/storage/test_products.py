"""Products: what goes in comes out, many at once, and each tenant's own."""

from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal

import pytest
from sqlalchemy import func, update

from stoflow.domain.errors import Conflict, InputError, NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct, Product, ProductImage
from stoflow.domain.product_filter import ANY_PRODUCT, ProductFilter
from stoflow.storage.database.session import Database
from stoflow.storage.database.tables import ProductRow
from stoflow.storage.products.reading import matching_ids, read_page, read_product
from stoflow.storage.products.snapshots import add_product, add_products, change_product, get_product, list_products

COAT = NewProduct(
    title="Wool coat",
    description="Warm, “as new”.",
    price=Decimal("120.50"),
    category="coats",
    brand="Ivory & Moss",
    condition=8,
    size="M",
    colors=("navy", "grey"),
    materials=("wool",),
    gender="women",
    season="winter",
    fit="loose",
    quantity=2,
    who_made="someone_else",
    when_made="2020_2026",
    images=(ProductImage(1, "front.jpg"), ProductImage(2, "back.jpg")),
    sku="COAT-1",
    external_id="row-1",
    metadata={"rack": 7, "notes": ["dry clean"]},
)
BARE = NewProduct(title="Hat", description="", price=None)


def test_a_product_comes_back_as_it_was_stored(database: Database, tenant: TenantId):
    with database.tenant(tenant) as session:
        full, bare = add_product(session, COAT), add_product(session, BARE)
    values = {each.name: getattr(COAT, each.name) for each in fields(Product) if each.name != "id"}
    with database.tenant(tenant) as session:
        assert get_product(session, full) == Product(id=full, **values)
        assert get_product(session, bare) == Product(id=bare, title="Hat", description="", price=None)
    with (
        database.reading() as connection
    ):  # without a row of SQLAlchemy's, and the same to the letter: tags are of that
        assert repr(read_product(connection, tenant, full)) == repr(Product(id=full, **values))
        page = read_page(connection, tenant, ANY_PRODUCT, before=None, limit=2)
        assert page == [read_product(connection, tenant, bare), read_product(connection, tenant, full)]


@pytest.mark.parametrize(
    ("text", "is_found"), [("50% moss", True), ("5_%", False), ("a\\b", True), ("ivory 99%", False)]
)
def test_a_word_that_is_looked_for_is_itself(database: Database, tenant: TenantId, text: str, *, is_found: bool):
    with database.tenant(tenant) as session:
        add_product(session, replace(COAT, title="50% off", description="A\\B"))
    with database.reading() as connection:
        assert bool(matching_ids(connection, tenant, ProductFilter(text=text), limit=1)) is is_found


def test_many_products_keep_their_order_and_their_photos(database: Database, tenant: TenantId):
    many = [
        replace(
            COAT, title=f"Coat {number}", images=(ProductImage(1, f"{number}.jpg"),), sku=f"{number}", external_id=""
        )
        for number in range(1500)
    ]
    with database.tenant(tenant) as session:
        ids = add_products(session, many)
        assert add_products(session, []) == []
    with database.tenant(tenant) as session:
        found = [get_product(session, ids[number]) for number in (0, 999, 1499)]
    assert [(product.title, product.images[0].path) for product in found] == [
        ("Coat 0", "0.jpg"),
        ("Coat 999", "999.jpg"),
        ("Coat 1499", "1499.jpg"),
    ]


def test_products_are_listed_page_by_page(database: Database, tenant: TenantId):
    with database.tenant(tenant) as session:
        ids = add_products(session, [BARE] * 5)
        first = [product.id for product in list_products(session, limit=3)]
        rest = [product.id for product in list_products(session, before=first[-1], limit=3)]
    assert first + rest == sorted(ids, reverse=True)


def test_a_deleted_product_is_gone_for_every_reader(database: Database, tenant: TenantId):
    with database.tenant(tenant) as session:
        deleted = add_product(session, COAT)
        session.execute(update(ProductRow).where(ProductRow.id == deleted).values(deleted_at=func.now()))
    with database.tenant(tenant) as session:
        assert list_products(session) == []
        with pytest.raises(NotFound):
            get_product(session, deleted)


@pytest.mark.parametrize("field", ["sku", "external_id"])
def test_a_key_is_of_one_product_of_a_tenant(database: Database, tenants: Callable[[], TenantId], field: str):
    mine, other = tenants(), tenants()
    keyed = replace(BARE, **{field: "A-1"})
    with database.tenant(mine) as session:
        first = add_product(session, keyed)
        second = add_product(session, BARE)
    with database.tenant(other) as session:
        add_product(session, keyed)
    for act in (lambda session: add_product(session, keyed), lambda s: change_product(s, second, {field: "A-1"})):
        with pytest.raises(Conflict) as refused, database.tenant(mine) as session:
            act(session)
        assert [(error.field, str(first) in error.message) for error in refused.value.errors] == [(field, True)]
    with database.tenant(mine) as session:
        change_product(session, first, {field: "A-1", "title": "Cap"})
        change_product(session, first, {field: ""})
    with database.tenant(mine) as session:
        change_product(session, second, {field: "A-1"})


def test_a_deleted_product_s_key_is_free(database: Database, tenant: TenantId):
    with database.tenant(tenant) as session:
        deleted = add_product(session, replace(BARE, sku="A-1"))
        session.execute(update(ProductRow).where(ProductRow.id == deleted).values(deleted_at=func.now()))
    with database.tenant(tenant) as session:
        assert add_product(session, replace(BARE, sku="A-1")) > deleted


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"description": "a\0b"}, "text"),
        ({"colors": ("a\0b",)}, "text"),
        ({"price": Decimal("NaN")}, "price"),
        ({"price": Decimal(-1)}, "price"),
        ({"price": Decimal("1e9")}, "price"),
        ({"price": Decimal("1.005")}, "price"),
        ({"currency": "EURO"}, "currency"),
        ({"condition": 11}, "condition"),
        ({"quantity": -1}, "quantity"),
        ({"sku": "x" * 256}, "sku"),
        ({"images": (ProductImage(1, "a"), ProductImage(1, "b"))}, "images"),
    ],
)
def test_what_the_table_cannot_hold_is_refused_by_field(
    database: Database, tenant: TenantId, changes: dict[str, object], field: str
):
    wrong = replace(COAT, **changes)  # pyright: ignore[reportArgumentType]
    with pytest.raises(InputError) as refused, database.tenant(tenant) as session:
        add_product(session, wrong)
    assert [error.field for error in refused.value.errors] == [field]
