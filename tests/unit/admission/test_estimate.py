"""When a job begins and ends: by what holds it, the line before it, and how that moved lately."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stoflow.admission.estimate import Estimate, Outlook, outlook_of
from stoflow.admission.hold import Hold, Release
from stoflow.domain.ids import JobId
from stoflow.domain.line import Line, Past, Rest

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(hours=1)
LINE = Line(now=NOW, action="publish", counted=100, pace_s={"publish": 10.0}, cap=1)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def passed(
    every_s: float, *, number: int = 20, lasting_s: float = 4.0, action: str = "publish", ago_s: float = 0.0
) -> tuple[Past, ...]:
    """So many jobs, all asked for an hour ago, of which one began every so often, until so long ago."""
    begun = [at(-ago_s - every_s * each) for each in range(1, number + 1)]
    return tuple(Past(action, EARLIER, start, start + timedelta(seconds=lasting_s)) for start in begun)


def outlook(line: Line, *holds: Hold, until: datetime | None = None, first: Outlook | None = None) -> Outlook:
    return outlook_of(line, holds, stopped_until=until, first=first)


def estimate(line: Line, *holds: Hold, until: datetime | None = None, first: Outlook | None = None) -> Estimate:
    found = outlook(line, *holds, until=until, first=first)
    assert found.estimate is not None, found.told
    return found.estimate


def test_a_job_with_nothing_before_it_begins_now_and_takes_as_long_as_others_took() -> None:
    found = estimate(replace(LINE, lately=passed(60.0)))
    assert (found.begins, found.ends) == (NOW, at(4.0))


def test_what_failed_at_once_says_nothing_of_how_long_it_takes() -> None:
    refused = tuple(replace(each, ended_at=each.started_at, failed=True) for each in passed(60.0, ago_s=5.0))
    assert estimate(replace(LINE, lately=(*refused, *passed(60.0, number=2)))).ends == at(4.0)


def test_a_line_moves_as_fast_as_it_did_lately() -> None:
    found = estimate(replace(LINE, before=30, mix={"publish": 30}, lately=passed(12.0)))
    assert (found.begins, found.ends) == (at(30 * 12.0), at(30 * 12.0 + 4.0))


def test_a_line_moves_no_faster_than_the_pace_allows() -> None:
    found = estimate(replace(LINE, before=30, mix={"publish": 30}, lately=passed(1.0, lasting_s=1.0)))
    assert found.begins == at(300.0)


def test_what_has_begun_leaves_no_room_until_it_has_taken_its_time() -> None:
    begun = (Past("publish", EARLIER, at(-5.0)),)
    found = estimate(
        replace(LINE, before=2, mix={"publish": 2}, begun=begun, lately=passed(12.0, lasting_s=11.0, ago_s=5.0))
    )
    assert found.begins == at(12.0 - 5.0 + 2 * 12.0)


def test_each_action_takes_its_own_time() -> None:
    lately = (*passed(12.0), *passed(12.0, action="sync"))
    lately = tuple(
        replace(each, started_at=each.started_at - timedelta(seconds=each.action == "sync")) for each in lately
    )
    found = estimate(replace(LINE, before=20, mix={"publish": 10, "sync": 10}, pace_s={}, lately=lately))
    assert found.begins == at(10 * 11.0 + 10 * 1.0)


def test_a_gap_in_which_nobody_waited_says_nothing_of_the_line() -> None:
    lonely = tuple(replace(each, ready_at=each.started_at) for each in passed(900.0))
    found = estimate(replace(LINE, before=2, mix={"publish": 2}, lately=lonely))
    assert found.begins == at(2 * 10.0), "the pace, since no line was seen"


def test_an_outage_of_an_hour_is_no_pace() -> None:
    long_ago, hour = EARLIER - timedelta(hours=9), timedelta(hours=1)
    after = [replace(each, ready_at=long_ago) for each in passed(12.0, number=10)]
    before = [Past("publish", long_ago, each.started_at - hour, each.started_at - hour) for each in after]
    found = estimate(replace(LINE, before=2, mix={"publish": 2}, lately=(*after, *before)))
    assert at(24.0) < found.begins < at(26.0)


@pytest.mark.parametrize(("more", "wider"), [(10, 2.0), (1_000, 4.0)])
def test_the_spread_grows_with_the_line(more: int, wider: float) -> None:
    lately = passed(12.0)
    near = estimate(replace(LINE, before=5, mix={"publish": 5}, lately=lately)).spread
    far = estimate(replace(LINE, before=5 * more, mix={"publish": 5 * more}, counted=10**6, lately=lately)).spread
    assert far > wider * near


def test_the_spread_is_wider_where_little_was_seen() -> None:
    few, many = (
        estimate(replace(LINE, before=9, mix={"publish": 9}, lately=passed(10.0, number=number))).spread
        for number in (3, 20)
    )
    assert few > 1.5 * many


def test_a_time_that_somebody_named_is_as_certain_however_far_away_it_is() -> None:
    line = replace(LINE, lately=passed(12.0))
    tomorrow, in_a_year = (
        estimate(line, Hold("not_before", "…", until=at(days * 86_400.0))).spread for days in (1, 365)
    )
    assert tomorrow == in_a_year < 60.0


def test_a_hold_that_ends_by_the_clock_is_waited_for_and_the_line_after_that_of_its_place() -> None:
    line = replace(LINE, before=3, mix={"publish": 3}, lately=passed(12.0))
    later = Hold("not_before", "…", until=at(600.0))
    assert estimate(line, later).begins == at(600.0)
    resting = Hold("limit_reached", "…", until=at(600.0))
    assert estimate(line, resting, until=at(600.0)).begins == at(636.0)


@pytest.mark.parametrize("release", [Release.OPERATOR, Release.SELLER])
def test_no_time_is_invented_where_a_person_ends_it(release: Release) -> None:
    found = outlook(replace(LINE, lately=passed(12.0)), Hold("any", "…", release), Hold("retry", "…", until=at(1.0)))
    assert found == Outlook(None, f"nobody can know when: the {release} ends that")


def test_a_lock_that_ends_by_the_clock_has_a_time_though_the_seller_may_end_it_sooner() -> None:
    lock = Hold("account_locked", "…", Release.SELLER, at(3600.0))
    assert estimate(replace(LINE, lately=passed(60.0)), lock, until=at(3600.0)).begins == at(3600.0)


def test_a_job_behind_others_of_its_product_begins_after_their_ends() -> None:
    behind = replace(LINE, chain=2, behind=JobId(7), lately=passed(60.0))
    order = Hold("order", "behind job 7")
    first = Outlook(Estimate(NOW, at(100.0), 9.0), "…")
    found = estimate(behind, order, first=first)
    assert (found.begins, found.ends) == (at(104.0), at(108.0))
    assert found.spread >= 9.0
    unknown = outlook(behind, order, first=Outlook(None, "nobody can know when: the seller ends that"))
    assert unknown.estimate is None
    assert "job 7" in unknown.told


def test_what_has_begun_ends_as_those_did_that_took_as_long() -> None:
    under_way = replace(
        LINE, started_at=at(-9.0), task_began_at=at(-5.0), rests=[Rest(2.0 + each) for each in range(9)]
    )
    found = estimate(under_way)  # from its task on 2 to 10 s, of which 6 to 10 are left
    assert (found.begins, found.ends) == (at(-9.0), at(3.0))


def test_what_takes_longer_than_usual_may_take_as_long_again() -> None:
    late = replace(LINE, started_at=at(-9.0), task_began_at=at(-7.5), rests=[*[Rest(2.0)] * 8, Rest(8.0)])
    found = estimate(late)
    assert (found.ends, found.spread) == (at(0.5), 5.5)


def test_what_has_begun_and_waits_goes_on_from_the_task_it_has_come_to() -> None:
    waiting = replace(LINE, started_at=at(-9.0), task_began_at=at(-8.0), rests=[Rest(3.0)] * 5)
    assert estimate(waiting, Hold("retry", "…", until=at(20.0))).ends == at(23.0)


def test_what_takes_longer_than_anything_seen_has_no_end_that_is_known() -> None:
    found = outlook(replace(LINE, started_at=at(-600.0), task_began_at=at(-500.0), rests=[Rest(4.0)] * 9))
    assert found.estimate == Estimate(at(-600.0), None, 0.5)
    assert "longer than all like it lately" in found.told


def test_a_count_that_was_cut_short_is_no_position() -> None:
    found = outlook(replace(LINE, before=100, mix={"publish": 90}, lately=passed(12.0)))
    assert found.estimate is None
    assert "100 jobs and more" in found.told


def test_where_nothing_ended_yet_the_pace_says_when_it_begins_and_nobody_when_it_ends() -> None:
    found = estimate(replace(LINE, before=6, mix={"publish": 6}))
    assert (found.begins, found.ends) == (at(60.0), None)
    assert outlook(replace(LINE, before=6, mix={"publish": 6}, pace_s={})).estimate is None


def test_many_before_it_that_were_not_looked_at_one_by_one_are_like_those_that_were() -> None:
    line = replace(LINE, before=50_000, counted=100_000, mix={"publish": 2_000}, lately=passed(12.0))
    assert estimate(line).begins == at(50_000 * 12.0)


def test_what_is_tried_again_in_an_outage_may_end_a_try_later_and_says_so() -> None:
    begun = replace(LINE, started_at=at(-60.0), rests=[Rest(4.0)] * 10)
    retry = Hold("retry", "retry: HTTP 503", until=at(30.0))
    found, away = outlook(begun, retry), outlook(replace(begun, again_s=48.0), retry)
    assert found.estimate is not None
    assert away.estimate is not None
    assert away.estimate.ends == found.estimate.ends == at(34.0)
    assert found.estimate.spread < away.estimate.spread == 48.0
    assert "if the marketplace answers" in away.told


def test_where_the_marketplace_did_not_answer_twice_no_end_is_invented() -> None:
    begun = replace(LINE, started_at=at(-60.0), rests=[Rest(4.0)] * 10, again_s=48.0, away_tries=2)
    found = outlook(begun, Hold("retry", "retry: HTTP 503", until=at(30.0)))
    assert found.estimate == Estimate(at(-60.0), None, 0.5)
    assert at(30.0).isoformat(timespec="seconds") in found.told
    assert "not answered 2 times" in found.told


def test_what_has_begun_makes_its_paced_call_after_those_before_it() -> None:
    rests = [Rest(4.0, after_pace_s=1.0)] * 5
    begun = replace(LINE, started_at=at(-1.0), rests=rests, paced_in_s=6.0, paced_before=3)
    assert estimate(begun).ends == at(6.0 + 3 * 10.0 + 1.0)
    assert estimate(replace(begun, paced_in_s=None)).ends == at(4.0), "it has made its own"


def test_what_waits_ends_no_sooner_than_the_pace_lets_those_before_it_and_it() -> None:
    rests = [Rest(4.0, after_pace_s=1.0)] * 5
    burst = replace(LINE, cap=4, mix={}, rests=rests, paced_in_s=0.0, paced_before=4)
    assert (estimate(burst).begins, estimate(burst).ends) == (NOW, at(41.0))


def test_what_had_to_be_tried_again_says_little_of_what_goes_well() -> None:
    rests = [*[Rest(90.0, was_retried=True)] * 6, Rest(4.0)]
    assert estimate(replace(LINE, started_at=at(-1.0), rests=rests)).ends == at(4.0)
    assert estimate(replace(LINE, started_at=at(-1.0), rests=rests[:6])).ends == at(90.0)
