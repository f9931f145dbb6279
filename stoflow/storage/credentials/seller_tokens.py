"""Sellers' access tokens, ready for use: remembered for seconds, and renewed once however many threads ask."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event, Lock
from time import monotonic

from stoflow.domain.errors import APIConnectionError, APIError, APITimeoutError, DatabaseUnavailable
from stoflow.domain.ids import TenantId
from stoflow.storage.credentials.renewals import LEASE_S, Renewals, RenewedElsewhere, Resting, Right, Usable
from stoflow.transports.direct.grants import Grant
from stoflow.transports.direct.tokens import ConsentEnded, Tokens

REMEMBERED_S = 30.0
REMEMBERED_AT_MOST = 10_000
LOOK_AGAIN_S = 0.1  # while another process refreshes
REST_S = 5.0  # after a refresh that failed
STORE_AGAIN_S = 0.5  # while PostgreSQL is away and new tokens are in our hands

Renew = Callable[[Grant, str], Tokens]
Key = tuple[TenantId, str, str]  # whose, where, and in the name of which account there


@dataclass(frozen=True, slots=True)
class Remembered:
    access: str = field(repr=False)
    until: float


class SellerTokens:
    """The TokenSource of a process, over the connections in PostgreSQL."""

    def __init__(
        self,
        renewals: Renewals,
        grants: Mapping[str, Grant],
        renew: Renew,
        *,
        remembered_s: float = REMEMBERED_S,
        rest_s: float = REST_S,
    ) -> None:
        """`grants` are by marketplace: where there is none, what the seller entered lasts. `renew` makes the call."""
        self._renewals = renewals
        self._grants = grants
        self._renew = renew
        self._remembered_s = remembered_s
        self._rest_s = rest_s
        self._remembered: dict[Key, Remembered] = {}
        self._asking: dict[Key, Future[str]] = {}
        self._lock = Lock()

    def access(self, tenant: TenantId, marketplace: str, account: str, *, deadline_s: float) -> str:
        """As TokenSource says."""
        return self._one((tenant, marketplace, account), refused="", ends_at=monotonic() + deadline_s)

    def instead_of(self, refused: str, tenant: TenantId, marketplace: str, account: str, *, deadline_s: float) -> str:
        """As TokenSource says."""
        return self._one((tenant, marketplace, account), refused=refused, ends_at=monotonic() + deadline_s)

    def _one(self, key: Key, *, refused: str, ends_at: float) -> str:
        """Ask, or share the answer of the thread that is asking already."""
        while True:
            with self._lock:
                known = self._remembered.get(key)
                if known and known.access != refused and known.until > monotonic():
                    return known.access
                self._remembered.pop(key, None)
                asking, mine = self._asking.get(key), Future[str]()
                if asking is None:
                    self._asking[key] = mine
            if asking is None:
                return self._ask(key, refused, mine, ends_at)
            try:
                access = asking.result(timeout=max(0.0, ends_at - monotonic()))
            except TimeoutError:
                raise _too_late() from None
            if access != refused:
                return access

    def _ask(self, key: Key, refused: str, mine: "Future[str]", ends_at: float) -> str:
        try:
            usable = self._renewed(key, refused, ends_at)
        except BaseException as error:
            with self._lock:
                self._remembered.pop(key, None)
                del self._asking[key]
            mine.set_exception(error)
            raise
        with self._lock:
            if len(self._remembered) >= REMEMBERED_AT_MOST:
                self._remembered.clear()
            until = monotonic() + min(usable.for_s, self._remembered_s)
            self._remembered[key] = Remembered(usable.access, until)
            del self._asking[key]
        mine.set_result(usable.access)
        return usable.access

    def _renewed(self, key: Key, refused: str, ends_at: float) -> Usable:
        grant = self._grants.get(key[1])
        if grant is None:
            return self._renewals.stored(*key)
        while True:
            match self._renewals.begin(*key, refused=refused, rotates=grant.rotates):
                case Usable() as usable:
                    return usable
                case Right() as right:
                    return self._call(key, grant, right)
                case Resting():
                    message = "The marketplace could not renew the connection a moment ago."
                    raise APIConnectionError(message, sent=False)
                case RenewedElsewhere():
                    if monotonic() + LOOK_AGAIN_S >= ends_at:
                        raise _too_late()
                    Event().wait(LOOK_AGAIN_S)

    def _call(self, key: Key, grant: Grant, right: Right) -> Usable:
        # Not cut short by the caller's deadline: an answer we do not wait for may cost the seller's consent.
        tenant, marketplace, _ = key
        try:
            tokens = self._renew(grant, right.refresh)
        except ConsentEnded as ended:
            self._renewals.refused(tenant, marketplace, right, str(ended))
            raise
        except APIError as error:
            lost = error.sent and grant.rotates
            self._renewals.give_up(tenant, marketplace, right, lost=lost, rest_s=self._rest_s)
            # Whatever became of the refresh, the call it was for never left.
            raise error.saying(str(error), sent=False) from error
        return self._stored(key, right, tokens)

    def _stored(self, key: Key, right: Right, tokens: Tokens) -> Usable:
        ends_at = monotonic() + LEASE_S
        while True:
            try:
                return self._renewals.end(key[0], key[1], right, tokens)
            except DatabaseUnavailable:
                if monotonic() + STORE_AGAIN_S >= ends_at:
                    raise
                Event().wait(STORE_AGAIN_S)


def _too_late() -> APITimeoutError:
    return APITimeoutError("The connection was not renewed in time for this call.", sent=False)
