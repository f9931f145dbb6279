"""The sellers of a demo: fresh tenants, each with an account at every simulated marketplace."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from stoflow.domain.call import Request
from stoflow.domain.errors import APIConnectionError
from stoflow.domain.ids import TenantId
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import create_tenant, list_tenants, suspend_tenant
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.grants import as_entered
from stoflow.transports.direct.tokens import Tokens

DEMO_DOMAIN = "demo.stoflow.invalid"
SIMULATED = "simulated"  # marks a connection that leads to a sandbox
CONTROL_S = 30.0
CREATED = 201

# What a seller declares once for a whole shop. These sell vintage from other hands, and take prices in other
# currencies at a rate of their own: files of real listings say neither.
DECLARED: Mapping[str, Any] = {"who_made": "someone_else", "when_made": "before_2007"}
USUAL_CURRENCY = "EUR"
WORTH_IN_EUROS: Mapping[str, Decimal] = {
    "EUR": Decimal(1),
    "USD": Decimal("0.92"),
    "GBP": Decimal("1.17"),
    "CHF": Decimal("1.04"),
    "PLN": Decimal("0.23"),
    "CZK": Decimal("0.04"),
    "SEK": Decimal("0.088"),
    "DKK": Decimal("0.134"),
}


def make_tenants(database: Database, count: int) -> Sequence[TenantId]:
    """Make new tenants, and let those of earlier demos rest: their sellers' marketplaces are gone."""
    for tenant in list_tenants(database):
        if tenant.is_active and tenant.email.endswith(f"@{DEMO_DOMAIN}"):
            suspend_tenant(database, tenant.id)
    run = uuid4().hex[:8]
    return [
        create_tenant(database, f"seller-{run}-{number}@{DEMO_DOMAIN}", full_name=f"Demo seller {number}")
        for number in range(1, count + 1)
    ]


def connect_sellers(
    connections: Connections,
    http: DirectClient,
    sandbox_url: str,
    tenants: Sequence[TenantId],
    marketplaces: Iterable[str],
    *,
    by_plugin: frozenset[str],
) -> None:
    """Make an account per tenant and marketplace in the sandbox and connect it; a plugin's needs no tokens."""
    for marketplace in marketplaces:
        for tenant in tenants:
            made = _make_seller(http, sandbox_url, marketplace, tenant)
            connections.save(
                tenant,
                marketplace,
                external_id=made["external_id"],
                settings={**declared(made["settings"]), SIMULATED: True},
                tokens=None if marketplace in by_plugin else tokens_in(made),
            )


def declared(account: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the account's settings with what its seller declares; what the market itself says of it stands."""
    rates = exchange_rates(str(account.get("currency") or USUAL_CURRENCY))
    return {**DECLARED, **({"exchange_rates": rates} if rates else {}), **account}


def exchange_rates(currency: str) -> Mapping[str, str]:
    """Return by currency what one unit is worth in the one of the account, nothing where that is not known."""
    worth = WORTH_IN_EUROS.get(currency)
    if worth is None:
        return {}
    return {code: f"{each / worth:.6g}" for code, each in WORTH_IN_EUROS.items() if code != currency}


def _make_seller(http: DirectClient, sandbox_url: str, marketplace: str, tenant: TenantId) -> Mapping[str, Any]:
    wish = {"marketplace": marketplace, "tenant": tenant, "name": f"Demo seller {tenant}"}
    request = Request("POST", "/control/sellers", json=wish)
    reply = http.exchange(sandbox_url, request, headers={}, deadline_s=CONTROL_S)
    if reply.status != CREATED:
        raise APIConnectionError(f"The sandbox made no seller on {marketplace}: {reply.text}")
    return reply.body


def tokens_in(made: Mapping[str, Any]) -> Tokens:
    """Return the tokens, or what is kept of credentials to be entered, in what the sandbox grants."""
    if "credentials" in made:
        return as_entered(made["credentials"])
    return Tokens(
        access=made["access_token"], refresh=made["refresh_token"], access_expires_in_s=float(made["expires_in"])
    )
