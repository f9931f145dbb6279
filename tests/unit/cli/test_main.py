"""The command line answers in one line and the right exit code."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from stoflow.cli.commands import COMMANDS, loaded
from stoflow.cli.main import stoflow
from stoflow.cli.output import StoflowGroup, print_json
from stoflow.cli.tables import print_table
from stoflow.cli.work.config import without_password
from stoflow.domain.errors import Conflict, InputError
from stoflow.domain.outcome import FieldError
from stoflow.monitoring import failpoints


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield
    failpoints.disarm()


def test_config_shows_every_value_with_its_source_and_masks_secrets() -> None:
    environment = {
        "STOFLOW_DATABASE_URL": "postgresql://user:hunter2@host/db?password=hunter2",
        "STOFLOW_ETSY_SHARED_SECRET": "hunter2",
        "STOFLOW_CONCURRENCY": "vinted=1,ebay=2",
    }
    Path(".env").write_text("STOFLOW_PORT=1234\n", encoding="utf-8")
    result = CliRunner().invoke(stoflow, ["config", "--json"], env=environment)
    assert result.exit_code == 0
    assert "hunter2" not in result.output
    shown = json.loads(result.stdout)
    assert shown["STOFLOW_DATABASE_URL"] == {"value": "postgresql://user:********@host/db", "source": "environment"}
    assert shown["STOFLOW_CONCURRENCY"]["value"] == "vinted=1,ebay=2"
    assert shown["STOFLOW_PORT"] == {"value": "1234", "source": ".env"}
    assert shown["STOFLOW_HOST"]["source"] == "default"


def test_config_without_json_is_a_table() -> None:
    result = CliRunner().invoke(stoflow, ["config"])
    assert "STOFLOW_SPEED" in result.stdout


@pytest.mark.parametrize(("variable", "value"), [("STOFLOW_PORT", "x"), ("STOFLOW_FAILPOINTS", "claim=explode")])
def test_a_wrong_setting_ends_with_one_line_that_names_it_and_exit_code_2(variable: str, value: str) -> None:
    result = CliRunner().invoke(stoflow, ["config"], env={variable: value})
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {variable}")
    assert result.stderr.count("\n") == 1


def test_a_demo_is_refused_where_the_sandbox_cannot_play() -> None:
    result = CliRunner().invoke(stoflow, ["demo", "--marketplaces", "etsy,nowhere"])
    assert result.exit_code == 2
    assert result.stderr == 'Error: The demo knows no marketplace "nowhere"; it knows ebay, etsy, vinted.\n'


def failing(error: Exception) -> click.Group:
    def fail() -> None:
        raise error

    return StoflowGroup("root", commands=[click.Command("fail", callback=fail)])


def test_bad_input_ends_with_exit_code_2_and_the_reason_of_each_field() -> None:
    error = InputError("The product cannot be read.", (FieldError("price", "is below 0"), FieldError("title", "empty")))
    result = CliRunner().invoke(failing(error), ["fail"])
    assert result.exit_code == 2
    assert result.stderr == "Error: The product cannot be read. (price: is below 0; title: empty)\n"


def test_work_that_failed_ends_with_exit_code_1() -> None:
    result = CliRunner().invoke(failing(Conflict("The job is final.")), ["fail"])
    assert (result.exit_code, result.stderr) == (1, "Error: The job is final.\n")


def test_a_mistake_of_ours_is_not_dressed_up() -> None:
    assert isinstance(CliRunner().invoke(failing(KeyError("x")), ["fail"]).exception, KeyError)


def test_every_command_says_what_it_does() -> None:
    assert [name for name, listed in COMMANDS.items() if not loaded(listed.where).help] == []


def test_the_list_calls_commands_and_their_being_hidden_as_they_do_themselves() -> None:
    known = {name: loaded(listed.where) for name, listed in COMMANDS.items()}
    assert {name: command.name for name, command in known.items()} == {name: name for name in COMMANDS}
    assert {name: command.hidden for name, command in known.items()} == {
        name: listed.hidden for name, listed in COMMANDS.items()
    }


def test_what_simulates_says_what_to_install_where_the_sandbox_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "stoflow_sandbox", None)
    for module in [name for name in sys.modules if name.startswith(("stoflow_sandbox.", "stoflow.cli.simulate."))]:
        monkeypatch.delitem(sys.modules, module)
    for command in (["demo"], ["sandbox"], ["plugin"], ["up", "--sandbox"]):
        result = CliRunner().invoke(stoflow, command)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert "pip install stoflow-sandbox" in result.stderr


@dataclass(frozen=True, slots=True)
class Row:
    at: datetime
    price: Decimal


def test_json_holds_times_in_utc_and_money_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    noon_in_paris = datetime(2026, 6, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    print_json([Row(noon_in_paris, Decimal("12.50"))])
    assert json.loads(capsys.readouterr().out) == [{"at": "2026-06-01T10:00:00Z", "price": "12.50"}]


def test_json_refuses_what_it_has_no_form_for() -> None:
    with pytest.raises(TypeError):
        print_json(object())


def test_a_table_shows_a_sellers_text_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("title", "note"), [("[red]Jacket[/red]", None)])
    assert "[red]Jacket[/red]" in capsys.readouterr().out


def test_a_url_without_a_password_stays_as_it_is() -> None:
    assert without_password("redis://host:6379/0") == "redis://host:6379/0"
