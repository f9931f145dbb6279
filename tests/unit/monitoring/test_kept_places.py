"""What a reader keeps of its last look: places are made anew where something is said of them, or their counts are old."""

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from stoflow.monitoring.live.kept import KeptPlaces, KeptProcess
from stoflow.monitoring.live.sliding import HOUR, MINUTE, Ended, ended_in, same_until, told_of

NOW = 1_800_000_000.0
PLACE = "7:ebay"


def tally(seconds_ago: float, done: int) -> Mapping[str, Any]:
    return {each.name: {str(int((NOW - seconds_ago) // each.part_s)): [done, 0]} for each in (MINUTE, HOUR)}


def kept(**ended: Any) -> KeptPlaces:
    """Keep what processes of these names told, each younger than the one before it."""
    found = KeptPlaces()
    for number, (name, told) in enumerate(ended.items()):
        found.processes[name] = KeptProcess(started_at=number)
        shown = json.dumps({"flow": {"in_flight": number}}).encode()
        found.processes[name].take({PLACE: shown}, {PLACE: json.dumps(told).encode()}, {})
    return found


def test_of_two_that_show_a_place_the_younger_one_counts_and_what_ended_in_both() -> None:
    found = kept(old=tally(0, 2), young=tally(0, 3))
    (place,) = found.make([PLACE], NOW)
    assert (place.in_flight, place.minute) == (1, Ended(5))

    (place,) = found.make(found.forget("young"), NOW)
    assert (place.in_flight, place.minute) == (0, Ended(2))
    assert found.make(found.forget("old"), NOW) == ()


def test_what_ended_slides_out_of_the_minute_though_nothing_more_is_said() -> None:
    found = kept(one=tally(0, 8))
    (first,) = found.make([PLACE], NOW)
    assert found.make([], NOW + 40)[0] is first, "all of it lies in the minute still"
    assert found.make([], NOW + 66)[0].minute.done in range(1, 8)
    assert found.make([], NOW + 80)[0].minute == Ended()
    assert found.make([], NOW + 80)[0].hour == Ended(8)
    assert found.make([], NOW + 2 * 3600)[0].hour == Ended()


def test_a_count_is_the_same_until_that_time_and_another_one_after_it() -> None:
    random = Random(3)
    for _ in range(200):
        parts = {
            str(int(NOW // 10) - random.randrange(8)): [random.randrange(9), random.randrange(3)] for _ in range(4)
        }
        told, at, changes = [told_of({"minute": parts})], NOW, 0
        while (until := same_until(MINUTE, told, at)) < float("inf"):
            assert ended_in(MINUTE, told, until - 1e-3) == ended_in(MINUTE, told, at)
            assert ended_in(MINUTE, told, until + 1e-3) != ended_in(MINUTE, told, at)
            at, changes = until + 1e-3, changes + 1
        assert changes <= sum(done + failed for done, failed in parts.values())
        assert ended_in(MINUTE, told, at) == ended_in(MINUTE, told, at + 600) == Ended()
