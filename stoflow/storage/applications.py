"""What a process knows of marketplaces that refuse StoFlow's own application: heard of at each call, kept for all."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from time import monotonic

from stoflow.domain.application import Channel, Refusal, RefusalView
from stoflow.domain.call import Reply, Request
from stoflow.domain.errors import ApplicationNotAccepted, DatabaseError
from stoflow.domain.facts.accounts import ApplicationAccepted, ApplicationRefused
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.ids import TenantId
from stoflow.monitoring.record import record
from stoflow.storage.database.session import Database
from stoflow.storage.engine.refuse import note_accepted, note_refusal, standing_refusals
from stoflow.transports.direct.tokens import ConsentEnded

UNAUTHORIZED = 401
SERVER_ERRORS_FROM = 500
SAYS_NOTHING = frozenset({UNAUTHORIZED, 403, 408, 429})
"""Replies that may come before the application is looked at."""
OF_CALLS, OF_TOKENS = frozenset({Channel.CALLS, Channel.QUOTA}), frozenset({Channel.TOKENS})

RefusalIn = Callable[[Request, Reply], Refusal | None]


class Applications:
    """`refusals` read, by marketplace, what a reply says of the application. `scale`: real seconds in an engine's.

    That the mark cannot be written changes nothing: the call's own outcome stands, and the next one writes it.
    """

    def __init__(self, database: Database, refusals: Mapping[str, RefusalIn], *, scale: float = 1.0) -> None:
        self._database = database
        self._refusals = refusals
        self._scale = scale
        self._known: dict[str, Channel] = {}

    @property
    def scale(self) -> float:
        return self._scale

    def know(self, marketplace: str, channel: Channel) -> None:
        """Take in a mark that was read."""
        self._known[marketplace] = channel

    def stands(self, marketplace: str) -> bool:
        """Say whether this process knows of a mark there."""
        return marketplace in self._known

    def renews(self, marketplace: str) -> bool:
        """Say whether a call there is to renew its token first: only that shows whether the refusal is over."""
        return self._known.get(marketplace) is Channel.TOKENS

    def call(self, marketplace: str, tenant: TenantId | None, request: Request, make: Callable[[], Reply]) -> Reply:
        """Make a call with a seller's token, and hear what it says of the application."""
        renewed, began_s = self.renews(marketplace), monotonic()
        with self._hearing_of_tokens(marketplace, tenant):
            reply = make()
        took_s = monotonic() - began_s
        if renewed and reply.status != UNAUTHORIZED:  # which is our own where the consent has ended, without a call
            self._accepted(marketplace, tenant, OF_TOKENS, took_s)
        self.hear(marketplace, tenant, request, reply, took_s)
        return reply

    @contextmanager
    def asking_for_tokens(self, marketplace: str, tenant: TenantId | None) -> Generator[None]:
        """Hear whether the token endpoint, which is asked inside the block, takes the application."""
        began_s = monotonic()
        with self._hearing_of_tokens(marketplace, tenant):
            try:
                yield
            except ConsentEnded:
                self._accepted(marketplace, tenant, OF_TOKENS, monotonic() - began_s)
                raise
        self._accepted(marketplace, tenant, OF_TOKENS, monotonic() - began_s)

    @contextmanager
    def _hearing_of_tokens(self, marketplace: str, tenant: TenantId | None) -> Generator[None]:
        try:
            yield
        except ApplicationNotAccepted as error:
            self._refused(marketplace, tenant, Refusal(Channel.TOKENS, str(error)))
            raise

    def hear(self, marketplace: str, tenant: TenantId | None, request: Request, reply: Reply, took_s: float) -> None:
        """Take in what a reply says."""
        refusal_in = self._refusals.get(marketplace)
        refusal = refusal_in(request, reply) if refusal_in else None
        if refusal is not None:
            self._refused(marketplace, tenant, refusal)
        elif reply.status < SERVER_ERRORS_FROM and reply.status not in SAYS_NOTHING:
            self._accepted(marketplace, tenant, OF_CALLS, took_s)

    def read_refusals(self) -> list[tuple[RefusalView, bool]]:
        """Return the marks that stand, and of each whether a try is due; raise DatabaseError."""
        with self._database.planned_records() as connection:
            return standing_refusals(connection)

    def _refused(self, marketplace: str, tenant: TenantId | None, refusal: Refusal) -> None:
        try:
            with self._database.records() as connection:
                stands, began = note_refusal(connection, marketplace, tenant, refusal, self._scale)
        except DatabaseError as error:
            record(database_failure("marking a refused application", error))
            return
        if stands:
            self._known[marketplace] = refusal.channel
        if began:
            record(ApplicationRefused(marketplace, refusal.detail))

    def _accepted(self, marketplace: str, tenant: TenantId | None, channels: frozenset[Channel], took_s: float) -> None:
        if self._known.get(marketplace) not in channels:  # as nearly always: nothing is asked for that
            return
        try:
            with self._database.records() as connection:
                lasted_s = note_accepted(connection, marketplace, tenant, channels, took_s)
                left = {view.marketplace: view.channel for view, _ in standing_refusals(connection)}
        except DatabaseError as error:
            record(database_failure("marking an accepted application", error))
            return
        if marketplace in left:
            self._known[marketplace] = left[marketplace]
        else:
            self._known.pop(marketplace, None)
        if lasted_s is not None:
            record(ApplicationAccepted(marketplace, lasted_s))
