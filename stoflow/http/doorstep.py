"""The port as the event loop sees it: few come in at once, and whoever there is no room for costs next to nothing."""

import os
import socket
from collections.abc import Callable, Sequence
from typing import Any, Final

AT_ONCE: Final = 4  # connections, in one turn of the event loop; asyncio takes as many as may wait, 2,048
SENT_AWAY: Final = 64  # in the same turn; each costs a hundredth of one that comes in


class Doorstep(socket.socket):
    """A listening socket whose `accept` looks at the address first.

    asyncio accepts until nobody waits any more, and makes of each connection all that HTTP needs, before anybody
    else has a turn: of one address that comes again and again, everybody else waited for all of it. Here it is told
    that nobody waits when it has had its share, and it asks again in its next turn.
    """

    def __init__(self, fileno: int, has_room: Callable[[str], bool]) -> None:
        super().__init__(fileno=fileno)
        self._has_room = has_room
        self._let_in = self._sent_away = 0

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection that there is room for; raise BlockingIOError where there is none this turn."""
        while self._let_in < AT_ONCE and self._sent_away < SENT_AWAY:
            try:
                connection, address = super().accept()
            except OSError:
                self._let_in = self._sent_away = 0
                raise
            if self._has_room(address[0]):
                self._let_in += 1
                return connection, address
            self._sent_away += 1
            connection.close()
        self._let_in = self._sent_away = 0
        raise BlockingIOError


def doorsteps(listening: Sequence[socket.socket], has_room: Callable[[str], bool]) -> list[socket.socket]:
    """Return what accepts for these sockets, which stay open beside it; `has_room` is asked with each address."""
    return [Doorstep(os.dup(each.fileno()), has_room) for each in listening]
