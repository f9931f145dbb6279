"""A seller's account as they see it: who they are, what they may have, and what of it is left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from stoflow.domain.ids import TenantId
from stoflow.domain.quota import Quota
from stoflow.domain.role import Role
from stoflow.resources.connections.connection import Accounts, ConnectionState, find_connection
from stoflow.resources.needs import KnowsMarketplaces
from stoflow.resources.tenants.looking_after import find_tenant
from stoflow.storage.credits.ledger import credits_left
from stoflow.storage.tenants.quotas import read_quotas


class SeesAccounts(KnowsMarketplaces, Protocol):
    """… and how a seller is connected to them."""

    @property
    def accounts(self) -> Accounts: ...


@dataclass(frozen=True, slots=True)
class Overview:
    """`connected_marketplaces` are those where jobs can run now, also through the seller's plugin."""

    id: TenantId
    email: str
    full_name: str | None
    role: Role
    is_active: bool
    created_at: datetime
    quotas: tuple[Quota, ...]
    connected_marketplaces: int
    ai_credits: int


def read_overview(needs: SeesAccounts, tenant: TenantId) -> Overview:
    seller = find_tenant(needs, tenant)
    states = [find_connection(needs.accounts, tenant, name).state for name in needs.registry.marketplaces]
    return Overview(
        id=tenant,
        email=seller.email,
        full_name=seller.full_name,
        role=seller.role,
        is_active=seller.is_active,
        created_at=seller.created_at,
        quotas=read_quotas(needs.database, tenant),
        connected_marketplaces=states.count(ConnectionState.CONNECTED),
        ai_credits=credits_left(needs.database, tenant),
    )
