"""How a request reaches a marketplace."""

from typing import Protocol

from stoflow.domain.call import Reply, Request
from stoflow.domain.ids import TenantId


class Transport(Protocol):
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
        """Return the marketplace's reply, whatever its status, within `deadline_s` seconds in all.

        The call is made in the name of `account`, the id its seller has there, and of no other the tenant connected
        meanwhile. `attempt` names the attempt in the sandbox's ledger. Where the seller's consent has ended and no
        call could be made, the reply is a 401 of our own. Raise APIConnectionError or APITimeoutError when no reply
        came; their `sent` is False only where this request certainly never left.
        """
        ...
