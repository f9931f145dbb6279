"""Action types as rows, upserted at start from what is registered: a new marketplace needs no migration."""

from collections.abc import Iterable
from dataclasses import dataclass

from stoflow.domain.errors import DatabaseNotPrepared
from stoflow.domain.handle import ActionType
from stoflow.storage.database.session import Database
from stoflow.storage.database.transactions import Transaction

UPSERT = """
INSERT INTO public.marketplace_action_types
  (marketplace, code, name, priority, is_batch, rate_limit_ms, max_retries, timeout_seconds)
VALUES (%(marketplace)s, %(code)s, %(name)s, %(priority)s, %(is_batch)s, %(rate_limit_ms)s, %(max_retries)s,
        %(timeout_s)s)
ON CONFLICT (marketplace, code) DO NOTHING
"""

ONE = """
SELECT id, marketplace, code, name, priority, is_batch, rate_limit_ms, max_retries, timeout_seconds
FROM public.marketplace_action_types WHERE id = %(id)s
"""

KNOWN = "SELECT id FROM public.marketplace_action_types WHERE marketplace = %s AND code = %s"


class ActionNotKnown(DatabaseNotPrepared):
    """No process of the release that has this action has run here yet."""

    def __init__(self, marketplace: str, action: str) -> None:
        unknown = f"The database does not know {action} of {marketplace} yet"
        super().__init__(f"{unknown}: start `stoflow orchestrator` once, which tells it.")


@dataclass(frozen=True, slots=True)
class ActionTypeRow:
    marketplace: str
    code: str
    name: str
    priority: int
    is_batch: bool
    rate_limit_ms: int
    max_retries: int
    timeout_s: int


def upsert_action_types(database: Database, rows: Iterable[ActionTypeRow]) -> None:
    """Add the action types that are not there; a row an operator has changed stays as it is."""
    with database.records() as connection:
        for row in rows:
            connection.execute(UPSERT, {name: getattr(row, name) for name in ActionTypeRow.__slots__})


def find_action_type(database: Database, action_type_id: int) -> ActionType | None:
    with database.records() as connection:
        row = connection.execute(ONE, {"id": action_type_id}).fetchone()
    return ActionType(**row) if row else None


def refuse_unknown_action(connection: Transaction, marketplace: str, action: str) -> None:
    """Raise ActionNotKnown where no job of this action can be made."""
    if connection.execute(KNOWN, [marketplace, action]).fetchone() is None:
        raise ActionNotKnown(marketplace, action)
