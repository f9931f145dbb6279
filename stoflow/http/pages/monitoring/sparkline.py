"""A small chart of what ended: a bar for each part of an hour, done below and failed on top."""

from collections.abc import Sequence
from dataclasses import dataclass

from stoflow.monitoring.live.sliding import Ended

WIDTH, HEIGHT = 180, 28  # of its coordinates
LEAST = 1.0  # so high is what is not nothing
GAP = 0.2  # of a bar's room


@dataclass(frozen=True, slots=True)
class Bar:
    """In the chart's own coordinates; `y` counts from the top."""

    kind: str
    x: float
    y: float
    width: float
    height: float


def bars_of(ended: Sequence[Ended]) -> Sequence[Bar]:
    """Return the bars of a chart whose highest one has all of its height."""
    most = max((each.total for each in ended), default=0)
    if not most:
        return ()
    room = WIDTH / len(ended)
    return [bar for at, each in enumerate(ended) for bar in _stacked(each, at * room, room * (1 - GAP), HEIGHT / most)]


def _stacked(ended: Ended, x: float, width: float, scale: float) -> list[Bar]:
    done, failed = (max(LEAST, count * scale) if count else 0.0 for count in (ended.done, ended.failed))
    done = min(done, HEIGHT - failed)
    shapes = (("done", HEIGHT - done, done), ("failed", HEIGHT - done - failed, failed))
    return [
        Bar(kind, round(x, 1), round(y, 1), round(width, 1), round(height, 1)) for kind, y, height in shapes if height
    ]
