"""What the orchestrator asks a worker to run, and what the worker reports back: the two hints between them."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any, Self, get_type_hints

from stoflow.domain.errors import InputError
from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId

LONGEST_S = 366 * 24 * 3600.0


class RunMode(StrEnum):
    ACT = "act"  # run tasks from the first one on
    LOOK = "look"  # find out what became of an attempt whose answer was lost
    COLLECT = "collect"  # delete an orphan draft; `job` is then the orphan's job and `task` the orphan's id


class NextMove(StrEnum):
    """What the job waits for when a run has ended."""

    NOTHING = "nothing"  # final
    RUN = "run"  # the next task, after `delay_s`
    PACE = "pace"  # the next task is paced and this run had no permit for it
    LOOK = "look"  # a look, after `delay_s`
    PLUGIN = "plugin"  # an answer from the seller's plugin, or its deadline after `delay_s`
    SELLER = "seller"  # the seller, or what else holds all that is for the marketplace
    RELOAD = "reload"  # somebody else changed it: read it again


@dataclass(frozen=True, slots=True)
class _Hint:
    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _fields_of(type(self))}  # asdict would copy each value deeply

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Return the hint in `value`, or raise InputError: Redis may hold anything.

        A newer release may say more, which is left out, and an older one less, where a field has a default.
        """
        hints = _fields_of(cls)
        if not isinstance(value, Mapping) or not value.keys() >= _needed(cls):  # pyright: ignore[reportUnknownMemberType]
            raise InputError(f"A {cls.__name__} has the fields {', '.join(hints)}.")
        try:
            return cls(**{name: _convert(kind, value[name]) for name, kind in hints.items() if name in value})
        except (TypeError, ValueError) as error:
            raise InputError(f"A {cls.__name__} holds a value that does not fit: {error}") from error


@cache
def _fields_of(kind: type[_Hint]) -> Mapping[str, Any]:
    return get_type_hints(kind)


@cache
def _needed(kind: type[_Hint]) -> frozenset[str]:
    return frozenset(each.name for each in fields(kind) if each.default is MISSING)


def _convert(kind: Any, value: Any) -> Any:
    kind = getattr(kind, "__supertype__", kind)
    if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return _seconds(float(value))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    if not isinstance(value, kind) or (kind is int and (isinstance(value, bool) or not 0 <= value < 2**63)):
        raise ValueError(f"{value!r} is not a {kind.__name__}")
    return value


def _seconds(value: float) -> float:
    if not abs(value) <= LONGEST_S:  # not a number is not, either
        raise ValueError(f"{value!r} is no number of seconds to wait")
    return value


@dataclass(frozen=True, slots=True)
class RunMessage(_Hint):
    """`claims` is the first task's counter, the fence; `owner` is where the report goes; `permit` allows the
    paced task; `stepwise` claims inner tasks one by one, to find one that kills its worker; `on_product` and `folded`
    may be wrong: they save reading a product, or tasks in rows, where there are none; `traceparent` names the job's
    trace, and the permit in it."""

    tenant: TenantId
    job: JobId
    task: TaskId
    claims: int
    epoch: Epoch
    owner: ProcessId
    mode: RunMode
    permit: bool
    stepwise: bool
    on_product: bool = True
    folded: bool = False
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class RunReport(_Hint):
    """`mode` is the run's own; for COLLECT `task` is the orphan's id."""

    tenant: TenantId
    job: JobId
    marketplace: str
    mode: RunMode
    move: NextMove
    task: TaskId  # the next one; 0 where there is none
    claims: int
    delay_s: float
