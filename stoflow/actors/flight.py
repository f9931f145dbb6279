"""What of a marketplace's jobs is on its way, and a look after what nothing was heard of."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pykka

from stoflow.actors.collecting import Collecting
from stoflow.actors.held import FOR_EVER_S, WATCH_S, Held
from stoflow.actors.news import Freed, HasLeft, Reload, Reread, Watch
from stoflow.actors.permits import Permits
from stoflow.actors.timers import Timers, tell
from stoflow.domain.ids import JobId
from stoflow.domain.run import RunMessage

WATCH_APART_S = 0.5  # between two looks over all that is in flight


@dataclass(slots=True)
class Flight:
    """Jobs in flight count against the cap; each is waited for as long as its patience says, then read again.

    `held` is the marketplace actor's own: what of it flies is known here.
    """

    permits: Permits
    supervisor: pykka.ActorRef[Any]
    dispatcher: pykka.ActorRef[Any]
    timers: Timers
    actor: pykka.ActorRef[Any]
    held: Mapping[JobId, Held]
    collecting: Collecting
    _flying: set[JobId] = field(default_factory=set[JobId])
    _watching: bool = False

    def __len__(self) -> int:
        return len(self._flying)

    def __contains__(self, job: JobId) -> bool:
        return job in self._flying

    def depart(self, held: Held, message: RunMessage) -> None:
        """Note that the job's message is offered to the dispatcher."""
        held.depart(message, time.monotonic())
        self._flying.add(held.job.id)
        self.watch_after(held.patience_s)

    def wait_for(self, held: Held, patience_s: float) -> None:
        """Note that the job is with somebody else, who is given so long to say a word."""
        self._flying.add(held.job.id)
        held.fly(time.monotonic(), patience_s)
        self.watch_after(patience_s)

    def land(self, held: Held) -> None:
        self._flying.discard(held.job.id)
        if held.message is not None:
            tell(self.dispatcher, Freed((held.message,)))
            held.message = None

    def note_left(self, message: RunMessage) -> None:
        held = self.held.get(message.job)
        if held is not None and held.message == message:
            held.has_left(time.monotonic())
            self.watch_after(held.patience_s)

    def end_collection(self, orphan: int) -> None:
        message = self.collecting.end(orphan)
        if message is not None:
            tell(self.dispatcher, Freed((message,)))

    def watch(self) -> None:
        """Look after what nothing was heard of; a deadline that passed is the sweeper's, which changes the row."""
        self._watching = False
        now_s = time.monotonic()
        overdue = [held for held in map(self.held.__getitem__, self._flying) if held.waits_s(now_s) < 0]
        for held in overdue:
            if held.message is not None and not held.left:
                held.fly(now_s, FOR_EVER_S)  # until the dispatcher answers
                tell(self.dispatcher, HasLeft(held.message, self.actor))
        self._read_again([held for held in overdue if held.message is None or held.left], now_s)
        for orphan in self.collecting.overdue(now_s):
            self.end_collection(orphan)
            tell(self.supervisor, Reload())
        wait_s = min((self.held[job].waits_s(now_s) for job in self._flying), default=FOR_EVER_S)
        if self.collecting or wait_s < FOR_EVER_S:
            self.watch_after(wait_s)

    def watch_after(self, wait_s: float) -> None:
        if not self._watching:
            self._watching = True
            self.timers.after(min(WATCH_S, max(WATCH_APART_S, wait_s)), self.actor, Watch())

    def _read_again(self, lost: list[Held], now_s: float) -> None:
        if any(not held.is_within_deadline for held in lost):
            self.permits.sweep_soon(self.permits.tenant)
        if lost:
            tell(self.supervisor, Reread(tuple(held.job.id for held in lost)))
        for held in lost:
            held.fly(now_s, WATCH_S)
            held.overdue = True
