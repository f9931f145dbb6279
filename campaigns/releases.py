"""Which processes are of the older release while one takes the other's place, and what was done by those alone."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from stoflow.cli.simulate.demo_summary import JobOutcome

BY_OLDER, UNDER_OLDER, MIXED = "done by older workers", "done under older orchestrators", "done by either release"


@dataclass(slots=True)
class Releases:
    """Every change with its time, and whether the process is of the older release from then on.

    A process counts as newer from when it is asked to go until another older one has come.
    """

    changes: list[tuple[float, str, bool]] = field(default_factory=list[tuple[float, str, bool]])

    def note(self, name: str, *, is_older: bool) -> None:
        self.changes.append((time.time(), name, is_older))

    @contextmanager
    def changing(self, name: str, *, to_older: bool) -> Iterator[None]:
        """Note a change that goes on meanwhile."""
        if not to_older:
            self.note(name, is_older=False)
        yield
        if to_older:
            self.note(name, is_older=True)

    def stories(self, outcomes: Sequence[JobOutcome]) -> Mapping[str, int]:
        """Count the completed jobs by whose processes ran from their begin to their end."""
        spans = [span for outcome in outcomes if (span := _span(outcome)) is not None]
        mixed = [span for span in spans if not self._only("worker", *span, older=True)]
        return {
            BY_OLDER: len(spans) - len(mixed),
            UNDER_OLDER: sum(self._only("orchestrator", *span, older=True) for span in spans),
            MIXED: sum(not self._only("worker", *span, older=False) for span in mixed),
        }

    def _only(self, kind: str, begun: float, ended: float, *, older: bool) -> bool:
        """Say whether all processes of this kind were of that release from `begun` to `ended`."""
        at_begin: dict[str, bool] = {}
        for at, name, is_older in self.changes:
            if name.partition("-")[0] != kind:
                continue
            if at <= begun:
                at_begin[name] = is_older
            elif at < ended and is_older != older:
                return False
        return all(is_older == older for is_older in at_begin.values())


def _span(outcome: JobOutcome) -> tuple[float, float] | None:
    job = outcome.job
    if job["status"] != "completed" or not job["started_at"]:
        return None
    return _seconds(job["started_at"]), _seconds(job["completed_at"])


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
