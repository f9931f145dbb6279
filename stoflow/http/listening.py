"""The port of an api: taken before anything is started, by whoever serves it or by who starts several that do."""

import socket
from typing import Final

from stoflow.domain.errors import ConfigurationError

DRAIN_S: Final = 20  # what is under way may take so long to end
WAITING_CONNECTIONS: Final = 2048  # as uvicorn's own


def listen(host: str, port: int) -> list[socket.socket]:
    """Take the port at every address of a host, before anything is started; raise ConfigurationError."""
    taken: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((family, address[0]) for family, _, _, _, address in found):
            here = taken[0].getsockname()[1] if taken else port
            taken.append(socket.create_server((address, here), family=family, backlog=WAITING_CONNECTIONS))
            # Handed on to whoever is let in. asyncio sets it for sockets that were made as TCP's in so many words only,
            # and without it a body waits for the receipt of its headers: 40 ms of an answer.
            taken[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        for each in taken:
            each.close()
        reason = (error.strerror or str(error)).lower()
        message = f"Nothing can listen on {host}:{port}, {reason}: name another STOFLOW_HOST or STOFLOW_PORT."
        raise ConfigurationError(message) from error
    return taken
