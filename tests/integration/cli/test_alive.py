"""`stoflow alive`, as a container's health check asks it."""

from click.testing import CliRunner

from stoflow.cli.output import StoflowGroup
from stoflow.cli.run.alive import alive
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import mark_dead, register_process

ROOT = StoflowGroup(commands=[alive])


def code_of(kind: str, settings: Settings) -> int:
    return CliRunner().invoke(ROOT, ["alive", kind], obj=settings).exit_code


def test_only_a_process_of_the_kind_that_holds_a_lease_counts(database: Database, settings: Settings) -> None:
    assert code_of("worker", settings) == 1

    with database.records() as connection:
        worker = register_process(connection, "worker", lease_s=60.0)
    assert code_of("worker", settings) == 0
    assert code_of("orchestrator", settings) == 1

    with database.records() as connection:
        mark_dead(connection, worker)
    assert code_of("worker", settings) == 1


def test_a_kind_that_is_none_is_refused_by_name(settings: Settings) -> None:
    refused = CliRunner().invoke(ROOT, ["alive", "wizard"], obj=settings)
    assert refused.exit_code == 2
    assert "'wizard' is not one of" in refused.output
