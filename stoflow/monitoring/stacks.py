"""What every thread is doing now, on request."""

import faulthandler
import signal
import sys


def dump_stacks_on_signal() -> None:
    """Write the stack of every thread to standard error when the process receives SIGUSR1."""
    if sys.__stderr__ is not None:
        faulthandler.register(signal.SIGUSR1, file=sys.__stderr__, all_threads=True)
