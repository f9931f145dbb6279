"""The orchestrator: start and stop of everything that decides, in one screen."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pykka

from stoflow.actors.dispatcher import Dispatcher, Send
from stoflow.actors.intake import Intake
from stoflow.actors.loader import Loader
from stoflow.actors.mailbox import Pool, PooledActor
from stoflow.actors.news import SendAgain
from stoflow.actors.parts import Part
from stoflow.actors.refusals import ReadRefusals, Refusals
from stoflow.actors.showing import Showing
from stoflow.actors.supervisor import Context
from stoflow.actors.sweeper import Sweeper
from stoflow.actors.tenants import Tenants
from stoflow.actors.timers import Timers, tell
from stoflow.admission.facts import Conditions
from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.work import ActorFailed
from stoflow.domain.ids import ProcessId, TenantId
from stoflow.domain.run import RunReport
from stoflow.monitoring.live.board import Board
from stoflow.monitoring.live.publisher import Publisher
from stoflow.monitoring.record import record
from stoflow.storage.database.session import Database
from stoflow.transports.feed import FeedReader, OnNews
from stoflow.upkeep.lease import Lease
from stoflow.upkeep.sweep import Sweep
from stoflow.upkeep.ticking import Ticking, Turn
from stoflow.upkeep.waiting import WaitingJobs

MakeReader = Callable[[ProcessId, OnNews, Callable[[], None]], FeedReader]

POOL_THREADS = 2
REFUSALS_EVERY_S = 1.0
REFUSALS_IDLE_S = 5.0  # without a tenant, unless it is woken
COUNT_EVERY_S = 1.0
COUNT_IDLE_S = 60.0  # unless it is woken


@dataclass(frozen=True, slots=True)
class Policy:
    """What an orchestrator is told of the marketplaces and of time; seconds are real ones."""

    conditions: Conditions
    pace_s: Callable[[str, str], float]
    quiet_s: Mapping[str, float]
    window: int
    page_size: int
    ownership_lease_s: float
    sweep_every_s: float
    upkeep: Sequence[Turn]
    refusals: ReadRefusals  # of StoFlow's own application
    board: Board
    live: Publisher  # of the board


class Orchestrator:
    """Owns tenants by lease and decides for them; several may run."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        *,
        send: Send,
        feed: MakeReader,
        hints: Part,
    ) -> None:
        """`hints` is what `send` leaves messages to."""
        self._hints = hints
        self._new_term = partial(OwnershipTerm, database, policy, send=send, feed=feed)
        lease_s = policy.ownership_lease_s
        self._lease = Lease(
            database,
            "orchestrator",
            lease_s=lease_s,
            every_s=lease_s / 3,
            on_lost=lambda _: self._begin_again(),
            serves=tuple(policy.conditions.caps),
            told=policy.conditions.settings.judging,
        )
        self._beginning = threading.Lock()  # a term is stopped by somebody else only when it has begun
        self._term: OwnershipTerm | None = None
        self._live = policy.live
        policy.board.process |= {"process": self._lease.process, "tenants": lambda: self.tenants}

    @property
    def tenants(self) -> int:
        """How many tenants this orchestrator decides for."""
        return self._term.tenants if self._term else 0

    def gone(self) -> str:
        """Name what should run in this process and does not any more, "" where all of it does."""
        if not self._beginning.acquire(blocking=False):
            return ""
        try:
            parts = {"lease": self._lease, "hints": self._hints, **self._term.parts} if self._term is not None else {}
            return ", ".join(name for name, part in parts.items() if not part.is_alive)
        finally:
            self._beginning.release()

    def start(self) -> None:
        with self._beginning:
            if self._term is None:
                self._lease.start()
                self._begin()
                self._live.start()

    def stop(self) -> None:
        """Stop permitting, then give ownership back, so that another orchestrator goes on at once."""
        with self._beginning:
            if self._term is not None:
                self._live.stop()
                self._term.stop()
                self._term = None
        self._lease.stop()

    def _begin(self) -> None:
        self._term = self._new_term(self._lease.process())
        self._term.start(on_broken=self._begin_again)

    def _begin_again(self) -> None:
        """After a lost lease, or a dispatcher that died: everything in memory is stale, PostgreSQL is not."""
        with self._beginning:
            if self._term is not None:
                self._term.stop()
                self._begin()


