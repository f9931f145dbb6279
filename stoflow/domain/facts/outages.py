"""What did not answer, or said no, and since when it does again."""

from dataclasses import dataclass

from stoflow.domain.errors import DatabaseError, DatabaseRefused
from stoflow.domain.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class MarketplaceOutageBegan(Fact):
    """Met by this process at an attempt of that job."""

    marketplace: str
    reason: str
    tenant: int
    job: int
    task: str
    request_id: str


@dataclass(frozen=True, slots=True)
class MarketplaceOutageEnded(Fact):
    marketplace: str
    lasted_s: float
    tenant: int
    job: int
    task: str
    request_id: str


@dataclass(frozen=True, slots=True)
class ServerOutageBegan(Fact):
    """`advice` is the reason without where the server is: not everybody is to know that."""

    server: str
    reason: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class ServerOutageEnded(Fact):
    server: str
    lasted_s: float


@dataclass(frozen=True, slots=True)
class RedisAway(Fact):
    doing: str
    error: str


@dataclass(frozen=True, slots=True)
class DatabaseAway(Fact):
    doing: str
    error: str


@dataclass(frozen=True, slots=True)
class StatementRefused(Fact):
    doing: str
    error: str


def database_failure(doing: str, error: DatabaseError) -> Fact:
    """Return what happened to whoever was doing this: PostgreSQL was away, or it said no."""
    kind = StatementRefused if isinstance(error, DatabaseRefused) else DatabaseAway
    return kind(doing, str(error))
