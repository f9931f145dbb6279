"""What keys do to the view of `stoflow top`: plain values, so that nothing here knows a terminal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

BACKSPACE = frozenset({"\x7f", "\x08"})
ENTER = frozenset({"\r", "\n"})
DIGITS = frozenset("0123456789")
ESCAPE = "\x1b"


class Asks(StrEnum):
    """What is being typed."""

    FILTER = "filter"
    JOB = "job"


LONGEST: Mapping[Asks, int] = {Asks.FILTER: 60, Asks.JOB: 10}


@dataclass(frozen=True, slots=True)
class View:
    """How it is looked at. `typed` belongs to what it `asks`; `job` is the number of the one that is looked at, if any,
    and `explained` what was said of it, or `trouble` why nothing was."""

    paused: bool = False
    filter: str = ""
    asks: Asks | None = None
    typed: str = ""
    job: int | None = None
    explained: Mapping[str, Any] | None = None
    trouble: str = ""
    over: bool = False

    @property
    def prompt(self) -> str:
        """What the last line says."""
        if self.asks is Asks.FILTER:
            return f"show only (marketplace, tenant, hold, kind of process): {self.typed}_"
        if self.asks is Asks.JOB:
            return f"job number: {self.typed}_"
        pausing = "space: go on" if self.paused else "space: pause"
        closing = "esc: close the job   " if self.job is not None else "esc: show all   " if self.filter else ""
        return f"q: quit   {pausing}   f: filter   j: a job   {closing}".rstrip()


def _closed(view: View) -> View:
    return replace(view, filter="") if view.job is None else replace(view, job=None, explained=None, trouble="")


COMMANDS: Mapping[str, Callable[[View], View]] = {
    "q": lambda view: replace(view, over=True),
    " ": lambda view: replace(view, paused=not view.paused),
    "f": lambda view: replace(view, asks=Asks.FILTER, typed=view.filter),
    "j": lambda view: replace(view, asks=Asks.JOB, typed=""),
    ESCAPE: _closed,
}


def press(view: View, key: str) -> View:
    """Return the view after a key."""
    if view.asks is not None:
        return _typing(view, view.asks, key)
    return COMMANDS[key](view) if key in COMMANDS else view


def _typing(view: View, asked: Asks, key: str) -> View:
    if key == ESCAPE:
        return replace(view, asks=None, typed="")
    if key in BACKSPACE:
        return replace(view, typed=view.typed[:-1])
    if key in ENTER:
        return _entered(replace(view, asks=None, typed=""), asked, view.typed.strip())
    is_taken = key.isprintable() if asked is Asks.FILTER else key in DIGITS
    return replace(view, typed=view.typed + key) if is_taken and len(view.typed) < LONGEST[asked] else view


def _entered(view: View, asked: Asks, text: str) -> View:
    if asked is Asks.FILTER:
        return replace(view, filter=text)
    return replace(view, job=int(text), explained=None, trouble="") if text else view
