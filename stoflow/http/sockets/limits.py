"""How much a socket, and all sockets of a tenant together, may ask of us."""

from dataclasses import dataclass
from typing import Final

MAX_FRAME_BYTES: Final = 256 * 1024  # the same in the web server (ws_max_size)
MAX_HELLO_CHARACTERS: Final = 8 * 1024  # a token has half of it at most
COUNTED_CHARACTERS: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """Rates are frames a second with a burst on top; who is faster is read more slowly, and nothing is lost.

    A frame counts once more for each 16 Ki characters that it has. `unknown_sockets` are those of all clients that are
    open and have not said who they are, `address_unknown` those of one address.
    """

    frame_bytes: int = MAX_FRAME_BYTES
    frames_per_s: float = 50.0
    frames_burst: int = 200
    tenant_frames_per_s: float = 200.0
    tenant_frames_burst: int = 800
    sockets_per_tenant: int = 50
    unknown_sockets: int = 500
    address_unknown: int = 50


@dataclass(frozen=True, slots=True)
class SocketTimes:
    """All in seconds. A plugin's commands are read again every `poll_s`, also when every hint is lost."""

    connect_s: float = 10.0
    token_grace_s: float = 60.0
    send_s: float = 10.0
    poll_s: float = 2.0
