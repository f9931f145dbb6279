"""The old system's guide, example by example: what its readers wrote still works, and what it said is still said."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest

from stoflow import marketplaces
from stoflow.domain.attempt import Attempt
from stoflow.domain.errors import ConfigurationError
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done, Refused
from stoflow.marketplaces import (
    BaseJobHandler,
    DirectAPIJobHandler,
    MarketplaceJobProcessor,
    MarketplaceJobService,
    VintedJobHandler,
)
from stoflow.marketplaces.actions import PUBLISH
from stoflow.marketplaces.contract import Conversation, Marketplace, Step
from stoflow.marketplaces.registry import build_registry
from stoflow.testing import VirtualEngine, VirtualTenant


@pytest.fixture
def seller(stoflow_engine: VirtualEngine) -> VirtualTenant:
    return stoflow_engine.make_tenant()


@pytest.fixture
def service(seller: VirtualTenant) -> MarketplaceJobService:
    return MarketplaceJobService(seller.db)


def process(seller: VirtualTenant, marketplace: str | None = None) -> Mapping[str, Any] | None:
    processor = MarketplaceJobProcessor(seller.db, user_id=seller.id, shop_id=None, marketplace=marketplace)
    return asyncio.run(processor.process_next_job())


# 1. Creating a job


def test_one_service_makes_jobs_for_every_marketplace(seller: VirtualTenant, service: MarketplaceJobService) -> None:
    product = seller.make_product()
    for name in ("vinted", "ebay", "etsy"):
        job = service.create_job(marketplace=name, action_code="publish", product_id=product)
        assert (job.marketplace, job.action, job.status, job.product_id, job.priority) == (
            name, "publish", "pending", product, 3,
        )  # fmt: skip
    urgent = service.create_job(marketplace="ebay", action_code="sync_orders", priority=1)
    assert urgent.priority == 1


def test_a_jobs_action_is_a_row_that_tells_its_limits(seller: VirtualTenant, service: MarketplaceJobService) -> None:
    publish = service.get_action_type_by_id(3)
    assert publish is not None
    assert (publish.marketplace, publish.code, publish.name) == ("vinted", "publish", "Publish product")
    assert (publish.priority, publish.rate_limit_ms, publish.max_retries, publish.timeout_seconds) == (3, 2500, 3, 120)


# 2. Processing jobs


def test_a_processor_of_one_marketplace_runs_its_next_job(
    seller: VirtualTenant, service: MarketplaceJobService
) -> None:
    product = seller.make_product()
    service.create_job(marketplace="etsy", action_code="publish", product_id=product)
    on_ebay = service.create_job(marketplace="ebay", action_code="publish", product_id=product)

    done = process(seller, "ebay")
    assert done is not None
    assert done.keys() >= {"job_id", "marketplace", "action", "success", "result", "duration_ms"}
    assert (done["job_id"], done["marketplace"], done["action"], done["success"]) == (
        on_ebay.id,
        "ebay",
        "publish",
        True,
    )
    assert done["result"]["listing_id"] == seller.listing("ebay", product)
    assert process(seller, "ebay") is None


def test_without_a_marketplace_the_most_urgent_of_all_is_next(
    seller: VirtualTenant, service: MarketplaceJobService
) -> None:
    usual = service.create_job(marketplace="ebay", action_code="publish", product_id=seller.make_product())
    urgent = service.create_job(marketplace="etsy", action_code="publish", product_id=seller.make_product(), priority=1)
    order = [done["job_id"] for done in (process(seller), process(seller)) if done]
    assert (order, process(seller)) == ([urgent.id, usual.id], None)


def test_a_job_is_made_of_tasks_that_say_what_became_of_them(
    seller: VirtualTenant, service: MarketplaceJobService
) -> None:
    job = service.create_job(marketplace="ebay", action_code="publish", product_id=seller.make_product(photos=2))
    process(seller)
    names = ["validate", "map", "upload:1", "upload:2", "item", "create", "revise", "publish", "save"]
    assert [(task.name, task.status) for task in seller.job(job.id).tasks] == [(name, "completed") for name in names]


# 3. Ending a job by hand


def test_a_job_is_completed_failed_or_cancelled_by_whoever_did_it(
    seller: VirtualTenant, service: MarketplaceJobService
) -> None:
    done, failed, cancelled = (
        service.create_job(marketplace="ebay", action_code="publish", product_id=seller.make_product())
        for _ in range(3)
    )
    assert service.complete_job(done.id, {"listing_id": "7"}).result == {"listing_id": "7"}
    assert service.fail_job(failed.id, "The shop is closed.").error == "The shop is closed."
    assert service.cancel_job(cancelled.id).status == "cancelled"
    assert process(seller) is None


# 4. The names from before there were other marketplaces


def test_the_oldest_names_mean_vinted_and_say_what_to_call_instead(
    stoflow_engine: VirtualEngine, seller: VirtualTenant, service: MarketplaceJobService
) -> None:
    with pytest.warns(DeprecationWarning, match=r"MarketplaceJobService") as warned:
        job = marketplaces.VintedJobService(seller.db).create_job(action_code="sync")
    assert "2027-12-01" in str(warned[0].message)
    with pytest.warns(DeprecationWarning, match=r'create_job\(marketplace="vinted"'):
        assert service.create_job(action_code="orders").marketplace == job.marketplace == "vinted"
    with pytest.warns(DeprecationWarning, match=r"MarketplaceJobProcessor"):
        processor = marketplaces.VintedJobProcessor(seller.db, user_id=seller.id)
    going = asyncio.run(processor.process_next_job())
    assert going is not None
    assert (going["marketplace"], going["status"]) == ("vinted", "running")  # the browser is asked, and answers later
    stoflow_engine.run_until_idle()
    assert {seller.job(each.id).status for each in seller.jobs()} == {"completed"}


# 5. Adding an action: a handler names its tasks, a service does them


class FleaService:
    def validate(self, attempt: Attempt) -> Done:
        return Done({})

    def publish(self, attempt: Attempt) -> Conversation:
        reply = yield from BaseJobHandler.call_http("PUT", "/things/7", json={"title": "Coat"})
        return Done({"listing_id": reply.body["id"]}) if reply.status == 200 else Refused("No.")


class PublishFlea(DirectAPIJobHandler[FleaService]):
    marketplace = "flea"
    action = "publish"

    def __init__(self) -> None:
        super().__init__(FleaService())

    def get_service_method_name(self) -> str:
        return "publish"

    def steps_of(self, service: FleaService) -> tuple[Step, ...]:
        return (
            Step("validate", service.validate),
            Step("publish", self.service_method, TaskKind.REPEATABLE, paced=True),
        )


class Misspelt(PublishFlea):
    def get_service_method_name(self) -> str:
        return "pubish"


def flea(handler: BaseJobHandler) -> Marketplace:
    return Marketplace("flea", "direct", (PUBLISH,), {"publish": handler})


def test_a_handler_of_an_api_is_registered_and_names_its_tasks() -> None:
    registry = build_registry([flea(PublishFlea())], entry_points=False)
    handler = registry.handlers["publish_flea"]
    assert isinstance(handler, PublishFlea)
    assert [plan.name for plan in handler.create_tasks(None)] == ["validate", "publish"]
    assert handler.get_service().publish == handler.service_method
    assert {"publish_vinted", "sync_orders_ebay", "link_product_vinted"} <= registry.handlers.keys()


def test_a_method_that_its_service_does_not_have_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match=r"Misspelt names FleaService\.pubish, which does not exist"):
        build_registry([flea(Misspelt())], entry_points=False)


class Nameless(DirectAPIJobHandler[FleaService]):
    def __init__(self) -> None:
        super().__init__(FleaService())


class Methodless(Nameless):
    marketplace = "flea"
    action = "publish"


class Stepless(Methodless):
    service_method_name = "publish"


class Taskless(Stepless):
    def make_steps(self) -> tuple[Step, ...]:
        return ()


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (Nameless, "publish_flea does not say what it is: set marketplace and action in its class"),
        (Methodless, "Methodless names no method: give it get_service_method_name"),
        (Stepless, "Stepless names no tasks for FleaService: give it steps_of or make_steps"),
        (Taskless, "publish_flea names no task"),
    ],
)
def test_what_a_handler_lacks_is_said_at_the_start(handler: type[Nameless], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        build_registry([flea(handler())], entry_points=False)


class Bump(VintedJobHandler[FleaService]):
    action = "bump"

    def bump(self, attempt: Attempt) -> Conversation:
        answer = yield from self.call_plugin("item.bump", {"item_id": 7})
        return Done(answer.data)

    def make_steps(self) -> tuple[Step, ...]:
        return (Step("bump", self.bump, TaskKind.REPEATABLE, paced=True),)


def test_a_handler_of_vinteds_asks_the_sellers_plugin() -> None:
    assert [plan.paced for plan in Bump(FleaService()).create_tasks(None)] == [True]


# 6. Troubleshooting: what it says names the cause


def test_an_action_that_a_marketplace_does_not_have(service: MarketplaceJobService) -> None:
    with pytest.raises(ValueError, match=r"^Invalid action code: publish for marketplace: x$"):
        service.create_job(marketplace="x", action_code="publish", product_id=1)
    with pytest.raises(ValueError, match=r"^Invalid action code: message for marketplace: ebay$"):
        service.create_job(marketplace="ebay", action_code="message")


def test_a_job_of_an_action_that_nobody_handles(stoflow_engine: VirtualEngine, seller: VirtualTenant) -> None:
    with psycopg.connect(stoflow_engine.installation.urls.database_url) as connection:
        connection.execute(
            "INSERT INTO public.marketplace_action_types (marketplace, code, name) VALUES ('ebay', 'relist', 'Relist')"
        )
        connection.execute(
            f"INSERT INTO user_{seller.id}.marketplace_jobs (marketplace, action_type_id)"
            " SELECT marketplace, id FROM public.marketplace_action_types WHERE code = 'relist'".encode()
        )
    failed = process(seller)
    assert failed is not None
    assert (failed["success"], failed["status"]) == (False, "failed")
    assert failed["result"]["error"] == "Unknown action: relist_ebay"


def test_a_job_that_failed_explains_which_fields_it_was(seller: VirtualTenant, service: MarketplaceJobService) -> None:
    product = seller.make_product(price=None)
    job = service.create_job(marketplace="ebay", action_code="publish", product_id=product)
    process(seller)
    said = seller.explain(job.id)
    assert (said.detail, [each.field for each in said.errors]) == ("The product is not ready for eBay.", ["price"])


# 7. Checking an installation


def test_there_are_seventeen_action_types(stoflow_engine: VirtualEngine) -> None:
    with psycopg.connect(stoflow_engine.installation.urls.database_url) as connection:
        rows = connection.execute(
            "SELECT marketplace, code, name FROM public.marketplace_action_types ORDER BY marketplace, code"
        ).fetchall()
    assert len(rows) == 17
    assert Counter(marketplace for marketplace, *_ in rows) == {"vinted": 7, "ebay": 5, "etsy": 5}
    shared = ["delete", "publish", "sync", "sync_orders", "update"]
    codes = {name: [code for place, code, _ in rows if place == name] for name in ("vinted", "ebay", "etsy")}
    assert codes["ebay"] == codes["etsy"] == shared
    assert codes["vinted"] == ["delete", "link_product", "message", "orders", "publish", "sync", "update"]
    assert ("vinted", "message", "Respond to message") in rows
