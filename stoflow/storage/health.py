"""Whether PostgreSQL answers now."""

from stoflow.domain.errors import DatabaseError
from stoflow.storage.session import Database


def postgres_answers(database: Database) -> bool:
    try:
        with database.records() as connection:
            connection.execute("SELECT 1")
    except DatabaseError:
        return False
    return True
