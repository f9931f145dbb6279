"""What is set of an account, and what it has to choose from: each change sees what the one before it made."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from stoflow.domain.account import Account
from stoflow.domain.choices import Choices, Settings
from stoflow.domain.errors import Conflict
from stoflow.domain.ids import TenantId
from stoflow.storage.credentials.connections import choices_of, execute
from stoflow.storage.database.session import Database

# `updated_at` stays: how the connection stands does not change by it.
READ = """
SELECT external_id, settings, choices FROM {s}.connections WHERE marketplace = %(marketplace)s FOR UPDATE
"""
SET = "UPDATE {s}.connections SET settings = %(settings)s WHERE marketplace = %(marketplace)s"
LEARN = """
UPDATE {s}.connections SET settings = %(settings)s, choices = %(choices)s, choices_read_at = clock_timestamp()
WHERE marketplace = %(marketplace)s
"""


class AccountSettings:
    """Each call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def choose(self, tenant: TenantId, marketplace: str, choose: Callable[[Settings, Choices], Settings]) -> None:
        """Set what `choose` makes of what is set and of the choices; raise Conflict where nothing was connected."""
        with self._database.records() as connection:
            row = execute(connection, READ, tenant, marketplace=marketplace)
            if row is None:
                message = f"You have not connected {marketplace}."
                raise Conflict(message)
            settings = choose(row["settings"], choices_of(row["choices"]))
            execute(connection, SET, tenant, marketplace=marketplace, settings=Jsonb(dict(settings)))

    def learn(
        self, tenant: TenantId, account: Account, choices: Choices, settle: Callable[[Settings], Settings]
    ) -> None:
        """Store the choices of an account, and what they make of its settings.

        Raise Conflict where another account was connected while this one was read.
        """
        with self._database.records() as connection:
            row = execute(connection, READ, tenant, marketplace=account.marketplace)
            if row is None or row["external_id"] != account.external_id:
                message = f"Another account was connected to {account.marketplace} meanwhile. Please read it again."
                raise Conflict(message)
            values = {"settings": Jsonb(dict(settle(row["settings"]))), "choices": Jsonb(_stored(choices))}
            execute(connection, LEARN, tenant, marketplace=account.marketplace, **values)


def _stored(choices: Choices) -> dict[str, Any]:
    return {name: [asdict(choice) for choice in of_setting] for name, of_setting in choices.items()}
