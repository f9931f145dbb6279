"""Memory that is freed goes back to the system, which glibc leaves to chance."""

import ctypes
from contextlib import suppress
from typing import Final

# Of glibc's malloc.h. By itself it keeps up to eight pools a core, so that threads do not wait for one another, which
# Python's never do; and whoever frees a large piece once raises both thresholds to it, up to 32 MiB, for ever.
M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8

POOLS: Final = 2
LARGE: Final = 128 * 1024  # bytes: glibc's own to begin with


def give_back_what_is_freed() -> None:
    """Let this process hold no more than it uses, before its threads begin. Nothing where the C library is another."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in ((M_ARENA_MAX, POOLS), (M_MMAP_THRESHOLD, LARGE), (M_TRIM_THRESHOLD, LARGE)):
            mallopt(option, value)
