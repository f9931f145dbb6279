"""`stoflow migrate` and `stoflow tenant`, as an operator types them."""

import json
from collections.abc import Callable

import psycopg
import pytest
from click.testing import CliRunner, Result

from stoflow import settings as stoflow_settings
from stoflow.cli.output import StoflowGroup
from stoflow.cli.run.migrate import migrate
from stoflow.cli.work.tenant import tenant
from stoflow.settings import Settings

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings) -> Run:
    root = StoflowGroup(commands=[migrate, tenant])

    def invoke(*words: str, settings: Settings = settings) -> Result:
        return CliRunner().invoke(root, words, obj=settings)

    return invoke


@pytest.fixture
def fresh(settings: Settings, empty_database_url: str) -> Settings:
    return settings.model_copy(update={"database_url": empty_database_url})


def test_migrate_brings_a_new_database_forward_and_then_has_nothing_to_do(run: Run, fresh: Settings):
    assert run("migrate", settings=fresh).stdout == "2 upgraded, 0 already there, 0 failed.\n"
    assert run("migrate", settings=fresh).stdout == "0 upgraded, 0 already there, 0 failed.\n"


def test_status_shows_what_is_behind_and_changes_nothing(run: Run, fresh: Settings):
    for _ in range(2):
        shown = run("migrate", "--status", settings=fresh)
        assert (shown.exit_code, shown.stdout.count("behind")) == (1, 2)
        assert shown.stderr == "Error: 2 of the schemas are behind: run `stoflow migrate`.\n"
    document = json.loads(run("migrate", "--status", "--json", settings=fresh).stdout)
    assert document["behind"] == ["public", "template_tenant"]
    run("migrate", settings=fresh)
    assert run("migrate", "--status", settings=fresh).exit_code == 0


def test_status_tells_the_tenant_whose_shape_is_not_the_templates(run: Run, settings: Settings):
    for address in ("mia@example.com", "tom@example.com"):
        run("tenant", "create", address)
    assert run("migrate", "--status").exit_code == 0
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute("ALTER TABLE user_2.products ADD COLUMN note text, ADD COLUMN other text")
    shown = run("migrate", "--status")
    assert shown.exit_code == 1
    assert "differs: + column products.note text" in shown.stdout
    assert shown.stdout.count("differs") == 1
    assert shown.stderr == "Error: 1 of the schemas differ from the template: `--json` says how.\n"
    drifted = json.loads(run("migrate", "--status", "--json").stdout)["status"]["drifted"]
    assert [(drift["schema"], len(drift["lines"])) for drift in drifted] == [("user_2", 2)]


def test_a_tenant_that_fails_is_named_and_ends_with_1(run: Run, settings: Settings):
    assert run("tenant", "create", "mia@example.com").stdout == "1\n"
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute("UPDATE user_1.alembic_version SET version_num = '20261120_0300_engine'")
    failed = run("migrate", "--json")
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["failed"][0]["schema"] == "user_1"
    assert "user_1" in run("migrate").stdout


def test_an_unknown_tenant_is_one_line_and_1(run: Run):
    unknown = "Error: There is no tenant 9: `stoflow tenant list` shows them."
    for words in (("migrate", "--tenant", "9"), ("tenant", "suspend", "9")):
        refused = run(*words)
        assert (refused.exit_code, refused.stderr.strip()) == (1, unknown)


def test_tenants_are_created_listed_suspended_and_resumed(run: Run):
    assert json.loads(run("tenant", "create", "Mia@example.com", "--name", "Mia", "--json").stdout) == {
        "id": 1,
        "email": "mia@example.com",
    }
    assert run("tenant", "suspend", "1").exit_code == 0
    assert "suspended" in run("tenant", "list").stdout
    assert run("tenant", "resume", "1").exit_code == 0
    [listed] = json.loads(run("tenant", "list", "--json").stdout)
    assert (listed["id"], listed["email"], listed["is_active"]) == (1, "mia@example.com", True)


def test_a_wrong_address_is_wrong_usage(run: Run):
    refused = run("tenant", "create", "mia")
    assert refused.exit_code == 2
    assert "email" in refused.stderr


def test_a_database_that_is_away_is_one_line_and_1(run: Run, settings: Settings):
    away = stoflow_settings.load(
        env_file=None, home=settings.home, database_url="postgresql://nobody@127.0.0.1:1/x", redis_url="redis://x"
    )
    refused = run("migrate", settings=away)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: PostgreSQL at 127.0.0.1:1 is not there: start it")
    assert refused.stderr.count("\n") == 1
