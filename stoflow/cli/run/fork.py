"""One child: forked from a process that has no thread, of which it keeps what was loaded and nothing else."""

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import current_process, get_context
from pathlib import Path
from typing import NoReturn

from setproctitle import setproctitle

from stoflow.cli.run.forking import INHERITED, LAST_STANDARD

LONGEST_PID = 16
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


def fork_child(request: Request, become: Become) -> bytes:
    """Return the pid of a new child, once it is nobody's but the one's who asked; nothing where there is none.

    The kernel gives it to the next "subreaper" from here upwards.
    """
    told, tell = os.pipe()
    with os.fdopen(told, "rb") as pipe:
        try:
            if not (between := os.fork()):
                _hand_on(request, tell, become)
        finally:
            os.close(tell)
        os.waitpid(between, 0)
        return pipe.read(LONGEST_PID)


def keep_only(*kept: int) -> None:
    """Close all that this process opened before it was forked, locks among it: they are the parent's."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number in [int(file.name) for file in Path("/proc/self/fd").iterdir()]:
        if number > LAST_STANDARD and number not in kept:
            with suppress(OSError):
                os.close(number)


def _hand_on(request: Request, tell: int, become: Become) -> NoReturn:
    """Fork the child and end."""
    try:
        keep_only(tell, *request.files)
        get_context("fork").Process(name=MAIN, target=_begin, args=(request, tell, become)).start()
    finally:
        os._exit(0)


def _begin(request: Request, tell: int, become: Become) -> None:
    os.setsid()
    setproctitle(" ".join(["stoflow", *request.arguments]))  # while the environment lies where it is looked for
    for number, handler in ((signal.SIGTERM, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
        signal.signal(number, handler)  # as in a process that began by itself, and not as its parent hears them
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
    become(request.arguments, pipe)
