"""`python -m stoflow.cli.run.child …`: a command that ends with the process that started it, however that one ended."""

import os
import signal
from threading import Event, Thread

from stoflow.cli.main import stoflow

GRACE_S = 30.0  # as long as a drain may take


def main() -> None:
    Thread(target=_end_with, args=(_pipe_from_parent(),), name="parent", daemon=True).start()
    stoflow(prog_name="stoflow")


def _pipe_from_parent() -> int:
    """Take standard input, whose other end only the parent holds, and leave an empty one in its place."""
    pipe = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return pipe


def _end_with(pipe: int) -> None:
    """Wait until the pipe closes, which the kernel sees to even after a kill -9, then drain, then go."""
    while os.read(pipe, 1):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
    Event().wait(GRACE_S)
    os.killpg(0, signal.SIGKILL)  # the supervisor began a group with this process, so its own children go too


if __name__ == "__main__":
    main()
