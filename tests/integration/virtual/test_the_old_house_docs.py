"""The examples of docs/from-the-old-house.md, run as they stand there; tenant 7 and product 123 are some that are here."""

import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest

import stoflow
from stoflow.marketplaces.actions import PUBLISH
from stoflow.marketplaces.contract import Marketplace
from stoflow.marketplaces.registry import build_registry
from stoflow.storage.database.connecting import plain_url
from stoflow.testing import VirtualEngine, VirtualTenant

DOCUMENT = Path(__file__).parents[3] / "docs" / "from-the-old-house.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
MINE = "postgresql+psycopg://shop@db/stoflow"


@pytest.fixture
def seller(stoflow_engine: VirtualEngine, monkeypatch: pytest.MonkeyPatch) -> VirtualTenant:
    made = stoflow_engine.make_tenant()
    monkeypatch.setattr(stoflow, "open", lambda *, tenant: nullcontext(made.db) if tenant == made.id else None)
    return made


def run(example: str, seller: VirtualTenant, product: int, url: str = "") -> dict[str, Any]:
    """Run it, and return what it leaves."""
    for theirs, ours in (("=7", f"={seller.id}"), ("123", str(product)), (MINE, url)):
        example = example.replace(theirs, ours)
    own: dict[str, Any] = {"__name__": __name__}
    exec(compile(example, str(DOCUMENT), "exec"), own)  # noqa: S102 - the documentation is ours
    return own


def test_a_job_is_made_and_run(seller: VirtualTenant) -> None:
    left = run(EXAMPLES[0], seller, product := seller.make_product())
    assert left["done"].keys() == {"job_id", "marketplace", "action", "success", "status", "result", "duration_ms"}
    assert (left["done"]["job_id"], left["done"]["success"]) == (left["job"].id, True)
    assert seller.listing("ebay", product) == left["done"]["result"]["listing_id"]


def test_a_job_is_made_with_the_callers_row(seller: VirtualTenant, stoflow_engine: VirtualEngine) -> None:
    url = plain_url(stoflow_engine.installation.urls.database_url)
    product = seller.make_product()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA shop")
        connection.execute("CREATE TABLE shop.shelf AS SELECT %s::int AS product, false AS listed", [product])
        run(EXAMPLES[1], seller, product, url.replace("postgresql://", "postgresql+psycopg://"))["engine"].dispose()
        assert connection.execute("SELECT listed FROM shop.shelf").fetchone() == (True,)
    stoflow_engine.run_until_idle()
    assert [job.status for job in seller.jobs(marketplace="etsy", action="publish")] == ["completed"]


def test_a_handler_is_one_that_the_registry_takes(seller: VirtualTenant) -> None:
    handler = run(EXAMPLES[2], seller, 123)["handler"]
    registry = build_registry([Marketplace("shelf", "direct", (PUBLISH,), {"publish": handler})], entry_points=False)
    taken = registry.handlers["publish_shelf"]
    assert taken is handler
    assert [plan.name for plan in taken.create_tasks(None)] == ["validate", "publish"]
