"""`stoflow prune`: what an operator says of how long jobs are kept."""

import json

import psycopg
from click.testing import CliRunner, Result

from stoflow.cli.main import stoflow
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob
from stoflow.resources.products.store import Products
from stoflow.settings import Settings
from stoflow.storage.database.session import schema_name
from stoflow.storage.database.tenants import create_tenant
from stoflow.wiring.installation import opened, prepare

END_LONG_AGO = (
    "UPDATE {schema}.marketplace_jobs SET status = 'failed', created_at = now() - interval '100 days',"
    " completed_at = now() - interval '99 days'"
)


def have_old_job(settings: Settings, tenant: TenantId) -> None:
    with opened(settings) as installation:
        prepare(installation)
        product = Products(installation.database).add(tenant, NewProduct("Coat", "", None)).id
        submit(installation.database, installation.registry, tenant, SubmitJob("ebay", "publish", product))
        with psycopg.connect(installation.urls.database_url) as connection:
            connection.execute(END_LONG_AGO.replace("{schema}", schema_name(tenant)).encode())


def run(settings: Settings, *arguments: str, **more: str) -> Result:
    variables = {"STOFLOW_DATABASE_URL": settings.database_url, "STOFLOW_REDIS_URL": settings.redis_url, **more}
    return CliRunner().invoke(stoflow, ["prune", *arguments], env={**variables, "STOFLOW_HOME": str(settings.home)})


def test_what_would_be_forgotten_is_counted_and_then_forgotten(settings: Settings, tenant: TenantId) -> None:
    have_old_job(settings, tenant)
    counted = json.loads(run(settings, "--days", "90", "--tenant", str(tenant), "--dry-run", "--json").stdout)
    assert counted == {"days": 90, "dry_run": True, "forgotten": [{"tenant": tenant, "jobs": 1}]}
    told = run(settings, "--tenant", str(tenant), STOFLOW_KEEP_DAYS="90").stdout
    assert told == "1 jobs of 1 tenants are forgotten: they ended more than 90 days ago.\n"
    assert run(settings, "--days", "90", "--tenant", str(tenant)).stdout.startswith("0 jobs")


def test_nothing_is_forgotten_unless_somebody_says_how_long_it_is_kept(settings: Settings) -> None:
    refused = run(settings)
    assert refused.exit_code == 2
    assert "--days N, or STOFLOW_KEEP_DAYS" in refused.stderr


def test_less_than_keys_are_good_for_is_refused(settings: Settings) -> None:
    assert run(settings, "--days", "1").exit_code == 2
    assert "STOFLOW_KEEP_DAYS should be 0, for ever, or at least 2" in run(settings, STOFLOW_KEEP_DAYS="1").stderr


def test_a_broken_tenant_is_named_and_holds_up_no_other(settings: Settings, tenant: TenantId) -> None:
    have_old_job(settings, tenant)
    with opened(settings) as installation:
        broken = create_tenant(installation.database, "broken@example.com")
        with psycopg.connect(installation.urls.database_url) as connection:
            connection.execute(f"DROP SCHEMA {schema_name(broken)} CASCADE".encode())
    result = run(settings, "--days", "90", "--json")
    assert result.exit_code == 1
    assert f"Tenant {broken}: What tenant {broken} has stored is not there: bring it back" in result.stderr
    assert {"tenant": tenant, "jobs": 1} in json.loads(result.stdout)["forgotten"]
