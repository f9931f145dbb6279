"""What happened to our own processes and their threads."""

from dataclasses import dataclass

from stoflow.domain.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class ProcessStarted(Fact):
    kind: str
    process: int


@dataclass(frozen=True, slots=True)
class ProcessStopped(Fact):
    kind: str
    process: int


@dataclass(frozen=True, slots=True)
class ProcessDied(Fact):
    kind: str
    process: int
    detail: str


@dataclass(frozen=True, slots=True)
class ThreadsGone(Fact):
    kind: str
    threads: str


@dataclass(frozen=True, slots=True)
class LeaseLost(Fact):
    kind: str
    process: int


@dataclass(frozen=True, slots=True)
class ServersKeptAgain(Fact):
    """The process that ran the embedded servers was gone, and they with it."""


@dataclass(frozen=True, slots=True)
class Stumbled(Fact):
    """A thread that must go on met what nobody foresaw."""

    doing: str
    error: str


@dataclass(frozen=True, slots=True)
class RoleTooStrong(Fact):
    """StoFlow's role in PostgreSQL is a superuser: a fault of ours could then do more than harm StoFlow."""
