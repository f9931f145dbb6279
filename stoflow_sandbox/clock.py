"""The time at which a sandbox lives: its marketplaces, what they grant and keep, and its ledger go by one clock."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Tells what time it is, in epoch seconds."""
MACHINE_CLOCK: Clock = time.time
