"""What stands between a job and its turn, as it was read: those before it, what has begun, what ended lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stoflow.domain.ids import JobId


@dataclass(frozen=True, slots=True)
class Past:
    """A job that has begun at the place, and ended unless `ended_at` is None.

    `ready_at` is since when it might have begun: when it was asked for, or its own time, or the end of the job of its
    product before it.
    """

    action: str
    ready_at: datetime
    started_at: datetime
    ended_at: datetime | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """How long a job that was completed took from a task of its own until its end, without what it waited for its pace.

    `after_pace_s` is from the next paced call until the end, None where none was left. `was_retried` is whether
    anything of it had to be tried again.
    """

    seconds: float
    after_pace_s: float | None = None
    was_retried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The line of one place (a tenant at a marketplace) before one job.

    `before` counts the pending jobs that come first, up to `counted`, where the count stops; `mix` has the first of
    them by action, without those whose own time has not come. `begun` are unfinished, `lately` ended, the
    last one first. `chain` counts the unfinished jobs of its product before it, the first of which is `behind`.
    `rests` are of the last ones of its action from the task that it has come to, the last one first; `task_began_at` is
    since when that task is under way. `again_s` is after how long it is tried once more where its
    next try fails as the last one did, since the marketplace does not answer; None where it does. `away_tries` is how
    often it did not.
    `paced_in_s` is after how long the next paced call of its action is due, None where it has made its own; of the
    begun ones of its action `paced_before` make theirs before it.
    `pace_s` are the seconds between two paced calls, by action; `cap` how many calls may be under way.
    """

    now: datetime
    action: str
    started_at: datetime | None = None
    before: int = 0
    counted: int = 0
    mix: Mapping[str, int] = field(default_factory=dict[str, int])
    begun: Sequence[Past] = ()
    lately: Sequence[Past] = ()
    rests: Sequence[Rest] = ()
    task_began_at: datetime | None = None
    again_s: float | None = None
    away_tries: int = 0
    paced_in_s: float | None = None
    paced_before: int = 0
    chain: int = 0
    behind: JobId | None = None
    pace_s: Mapping[str, float] = field(default_factory=dict[str, float])
    cap: int = 1
