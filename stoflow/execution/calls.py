"""The calls that this process makes, noted one by one, to be written a moment later: no attempt waits for it."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from stoflow.domain.call import Request
from stoflow.domain.foreign import storable_text
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.masking import MASK, is_secret
from stoflow.storage.engine.calls import CallView
from stoflow.storage.engine.reads.workers import StoredJob

NOTED: Final = 20_000
"""Calls that wait to be written: where PostgreSQL is away for longer, the oldest are not kept."""
LONGEST_PATH: Final = 250
LONGEST_ERROR: Final = 120
LONGEST_TASK: Final = 60
LONGEST_WORD: Final = 10
Noted = tuple[TenantId, JobId, CallView]


class Attempted(Protocol):
    """The attempt that makes a call."""

    @property
    def job(self) -> StoredJob: ...

    @property
    def name(self) -> str: ...

    @property
    def purpose(self) -> str: ...

    @property
    def number(self) -> int: ...


class CallNotes:
    """Any thread may note; what is noted and never kept costs no more than its room."""

    def __init__(self) -> None:
        self._noted: deque[Noted] = deque(maxlen=NOTED)

    def begin(self, attempt: Attempted, request: Request) -> Callable[..., None]:
        """Return what notes a call that begins now, once it has ended: by its status, or None and why there is none."""
        at, begun_s = datetime.now(UTC), time.monotonic()

        def ended(code: int | None, error: str = "") -> None:
            call = CallView(
                at=at,
                task=attempt.name[:LONGEST_TASK],
                purpose=attempt.purpose,
                attempt=attempt.number,
                method=request.method[:LONGEST_WORD],
                path=shown_path(request),
                code=code,
                error=storable_text(error)[:LONGEST_ERROR] or None,
                took_ms=round((time.monotonic() - begun_s) * 1000),
            )
            self._noted.append((attempt.job.tenant, attempt.job.id, call))

        return ended

    def take(self) -> Sequence[Noted]:
        """Return what was noted since it was taken last."""
        taken: list[Noted] = []
        while self._noted:
            taken.append(self._noted.popleft())
        return taken

    def give_back(self, calls: Sequence[Noted]) -> None:
        """Note again what could not be written, as the oldest."""
        room = NOTED - len(self._noted)
        self._noted.extendleft(reversed(calls[-room:] if room > 0 else ()))


def shown_path(request: Request) -> str:
    """Return where a call went, without what must not be shown: values of secrets, and whatever is too long."""
    pairs = (f"{name}={MASK if is_secret(name) else value}" for name, value in request.query.items())
    asked = "&".join(pairs)
    whole = f"/{request.path.lstrip('/')}{'?' if asked else ''}{asked}"
    return storable_text(whole if len(whole) <= LONGEST_PATH else f"{whole[: LONGEST_PATH - 1]}…")
