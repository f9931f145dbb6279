"""`stoflow applications`: which marketplaces refuse StoFlow itself, as an operator sees it."""

import json

import pytest
from click.testing import CliRunner

from stoflow.cli.main import stoflow
from stoflow.domain.application import Channel, Refusal
from stoflow.storage.database.session import Database
from stoflow.storage.engine.refuse import note_accepted, note_refusal


@pytest.fixture
def refused(database: Database) -> Database:
    with database.records() as connection:
        note_refusal(connection, "etsy", None, Refusal(Channel.CALLS, "The key is not known."), 1.0)
        note_refusal(connection, "ebay", None, Refusal(Channel.TOKENS, "invalid_client"), 1.0)
        note_accepted(connection, "ebay", None, frozenset({Channel.TOKENS}), 0.0)
    return database


def test_what_stands_is_listed_with_since_why_and_the_next_try(refused: Database) -> None:
    environment = {"STOFLOW_DATABASE_URL": refused.url}
    listed = CliRunner().invoke(stoflow, ["applications", "--json"], env=environment)
    assert listed.exit_code == 0, listed.output
    (shown,) = json.loads(listed.stdout)["refusals"]
    assert (shown["marketplace"], shown["channel"], shown["detail"]) == ("etsy", "calls", "The key is not known.")
    assert shown["since"] == shown["refused_at"] < shown["next_try"]
    table = CliRunner().invoke(stoflow, ["applications"], env=environment)
    assert "The key is not known." in table.stdout
    assert "invalid_client" not in table.stdout
