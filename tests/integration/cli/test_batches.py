"""`stoflow batches`: what an operator sees of a seller's batches, and does with them."""

import json

import pytest
from click.testing import CliRunner

from stoflow.cli.main import stoflow
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.resources.batches.create import create_batch
from stoflow.resources.batches.views import BatchView, SubmitBatch
from stoflow.resources.jobs.views import SubmitJob
from stoflow.resources.products.store import Products
from stoflow.settings import Settings
from stoflow.wiring.installation import opened, prepare


@pytest.fixture
def batch(settings: Settings, tenant: TenantId) -> BatchView:
    with opened(settings) as installation:
        prepare(installation)
        products = [Products(installation.database).add(tenant, NewProduct("Coat", "", None)).id for _ in range(2)]
        return create_batch(installation, tenant, SubmitBatch(SubmitJob("ebay", "publish"), products, name="Autumn"))[0]


def run(settings: Settings, *arguments: str) -> str:
    variables = {"STOFLOW_DATABASE_URL": settings.database_url, "STOFLOW_REDIS_URL": settings.redis_url}
    result = CliRunner().invoke(stoflow, ["batches", *arguments], env={**variables, "STOFLOW_HOME": str(settings.home)})
    assert result.exit_code == 0, result.output
    return result.output


def test_a_batch_is_listed_shown_and_cancelled(settings: Settings, tenant: TenantId, batch: BatchView) -> None:
    assert "Autumn" in run(settings, "list", "--tenant", str(tenant))
    shown = json.loads(run(settings, "show", str(batch.id), "--tenant", str(tenant), "--json"))
    assert (shown["status"], shown["progress"]["pending"]) == ("pending", 2)
    told = run(settings, "cancel", str(batch.id), "--tenant", str(tenant))
    assert told == f"Batch {batch.id} “Autumn”: publish on ebay, cancelled, 100 % of 2 jobs ended.\n"
    assert run(settings, "retry", str(batch.id), "--tenant", str(tenant)) == told
    assert "completed" in run(settings, "show", str(batch.id), "--tenant", str(tenant))
