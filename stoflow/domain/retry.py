"""When a failed task is tried again."""

from random import Random

BASE_S = 1.0
CAP_S = 60.0
DEATHS_UNTIL_QUARANTINE = 3
OUTAGE_CAP_S = 300.0
BLIND_LOOK_S = 5.0
BLIND_DOUBLINGS_AT_MOST = 10
LOOKS_AFTER_CANCEL = 3
"""So many looks that cannot tell end a job that is to be cancelled: what was done stays unknown."""
LONGEST_LOOK_AFTER_CANCEL_S = 2 * OUTAGE_CAP_S
"""Whoever cancelled waits for no look that is further off, nor for one that nobody has made for as long."""
PATIENCE_AFTER_CANCEL_S = 60.0
"""Whoever cancelled waits so long for what may pass by itself: no worker, only older ones, StoFlow refused."""
OUTAGE_TRIES = 100
OUTAGE_S = 6 * 3600.0
"""An outage charges a task only after so many attempts and so long after its first: attempts alone say little where
tasks are handed back for other reasons too, and time alone little where a task has waited for its seller."""


def backoff_s(failures: int, random: Random) -> float:
    """Return a delay in seconds: full jitter below 1 s × 2ⁿ, at most 60 s."""
    return random.uniform(0, min(CAP_S, BASE_S * 2 ** max(0, failures - 1)))


def outage_backoff_s(attempts: int, random: Random) -> float:
    """Return a delay in seconds while a marketplace is away: at most five minutes, half of it jitter."""
    longest_s = min(OUTAGE_CAP_S, BASE_S * 2 ** max(0, attempts - 1))
    return random.uniform(longest_s / 2, longest_s)


def usual_outage_backoff_s(attempts: int) -> float:
    """Return what `outage_backoff_s` is on the average."""
    return 0.75 * min(OUTAGE_CAP_S, BASE_S * 2 ** min(OUTAGE_TRIES, max(0, attempts - 1)))


def blind_look_s(attempts: int, random: Random) -> float:
    """Return a delay in seconds after a look that could not be made: from 5 s to five minutes, half of it jitter.

    `attempts` counts those at the task, of which the first was the act itself.
    """
    longest_s = min(OUTAGE_CAP_S, BLIND_LOOK_S * 2 ** min(BLIND_DOUBLINGS_AT_MOST, max(0, attempts - 2)))
    return random.uniform(longest_s / 2, longest_s)
