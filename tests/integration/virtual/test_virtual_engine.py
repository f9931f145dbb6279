"""What docs/testing.md promises of a virtual engine beside its examples."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import cast

import psycopg
import pytest

from stoflow.domain.errors import ConfigurationError, InputError
from stoflow.marketplaces import MarketplaceJobProcessor, MarketplaceJobService
from stoflow.testing import VirtualEngine, opened_engine
from stoflow.testing.clock import install_clock
from stoflow.testing.databases import Databases
from stoflow.testing.stage import Stage

A_SECOND = timedelta(seconds=1)
TIMES = """
CREATE TABLE public.marks (
  number integer, by_default timestamptz DEFAULT now(), by_clock timestamptz DEFAULT clock_timestamp(), by_trigger timestamptz);
CREATE FUNCTION public.mark() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS
  'BEGIN NEW.by_trigger := pg_catalog.clock_timestamp(); RETURN NEW; END';
CREATE TRIGGER mark BEFORE INSERT ON public.marks FOR EACH ROW EXECUTE FUNCTION public.mark();
"""
MARK = (
    "INSERT INTO public.marks (number) VALUES (1) RETURNING by_default, by_clock, by_trigger, now(), clock_timestamp()"
)


def test_defaults_triggers_and_statements_are_told_the_same_time_and_it_stands_still(
    stoflow_engine: VirtualEngine,
) -> None:
    with psycopg.connect(stoflow_engine.installation.urls.database_url, autocommit=True) as connection:
        connection.execute(TIMES)
        for _ in range(8):  # from the sixth on psycopg has it prepared
            told = connection.execute(MARK).fetchone()
            assert told is not None
            assert set(told) == {stoflow_engine.now}
            stoflow_engine.advance(hours=1)
    assert stoflow_engine.now > datetime.now(UTC) + timedelta(hours=7)
    with pytest.raises(ValueError, match="does not go back"):
        stoflow_engine.advance(hours=-1)


def test_nobody_but_a_superuser_may_have_a_virtual_clock(databases: Databases) -> None:
    name, role = databases.create(), "ordinary"
    url = databases.url_of(name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role}".encode())
        connection.execute(f'GRANT CREATE ON DATABASE "{name}" TO {role}'.encode())
        try:
            with pytest.raises(ConfigurationError, match="STOFLOW_DATABASE_URL"):
                install_clock(f"{url}{'&' if '?' in url else '?'}options=-crole%3D{role}")
        finally:
            connection.execute(f"DROP OWNED BY {role}".encode())
            connection.execute(f"DROP ROLE {role}".encode())
    databases.drop(name)


def test_what_no_task_is_called_and_what_never_happened_are_told(stoflow_stage: Stage, tmp_path: Path) -> None:
    with opened_engine(stoflow_stage, tmp_path / "home") as engine:
        with pytest.raises(ValueError, match=r"ebay has no task crate: there are .*create, "):
            engine.marketplace("ebay").lose_answer("crate")
        with pytest.raises(ValueError, match="Unknown marketplace: x"):
            engine.marketplace("x")
        engine.marketplace("ebay").lose_answer("create")
        with pytest.raises(AssertionError, match=r"ebay \(create\)"):
            engine.assert_all_happened()


def test_what_a_test_says_wrongly_is_an_error_and_not_a_green_test(stoflow_engine: VirtualEngine) -> None:
    ebay, seller = stoflow_engine.marketplace("ebay"), stoflow_engine.make_tenant("ebay")
    product = seller.make_product(price=24.1)
    job = seller.create_job("ebay", "publish", product).id
    for says, wrong in {
        "ebay has no task publsh: there are": lambda: ebay.calls_of("publsh"),
        f"Job {job} has no task publsh: there are validate": lambda: seller.causes(job, "publsh"),
        "takes an HTTP status first": lambda: ebay.answer(cast("int", "publish"), cast("str", 503)),
        "times should be 1 or more": lambda: ebay.time_out(times=0),
        "photos should be 0 to 3": lambda: seller.make_product(photos=4),
        "no field titel": lambda: seller.make_product(titel="Coat"),
        "price should be a number": lambda: seller.change_product(product, price="a lot"),
        f"Product {product} has no listing at ebay": lambda: seller.sell("ebay", product),
        r"product_id: publish needs a product": lambda: seller.create_job("ebay", "publish"),
    }.items():
        with pytest.raises((ValueError, InputError), match=says):
            wrong()


def test_ones_own_variables_have_no_say(stoflow_stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOFLOW_EBAY_BASE_URL", "https://api.ebay.com")
    monkeypatch.setenv("STOFLOW_SPEED", "1000")
    with opened_engine(stoflow_stage, tmp_path / "home", quiet_s={"ebay": 7.0}) as engine:
        settings = engine.installation.settings
    assert (settings.speed, settings.quiet_s, settings.ebay_base_url.split(":")[1]) == (
        1.0,
        {"ebay": 7.0},
        "//127.0.0.1",
    )


def test_jobs_keep_their_pace_and_the_clock_shows_it(stoflow_engine: VirtualEngine) -> None:
    seller, began = stoflow_engine.make_tenant("ebay"), stoflow_engine.now
    jobs = [seller.create_job("ebay", "publish", seller.make_product()) for _ in range(3)]
    stoflow_engine.run_until_idle()
    ended = [at for job in jobs if (at := seller.job(job.id).completed_at)]
    assert ended[0] == began
    assert [later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(ended)] == [True, True]


def test_of_a_job_cancelled_in_vain_its_draft_is_collected(stoflow_engine: VirtualEngine) -> None:
    etsy, seller = stoflow_engine.marketplace("etsy"), stoflow_engine.make_tenant("etsy")
    etsy.answer(503, "activate")
    job = seller.create_job("etsy", "publish", seller.make_product())
    stoflow_engine.run_until_idle()
    MarketplaceJobService(seller.db).cancel_job(job.id)
    stoflow_engine.advance(days=1)

    assert seller.job(job.id).status == "cancelled"
    assert [call.what.partition(" ")[0] for call in etsy.calls_of("collect")][-1] in {"DELETE", "GET"}
    assert etsy.on_sale(seller.id) == []


def test_process_next_job_runs_on_the_same_clock(stoflow_engine: VirtualEngine) -> None:
    seller = stoflow_engine.make_tenant("etsy")
    MarketplaceJobService(seller.db).create_job(
        marketplace="etsy", action_code="publish", product_id=seller.make_product()
    )
    done = asyncio.run(MarketplaceJobProcessor(seller.db, user_id=seller.id).process_next_job())
    assert done is not None
    assert (done["status"], done["success"], seller.jobs()[0].completed_at) == ("completed", True, stoflow_engine.now)


def test_to_import_it_loads_no_sandbox_no_servers_and_no_pytest() -> None:
    asked = "import stoflow.testing, sys; print([n for n in ('stoflow_sandbox', 'pytest', 'psycopg', 'starlette') if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_job_begins_at_its_own_time_and_not_after_its_end(stoflow_engine: VirtualEngine) -> None:
    seller = stoflow_engine.make_tenant("ebay", "vinted")
    seller.close_browser()
    stoflow_engine.advance(days=30)
    begins, ends = stoflow_engine.now + timedelta(days=2), stoflow_engine.now + timedelta(days=4)
    job, never = (
        seller.create_job(name, "publish", seller.make_product(), not_before=begins, expires_at=ends).id
        for name in ("ebay", "vinted")
    )
    stoflow_engine.advance(days=1, hours=23)
    assert (hold := seller.job(job).hold)
    assert (hold.kind, hold.until) == ("not_before", begins)

    stoflow_engine.advance(hours=2)
    assert seller.job(job).status == "completed"
    assert begins <= (seller.job(job).started_at or begins - A_SECOND) < begins + A_SECOND
    assert seller.job(never).status == "pending"
    stoflow_engine.advance(days=2)
    assert seller.job(never).status == "expired"
