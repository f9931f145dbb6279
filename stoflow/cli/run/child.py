"""`python -m stoflow.cli.run.child …`: a command that ends with the process that started it, however that one ended.

With `fork-server` it is the process that such commands are forked from.
"""

import os
import signal
import socket
import sys
from collections.abc import Sequence
from importlib import import_module
from threading import Event, Thread

from stoflow.cli.main import stoflow
from stoflow.cli.run.forking import FORK_SERVER

GRACE_S = 30.0  # as long as a drain may take


def main() -> None:
    pipe, arguments = _taken_input(), sys.argv[1:]
    if arguments[:1] == [FORK_SERVER]:
        fork_server = import_module("stoflow.cli.run.fork_server")  # no other command pays for it
        fork_server.serve(socket.socket(fileno=pipe), arguments[1:], run_command)
    else:
        run_command(arguments, pipe)


def run_command(arguments: Sequence[str], pipe: int) -> None:
    """Run a command for as long as the pipe is open, whose other end only the parent holds."""
    Thread(target=_end_with, args=(pipe,), name="parent", daemon=True).start()
    stoflow(args=list(arguments), prog_name="stoflow")


def _taken_input() -> int:
    """Take what standard input is, and leave an empty one in its place."""
    taken = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return taken


def _end_with(pipe: int) -> None:
    """Wait until the pipe closes, which the kernel sees to even after a kill -9, then drain, then go."""
    while os.read(pipe, 1):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
    Event().wait(GRACE_S)
    os.killpg(0, signal.SIGKILL)  # a group began with this process, so its own children go too


if __name__ == "__main__":
    main()
