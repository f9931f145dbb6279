"""The names by which code in a process of its own makes, ends and runs jobs, on a real installation."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, cast

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

import stoflow
from stoflow import marketplaces
from stoflow.domain.errors import ConfigurationError, Conflict, InputError, NotFound
from stoflow.domain.handle import Job
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.marketplaces import MarketplaceJobProcessor, MarketplaceJobService
from stoflow.settings import Settings
from stoflow.storage.database.connecting import plain_url
from stoflow.storage.database.session import Database, schema_name
from stoflow.storage.engine.folded import unfold_jobs
from stoflow.storage.products.snapshots import add_product
from stoflow.wiring.handle import TenantHandle

INVALID = "Invalid action code: publish for marketplace: x"
ORDINARY_TABLE = "CREATE TABLE IF NOT EXISTS public.callers_rows (tenant integer)"


@pytest.fixture
def db(settings: Settings, tenant: TenantId) -> Iterator[TenantHandle]:
    with stoflow.open(settings, tenant=tenant) as handle:
        yield handle


@pytest.fixture
def service(db: TenantHandle) -> MarketplaceJobService:
    return MarketplaceJobService(db)


@pytest.fixture
def product(database: Database, tenant: TenantId) -> int:
    with database.tenant(tenant) as session:
        return add_product(session, NewProduct(title="Coat", description="Warm.", price=None))


def rows(database: Database, tenant: TenantId, query: str) -> list[dict[str, Any]]:
    with database.records() as connection:
        return list(connection.execute(query.replace("{s}", schema_name(tenant)).encode()))


def timeline(database: Database, tenant: TenantId, job: int) -> list[tuple[Any, ...]]:
    lines = rows(
        database, tenant, f"SELECT from_status, to_status FROM {{s}}.job_timeline WHERE job_id = {job} AND task IS NULL"
    )
    return [(line["from_status"], line["to_status"]) for line in lines]


def test_a_job_is_made_by_the_older_name(service: MarketplaceJobService, product: int) -> None:
    job = service.create_job(marketplace="ebay", action_code="publish", product_id=product, priority=2)
    assert (job.marketplace, job.action, job.status, job.product_id, job.priority) == (
        "ebay", "publish", "pending", product, 2,
    )  # fmt: skip


def test_a_pair_that_nobody_registered_is_a_value_error_in_the_words_of_old(service: MarketplaceJobService) -> None:
    with pytest.raises(ValueError, match=f"^{INVALID}$"):
        service.create_job(marketplace="x", action_code="publish", product_id=1)


def test_bad_fields_and_unknown_products_are_named(service: MarketplaceJobService, product: int) -> None:
    with pytest.raises(InputError) as refused:
        service.create_job(marketplace="ebay", action_code="publish", product_id=product, priority=9)
    assert [error.field for error in refused.value.errors] == ["priority"]
    with pytest.raises(NotFound):
        service.create_job(marketplace="ebay", action_code="publish", product_id=product + 1)


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"action_code": "publish"}, "product_id", "needs a product"),
        ({"action_code": "sync", "priority": "high"}, "priority", "whole number, not 'high'"),
        ({"action_code": "sync", "priority": 9}, "priority", r"1 \(critical\)"),
        ({"action_code": "publish", "product_id": NewProduct}, "product_id", "whole number, not <class"),
        (
            {"action_code": "sync", "input_data": {"a": {"b": [Decimal("1.5")]}}},
            "input_data.a.b.0",
            r"Decimal\('1.5'\)",
        ),
        ({"action_code": "sync", "input_data": {"a": "x\0"}}, "input_data.a", "cannot be stored"),
        ({"action_code": "sync", "input_data": {7: 1}}, "input_data", "key 7 should be a text"),
        ({"action_code": "sync", "input_data": {"a": float("nan")}}, "input_data.a", "no such number"),
        ({"action_code": "message", "input_data": {"text": "Hello"}}, "input_data.conversation_id", "required"),
    ],
)
def test_what_is_given_wrongly_is_said_in_one_line_that_names_the_argument(
    service: MarketplaceJobService, given: dict[str, Any], field: str, says: str
) -> None:
    with pytest.raises(InputError, match=says) as refused:
        service.create_job(marketplace="vinted", **given)
    assert [error.field for error in refused.value.errors] == [field]
    assert field in str(refused.value)


def test_ids_are_numbers_or_their_digits(service: MarketplaceJobService, product: int, settings: Settings) -> None:
    job = service.create_job(marketplace="ebay", action_code="publish", product_id=cast("int", str(product)))
    assert job.product_id == product
    assert service.cancel_job(cast("int", str(job.id))).status == "cancelled"
    for refused in (
        lambda: service.cancel_job(cast("int", job)),
        lambda: service.complete_job(job.id, {"at": cast("str", TenantId)}),
        lambda: service.fail_job(job.id, cast("str", ValueError("No."))),
        lambda: stoflow.open(settings, tenant=cast("int", "one")),
    ):
        with pytest.raises(
            InputError, match=r"job_id: .*number|result_data.at: JSON|error_message: .*text|tenant: .*one"
        ):
            refused()
    with pytest.raises(ConfigurationError, match=r"settings\.load\(\) gives, not 'postgresql"):
        stoflow.open(cast("Settings", "postgresql://127.0.0.1/x"))


def test_an_action_type_is_found_by_its_id(service: MarketplaceJobService, database: Database) -> None:
    with database.records() as connection:
        (known,) = connection.execute(
            "SELECT id FROM public.marketplace_action_types WHERE marketplace = 'etsy' AND code = 'publish'"
        )
    found = service.get_action_type_by_id(known["id"])
    assert found is not None
    assert (found.marketplace, found.code, found.rate_limit_ms, found.timeout_seconds) == ("etsy", "publish", 1000, 60)
    assert service.get_action_type_by_id(10**6) is None


def test_a_job_in_the_callers_transaction_exists_exactly_when_their_row_does(
    service: MarketplaceJobService, database: Database, tenant: TenantId, product: int, database_url: str
) -> None:
    engine = create_engine(plain_url(database_url).replace("postgresql://", "postgresql+psycopg://"))
    with Session(engine) as session:
        session.execute(text(ORDINARY_TABLE))
        session.commit()
        for ends in ("rollback", "commit"):
            session.execute(text("INSERT INTO public.callers_rows VALUES (:tenant)"), {"tenant": tenant})
            made = service.create_job(marketplace="ebay", action_code="publish", product_id=product, session=session)
            assert made.status == "pending"
            assert rows(database, tenant, "SELECT id FROM {s}.marketplace_jobs") == []
            assert session.execute(text("SELECT 1 AS one")).one() == (1,)  # the session answers as before
            getattr(session, ends)()
    engine.dispose()
    stored = rows(database, tenant, "SELECT id FROM {s}.marketplace_jobs")
    heard = rows(database, tenant, f"SELECT job FROM public.outbox WHERE tenant = {tenant}")
    theirs = rows(database, tenant, f"SELECT FROM public.callers_rows WHERE tenant = {tenant}")
    assert ([row["id"] for row in stored], [row["job"] for row in heard], len(theirs)) == ([made.id], [made.id], 1)


def test_psycopgs_own_connection_will_do_and_nothing_else(
    service: MarketplaceJobService, database_url: str, product: int
) -> None:
    def make(session: Any) -> Job:
        return service.create_job(marketplace="ebay", action_code="publish", product_id=product, session=session)

    with psycopg.connect(plain_url(database_url)) as connection:
        job = make(connection)
    assert service.cancel_job(job.id).status == "cancelled"
    with (
        psycopg.connect(plain_url(database_url), autocommit=True) as connection,
        pytest.raises(ConfigurationError, match="begin a transaction"),
    ):
        make(connection)
    with pytest.raises(ConfigurationError, match="not within dict"):
        make({})


def test_a_job_that_its_caller_did_is_completed_along_the_arrows(
    service: MarketplaceJobService, database: Database, tenant: TenantId, product: int
) -> None:
    job = service.create_job(marketplace="ebay", action_code="publish", product_id=product)
    done = service.complete_job(job.id, {"offer": "7"})
    assert (done.status, done.result) == ("completed", {"offer": "7"})
    assert timeline(database, tenant, job.id) == [(None, "pending"), ("pending", "running"), ("running", "completed")]
    left = rows(database, tenant, f"SELECT DISTINCT status FROM {{s}}.marketplace_tasks WHERE job_id = {job.id}")
    assert [row["status"] for row in left] == ["skipped"]
    with pytest.raises(Conflict, match="it is completed"):
        service.fail_job(job.id, "No.")


def test_a_job_that_its_caller_could_not_do_fails_and_can_be_retried(
    service: MarketplaceJobService, database: Database, tenant: TenantId, product: int
) -> None:
    job = service.create_job(marketplace="ebay", action_code="publish", product_id=product)
    failed = service.fail_job(job.id, "The shop is closed.")
    assert (failed.status, failed.error) == ("failed", "The shop is closed.")
    assert timeline(database, tenant, job.id) == [(None, "pending"), ("pending", "running"), ("running", "failed")]


def test_what_is_under_way_is_not_ended_by_hand(
    service: MarketplaceJobService, database: Database, tenant: TenantId, product: int
) -> None:
    job = service.create_job(marketplace="ebay", action_code="publish", product_id=product)
    with database.records() as connection:
        unfold_jobs(connection, tenant, job.id)
        connection.execute(
            f"UPDATE {schema_name(tenant)}.marketplace_tasks SET status = 'running', claims = 1"
            f" WHERE job_id = {job.id} AND position = 1".encode()
        )
    for end in (lambda: service.complete_job(job.id), lambda: service.fail_job(job.id, "No.")):
        with pytest.raises(Conflict, match="under way"):
            end()
    with pytest.raises(NotFound):
        service.complete_job(job.id + 1)


def test_nothing_due_is_none_and_an_unknown_marketplace_is_named(db: TenantHandle, tenant: TenantId) -> None:
    assert asyncio.run(MarketplaceJobProcessor(db, user_id=tenant).process_next_job()) is None
    with pytest.raises(ValueError, match="Unknown marketplace: x"):
        asyncio.run(MarketplaceJobProcessor(db, user_id=tenant, marketplace="x").process_next_job())
    with pytest.raises(ConfigurationError, match="open one for it"):
        asyncio.run(MarketplaceJobProcessor(db, user_id=tenant + 1).process_next_job())


def test_a_job_that_fails_says_why_in_what_is_returned(db: TenantHandle, tenant: TenantId, product: int) -> None:
    job = MarketplaceJobService(db).create_job(marketplace="ebay", action_code="publish", product_id=product)
    done = asyncio.run(MarketplaceJobProcessor(db, user_id=tenant, shop_id=None, marketplace="ebay").process_next_job())
    assert done is not None
    assert (done["job_id"], done["marketplace"], done["action"], done["success"]) == (job.id, "ebay", "publish", False)
    assert isinstance(done["duration_ms"], int)
    assert done["status"] == "failed"
    assert done["result"]["error"] == "The product is not ready for eBay."
    assert "price" in {error["field"] for error in done["result"]["errors"]}


def test_of_several_tenants_one_must_be_named(
    settings: Settings, tenants: Callable[[], TenantId], database: Database
) -> None:
    first, _ = tenants(), tenants()
    with pytest.raises(ConfigurationError, match=r"several tenants.*tenant=1"):
        stoflow.open(settings)
    with pytest.raises(ConfigurationError, match="no tenant"):
        stoflow.open(settings, tenant=10**6)
    with stoflow.open(settings, tenant=first) as handle:
        assert handle.tenant == first


@pytest.mark.parametrize(
    ("name", "successor"),
    [
        ("VintedJobService", "MarketplaceJobService"),
        ("VintedJobProcessor", 'MarketplaceJobProcessor(…, marketplace="vinted")'),
    ],
)
def test_the_oldest_names_work_and_warn(db: TenantHandle, tenant: TenantId, name: str, successor: str) -> None:
    given = (db,) if name.endswith("Service") else (db, tenant)
    with pytest.warns(DeprecationWarning, match="2027-12-01") as warned:
        made = getattr(marketplaces, name)(*given)
    assert successor in str(warned[0].message)
    assert warned[0].filename == __file__
    if name.endswith("Service"):
        job = made.create_job(action_code="sync")
        assert (job.marketplace, job.action) == ("vinted", "sync")
    else:
        assert made.marketplace == "vinted"


def test_an_action_without_a_marketplace_means_vinted_and_warns(service: MarketplaceJobService) -> None:
    with pytest.warns(DeprecationWarning, match="create_job without a marketplace"):
        job = service.create_job(action_code="sync")
    assert job.marketplace == "vinted"
    with pytest.warns(DeprecationWarning, match="ActionType") as warned:
        assert marketplaces.VintedActionType.__name__ == "ActionType"
    assert {each.filename for each in warned} == {__file__}  # else Python shows it to nobody


def test_importing_the_names_loads_no_servers_and_no_web() -> None:
    asked = "import stoflow, sys; from stoflow.marketplaces import MarketplaceJobService, MarketplaceJobProcessor;"
    found = subprocess.run(
        [sys.executable, "-c", asked + "print([n for n in ('starlette', 'sqlalchemy', 'psycopg') if n in sys.modules])"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "[]"
