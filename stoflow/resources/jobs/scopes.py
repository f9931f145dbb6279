"""What a seller did not grant is refused as soon as it is asked for, with the scopes that are missing."""

from collections.abc import Sequence

from stoflow.domain.errors import Conflict
from stoflow.domain.ids import TenantId
from stoflow.marketplaces.registry import Registry
from stoflow.resources.jobs.views import SubmitJob
from stoflow.storage.database.transactions import Transaction
from stoflow.storage.engine.scopes import granted_scopes
from stoflow.transports.direct.consent import missing_scopes


def refuse_ungranted(connection: Transaction, registry: Registry, tenant: TenantId, asked: SubmitJob) -> None:
    """Raise Conflict, naming the scopes, where the seller did not grant what the action needs."""
    if not registry.marketplace(asked.marketplace).scopes:
        return
    granted = granted_scopes(connection, tenant, asked.marketplace)
    reason = why_impossible(registry, asked.marketplace, asked.action, granted)
    if reason:
        raise Conflict(reason)


def why_impossible(registry: Registry, marketplace: str, action: str, granted: Sequence[str] | None) -> str:
    """Return in words what is missing and what to do, "" where nothing is."""
    missing = missing_scopes(registry.marketplace(marketplace).scopes, action, granted)
    if not missing:
        return ""
    return (
        f"{marketplace} was not allowed to let StoFlow {action}: {', '.join(missing)} is missing. "
        f"Connect {marketplace} again and allow it."
    )
