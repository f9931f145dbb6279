"""A change between none and some of a product is heard in its own commit, and followed once, whoever follows it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from stoflow.domain.errors import DatabaseUnavailable
from stoflow.domain.ids import JobId
from stoflow.marketplaces.contract import ActionSpec, Marketplace
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.storage.database.tables import ProductRow
from stoflow.storage.products.snapshots import change_product
from stoflow.upkeep import stock as stock_jobs
from stoflow.upkeep.stock import Stock, keep_to_stock

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler

SHOP, MARKET = "shop", "market"
CHANGES = "SELECT tenant, product FROM public.stock_changes ORDER BY id"
REMOVALS = """
SELECT j.id, j.marketplace, j.product_id, j.status, j.input_data FROM {s}.marketplace_jobs j
JOIN public.marketplace_action_types a ON a.id = j.action_type_id WHERE a.code = 'delete' ORDER BY j.id
"""


def place(name: str, shop_handler: "type[ShopHandler]") -> Marketplace:
    handlers: Mapping[str, Any] = {action: shop_handler(action=action) for action in ("publish", "update", "delete")}
    for handler in handlers.values():
        handler.marketplace = name
    overtakes = frozenset({"publish", "update"})
    specs = [ActionSpec(code, code, rate_limit_ms=0) for code in ("publish", "update")]
    specs.append(ActionSpec("delete", "delete", rate_limit_ms=0, overtakes=overtakes))
    return Marketplace(name, "direct", tuple(specs), handlers, products=frozenset(handlers))


@pytest.fixture
def registry(shop_handler: "type[ShopHandler]") -> Registry:
    return build_registry((place(SHOP, shop_handler), place(MARKET, shop_handler)), entry_points=False)


def listed(bench: "Bench", *places: str) -> int:
    product = bench.product()
    for name in places:
        bench.all(
            "INSERT INTO {s}.listings (product_id, marketplace, external_id, visible) "
            f"VALUES ({product}, '{name}', '{name}-{product}', true)"
        )
    return product


def set_quantity(bench: "Bench", product: int, quantity: int) -> None:
    with bench.engine.database.tenant(bench.tenant) as session:
        change_product(session, product, {"quantity": quantity})


def follow(bench: "Bench") -> int:
    return Stock(bench.engine.database, bench.engine.registry).follow()


def removals(bench: "Bench") -> list[tuple[str, int, str]]:
    return sorted((row["marketplace"], row["product_id"], row["status"]) for row in bench.all(REMOVALS))


def test_one_commit_says_both_the_quantity_and_that_it_is_to_be_followed(bench: "Bench") -> None:
    product = listed(bench, SHOP)
    for quantity in (5, 0, 0, 3, 2):
        set_quantity(bench, product, quantity)
    assert bench.all(CHANGES) == [{"tenant": bench.tenant, "product": product}] * 2


def test_other_changes_of_a_product_are_no_change_of_its_stock(bench: "Bench") -> None:
    product = listed(bench, SHOP)
    with bench.engine.database.tenant(bench.tenant) as session:
        change_product(session, product, {"title": "Another coat"})
        session.execute(update(ProductRow).values(status="sold"))
    assert bench.all(CHANGES) == []


def test_what_is_sold_out_is_removed_wherever_it_is_listed_and_nowhere_else(bench: "Bench") -> None:
    product, other = listed(bench, SHOP, MARKET), listed(bench, SHOP)
    set_quantity(bench, product, 0)
    assert follow(bench) == 2
    assert removals(bench) == [(MARKET, product, "pending"), (SHOP, product, "pending")]
    assert all(row["input_data"] == {"because": "sold out"} for row in bench.all(REMOVALS))
    assert (follow(bench), bench.all(CHANGES)) == (0, [])
    set_quantity(bench, other, 4)
    assert follow(bench) == 0


def test_a_change_that_was_followed_by_one_who_died_is_followed_again_and_makes_no_second_job(bench: "Bench") -> None:
    product = listed(bench, SHOP)
    set_quantity(bench, product, 0)
    keep_to_stock(bench.engine.database, bench.engine.registry, bench.tenant, [product])
    assert follow(bench) == 0
    assert removals(bench) == [(SHOP, product, "pending")]


def test_the_trouble_of_one_tenant_holds_up_no_other(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    product = listed(bench, SHOP)
    set_quantity(bench, product, 0)
    bench.all("INSERT INTO public.stock_changes (tenant, product) VALUES (9999, 1)")
    assert follow(bench) == 1
    assert bench.all(CHANGES) == [{"tenant": 9999, "product": 1}]
    assert "tenant 9999" in caplog.text
    caplog.clear()
    assert follow(bench) == 0
    assert "9999" not in caplog.text, "it is not tried again at once"


def test_a_deleted_product_is_left_alone(bench: "Bench") -> None:
    product = listed(bench, SHOP)
    bench.all(f"UPDATE {{s}}.products SET deleted_at = now(), stock_quantity = 0 WHERE id = {product}")
    assert follow(bench) == 0
    assert removals(bench) == []


def test_a_raise_takes_back_what_was_not_begun_and_leaves_what_a_person_asked_for(bench: "Bench") -> None:
    product = listed(bench, SHOP, MARKET)
    own = bench.submit(product, "delete")
    set_quantity(bench, product, 0)
    follow(bench)
    set_quantity(bench, product, 2)
    assert follow(bench) == 2
    assert bench.row(own)["status"] == "pending"
    assert [status for _, _, status in removals(bench)] == ["cancelled", "cancelled", "pending"]


def test_a_removal_that_somebody_cancelled_is_made_again_when_it_sells_out_the_next_time(bench: "Bench") -> None:
    product = listed(bench, SHOP)
    set_quantity(bench, product, 0)
    follow(bench)
    (removal,) = bench.all(REMOVALS)
    bench.cancel(JobId(removal["id"]))
    keep_to_stock(bench.engine.database, bench.engine.registry, bench.tenant)
    assert len(bench.all(REMOVALS)) == 1
    for quantity in (1, 0):
        set_quantity(bench, product, quantity)
        follow(bench)
    assert [status for *_, status in removals(bench)] == ["cancelled", "pending"]


def test_a_product_that_is_there_again_when_its_removal_is_to_be_made_is_not_removed(
    bench: "Bench", monkeypatch: pytest.MonkeyPatch
) -> None:
    product = listed(bench, SHOP)
    set_quantity(bench, product, 0)
    submit = stock_jobs.submit

    def late(*arguments: Any, **options: Any) -> Any:
        set_quantity(bench, product, 1)
        return submit(*arguments, **options)

    monkeypatch.setattr(stock_jobs, "submit", late)
    assert follow(bench) == 0
    assert removals(bench) == []


def test_a_worker_that_read_the_product_before_it_sold_out_does_not_begin_to_publish_it(bench: "Bench") -> None:
    product = bench.product()
    job = bench.submit(product)
    message = bench.message(job)
    set_quantity(bench, product, 0)
    follow(bench)
    bench.run(job, claims=message.claims)
    assert bench.shop.calls == []
    assert bench.row(job)["status"] == "pending"


def test_what_is_being_published_is_removed_after_that(bench: "Bench") -> None:
    product = bench.product()
    job = bench.submit(product)
    bench.hold(job, "create", by=None)
    set_quantity(bench, product, 0)
    assert follow(bench) == 1
    assert follow(bench) == 0
    assert removals(bench) == [(SHOP, product, "pending")]


def test_without_postgresql_nothing_is_lost(bench: "Bench", monkeypatch: pytest.MonkeyPatch) -> None:
    product = listed(bench, SHOP)
    set_quantity(bench, product, 0)

    def away(*_: Any, **__: Any) -> Any:
        raise DatabaseUnavailable("PostgreSQL is away.")

    with monkeypatch.context() as patched:
        patched.setattr(stock_jobs, "submit", away)
        assert follow(bench) == 0
    bench.all("UPDATE public.stock_changes SET due_at = clock_timestamp()")
    assert follow(bench) == 1
