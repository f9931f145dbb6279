"""The name of an installation: of its database, so that nobody has to be told it."""

from stoflow.storage.database.session import Database

# A copy of the database has the same id, and is another database; a dump may have got its number on another server.
NAME = """
SELECT left(encode(sha256(concat_ws(' ', i.id, s.system_identifier, d.oid)::bytea), 'hex'), 16) AS name
FROM public.installation i, pg_control_system() s, pg_database d
WHERE d.datname = current_database()
"""


def installation_name(database: Database) -> str:
    """Return what tells this installation from every other; raise DatabaseNotPrepared before `stoflow migrate`."""
    with database.records() as connection:
        row = connection.execute(NAME).fetchone()
    assert row is not None
    return str(row["name"])
