"""How much a socket, and all sockets of a tenant together, may ask of us."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MAX_FRAME_BYTES: Final = 256 * 1024  # the same in the web server (ws_max_size)


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Rates are frames a second with a burst on top; who is faster is read more slowly, and nothing is lost."""

    frame_bytes: int = MAX_FRAME_BYTES
    frames_per_s: float = 50.0
    frames_burst: int = 200
    tenant_frames_per_s: float = 200.0
    tenant_frames_burst: int = 800
    sockets_per_tenant: int = 50
    unknown_sockets: int = 500  # open but not authenticated yet, all clients together


@dataclass(frozen=True, slots=True)
class SocketTimes:
    """All in seconds. A plugin's commands are read again every `poll_s`, also when every hint is lost."""

    connect_s: float = 10.0
    token_grace_s: float = 60.0
    send_s: float = 10.0
    poll_s: float = 2.0


class Bucket:
    """A rate with a burst; `clock` counts seconds."""

    def __init__(self, *, per_s: float, burst: int, clock: Callable[[], float]) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._level = float(burst)
        self._filled_at = clock()

    def take(self) -> float:
        """Take one and return how many seconds to wait before using it: 0 within the rate."""
        now = self._clock()
        self._level = min(self._burst, self._level + (now - self._filled_at) * self._per_s) - 1
        self._filled_at = now
        return max(0.0, -self._level / self._per_s)
