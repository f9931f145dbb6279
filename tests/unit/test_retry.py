"""How long is waited before a task is tried again, or looked for."""

from collections.abc import Callable
from random import Random

import pytest

from stoflow.domain.retry import backoff_s, blind_look_s, outage_backoff_s


@pytest.mark.parametrize(
    ("wait_s", "number", "least", "most"),
    [
        (backoff_s, 1, 0.0, 1.0),
        (backoff_s, 4, 0.0, 8.0),
        (backoff_s, 30, 0.0, 60.0),
        (outage_backoff_s, 1, 0.5, 1.0),
        (outage_backoff_s, 60, 150.0, 300.0),
        (blind_look_s, 2, 2.5, 5.0),
        (blind_look_s, 4, 10.0, 20.0),
        (blind_look_s, 900, 150.0, 300.0),
        (blind_look_s, 100_000, 150.0, 300.0),
    ],
)
def test_a_wait_grows_with_what_came_before_and_has_an_end(
    wait_s: Callable[[int, Random], float], number: int, least: float, most: float
) -> None:
    random = Random(1)
    waits = [wait_s(number, random) for _ in range(50)]
    assert all(least <= wait <= most for wait in waits)
    assert max(waits) - min(waits) > (most - least) / 2