class OwnershipTerm:
    """All that runs under one identity of the orchestrator."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        me: ProcessId,
        send: Send,
        feed: MakeReader,
    ) -> None:
        self._me = me
        self._pool = Pool(POOL_THREADS)
        self._timers = Timers()
        self._loader = Loader(database, me, marketplaces=tuple(policy.conditions.caps))
        sweep = Sweep(database, policy.quiet_s, tuple(policy.conditions.plugins))
        self._sweeper = Sweeper(
            sweep, every_s=policy.sweep_every_s, on_swept=self._on_swept, rests=lambda: not self.tenants
        )
        self._upkeep = [Ticking.of(turn) for turn in policy.upkeep]
        self._refusals = Refusals(policy.refusals)
        self._marks = Ticking(
            "refusals",
            self._mark,
            every_s=REFUSALS_EVERY_S,
            idle_s=REFUSALS_IDLE_S,
            doing="reading who refuses StoFlow",
        )
        self._reader = feed(me, self._on_news, self._on_back)
        self._waiting = WaitingJobs(database, tuple(policy.conditions.caps), policy.board)
        self._counting = Ticking(
            "waiting", self._waiting.turn, every_s=COUNT_EVERY_S, idle_s=COUNT_IDLE_S, doing="counting what waits"
        )
        self._showing = Showing(policy.board, owns=self._owns, count=self._want_count)
        self._policy = policy
        self._send = send
        self._looking = threading.Lock()
        self._to_look = threading.Event()
        self._intake = Intake(database, me)
        self._tenants: Tenants | None = None
        self._dispatcher: pykka.ActorRef[Any] | None = None
        self._on_broken: Callable[[], None] = lambda: None

    @property
    def tenants(self) -> int:
        return len(self._tenants) if self._tenants else 0

    @property
    def parts(self) -> Mapping[str, Part]:
        """Return those of which nothing would be done any more should they end."""
        return {"actors": self._pool, "timers": self._timers, "loader": self._loader, "feed": self._reader}

    def start(self, *, on_broken: Callable[[], None]) -> None:
        self._on_broken = on_broken
        self._pool.start()
        self._timers.start()
        self._loader.start()
        self._tenants = Tenants(self._make_context())
        self._look()
        self._policy.board.before_writing = self._showing.write
        self._counting.start()
        self._marks.start()
        self._sweeper.start()
        for each in self._upkeep:
            each.start()
        self._reader.start()

    def stop(self) -> None:
        self._reader.stop()
        self._counting.stop()
        self._marks.stop()
        for each in self._upkeep:
            each.stop()
        self._sweeper.stop()
        if self._tenants is not None:
            self._tenants.stop()
        if self._dispatcher is not None:
            self._dispatcher.stop(block=False)
        self._loader.stop()
        self._timers.stop()
        self._pool.stop()

    def _make_context(self) -> Context:
        policy = self._policy
        self._dispatcher = Dispatcher.start(
            self._pool,
            self._on_dispatcher_death,
            window=policy.window,
            marketplaces=tuple(policy.conditions.caps),
            send=self._send,
        )
        return Context(
            pool=self._pool,
            loader=self._loader,
            timers=self._timers,
            dispatcher=self._dispatcher,
            me=self._me,
            conditions=policy.conditions,
            pace_s=policy.pace_s,
            sweep_soon=self._sweeper.soon,
            page_size=policy.page_size,
            refusing=self._refusals.refusing,
            on_released=lambda tenant, epoch: self._tenants.release(tenant, epoch) if self._tenants else None,
            showing=self._showing,
        )

    def _want_count(self, tenant: TenantId) -> None:
        self._waiting.want(tenant)
        self._counting.wake()

    def _owns(self, tenant: TenantId) -> bool:
        return self._tenants is not None and tenant in self._tenants

    def _mark(self) -> bool:
        """Return whether there is anything to tell, or anybody to be told of it."""
        return self._tenants is not None and (self._refusals.turn(self._tenants) or self.tenants > 0)

    def _on_dispatcher_death(self, _actor: PooledActor, error: BaseException) -> None:
        record(ActorFailed("dispatcher", 0, f"{type(error).__name__}: {error}"))
        threading.Thread(target=self._on_broken, name="restart", daemon=True).start()

    def _on_news(self, reports: Sequence[RunReport], look: bool) -> None:  # noqa: FBT001
        if self._tenants is not None:
            self._tenants.report(reports)
        if reports:  # something was done, of which something may follow
            for each in self._upkeep:
                each.wake()
        if look:
            self._look()

    def _on_back(self) -> None:
        """Redis answers again: what was on its way is sent once more; whoever waits for it waits for long by then."""
        if self._dispatcher is not None:
            tell(self._dispatcher, SendAgain())

    def _on_swept(self, died: bool) -> None:  # noqa: FBT001
        if died:
            self._intake.acquire_soon()
        self._look()

    def _look(self) -> None:
        """Read the whole outbox and take tenants whose owner is gone; once more where it is asked for meanwhile."""
        self._to_look.set()
        while self._to_look.is_set() and self._tenants is not None and self._looking.acquire(blocking=False):
            try:
                self._to_look.clear()
                self._take_in(self._tenants)
            finally:
                self._looking.release()

    def _take_in(self, tenants: Tenants) -> None:
        try:
            more = True
            while more:
                acquired, more = self._intake.take(tenants)
                if acquired:
                    self._sweeper.wake()
                    self._marks.wake()
        except DatabaseError as error:
            record(database_failure("reading the outbox", error))
