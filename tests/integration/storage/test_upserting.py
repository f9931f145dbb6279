"""What is given under the seller's keys: made once, changed where it differs, and otherwise not touched."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import insert, text

from stoflow.domain.errors import Conflict
from stoflow.domain.ids import TenantId
from stoflow.domain.product import Fate, GivenProduct, NewProduct, NotStored, Product, ProductImage, Stored
from stoflow.resources.products.store import Products
from stoflow.storage.database.session import Database
from stoflow.storage.database.tables import ListingRow
from stoflow.storage.products.snapshots import change_product, list_products

COAT = NewProduct(
    "Coat", "Warm.", Decimal("12.50"), brand="Zara", sku="A-1", external_id="77", images=(ProductImage(1, "front.jpg"),)
)
ALL = frozenset(each.name for each in fields(NewProduct)) - {"metadata"}
VERSIONS = (
    "SELECT id, xmin::text, updated_at FROM {s}.products UNION ALL SELECT id, xmin::text, NULL FROM {s}.product_images"
)


class Lines:
    """A tenant's products, given line by line."""

    def __init__(self, database: Database, tenant: TenantId) -> None:
        self.database, self.tenant = database, tenant
        self.store = Products(database)

    def give(
        self, *products: NewProduct, named: frozenset[str] = ALL, before: Mapping[int, int] | None = None
    ) -> Sequence[Stored | NotStored]:
        batch = [GivenProduct(product, named, line) for line, product in enumerate(products, start=2)]
        return self.store.put(self.tenant, batch, before or {})

    def fates(self, *products: NewProduct, **more: Any) -> list[tuple[int, Fate]]:
        results = self.give(*products, **more)
        return [(each.id, each.fate) for each in results if isinstance(each, Stored)]

    def refusals(self, *products: NewProduct, **more: Any) -> list[tuple[str, str]]:
        return [(each.field, each.reason) for each in self.give(*products, **more) if isinstance(each, NotStored)]

    def all(self) -> Sequence[Product]:
        with self.database.tenant(self.tenant) as session:
            return list_products(session, limit=10_000)[::-1]

    def versions(self) -> Sequence[Any]:
        with self.database.tenant(self.tenant) as session:
            return session.execute(text(VERSIONS.replace("{s}", f"user_{self.tenant}"))).all()


@pytest.fixture
def products(database: Database, tenant: TenantId) -> Lines:
    return Lines(database, tenant)


def test_what_is_given_twice_is_made_once_and_then_not_touched(products: Lines) -> None:
    many = [replace(COAT, title=f"Coat {number}", sku=f"A-{number}", external_id="") for number in range(3)]
    assert [fate for _, fate in products.fates(*many)] == [Fate.CREATED] * 3
    before = products.versions()
    assert products.fates(*many) == [(id_, Fate.UNCHANGED) for id_ in (1, 2, 3)]
    assert products.versions() == before


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Cape"},
        {"description": ""},
        {"price": Decimal(13)},
        {"currency": "USD"},
        {"colors": ("red",)},
        {"condition": 3},
        {"quantity": 4},
        {"images": (ProductImage(1, "back.jpg"), ProductImage(2, "front.jpg"))},
        {"images": ()},
        {"external_id": "78"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_differs_is_changed_and_nothing_else(products: Lines, change: dict[str, Any]) -> None:
    other = replace(COAT, sku="A-2", external_id="")
    products.give(COAT, other)
    assert products.fates(replace(COAT, **change), other) == [(1, Fate.CHANGED), (2, Fate.UNCHANGED)]
    changed, left = products.all()
    expected = {**{name: getattr(COAT, name) for name in ALL}, **change}
    assert {name: getattr(changed, name) for name in ALL} == expected
    assert left.title == "Coat"


def test_what_is_not_named_stays(products: Lines) -> None:
    products.give(replace(COAT, quantity=3))
    with products.database.tenant(products.tenant) as session:
        session.execute(text(f"UPDATE user_{products.tenant}.products SET metadata = '{{\"rack\": 7}}'"))
    given = NewProduct("Cape", "", Decimal(9), sku="A-1")
    assert products.fates(given, named=frozenset({"title", "price", "sku"})) == [(1, Fate.CHANGED)]
    (kept,) = products.all()
    assert (kept.title, kept.price, kept.description, kept.quantity) == ("Cape", Decimal(9), "Warm.", 3)
    assert (kept.brand, kept.external_id, len(kept.images), kept.metadata) == ("Zara", "77", 1, {"rack": 7})


def test_a_description_that_was_taken_from_the_title_follows_it(products: Lines) -> None:
    named = frozenset({"title", "price", "sku"})
    products.give(replace(COAT, description="Coat"), named=named)
    products.give(replace(COAT, title="Cape", description="Cape"), named=named)
    assert [each.description for each in products.all()] == ["Cape"]


def test_the_sku_names_a_product_and_else_the_external_id(products: Lines) -> None:
    products.give(COAT)
    assert products.fates(replace(COAT, external_id="")) == [(1, Fate.CHANGED)]
    assert products.fates(COAT) == [(1, Fate.CHANGED)]
    assert products.fates(replace(COAT, sku="A-9")) == [(1, Fate.CHANGED)]
    assert [(each.sku, each.external_id) for each in products.all()] == [("A-9", "77")]


def test_two_keys_of_two_products_are_named_and_change_neither(products: Lines) -> None:
    products.give(replace(COAT, external_id=""), replace(COAT, sku=""))
    before = products.versions()
    assert products.refusals(replace(COAT, title="Cape")) == [
        (
            "sku",
            'Which product it is cannot be told: the sku "A-1" is product 1\'s and the external_id "77" is product 2\'s.',
        )
    ]
    assert products.versions() == before


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"title": "Cape"}),
        ({"external_id": ""}, {"external_id": "", "title": "Cape"}),
        ({"sku": ""}, {"sku": "B-1", "title": "Cape"}),
    ],
)
def test_a_key_that_comes_again_in_a_file_is_named_and_overwrites_nothing(
    products: Lines, first: dict[str, str], second: dict[str, str]
) -> None:
    for _ in range(2):  # new, then known
        ((_, reason),) = products.refusals(replace(COAT, **first), replace(COAT, **second))
        assert "in line 2 already" in reason
        assert [each.title for each in products.all()] == ["Coat"]
    assert len(products.refusals(replace(COAT, **second), before={1: 40})) == 1
    assert [each.title for each in products.all()] == ["Coat"]


