"""The process that our commands are forked from: it has loaded what all of them need, which they share with it.

It has no thread and keeps nothing: whoever asks gets each child as a child of its own.
"""

import gc
import json
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import current_process, get_context
from typing import NoReturn

from setproctitle import setproctitle

from stoflow.cli.run.forking import FORK_SERVER, INHERITED

CHUNK = 65536
LONGEST_PID = 16
MOST_FILES = 16  # a pipe, a log, and the sockets of a port at each address of a host
MAIN = current_process().name  # in the lines of logs

Become = Callable[[Sequence[str], int], None]
"""Runs a command with these arguments for as long as the pipe is open."""


@dataclass(frozen=True, slots=True)
class Request:
    """A child that is asked for: what it runs, and its end of the pipe with, where it has one, its log.

    So many of the files at the end, `inherited`, are sockets that it is to have, and to be told of.
    """

    arguments: Sequence[str]
    environment: dict[str, str]
    inherited: int
    files: Sequence[int]


def serve(door: socket.socket, loads: Sequence[str], become: Become) -> None:
    """Fork whoever is asked for, until the one who asks is gone."""
    setproctitle(f"stoflow {FORK_SERVER}")
    for name in loads:
        import_module(name)
    gc.collect()
    gc.freeze()  # the collector writes on what it looks at, and what is written on is shared no more
    while request := _receive(door):
        door.sendall(_fork(request, door, become) + b"\n")


def _receive(door: socket.socket) -> Request | None:
    said, files, _, _ = socket.recv_fds(door, CHUNK, MOST_FILES)
    while not said.endswith(b"\n"):
        more = door.recv(CHUNK)
        if not more:
            return None
        said += more
    return Request(**json.loads(said), files=files)


def _fork(request: Request, door: socket.socket, become: Become) -> bytes:
    """Return the pid of a new child, once it is nobody's but the one's who asked; nothing where there is none."""
    told, tell = os.pipe()
    if not (between := os.fork()):
        door.close()
        os.close(told)
        _hand_on(request, tell, become)
    for file in (tell, *request.files):
        os.close(file)
    os.waitpid(between, 0)
    with os.fdopen(told, "rb") as pipe:
        return pipe.read(LONGEST_PID)


def _hand_on(request: Request, tell: int, become: Become) -> NoReturn:
    """Fork the child and end: the kernel gives it to the next "subreaper" above us."""
    try:
        get_context("fork").Process(name=MAIN, target=_begin, args=(request, tell, become)).start()
    finally:
        os._exit(0)


def _begin(request: Request, tell: int, become: Become) -> None:
    os.setsid()
    os.write(tell, str(os.getpid()).encode())
    os.close(tell)
    own = len(request.files) - request.inherited
    (pipe, *log), sockets = request.files[:own], request.files[own:]
    for file in log:
        os.dup2(file, 1)
        os.dup2(file, 2)
        os.close(file)
    os.environ.clear()
    os.environ.update(request.environment)
    if sockets:
        os.environ[INHERITED] = ",".join(map(str, sockets))
    setproctitle(" ".join(["stoflow", *request.arguments]))
    become(request.arguments, pipe)
