"""The jobs an actor may permit next: started ones first, then by priority and age, paced ones when it is time."""

import heapq
import time
from collections.abc import Callable

from stoflow.domain.ids import JobId
from stoflow.domain.tempo import PACE_SLACK
from stoflow.storage.engine.reads.queue import QueuedJob

Spot = tuple[bool, int, JobId]


class Lanes:
    """One lane for jobs that wait for a place only, one per action for those that wait for pace.

    A job stands in one place at a time, the one it was put at last; it may no longer be anyone's: `take` is told which
    are free to go.
    """

    def __init__(self, pace_s: Callable[[str], float], wake: Callable[[float, str], None]) -> None:
        """`pace_s` answers the seconds between paced calls of an action, `wake` is told when its lane moves on."""
        self._pace_s = pace_s
        self._wake = wake
        self._places: dict[JobId, tuple[str, Spot]] = {}  # by job: its lane, "" where it is not paced
        self._lanes: dict[str, list[Spot]] = {"": []}
        self._pace_at_s: dict[str, float] = {}
        self._refused: dict[str, JobId] = {}  # by action: whose paced call was not claimed

    def __len__(self) -> int:
        return len(self._places)

    def put(self, job: QueuedJob) -> None:
        """Give a job its place, in the stead of the one it had."""
        is_paced = job.paced and not job.verifying and self._pace_s(job.action) > 0
        lane = job.action if is_paced else ""
        place: Spot = (not is_paced and not job.running, job.priority, job.id)
        if self._places.get(job.id) != (lane, place):
            self._places[job.id] = (lane, place)
            heapq.heappush(self._lanes.setdefault(lane, []), place)
        if is_paced:
            self._learn(job)
            wait_s = self._pace_at_s.get(job.action, 0.0) - time.monotonic()
            if wait_s > 0:
                self._wake(wait_s, job.action)

    def remove(self, job: JobId) -> None:
        """Let a job stand nowhere: it waits for something else, or is final."""
        self._places.pop(job, None)

    def take(self, is_free: Callable[[JobId], bool]) -> JobId | None:
        """Return the next job that may go now, its pace reserved; None where none may."""
        first = self._first("")
        if first is None or first[0]:
            # Nothing started is ready: the paced call of a started job comes before a new job.
            paced = self._take_paced(is_free)
            if paced is not None:
                return paced
        return self._take_free("", is_free)

    def pace_in_s(self) -> dict[str, float]:
        """Return in how many seconds the next paced call of each action is due, of those that wait for it."""
        now_s = time.monotonic()
        return {action: at_s - now_s for action, at_s in self._pace_at_s.copy().items() if at_s > now_s}

    def not_granted(self, job: QueuedJob) -> None:
        """A paced call was not claimed: when the next is due, this job will tell when it is read again."""
        self._refused[job.action] = job.id

    def _first(self, lane: str) -> Spot | None:
        """Return the first place of a lane, past those that nobody stands at any more."""
        places = self._lanes[lane]
        while places and self._places.get(places[0][2]) != (lane, places[0]):
            heapq.heappop(places)
        return places[0] if places else None

    def _take_free(self, lane: str, is_free: Callable[[JobId], bool]) -> JobId | None:
        while (place := self._first(lane)) is not None:
            heapq.heappop(self._lanes[lane])
            del self._places[place[2]]
            if is_free(place[2]):
                return place[2]
        return None

    def _learn(self, job: QueuedJob) -> None:
        """PostgreSQL judges; aim at the middle of the slack it leaves, so that a bit sooner or later is all one."""
        if self._refused.get(job.action) == job.id:
            del self._refused[job.action]
            slack_s = self._pace_s(job.action) * PACE_SLACK / 2
            self._pace_at_s[job.action] = time.monotonic() + max(0.0, job.pace_in_s - slack_s)

    def _take_paced(self, is_free: Callable[[JobId], bool]) -> JobId | None:
        now_s = time.monotonic()
        for action in self._lanes:
            if action and self._pace_at_s.get(action, 0.0) <= now_s:
                job = self._take_free(action, is_free)
                if job is not None:
                    self._reserve(action, now_s, more=self._first(action) is not None)
                    return job
        return None

    def _reserve(self, action: str, now_s: float, *, more: bool) -> None:
        """The next call is due one pace after this one was, not after it went: what was late loses no time."""
        pace_s = self._pace_s(action)
        due_s = max(self._pace_at_s.get(action, 0.0) + pace_s, now_s + pace_s * (1 - PACE_SLACK / 2))
        self._pace_at_s[action] = due_s
        if more:
            self._wake(due_s - now_s, action)
