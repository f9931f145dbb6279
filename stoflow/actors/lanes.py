"""The jobs an actor may permit next: started ones first, then by priority and age, paced ones when it is time."""

import heapq
import time
from collections.abc import Callable

from stoflow.domain.ids import JobId
from stoflow.domain.tempo import PACE_SLACK
from stoflow.storage.engine.queueing import QueuedJob


class Lanes:
    """One lane for jobs that wait for a place only, one per action for those that wait for pace.

    A job may be in it more than once, or no longer be anyone's: `take` is told which are free to go.
    """

    def __init__(self, pace_s: Callable[[str], float], wake: Callable[[float, str], None]) -> None:
        """`pace_s` answers the seconds between paced calls of an action, `wake` is told when its lane moves on."""
        self._pace_s = pace_s
        self._wake = wake
        self._ready: list[tuple[bool, int, JobId]] = []
        self._paced: dict[str, list[tuple[int, JobId]]] = {}
        self._pace_at_s: dict[str, float] = {}
        self._refused: dict[str, JobId] = {}  # by action: whose paced call was not claimed

    def __len__(self) -> int:
        return len(self._ready) + sum(len(lane) for lane in self._paced.values())

    def put(self, job: QueuedJob) -> None:
        if job.paced and not job.verifying and self._pace_s(job.action) > 0:
            heapq.heappush(self._paced.setdefault(job.action, []), (job.priority, job.id))
            self._learn(job)
            wait_s = self._pace_at_s.get(job.action, 0.0) - time.monotonic()
            if wait_s > 0:
                self._wake(wait_s, job.action)
        else:
            heapq.heappush(self._ready, (not job.running, job.priority, job.id))

    def take(self, is_free: Callable[[JobId], bool]) -> JobId | None:
        """Return the next job that may go now, its pace reserved; None where none may."""
        if not self._ready or self._ready[0][0]:
            # Nothing started is ready: the paced call of a started job comes before a new job.
            paced = self._take_paced(is_free)
            if paced is not None:
                return paced
        while self._ready:
            job = heapq.heappop(self._ready)[2]
            if is_free(job):
                return job
        return None

    def not_granted(self, job: QueuedJob) -> None:
        """A paced call was not claimed: when the next is due, this job will tell when it is read again."""
        self._refused[job.action] = job.id

    def _learn(self, job: QueuedJob) -> None:
        """PostgreSQL judges; aim at the middle of the slack it leaves, so that a bit sooner or later is all one."""
        if self._refused.get(job.action) == job.id:
            del self._refused[job.action]
            slack_s = self._pace_s(job.action) * PACE_SLACK / 2
            self._pace_at_s[job.action] = time.monotonic() + max(0.0, job.pace_in_s - slack_s)

    def _take_paced(self, is_free: Callable[[JobId], bool]) -> JobId | None:
        now_s = time.monotonic()
        for action, lane in self._paced.items():
            while lane and self._pace_at_s.get(action, 0.0) <= now_s:
                job = heapq.heappop(lane)[1]
                if is_free(job):
                    self._reserve(action, now_s, more=bool(lane))
                    return job
        return None

    def _reserve(self, action: str, now_s: float, *, more: bool) -> None:
        """The next call is due one pace after this one was, not after it went: what was late loses no time."""
        pace_s = self._pace_s(action)
        due_s = max(self._pace_at_s.get(action, 0.0) + pace_s, now_s + pace_s * (1 - PACE_SLACK / 2))
        self._pace_at_s[action] = due_s
        if more:
            self._wake(due_s - now_s, action)
