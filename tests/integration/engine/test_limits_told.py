"""A marketplace that tells with a good answer that no call is left is not called before the time it names."""

import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Done, Outcome
from stoflow.domain.run import NextMove
from stoflow.marketplaces.contract import ActionSpec, Marketplace, Step
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault
from stoflow.storage.engine.connection_state import rest
from stoflow.storage.engine.reads.queue import begin_page

if TYPE_CHECKING:
    from conftest import Bench, ShopHandler


def rest_of(reply: Reply) -> float | None:
    body = reply.body
    return float(body["resets_in_s"]) if body and body.get("remaining") == 0 else None


def ask_twice(_: Attempt) -> Generator[Call, Response, Outcome]:
    yield Request("GET", "/first")
    yield Request("GET", "/second")
    return Done({})


@pytest.fixture
def marketplace(shop_handler: "type[ShopHandler]") -> Marketplace:
    return Marketplace(
        name="shop",
        transport="direct",
        actions=(ActionSpec("publish", "Publish", rate_limit_ms=0),),
        handlers={"publish": shop_handler((Step("ask", ask_twice, TaskKind.REPEATABLE),))},
        products=frozenset({"publish"}),
        rest_s=rest_of,
    )


@pytest.fixture(autouse=True)
def connected(bench: "Bench") -> None:
    bench.all(
        "INSERT INTO {s}.connections (marketplace, external_id, state, secret) "
        "VALUES ('shop', 'seller', 'connected', 'sealed')"
    )


def none_left(resets_in_s: float) -> Callable[[Callable[[], Reply]], Reply]:
    """Answer well, and tell that this was the last call for so long."""
    return lambda act: Reply(200, body={**act().body, "remaining": 0, "resets_in_s": resets_in_s})


def end_rest(bench: "Bench") -> None:
    bench.all("UPDATE {s}.connections SET resume_at = clock_timestamp()")


def test_no_job_calls_before_the_time_and_all_go_on_then(bench: "Bench") -> None:
    first, second = bench.submit(bench.product()), bench.submit(bench.product("A hat"))
    bench.shop.plan(None, none_left(3600))
    bench.run(first)
    bench.run(second)
    assert (bench.row(first)["status"], bench.shop.calls) == ("completed", ["GET /first", "GET /second"])
    end_rest(bench)
    bench.run(second)
    assert (bench.row(second)["status"], bench.shop.calls) == ("completed", ["GET /first", "GET /second"] * 2)


def test_a_job_that_waits_says_until_when(bench: "Bench") -> None:
    first, second = bench.submit(bench.product()), bench.submit(bench.product("A hat"))
    bench.shop.plan(None, none_left(3600))
    bench.run(first)
    hold = bench.view(second).hold
    assert hold is not None
    assert (hold.kind, hold.release) == ("limit_reached", "itself")
    assert hold.until is not None
    assert timedelta(minutes=59) < hold.until - datetime.now(UTC) <= timedelta(hours=1)


def test_actors_are_told_until_when(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, none_left(3600))
    bench.run(job)
    with bench.engine.database.planned_records() as connection:
        page = begin_page(connection, bench.tenant, marketplaces=["shop"], held=[], limit=5)()
    assert page.resting.keys() == {"shop"}
    assert 59 * 60 < page.resting["shop"] - time.monotonic() <= 3_600
    assert page.halted == {}


def test_a_conversation_stops_before_its_next_call_and_begins_anew_without_a_failure(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(none_left(3600))
    bench.run(job)
    assert bench.shop.calls == ["GET /first"]
    assert bench.task(job, "ask")["failures"] == 0
    end_rest(bench)
    bench.make_due()
    bench.run(job)
    assert (bench.row(job)["status"], len(bench.shop.calls)) == ("completed", 3)


def test_a_window_that_resets_within_a_second_holds_nothing(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(none_left(0.9), none_left(0.9))
    bench.run(job)
    assert bench.row(job)["status"] == "completed"
    assert bench.one("SELECT resume_at FROM {s}.connections")["resume_at"] is None


def test_a_run_or_a_look_that_comes_meanwhile_has_the_place_read(bench: "Bench") -> None:
    first, second = bench.submit(bench.product()), bench.submit(bench.product("A hat"))
    bench.shop.plan(None, none_left(3600))
    bench.run(first)
    assert bench.run(second).move is NextMove.SELLER
    assert len(bench.shop.calls) == 2


def connections(bench: "Bench") -> Connections:
    return Connections(bench.engine.database, Vault([Fernet.generate_key().decode()]))


def rests(bench: "Bench") -> bool:
    return bench.one("SELECT resume_at IS NOT NULL AS rests FROM {s}.connections")["rests"]


@pytest.fixture
def resting(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, none_left(3600))
    bench.run(job)
    assert rests(bench)


@pytest.mark.usefixtures("resting")
def test_the_same_account_connected_anew_still_has_no_call_left(bench: "Bench") -> None:
    connections(bench).save(bench.tenant, "shop", external_id="seller", settings={})
    assert rests(bench)


@pytest.mark.usefixtures("resting")
def test_another_account_has_its_own_calls(bench: "Bench") -> None:
    connections(bench).save(bench.tenant, "shop", external_id="another", settings={})
    assert not rests(bench)


@pytest.mark.usefixtures("resting")
def test_a_connection_that_was_removed_waits_for_no_calls(bench: "Bench") -> None:
    connections(bench).disconnect(bench.tenant, "shop", "Gone.")
    assert not rests(bench)


def test_what_was_told_of_an_account_is_not_kept_for_the_one_connected_meanwhile(bench: "Bench") -> None:
    bench.engine.recorder.write(bench.tenant, 0, rest(bench.tenant, "shop", "another", 3600.0))
    assert not rests(bench)
