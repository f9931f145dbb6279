"""What views are made of: what ended by part, whose work it is, what processes do, and one look for all."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from stoflow.domain.facts.work import JobCompleted, JobFailed
from stoflow.domain.ids import TenantId
from stoflow.http.pages.monitoring.sparkline import HEIGHT, bars_of
from stoflow.monitoring.live.board import EVERYBODY, Board
from stoflow.monitoring.live.doing import Doing
from stoflow.monitoring.live.place import LivePlace
from stoflow.monitoring.live.reader import Live, LiveProcess
from stoflow.monitoring.live.sliding import FLOW, Ended, ended_by_part, told_of
from stoflow.resources.monitoring import glance as glances
from stoflow.resources.monitoring.causes import Seen
from stoflow.resources.monitoring.glance import SHARE, Glance, Rest
from stoflow.resources.monitoring.processes import processes_of
from stoflow.resources.monitoring.rows import Row, rows_of
from stoflow.resources.monitoring.snapshot import seen_by, snapshot_of
from stoflow.resources.monitoring.sums import Sums
from stoflow.resources.monitoring.works import busiest, works_of
from stoflow.storage.engine.reads.installation import InstallationFacts, LivingProcess

NOW = 1_800_000_030.0
MINUTE_NOW = int(NOW // 60)
ANNA, BOB = TenantId(1), TenantId(2)


def place(tenant: int, marketplace: str, pending: int, *, kind: str = "next", in_flight: int = 0) -> LivePlace:
    queue = {"pending": pending, "oldest": NOW - 5, "kinds": {kind: {"jobs": pending, "until": None}}}
    told = (told_of({"hour": {str(int(NOW // 600)): [tenant, 1]}}),)
    return LivePlace(tenant, marketplace, {"in_flight": in_flight, "cap": 4}, queue, told=told, read_at=NOW)


def seen(places: Sequence[LivePlace], processes: Sequence[LiveProcess] = (), **facts: Any) -> Seen:
    live = Live(NOW, NOW - 100, processes, places, {}, {"ebay": [Ended(9, 9)]})
    found = InstallationFacts(datetime.fromtimestamp(NOW, UTC), (), 0, None, 2, 3)
    return Seen(live, replace(found, **facts), rows_of(live, ["ebay", "etsy"]))


def test_what_ended_is_counted_by_minute_for_all_tenants_and_the_oldest_comes_first() -> None:
    now = NOW
    board = Board("worker", clock=lambda: now)
    for tenant, minutes_ago in ((1, 59), (2, 59), (1, 0)):
        now = NOW - 60 * minutes_ago
        board.hear(JobCompleted(tenant, 1, "ebay", "publish", 1.0))
    board.hear(JobFailed(1, 2, "ebay", "publish", "save", 1, "refused", "", ""))

    changes = board.take_changes()
    text = changes.ended[EVERYBODY, "ebay"]
    assert text is not None
    ended = ended_by_part(FLOW, [told_of(json.loads(text))], NOW)
    assert (len(ended), ended[0], ended[-1], sum(each.total for each in ended)) == (60, Ended(2, 0), Ended(1, 1), 4)
    assert ended_by_part(
        FLOW, [told_of({"flow": {str(MINUTE_NOW - 60): [5, 5], str(MINUTE_NOW + 1): [5, 5]}})], NOW
    ) == ([Ended()] * 60)


def test_a_chart_is_as_high_as_what_ended_most_and_shows_a_single_failure() -> None:
    bars = bars_of([Ended(0, 0), Ended(1000, 1), Ended(500, 0)])
    assert [(bar.kind, bar.x > 0) for bar in bars] == [("done", True), ("failed", True), ("done", True)]
    assert max(bar.y + bar.height for bar in bars) == pytest.approx(HEIGHT, abs=0.1)
    assert min(bar.y for bar in bars) >= 0
    assert min(bar.height for bar in bars) >= 1
    assert bars_of([Ended()] * 3) == ()


def test_a_tenant_is_shown_their_own_work_of_what_was_seen_of_all() -> None:
    everything = seen([place(ANNA, "ebay", 3), place(BOB, "ebay", 40), place(BOB, "etsy", 2)])

    own = snapshot_of(seen_by(everything, ANNA), ANNA)
    assert [(row.marketplace, row.pending, sum(each.done for each in row.ended)) for row in own.rows] == [
        ("ebay", 3, 1),
        ("etsy", 0, 0),
    ]
    assert (own.facts.plugins, own.facts.tenants, own.processes) == (0, 0, ())
    of_all = snapshot_of(everything, None)
    assert (of_all.rows[0].pending, of_all.rows[0].ended) == (43, [Ended(9, 9)])


def test_tenants_with_most_jobs_come_first_and_one_without_work_has_none() -> None:
    live = seen([place(ANNA, "ebay", 3), place(BOB, "ebay", 2), place(BOB, "etsy", 2, in_flight=1)]).live

    assert [(work.tenant, work.pending, work.in_flight) for work in busiest(live, 5)] == [(BOB, 4, 1), (ANNA, 3, 0)]
    assert [work.tenant for work in busiest(live, 1)] == [BOB]
    assert works_of(live, [TenantId(7)])[TenantId(7)].pending == 0
    assert works_of(None, [BOB])[BOB].waiting == {}


def test_a_process_without_a_lease_is_gone_and_one_that_shows_nothing_is_told_of() -> None:
    doing = Doing(clock=lambda: NOW - 3)
    with doing.at(ANNA, 5, "ebay", "publish"):
        told = {"kind": "worker", "process": 1, "started_at": NOW - 60, "memory": 7, "doing": doing.now()}
    rows = [LivingProcess(number, "worker", ["ebay"], "host", number, "0.1", 60.0, 9.0) for number in (1, 2)]
    killed = LiveProcess(2.0, 0.0, {**told, "process": 3, "pid": 33})
    snapshot = snapshot_of(seen((), [LiveProcess(1.0, 0.0, told), killed], living=rows), None)

    first, silent, gone = processes_of(snapshot)
    assert [(job.job, job.since.timestamp()) for job in first.doing] == [(5, NOW - 3)]
    assert (first.memory, first.age_s, silent.age_s, silent.doing) == (7, 1.0, None, [])
    assert (gone.process, gone.lease_until, gone.doing, gone.pid) == (3, None, [], 33)
    assert doing.now() == []

    replaced = LivingProcess(4, "worker", ["ebay"], "host", 4, "0.1", 1.5, 9.0)  # begun since the other was seen
    on_host = LiveProcess(2.0, 0.0, {**killed.told, "host": "host"})
    snapshot = snapshot_of(seen((), [on_host], living=[*rows, replaced]), None)
    assert [each.process for each in processes_of(snapshot)] == [1, 2, 4]


def test_all_look_once_and_looks_that_take_long_are_good_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    now, work, takes_s, looks = 100.0, 0.0, 0.0, 0

    def look(_: Any) -> Seen:
        nonlocal work, looks
        work, looks = work + takes_s, looks + 1
        return seen([place(ANNA, "ebay", looks)])

    class Needs:
        watching = None

    monkeypatch.setattr(glances, "look", look)
    glance = Glance(Needs(), clock=lambda: now, work=lambda: work)  # pyright: ignore[reportArgumentType]
    assert {glance.snapshot(tenant).rows[0].pending for tenant in (None, ANNA, None)} == {1}
    takes_s = 0.5
    for _ in range(40):
        now += SHARE * takes_s
        glance.look()
    assert looks == 41
    now += 0.99 * SHARE * takes_s
    assert glance.snapshot(None).rows[0].pending == 41
    now += 0.02 * SHARE * takes_s
    assert glance.snapshot(None).rows[0].pending == 42


def test_what_is_made_in_one_turn_is_of_one_look_and_others_look_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now, looks = 100.0, 0

    def look(_: Any) -> Seen:
        nonlocal looks
        looks += 1
        return seen([place(ANNA, "ebay", looks)])

    class Needs:
        watching = None

    monkeypatch.setattr(glances, "look", look)
    glance = Glance(Needs(), clock=lambda: now, work=lambda: 0.0)  # pyright: ignore[reportArgumentType]
    with ThreadPoolExecutor(1) as another, glance.keeping():
        now += 60
        assert glance.look().rows[0].pending == 1
        assert another.submit(glance.look).result().rows[0].pending == 2
    now += 60
    assert glance.look().rows[0].pending == 3


def test_one_turn_that_took_long_is_paid_back_over_the_next_ones_and_not_by_one_of_them() -> None:
    rest = Rest(20)
    rests = [rest.after(work_s) for work_s in (0.5, *[0.0] * 60)]
    assert rests[0] == pytest.approx(2.0)
    assert sum(rests) == pytest.approx(20 * 0.5, rel=0.01)


def test_sums_of_who_looks_again_are_those_of_who_looks_for_the_first_time() -> None:
    random, sums = Random(7), Sums()
    places = {tenant: place(tenant, "ebay", tenant) for tenant in range(60)}
    for _ in range(50):
        for tenant in random.sample(range(90), 20):
            held = {"kind": "plugin_offline", "until": random.choice([None, NOW + random.randrange(9)])}
            flow = {"in_flight": random.randrange(4), "cap": 4, "holds": [held] * random.randrange(2)}
            kinds = {
                kind: {"jobs": random.randrange(5), "until": NOW - random.randrange(9)} for kind in ("next", "pace")
            }
            queue = {"pending": random.randrange(50), "oldest": NOW - random.randrange(99), "kinds": kinds}
            counted = Ended(random.randrange(9), random.randrange(9))
            places[tenant] = LivePlace(tenant, random.choice(["ebay", "etsy"]), flow, queue, counted, counted)
        places.pop(random.choice(list(places)))
        live = Live(NOW, NOW - 100, (), list(places.values()), {})
        again, first = rows_of(live, ["vinted"], sums=sums), rows_of(live, ["vinted"])
        assert [without_names(row) for row in again] == [without_names(row) for row in first]


def test_what_cannot_be_counted_spoils_no_later_sum() -> None:
    sums, well = Sums(), place(ANNA, "ebay", 3)
    broken = replace(well, tenant=BOB, queue={"pending": 1, "kinds": {"next": {}}})
    rows_of(Live(NOW, NOW, (), [well], {}), [], sums=sums)
    with pytest.raises(KeyError):
        rows_of(Live(NOW, NOW, (), [well, broken], {}), [], sums=sums)
    assert [row.pending for row in rows_of(Live(NOW, NOW, (), [well], {}), [], sums=sums)] == [3]


def without_names(row: Row) -> Row:
    """Return the row without whom it names of those that wait: any of them."""
    waiting, holds = (
        {kind: replace(held, tenant=None) for kind, held in of.items()} for of in (row.waiting, row.holds)
    )
    return replace(row, waiting=waiting, holds=holds)


def test_a_job_that_is_run_within_another_ones_block_hides_it_for_as_long() -> None:
    doing = Doing(clock=lambda: NOW)

    def jobs() -> list[int]:
        return [each["job"] for each in doing.now()]

    with doing.at(1, 7, "ebay", "publish"):
        with doing.at(1, 8, "ebay", "publish"):
            assert jobs() == [8]
        assert jobs() == [7]
    assert jobs() == []


def test_what_a_marketplace_said_of_its_calls_last_is_shown_to_operators_and_little_left_is_remarked() -> None:
    def heard(left: int, ago_s: float) -> dict[str, Any]:
        at = NOW - ago_s
        return {"marketplace": "etsy", "window": "day", "left": left, "most": 10_000, "at": at, "until": at + 86_400}

    told = [{"kind": "worker", "process": 1, "calls_left": [each]} for each in (heard(40, 5), heard(9_000, 60))]
    everything = seen([place(ANNA, "etsy", 3)], [LiveProcess(1.0, 0.0, each) for each in told])

    of_all, own = snapshot_of(everything, None), snapshot_of(seen_by(everything, ANNA), ANNA)

    assert [row.quota and (row.quota.left, row.quota.used) for row in of_all.rows] == [None, (40, 0.996)]
    assert of_all.verdict.well is own.verdict.well
    assert "quota_nearly_used" in [cause.kind for cause in of_all.verdict.causes]
    assert [row.quota for row in own.rows] == [None, None]
    assert "quota_nearly_used" not in [cause.kind for cause in own.verdict.causes]
    stale = seen([place(ANNA, "etsy", 3)], [LiveProcess(1.0, 0.0, {"calls_left": [heard(40, 90_000)]})])
    assert [row.quota for row in stale.rows] == [None, None]
