"""The process that our commands are forked from: it has loaded what all of them need, which they share with it.

It has no thread and keeps nothing: whoever asks gets each child as a child of its own.
"""

import json
import os
import socket
from collections.abc import Sequence

from setproctitle import setproctitle

from stoflow.cli.run.fork import Become, Request, fork_child
from stoflow.cli.run.forking import FORK_SERVER, load_for_all

CHUNK = 65536
MOST_FILES = 16  # a pipe, a log, and the sockets of a port at each address of a host


def serve(door: socket.socket, loads: Sequence[str], become: Become) -> None:
    """Fork whoever is asked for, until the one who asks is gone."""
    setproctitle(f"stoflow {FORK_SERVER}")
    load_for_all(loads)
    while request := _receive(door):
        pid = fork_child(request, become)
        for file in request.files:
            os.close(file)
        door.sendall(pid + b"\n")


def _receive(door: socket.socket) -> Request | None:
    said, files, _, _ = socket.recv_fds(door, CHUNK, MOST_FILES)
    while not said.endswith(b"\n"):
        more = door.recv(CHUNK)
        if not more:
            return None
        said += more
    return Request(**json.loads(said), files=files)
