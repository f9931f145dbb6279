"""The port of an api, before it is served."""

import socket
from contextlib import ExitStack

from stoflow.http.listening import listen


def test_whoever_is_let_in_is_sent_small_pieces_at_once() -> None:
    """asyncio sees to that for some sockets only, and then the body of an answer comes 40 ms after its headers."""
    with ExitStack() as opened:
        (listening,) = (opened.enter_context(each) for each in listen("127.0.0.1", 0))
        opened.enter_context(socket.create_connection(listening.getsockname()))
        let_in = opened.enter_context(listening.accept()[0])
        assert let_in.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
