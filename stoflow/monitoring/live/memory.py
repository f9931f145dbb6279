"""How much memory this process has."""

import resource
import sys
from pathlib import Path
from typing import Final

STATM: Final = Path("/proc/self/statm")
PAGE_BYTES: Final = resource.getpagesize()


def resident_bytes() -> int:
    """Return what is resident now; where the system does not say that, the most that ever was."""
    try:
        return int(STATM.read_text(encoding="ascii").split()[1]) * PAGE_BYTES
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
