"""What the resources at the door are given: a use case takes what it needs of it, through a Protocol of its own."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from stoflow.admission.facts import Conditions
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobChanged
from stoflow.domain.role import Role
from stoflow.http.auth.tokens import AccessTokens
from stoflow.marketplaces.notices import Notice
from stoflow.marketplaces.registry import Registry
from stoflow.resources.connections.connection import Accounts
from stoflow.resources.descriptions.describe import Writer
from stoflow.resources.monitoring.snapshot import Watching
from stoflow.resources.needs import FollowsStock
from stoflow.resources.products.media import MediaFolder
from stoflow.resources.products.photo_source import Fetch
from stoflow.storage.credentials.vault import Vault
from stoflow.storage.database.session import Database
from stoflow.transports.direct.public_addresses import Network


@dataclass(frozen=True, slots=True)
class Health:
    """Who answers now. Without Redis StoFlow is slower but right; without PostgreSQL it cannot work.

    `refusing` says why Redis answers and takes nothing that is written, "" where it does: no work is handed out then.
    `unprepared` says why PostgreSQL answers and cannot be worked with, "" where it can. `refused_by` names the
    marketplaces that refuse StoFlow's own application, each with the time since when: the others are worked with.
    """

    postgres: bool
    redis: bool
    refusing: str = ""
    unprepared: str = ""
    refused_by: Mapping[str, datetime] = field(default_factory=dict[str, datetime])


@dataclass(frozen=True, slots=True)
class Context:
    """Every use case is a plain blocking call; each request's is run in a thread. `registers`: anybody may."""

    database: Database
    registry: Registry
    conditions_now: Callable[[], Conditions]
    media: MediaFolder
    imports: Path
    import_asked: Callable[[], None]
    fetching: Callable[[], AbstractContextManager[Fetch]]
    stock: FollowsStock
    accounts: Accounts
    announced: Callable[[], None]
    job_changed: Callable[[JobChanged], None]
    noticed: Callable[[str, Sequence[Notice]], None]  # by which marketplace
    health: Callable[[], Health]
    tokens: AccessTokens
    role_of: Callable[[TenantId], Role]  # as PostgreSQL says now
    roles_of: Callable[[Sequence[TenantId]], Mapping[TenantId, Role]]
    registers: bool
    vault: Vault
    webhook_networks: Sequence[Network]
    watching: Watching
    metrics_token: str
    writer: Writer | None

    @property
    def conditions(self) -> Conditions:
        """What admission judges by, as the orchestrators were told."""
        return self.conditions_now()
