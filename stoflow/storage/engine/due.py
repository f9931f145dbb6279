"""Whether a sweep of a tenant would find anything, asked of many tenants at once: of hardly any it would."""

from collections.abc import Sequence

from stoflow.domain.ids import ProcessId, TenantId
from stoflow.storage.database.session import Database
from stoflow.storage.engine.connection_state import FIRST_TRY_S, IS_TO_BE_TRIED, TRIES_AT_MOST
from stoflow.storage.engine.statement import bind, s
from stoflow.storage.engine.sweep import IS_LOST_JOB, IS_LOST_ORPHAN, IS_LOST_TASK
from stoflow.storage.engine.unfinished import IS_EXPIRING
from stoflow.storage.engine.verify import IS_CANCELLING, IS_LATE, UNHELD

ASKED_AT_ONCE = 10  # the orchestrator's actors wait meanwhile for the connection that keeps plans

# One branch for each statement with which `sweep_tenant` begins something, in its own words. Where none is true none
# of them changes anything, and no other follows.
DUE = f"""
SELECT EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE {IS_LOST_JOB})
  OR EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE {IS_EXPIRING})
  OR EXISTS (SELECT FROM {s}.marketplace_jobs j WHERE {IS_CANCELLING})
  OR EXISTS (SELECT FROM {s}.marketplace_tasks t WHERE {IS_LOST_TASK})
  OR EXISTS (SELECT FROM {s}.marketplace_tasks t WHERE {UNHELD} AND {IS_LATE})
  OR EXISTS (SELECT FROM {s}.strays WHERE {IS_LOST_ORPHAN})
  OR EXISTS (SELECT FROM {s}.connections c WHERE {IS_TO_BE_TRIED}) AS due
"""


def tenants_to_sweep(database: Database, tenants: Sequence[TenantId], *, dead: frozenset[ProcessId]) -> list[TenantId]:
    """Return those of these tenants of whom anything is to be swept now."""
    pages = [tenants[at : at + ASKED_AT_ONCE] for at in range(0, len(tenants), ASKED_AT_ONCE)]
    return [tenant for page in pages for tenant in _due(database, page, dead)]


def _due(database: Database, tenants: Sequence[TenantId], dead: frozenset[ProcessId]) -> list[TenantId]:
    """Ask them all in one way there and back."""
    params = {"dead": list(dead), "at_most": TRIES_AT_MOST, "first_s": FIRST_TRY_S}
    with database.planned_records() as connection:
        asked = [(tenant, bind(DUE, tenant, **params).on(connection)) for tenant in tenants]
    return [tenant for tenant, answer in asked for row in answer if row["due"]]
