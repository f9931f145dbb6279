"""What a seller is told before a plugin acts in their browser, and that they accepted it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from stoflow.domain.errors import Conflict, NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.outcome import FieldError
from stoflow.marketplaces.contract import Terms
from stoflow.marketplaces.registry import Registry
from stoflow.resources.needs import Announces, KnowsMarketplaces
from stoflow.storage.credentials import plugin_terms


@dataclass(frozen=True, slots=True)
class PluginTerms:
    """The wording in force; `accepted_at` is None where this seller has not accepted it."""

    version: str
    text: str
    accepted_at: datetime | None


class AcceptsTerms(KnowsMarketplaces, Announces, Protocol):
    """What knows the wording in force, and wakes whoever owns the tenant."""


def read_terms(needs: KnowsMarketplaces, tenant: TenantId, marketplace: str) -> PluginTerms:
    """Raise NotFound where no plugin acts."""
    terms = _terms_of(needs.registry, marketplace)
    at = plugin_terms.accepted_at(needs.database, tenant, marketplace, terms.version)
    return PluginTerms(terms.version, terms.text, at)


def accept_terms(needs: AcceptsTerms, tenant: TenantId, marketplace: str, version: str) -> PluginTerms:
    """Record it; raise Conflict for another wording than the one in force, NotFound where no plugin acts."""
    terms = _terms_of(needs.registry, marketplace)
    if version != terms.version:
        reason = FieldError("version", f"The wording in force is {terms.version}: show it to the seller first.")
        raise Conflict("The seller has read another wording.", (reason,))
    plugin_terms.accept(needs.database, tenant, marketplace, version)
    needs.announced()
    return read_terms(needs, tenant, marketplace)


def _terms_of(registry: Registry, marketplace: str) -> Terms:
    plugin = registry.marketplace(marketplace).plugin
    if plugin is None:
        message = f"No plugin acts on {marketplace}."
        raise NotFound(message)
    return plugin.terms
