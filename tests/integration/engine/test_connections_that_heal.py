"""A mark that the seller must act may be wrong: a job's own call finds out, ever more rarely, and all go on if it was."""

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.run import NextMove
from stoflow.storage.database.tenants import suspend_tenant
from stoflow.storage.engine.connection_state import needs_seller

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Bench

    from stoflow.domain.ids import JobId
    from stoflow.marketplaces.contract import Marketplace

FIRST_TRY_S = 15
TRIES_AT_MOST = 16
A_WEEK_S = 8 * 86_400


@pytest.fixture(params=["direct", "plugin"])
def marketplace(marketplace: "Marketplace", request: pytest.FixtureRequest) -> "Marketplace":
    return replace(marketplace, transport=request.param)


@pytest.fixture(autouse=True)
def connected(bench: "Bench") -> None:
    """The seller has connected the shop, and the plugin is there where it is asked through that."""
    bench.all(
        "INSERT INTO {s}.connections (marketplace, external_id, state, secret) "
        "VALUES ('shop', 'seller', 'connected', 'sealed')"
    )
    bench.all(
        "INSERT INTO public.plugin_presence (tenant, plugin_id, connected, process, socket_id) "
        f"VALUES ({bench.tenant}, 'laptop', true, {bench.process}, 'socket')"
    )


def marked(bench: "Bench", reason: str = "Log in again.", **about: Any) -> "JobId":
    """Return a job that waits for a seller of whom one call was refused."""
    job = bench.submit(bench.product())
    bench.engine.recorder.write(bench.tenant, 0, needs_seller(bench.tenant, "shop", reason, **about))
    return job


def pass_time(bench: "Bench", seconds: float) -> None:
    bench.all(
        f"UPDATE {{s}}.connections SET next_try = next_try - interval '{seconds} s', "
        f"tried_at = tried_at - interval '{seconds} s', updated_at = updated_at - interval '{seconds} s'"
    )


def state(bench: "Bench") -> str:
    return bench.one("SELECT state FROM {s}.connections")["state"]


def is_tried(bench: "Bench") -> bool:
    """Let the sweeper pass; return whether it lets jobs find out."""
    before = len(bench.all("SELECT tenant FROM public.outbox"))
    bench.sweep()
    assert (len(bench.all("SELECT tenant FROM public.outbox")) > before) == (state(bench) == "connected")
    return state(bench) == "connected"


def test_a_wrong_mark_ends_without_the_seller_and_jobs_go_on(bench: "Bench") -> None:
    job = marked(bench)
    assert bench.run(job).move is NextMove.RELOAD
    assert not is_tried(bench)
    pass_time(bench, FIRST_TRY_S * 2)
    assert is_tried(bench)
    bench.all("UPDATE {s}.marketplace_jobs SET waiting = NULL")
    assert bench.view(job).waiting == ""


def test_the_jobs_call_is_the_proof(bench: "Bench", marketplace: "Marketplace") -> None:
    if marketplace.by_plugin:
        pytest.skip("the same, by a command: see test_vinted_account")
    job = bench.submit(bench.product())
    bench.shop.plan(None, 401)
    assert bench.run(job).move is NextMove.SELLER
    pass_time(bench, FIRST_TRY_S * 2)
    assert is_tried(bench)
    bench.run(job)
    assert (bench.row(job)["status"], state(bench)) == ("completed", "connected")
    assert bench.task(job, "create")["failures"] == 0


def test_a_dead_consent_is_asked_ever_more_rarely_and_then_no_more(bench: "Bench") -> None:
    marked(bench)
    waits = []
    for _ in range(TRIES_AT_MOST):
        row = bench.one("SELECT extract(epoch FROM next_try - updated_at)::float8 AS wait_s FROM {s}.connections")
        waits.append(row["wait_s"])
        pass_time(bench, row["wait_s"])
        assert is_tried(bench)
        bench.engine.recorder.write(bench.tenant, 0, needs_seller(bench.tenant, "shop", "Log in again."))
    assert waits[0] >= FIRST_TRY_S
    assert all(later >= 2 * wait for wait, later in pairwise(waits[:8]))
    assert max(waits) <= 1.25 * 86_400
    pass_time(bench, A_WEEK_S)
    bench.all("UPDATE {s}.connections SET tried_at = clock_timestamp()")
    assert not is_tried(bench)


def test_what_worked_for_a_day_is_tried_soon_again(bench: "Bench") -> None:
    marked(bench)
    for _ in range(5):
        pass_time(bench, 86_400)
        bench.all("UPDATE {s}.connections SET tried_at = clock_timestamp()")
        bench.sweep()
        bench.engine.recorder.write(bench.tenant, 0, needs_seller(bench.tenant, "shop", "Log in again."))
    pass_time(bench, 2 * 86_400)
    bench.sweep()
    bench.all("UPDATE {s}.connections SET tried_at = clock_timestamp() - interval '2 days'")
    bench.engine.recorder.write(bench.tenant, 0, needs_seller(bench.tenant, "shop", "Log in again."))
    assert bench.one("SELECT tries FROM {s}.connections")["tries"] == 0


def test_where_a_person_must_be_there_nothing_is_tried(bench: "Bench") -> None:
    marked(bench, "Prove that you are no robot.", person=True)
    pass_time(bench, A_WEEK_S)
    assert not is_tried(bench)


def _disconnect(bench: "Bench") -> None:
    bench.all("UPDATE {s}.connections SET secret = NULL")


def _suspend(bench: "Bench") -> None:
    suspend_tenant(bench.engine.database, bench.tenant)


def _refuse_stoflow(bench: "Bench") -> None:
    bench.all(
        "INSERT INTO public.application_refusals (marketplace, channel, detail, next_try) "
        "VALUES ('shop', 'calls', 'No key.', clock_timestamp())"
    )


def _finish(bench: "Bench") -> None:
    bench.all("UPDATE {s}.marketplace_jobs SET status = 'cancelled'")


def _take_the_plugin_away(bench: "Bench") -> None:
    bench.all("UPDATE public.plugin_presence SET connected = false")


@pytest.mark.parametrize(
    ("hold", "of"),
    [
        (_disconnect, "direct"),
        (_suspend, "both"),
        (_refuse_stoflow, "both"),
        (_finish, "both"),
        (_take_the_plugin_away, "plugin"),
    ],
)
def test_nothing_is_tried_where_it_could_show_nothing(
    bench: "Bench", marketplace: "Marketplace", hold: "Callable[[Bench], None]", of: str
) -> None:
    if of not in {"both", marketplace.transport}:
        pytest.skip(f"only where it is {of}")
    marked(bench)
    pass_time(bench, A_WEEK_S)
    hold(bench)
    bench.sweep()
    assert state(bench) == "needs_seller"


def test_a_mark_of_an_older_release_is_tried_as_well(bench: "Bench") -> None:
    marked(bench)
    bench.all("UPDATE {s}.connections SET next_try = NULL, updated_at = updated_at - interval '30 s'")
    assert is_tried(bench)
