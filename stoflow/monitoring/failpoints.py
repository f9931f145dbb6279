"""Named places where a test or a campaign can make the process die, fail or wait.

A failpoint stands before and after each durable write, outside call and message. Disarmed it costs a function call.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

LOG_VARIABLE = "STOFLOW_FAILPOINT_LOG"
EVERY_NAME = "*"
SYNTAX = "name=kill, name=raise, name=note or name=delay:SECONDS, each with @N for the Nth passing only"

Action = Callable[[], None]


class FailpointError(Exception):
    """Raised by a failpoint that was told to raise."""


@dataclass(frozen=True, slots=True)
class _Armed:
    action: Action
    only_passing: int | None  # None: at every passing


_armed: dict[str, _Armed] = {}
_passings: Counter[str] = Counter()
_fired: Counter[str] = Counter()
_lock = Lock()


def failpoint(name: str) -> None:
    """Do what was armed under this name, or nothing."""
    if _armed:
        _pass(name)


def arm(name: str, action: Action, *, only_passing: int | None = None) -> None:
    """Let `action` happen where `name` is passed: every time, or only the Nth. `*` stands for every name."""
    with _lock:
        _armed[name] = _Armed(action, only_passing)


def arm_text(text: str) -> None:
    """Arm what a setting says: `claim.after=kill@3, settle.before=delay:2`. Raise ValueError for anything else."""
    orders = [_order(part.strip()) for part in text.split(",") if part.strip()]
    for name, action, only_passing in orders:
        arm(name, action, only_passing=only_passing)


def disarm() -> None:
    """Forget everything armed and counted."""
    with _lock:
        _armed.clear()
        _passings.clear()
        _fired.clear()


def fired() -> Mapping[str, int]:
    """Return how often each armed failpoint acted in this process."""
    with _lock:
        return dict(_fired)


def _pass(name: str) -> None:
    with _lock:
        armed = _armed.get(name) or _armed.get(EVERY_NAME)
        if armed is None:
            return
        _passings[name] += 1
        if armed.only_passing not in {None, _passings[name]}:
            return
        _fired[name] += 1
    _append_to_log(name)
    armed.action()


def _append_to_log(name: str) -> None:
    """Write before acting, since the act may be the end of this process."""
    if path := os.environ.get(LOG_VARIABLE):
        with Path(path).open("a", encoding="utf-8") as log:
            log.write(f"{name}\n")


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise() -> None:
    message = "A failpoint was told to raise here."
    raise FailpointError(message)


def _note() -> None:
    """Only to be counted."""


ACTIONS: Mapping[str, Action] = {"kill": _kill, "raise": _raise, "note": _note}


def _order(part: str) -> tuple[str, Action, int | None]:
    name, equals, rest = part.partition("=")
    what, at, passing = rest.partition("@")
    kind, colon, seconds = what.partition(":")
    try:
        only_passing = int(passing) if at else None
        action = partial(time.sleep, float(seconds)) if kind == "delay" and colon else ACTIONS[what]
    except (KeyError, ValueError):
        action, only_passing = _note, 0
    if not name or not equals or only_passing == 0:
        message = f"{part!r} is not a failpoint; it should look like {SYNTAX}."
        raise ValueError(message)
    return name, action, only_passing
