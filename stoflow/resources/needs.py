"""What use cases take from whoever runs them: each names as little as it uses, and a process has it all."""

from collections.abc import Callable
from typing import Protocol

from stoflow.admission.facts import Conditions
from stoflow.domain.ids import TenantId
from stoflow.marketplaces.registry import Registry
from stoflow.resources.products.media import MediaFolder
from stoflow.storage.database.session import Database


class Reads(Protocol):
    """Where everything is stored."""

    @property
    def database(self) -> Database: ...


class Announces(Reads, Protocol):
    """… and what wakes whoever owns the tenants: there is work for one."""

    @property
    def announced(self) -> Callable[[], None]: ...


class KnowsMarketplaces(Reads, Protocol):
    """… and the marketplaces."""

    @property
    def registry(self) -> Registry: ...


class ReadsJobs(KnowsMarketplaces, Protocol):
    """… and what admission judges by."""

    @property
    def conditions(self) -> Conditions: ...


class ChangesJobs(ReadsJobs, Announces, Protocol):
    """… and both together."""


class TriesProducts(KnowsMarketplaces, Protocol):
    """… and what products are validated by."""

    @property
    def media(self) -> MediaFolder: ...


class FollowsStock(Protocol):
    def follow(self, tenant: TenantId) -> int:
        """Do what follows from the tenant's changes of quantities; return how many jobs were made or taken back."""
        ...


class ChangesProducts(Announces, Protocol):
    """… and what follows from a quantity."""

    @property
    def stock(self) -> FollowsStock: ...


class ReadsPhotos(Reads, Protocol):
    """… and the folder that they are in."""

    @property
    def media(self) -> MediaFolder: ...
