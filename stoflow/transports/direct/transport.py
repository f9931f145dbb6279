"""Calls a marketplace with the seller's token."""

from collections.abc import Callable, Iterable, Mapping
from time import monotonic

from stoflow.domain.call import Reply, Request
from stoflow.domain.ids import TenantId
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.profile import DirectProfile
from stoflow.transports.direct.tokens import ConsentEnded, TokenSource

UNAUTHORIZED = 401
ATTEMPT_HEADER = "x-stoflow-attempt"


class DirectTransport:
    """The Transport of the marketplaces that are called from here."""

    def __init__(
        self,
        profiles: Iterable[DirectProfile],
        tokens: TokenSource,
        client: DirectClient,
        *,
        attempt_header: str = ATTEMPT_HEADER,
        renews: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`attempt_header` names the header that carries the attempt for the sandbox's ledger; "" sends none.

        `renews` says of a marketplace that the token is to be renewed before each call, as it is not known whether it
        could be.
        """
        self._renews = renews
        self._profiles: Mapping[str, DirectProfile] = {profile.name: profile for profile in profiles}
        self._tokens = tokens
        self._client = client
        self._attempt_header = attempt_header

    def send(
        self,
        request: Request,
        *,
        tenant: TenantId,
        marketplace: str,
        account: str,
        deadline_s: float,
        attempt: str = "",
    ) -> Reply:
        """As Transport says. Who was refused did nothing: once more it is called, with a new token or signature."""
        profile, ends_at = self._profiles[marketplace], monotonic() + deadline_s
        marker = {self._attempt_header: attempt} if attempt and self._attempt_header else {}

        def once(access: str) -> Reply:
            sign = profile.signer(access)
            headers = {**profile.headers(access), **marker}
            base_url = profile.base_url_of(request.path)
            return self._client.exchange(
                base_url, request, headers=headers, deadline_s=ends_at - monotonic(), sign=sign
            )

        try:
            access = self._tokens.access(tenant, marketplace, account, deadline_s=deadline_s)
            if profile.grant is not None and self._renews(marketplace):
                access = self._tokens.instead_of(access, tenant, marketplace, account, deadline_s=ends_at - monotonic())
            reply = once(access)
            if not profile.refuses(reply):
                return reply
            other = self._tokens.instead_of(access, tenant, marketplace, account, deadline_s=ends_at - monotonic())
        except ConsentEnded as ended:
            return Reply(UNAUTHORIZED, text=str(ended))
        return once(other)
