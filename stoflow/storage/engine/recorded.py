"""What the engine's writes answer: whether a claim or a close was granted, and what a settle did."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, LiteralString, Self

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from stoflow.domain.ids import TaskId, TenantId
from stoflow.domain.outcome import FieldError, Listed
from stoflow.storage.engine.statement import Statement, bind


@dataclass(frozen=True, slots=True)
class Granted:
    """Whether a claim or a close came about; `settled` is false where the attempt before it was fenced."""

    granted: bool = False
    settled: bool = True

    @classmethod
    def of(cls, row: DictRow | None) -> Self:
        return cls(**row or {})


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a settle did that was not fenced.

    `cancelled`: a cancel waits, and nothing is visible to buyers. `failed`: the job has failed, `kind` says how where
    that was not known before. `external_id` is the listing that is recorded now, "" where one ended and None where
    that is no matter of this settle. `named` are things of the output that are named one by one.
    """

    cancelled: bool = False
    failed: bool = False
    kind: str | None = None
    external_id: str | None = None
    named: Mapping[str, Sequence[Mapping[str, Any]]] | None = None

    @classmethod
    def of(cls, row: DictRow | None) -> Self | None:
        return cls(**row) if row else None


def settling(
    template: LiteralString, tenant: TenantId, task: TaskId, claims: int, **params: Any
) -> Statement[Recorded | None]:
    """Return the settle of one attempt, which answers None where it is fenced."""
    return bind(template, tenant, task=task, claims=claims, **params).answering(Recorded.of)


def because(reason: str) -> Mapping[str, Any]:
    """Return the reason as what a settle writes to the task, and to the timeline."""
    return {"reason": reason, "detail": Jsonb({"reason": reason})}


def fields_json(errors: Sequence[FieldError]) -> Jsonb | None:
    return Jsonb([_reason(error) for error in errors]) if errors else None


def _reason(error: FieldError) -> Mapping[str, str]:
    told = {"field": error.field, "message": error.message}
    return {**told, "code": error.code} if error.code else told


def photos_json(listed: Listed) -> Jsonb | None:
    return Jsonb([astuple(photo) for photo in listed.photos]) if listed.photos is not None else None
