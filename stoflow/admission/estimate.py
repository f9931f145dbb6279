"""When a job will begin and end, from what holds it, the line before it, and the pace at which that moved lately."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from statistics import fmean, median, pvariance

from stoflow.admission.hold import Hold, Release
from stoflow.domain.line import Line, Past, Rest

EIGHT_OF_TEN = 1.28  # standard deviations to either side
DRIFT = 0.15  # of a wait: the pace seen lately does not stay what it was
LEAST_SPREAD_S = 0.5
LAST = 40  # the gaps and the durations that are counted: the last ones
FEW = 5  # seen: less says little, and the spread is doubled
OUTAGE_TRIES = 2  # that had no answer: one may be chance, after two nobody knows how long it lasts
LONG = 1.5  # times nine tenths of all: a longer gap was an outage, or a browser that was closed


@dataclass(frozen=True, slots=True)
class Estimate:
    """`ends` is None where nothing like it has ended there lately.

    In about eight of ten cases the end (or the begin, where `ends` is None) is not further away than `spread` seconds.
    """

    begins: datetime
    ends: datetime | None
    spread: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """`told` says in a sentence when, or why nobody can know; `estimate` is None then."""

    estimate: Estimate | None
    told: str


@dataclass(frozen=True, slots=True)
class _Wait:
    """Seconds, and their variance."""

    seconds: float
    variance: float


def outlook_of(line: Line, holds: Sequence[Hold], *, stopped_until: datetime | None, first: Outlook | None) -> Outlook:
    """Return when the job is expected to begin and end.

    `holds` is what holds it now, `stopped_until` when its whole place goes on, None where it does. `first` is the
    outlook of the first job of its product, where others come before it.
    """
    for hold in holds:
        if hold.until is None and hold.release is not Release.ITSELF:
            return Outlook(None, f"nobody can know when: the {hold.release} ends that")
    if line.chain and (first is None or first.estimate is None or first.estimate.ends is None):
        why = f": {first.told}" if first is not None else ""
        return Outlook(None, f"nobody can know when: it waits for job {line.behind}{why}")
    if line.started_at is not None:
        return _of_begun(line, line.started_at, holds)
    return _of_waiting(line, holds, stopped_until or line.now, first)


def _of_begun(line: Line, started_at: datetime, holds: Sequence[Hold]) -> Outlook:
    until = max((hold.until for hold in holds if hold.until is not None), default=line.now)
    if line.again_s is not None and line.away_tries >= OUTAGE_TRIES:
        known = f"it is tried again at about {until.isoformat(timespec='seconds')}"
        why = f"nobody can know when it ends: the marketplace has not answered {line.away_tries} times"
        return Outlook(Estimate(started_at, None, LEAST_SPREAD_S), f"{known}, and {why}")
    seen = _usual(line)
    from_s = (line.now - line.task_began_at).total_seconds() if line.task_began_at and until <= line.now else 0.0
    longer = [each.seconds - from_s for each in seen if each.seconds > from_s]
    if not longer:
        why = "it has taken longer than all like it lately" if seen else "none like it has ended there lately"
        return Outlook(Estimate(started_at, None, LEAST_SPREAD_S), f"it has begun; nobody can know when it ends: {why}")
    ends = max(
        max(until, line.now) + timedelta(seconds=median(longer)), _ends_by_pace(line, line.paced_before, line.now)
    )
    spread_s = _spread(_variance(longer), (max(until, line.now) - line.now).total_seconds(), len(seen))
    # The few that took so long say little of how much longer: what is late by so much is so for as long again.
    spread_s = round(max(spread_s, from_s - median([each.seconds for each in seen])), 3)
    if line.again_s is None:
        return _told(line, Estimate(started_at, ends, spread_s))
    # What has lasted so long lasts as long again as often as not, and each pause is as long as all before it: of two
    # tries the first is where it ends, or the second.
    found = _told(line, Estimate(started_at, ends, round(max(spread_s, line.again_s), 3)))
    return Outlook(found.estimate, f"{found.told}: it is tried again then, and ends so if the marketplace answers")


def _usual(line: Line) -> Sequence[Rest]:
    """Return those of its action of which nothing had to be tried again, all where there are none of those."""
    return [each for each in line.rests if not each.was_retried] or line.rests


def _ends_by_pace(line: Line, number: float, from_: datetime) -> datetime:
    """Return when it ends at the soonest where so many make their paced call before it, which nobody does sooner."""
    after_s = [each.after_pace_s for each in _usual(line) if each.after_pace_s is not None]
    if line.paced_in_s is None or not after_s:
        return line.now
    due = max(from_, line.now + timedelta(seconds=line.paced_in_s))
    return due + timedelta(seconds=number * line.pace_s.get(line.action, 0.0) + median(after_s))


def _of_waiting(line: Line, holds: Sequence[Hold], goes_on_at: datetime, first: Outlook | None) -> Outlook:
    if line.before >= line.counted > 0:
        return Outlook(None, f"nobody can know when: {line.before} jobs and more come before it")
    turn = _turn(line)
    if turn is None:
        return Outlook(None, f"nobody can know when: {line.before} come before it, and none has ended there lately")
    seen = [each.seconds for each in _usual(line)] or _durations_s(line, waited=turn.seconds > 0)
    own = max((hold.until for hold in holds if hold.until is not None), default=line.now)
    begins = max(goes_on_at + timedelta(seconds=turn.seconds), own, line.now)
    apart_s = 0.0
    if first is not None and first.estimate is not None and first.estimate.ends is not None:
        between_s = (line.chain - 1) * (median(seen) if seen else 0.0)
        after = first.estimate.ends + timedelta(seconds=between_s)
        begins, apart_s = max(begins, after), first.estimate.spread if after > begins else 0.0
    number = line.paced_before + _whole_mix(line).get(line.action, 0.0)
    by_pace = _ends_by_pace(line, number, goes_on_at)
    ends = max(begins + timedelta(seconds=median(seen)), by_pace) if seen else None
    variance = turn.variance + _variance(seen) + (apart_s / EIGHT_OF_TEN) ** 2
    uncertain_s = (begins - min(begins, _named_time(line, holds))).total_seconds()
    spread_s = _spread(variance, uncertain_s, min(len(seen), len(line.lately)))
    return _told(line, Estimate(begins, ends, spread_s))


def _named_time(line: Line, holds: Sequence[Hold]) -> datetime:
    """Return until when it waits because somebody said so, which does not drift."""
    named = (hold.until for hold in holds if hold.kind == "not_before" and hold.until is not None)
    return max(named, default=line.now)


def _told(line: Line, found: Estimate) -> Outlook:
    begins = "it has begun" if line.started_at else f"it begins at about {found.begins.isoformat(timespec='seconds')}"
    ends = f" and ends at about {found.ends.isoformat(timespec='seconds')}" if found.ends else ""
    unknown = "" if found.ends else "; how long it takes is not known: none like it has ended there lately"
    return Outlook(found, f"{begins}{ends}, give or take {max(1, round(found.spread))} s{unknown}")


def _turn(line: Line) -> _Wait | None:
    """Return how long the line before it takes, None where nobody knows."""
    gaps = _gaps_s(line)
    by_action = {action: _passes(action, line, gaps) for action in {*line.mix, *(each.action for each in line.begun)}}
    waits = [(number, by_action[action]) for action, number in _whole_mix(line).items() if number]
    if any(passes is None for _, passes in waits):
        return None
    through_s = sum(number * passes.seconds for number, passes in waits if passes is not None)
    at_pace_s = max((number * line.pace_s.get(action, 0.0) for action, number in line.mix.items()), default=0.0)
    variance = sum(number * passes.variance for number, passes in waits if passes is not None)
    return _Wait(max(through_s, at_pace_s) + _until_there_is_room_s(line, by_action), variance)


def _whole_mix(line: Line) -> Mapping[str, float]:
    """Return how many of each action come before, those that were not looked at in the same shares."""
    known = sum(line.mix.values())
    scale = line.before / known if line.before > known > 0 and known >= MIX_IS_A_SAMPLE else 1.0
    return {action: number * scale for action, number in line.mix.items()}


MIX_IS_A_SAMPLE = 2_000


def _until_there_is_room_s(line: Line, by_action: Mapping[str, _Wait | None]) -> float:
    """Return how long what has begun leaves no room: until as long after the last begin as one of its kind takes."""
    if not line.begun or (len(line.begun) < line.cap and not line.before):
        return 0.0
    last = max(line.begun, key=lambda each: each.started_at)
    passes = by_action[last.action]
    since_s = (line.now - last.started_at).total_seconds()
    return max(0.0, passes.seconds - since_s) if passes is not None else 0.0


def _passes(action: str, line: Line, gaps: Sequence[tuple[str, float]]) -> _Wait | None:
    """Return how long one job of this action keeps those behind it waiting: as seen, and by pace and cap where little
    was seen."""
    own = [gap_s for name, gap_s in gaps if name == action]
    durations_s = _durations_s(line, action, waited=True)
    pace_s = line.pace_s.get(action, 0.0)
    taken_s = fmean(durations_s) / line.cap if durations_s else 0.0
    expected_s = max(pace_s, taken_s)
    if not expected_s and not own:
        return None
    seen = own + [expected_s] * max(0, FEW - len(own)) if expected_s else own
    return _Wait(fmean(seen), pvariance(seen) if len(own) >= FEW else fmean(seen) ** 2)


def _gaps_s(line: Line) -> Sequence[tuple[str, float]]:
    """Return how long the last jobs kept those behind them waiting, with their actions: from one begin to the next,
    where the next might have begun as well."""
    gaps = [
        (before.action, (after.started_at - before.started_at).total_seconds())
        for before, after in pairwise(_by_begin(line))
        if _waited(before, after)
    ][-LAST:]
    longest_s = LONG * _most(gap_s for _, gap_s in gaps)
    return [(action, min(gap_s, longest_s)) for action, gap_s in gaps]


def _by_begin(line: Line) -> Sequence[Past]:
    return sorted((*line.begun, *line.lately), key=lambda each: each.started_at)


def _waited(before: Past, after: Past) -> bool:
    return after.ready_at <= before.started_at


def _most(values: Iterator[float]) -> float:
    """Return what nine of ten do not exceed."""
    ordered = sorted(values)
    return ordered[int(0.9 * (len(ordered) - 1))] if ordered else 0.0


def _durations_s(line: Line, action: str = "", *, waited: bool) -> Sequence[float]:
    """Return how long the last jobs of the action took from begin to end: those that came from a line where `waited`,
    those that found none where not, and all of them where there are few of those."""
    wanted, every = action or line.action, _by_begin(line)
    pairs = [pair for pair in zip([None, *every], every, strict=False) if pair[1].action == wanted and pair[1].ended_at]
    alike = [after for before, after in pairs if (before is not None and _waited(before, after)) == waited]
    found = alike if len(alike) >= FEW else [after for _, after in pairs]
    done = [each for each in found if not each.failed]  # what fails, fails at once or after days
    return [_lasted_s(each) for each in (done or found)[-LAST:]]


def _lasted_s(past: Past) -> float:
    return (past.ended_at - past.started_at).total_seconds() if past.ended_at else 0.0


def _variance(values: Sequence[float]) -> float:
    """Return the variance of those in the middle: what went wrong for hours says nothing of the others."""
    ordered = sorted(values)
    if len(ordered) < FEW:
        return (median(ordered) / 2) ** 2 if ordered else 0.0
    low, high = ordered[len(ordered) // 10], ordered[-1 - len(ordered) // 10]
    return ((high - low) / (2 * EIGHT_OF_TEN)) ** 2


def _spread(variance: float, wait_s: float, seen: int) -> float:
    spread_s = EIGHT_OF_TEN * sqrt(variance + (DRIFT * wait_s) ** 2)
    return round(max(LEAST_SPREAD_S, spread_s * (1 if seen >= FEW else 2)), 3)
