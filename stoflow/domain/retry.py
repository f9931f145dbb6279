"""When a failed task is tried again."""

from random import Random

BASE_S = 1.0
CAP_S = 60.0
DEATHS_UNTIL_QUARANTINE = 3


def backoff_s(failures: int, random: Random) -> float:
    """Return a delay in seconds: full jitter below 1 s × 2ⁿ, at most 60 s."""
    return random.uniform(0, min(CAP_S, BASE_S * 2 ** max(0, failures - 1)))
