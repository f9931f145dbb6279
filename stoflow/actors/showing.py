"""What actors show of their places, read once a second from those that did something."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from stoflow.admission.hold import Hold
from stoflow.domain.ids import TenantId
from stoflow.monitoring.live.board import Board, PlaceKey

PART = "flow"


class Shown(Protocol):
    """What an actor answers of itself at any time, to another thread."""

    @property
    def place(self) -> PlaceKey: ...

    def flow(self) -> Mapping[str, Any]: ...


class Showing:
    """`owns` says whether a tenant is still decided for here, `count` is told whose jobs are to be counted anew."""

    def __init__(self, board: Board, *, owns: Callable[[TenantId], bool], count: Callable[[TenantId], None]) -> None:
        self._board = board
        self._owns = owns
        self._count = count
        self._touched: dict[PlaceKey, Shown] = {}
        self._moved: set[PlaceKey] = set()

    def touched(self, actor: Shown, moved: bool) -> None:  # noqa: FBT001 - as actors call it
        """Note that something may have changed there; called after every message, so it costs next to nothing."""
        self._touched[actor.place] = actor
        if moved:
            self._moved.add(actor.place)
        self._board.stir()

    def arrived(self, tenant: TenantId) -> None:
        """Note that jobs were read, for whichever place."""
        self._count(tenant)

    def write(self) -> None:
        """Bring the board up to date."""
        while self._touched:  # one by one: others add meanwhile
            (tenant, marketplace), actor = self._touched.popitem()
            self._board.show((tenant, marketplace), PART, actor.flow())
        while self._moved:
            self._count(TenantId(self._moved.pop()[0]))
        for place in self._board.places():
            if not self._owns(TenantId(place[0])):
                self._board.hide(place)


def nobody_looks() -> Showing:
    """Return one whose board nobody reads."""
    return Showing(Board("none"), owns=lambda _: True, count=lambda _: None)


def flow_of(holds: tuple[Hold, ...], *, in_flight: int, cap: int, pace_in_s: Mapping[str, float]) -> Mapping[str, Any]:
    """Return what is shown of a place; times are seconds since the epoch, whole ones, so that none changes idly."""
    now_s = datetime.now(UTC).timestamp()
    return {
        "in_flight": in_flight,
        "cap": cap,
        "holds": [
            {"kind": hold.kind, "until": hold.until.timestamp() if hold.until else None, "release": hold.release}
            for hold in holds
        ],
        "pace": {action: round(now_s + wait_s) for action, wait_s in pace_in_s.items()},
    }
