"""What all tenants share in the old house: Vinted's action types, which go on being read under their old name."""

from sqlalchemy import Connection, Engine

from stoflow.migrations.chains import PUBLIC_SCHEMA, has_table, revision_of, upgrade
from stoflow.migrations.old_house.locking import execute, locked
from stoflow.migrations.revisions import BASELINE, SHARED

UNIFIED = "20260109_0400_create_etsy_action_types"

VIEW = """
CREATE SCHEMA IF NOT EXISTS vinted;
CREATE VIEW vinted.action_types AS
SELECT id, code, name, description, priority, is_batch, rate_limit_ms, max_retries, timeout_seconds, created_at
FROM public.marketplace_action_types WHERE marketplace = 'vinted'
"""
DROP = """
DROP VIEW IF EXISTS vinted.action_types;
DO $$ BEGIN DROP SCHEMA IF EXISTS vinted; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$
"""


def is_old_installation(connection: Connection) -> bool:
    """Say whether the shared tables are of the old shape; those of a new installation are not there yet."""
    if revision_of(connection, PUBLIC_SCHEMA) not in {None, BASELINE}:
        return False
    return has_table(connection, "vinted", "action_types")


def unify(engine: Engine, *, within_ms: int) -> None:
    """Make one table of all action types, and let old programs read Vinted's where they always did.

    What comes behind it in the stream takes longer than their table may be held.
    """

    def make(connection: Connection) -> None:
        upgrade(connection, SHARED, PUBLIC_SCHEMA, UNIFIED)
        execute(connection, VIEW)

    locked(engine, ["vinted.action_types"], make, within_ms=within_ms)


def forget_action_types(connection: Connection) -> None:
    execute(connection, DROP)