def test_a_product_that_cannot_be_stored_is_refused_and_the_others_are_not(products: Lines) -> None:
    wrong = replace(COAT, sku="A-2", external_id="", price=Decimal("1e9"))
    products.give(COAT)
    results = products.give(replace(COAT, currency="EURO"), wrong, replace(COAT, sku="A-3", external_id=""))
    assert [each.field for each in results if isinstance(each, NotStored)] == ["currency", "price"]
    assert [each.sku for each in products.all()] == ["A-1", "A-3"]


def test_it_is_said_which_of_the_changed_are_for_sale(products: Lines) -> None:
    products.give(COAT, replace(COAT, sku="A-2", external_id=""))
    with products.database.tenant(products.tenant) as session:
        session.execute(insert(ListingRow).values(product_id=1, marketplace="x", external_id="9", visible=True))
    changed = [replace(COAT, title="Cape"), replace(COAT, sku="A-2", external_id="", title="Cape")]
    assert [each.is_for_sale for each in products.give(*changed) if isinstance(each, Stored)] == [True, False]
    assert [each.is_for_sale for each in products.give(*changed) if isinstance(each, Stored)] == [False, False]


def test_what_was_sold_and_is_there_again_may_be_put_up_for_sale(products: Lines) -> None:
    products.give(COAT)
    with products.database.tenant(products.tenant) as session:
        session.execute(text(f"UPDATE user_{products.tenant}.products SET status = 'sold', stock_quantity = 0"))
    products.give(replace(COAT, quantity=2))
    with products.database.tenant(products.tenant) as session:
        assert session.execute(text(f"SELECT status FROM user_{products.tenant}.products")).scalar_one() == "draft"


def test_two_that_give_the_same_at_once_make_each_product_once(products: Lines) -> None:
    many = [replace(COAT, title=f"Coat {number}", sku=f"A-{number}", external_id="") for number in range(100)]
    together = Barrier(4)

    def give(_: int) -> list[Fate]:
        together.wait()
        return [fate for start in range(0, 100, 25) for _, fate in products.fates(*many[start : start + 25])]

    with ThreadPoolExecutor(4) as threads:
        fates = [fate for found in threads.map(give, range(4)) for fate in found]
    assert (fates.count(Fate.CREATED), fates.count(Fate.UNCHANGED)) == (100, 300)
    assert len(products.all()) == 100


def test_a_product_made_by_hand_at_the_same_time_is_not_doubled(products: Lines) -> None:
    together = Barrier(2)

    def by_hand(number: int) -> str:
        together.wait()
        try:
            if number:
                products.store.add(products.tenant, COAT)
            else:
                products.give(COAT)
        except Conflict:
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as threads:
        assert "done" in list(threads.map(by_hand, range(2)))
    assert len(products.all()) == 1


SCARF = NewProduct("Scarf", "Soft.", Decimal(9), quantity=1, images=(ProductImage(1, "scarf.jpg"),))


def test_what_has_no_key_is_known_by_its_words_and_each_row_is_one_product(products: Lines) -> None:
    made = [id_ for id_, _ in products.fates(SCARF, SCARF, replace(SCARF, size="M"))]
    assert len(set(made)) == 3
    assert products.fates(SCARF, SCARF, replace(SCARF, size="M")) == [(id_, Fate.UNCHANGED) for id_ in made]
    assert products.fates(replace(SCARF, price=Decimal(7)), replace(SCARF, quantity=0)) == [
        (made[0], Fate.CHANGED), (made[1], Fate.CHANGED)
    ]  # fmt: skip
    assert [fate for _, fate in products.fates(SCARF, SCARF, SCARF)] == [Fate.CHANGED, Fate.CHANGED, Fate.CREATED]


def test_rows_alike_of_one_file_are_not_taken_for_each_other_in_a_later_batch(products: Lines) -> None:
    (first, _), (second, _) = products.fates(SCARF, SCARF)
    ((third, fate),) = products.fates(SCARF, before={first: 2, second: 3})
    assert (third not in {first, second}, fate) == (True, Fate.CREATED)


def test_a_product_that_was_changed_by_hand_is_still_the_one_of_its_row(products: Lines) -> None:
    ((scarf, _),) = products.fates(SCARF)
    with products.database.tenant(products.tenant) as session:
        change_product(session, scarf, {"title": "Silk scarf"})
    assert products.fates(SCARF) == [(scarf, Fate.CHANGED)]
