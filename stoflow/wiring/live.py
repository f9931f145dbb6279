"""How a process shows what it knows: its board, and the thread that writes it to Redis."""

import os
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from stoflow.domain.ids import ProcessId
from stoflow.monitoring.live.board import Board
from stoflow.monitoring.live.keys import LiveKeys
from stoflow.monitoring.live.memory import resident_bytes
from stoflow.monitoring.live.publisher import Publisher
from stoflow.storage.engine.processes import release
from stoflow.transports.hints import quick_client
from stoflow.wiring.installation import Installation


def make_board(
    installation: Installation,
    kind: str,
    process: Callable[[], ProcessId] | None = None,
    *,
    serves: Sequence[str] = (),
    threads: int = 0,
) -> Board:
    """Return the board of this process; `process` gives its identity, where somebody else does not name it later."""
    started_at = datetime.now(UTC).timestamp()
    board = Board(kind)
    if process is not None:
        board.process["process"] = process
    board.process |= {
        "host": socket.gethostname,
        "pid": os.getpid,
        "release": release,
        "started_at": lambda: started_at,
        "serves": lambda: list(serves),
        "threads": lambda: threads,
        "memory": resident_bytes,
        "pools": installation.database.pool_numbers,
    }
    return board


def make_publisher(installation: Installation, board: Board) -> Publisher:
    return Publisher(quick_client(installation.urls.redis_url), live_keys(installation), board)


def live_keys(installation: Installation) -> LiveKeys:
    return LiveKeys(installation.names().namespace)
