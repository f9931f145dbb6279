"""Settings that an installed marketplace reads beside StoFlow's own: listed with them, and as strict."""

import json
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import Field

from stoflow import variables
from stoflow.cli.main import stoflow
from stoflow.settings import PackageSettings, Secret, SettingsError
from tests.harness.installing import installed


class BazaarSettings(PackageSettings, env_prefix="STOFLOW_BAZAAR_"):
    pages: int = Field(default=3, ge=1)
    key: Secret = Field(default="", max_length=4)


def test_config_lists_what_an_installed_marketplace_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOFLOW_BROCANTE_CLIENT_SECRET", "never shown")
    with installed("brocante"):
        listed = CliRunner().invoke(stoflow, ["config", "--json"])
    found = json.loads(listed.stdout)
    assert found["STOFLOW_BROCANTE_BASE_URL"] == {"value": "https://api.brocante.example", "source": "default"}
    assert found["STOFLOW_BROCANTE_CLIENT_SECRET"] == {"value": "********", "source": "environment"}
    assert "STOFLOW_PORT" in found


def test_config_lists_nothing_of_what_is_not_installed() -> None:
    listed = CliRunner().invoke(stoflow, ["config", "--json"])
    assert not [variable for variable in json.loads(listed.stdout) if "BROCANTE" in variable]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("STOFLOW_BAZAAR_PAGES", "none", "STOFLOW_BAZAAR_PAGES is wrong: .* \\(it is 'none'\\)"),
        ("STOFLOW_BAZAAR_KEY", "far too long", "STOFLOW_BAZAAR_KEY is wrong: [^(]*\\.$"),
    ],
)
def test_a_wrong_one_is_named_and_a_secret_one_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=said):
        BazaarSettings.read()


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOFLOW_BAZAAR_PAGES", "")
    assert BazaarSettings.read().pages == 3


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("STOFLOW_BAZAAR_PAGE", "did you mean STOFLOW_BAZAAR_PAGES?"),
        ("stoflow_bazaar_pagse", "did you mean STOFLOW_BAZAAR_PAGES?"),
        ("STOFLOW_BAZAAR_WALRUSES", "`stoflow config` lists those there are."),
    ],
)
@pytest.mark.parametrize("where", ["environment", ".env"])
def test_a_misspelt_one_is_told_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, meant: str, where: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if where == ".env":
        (tmp_path / ".env").write_text(f"{variable}=1\n", "utf-8")
    else:
        monkeypatch.setenv(variable, "1")
    with pytest.raises(SettingsError) as refused:
        BazaarSettings.read()
    assert str(refused.value) == f"{variable.upper()} is no setting: {meant}"


@pytest.mark.parametrize(
    "names",
    [
        ["STOFLOW_BAZAAR_SERVICE_HOST", "STOFLOW_BAZAAR_SERVICE_PORT_HTTP", "STOFLOW_BAZAAR_PORT_8000_TCP_ADDR"],
        ["STOFLOW_HOME", "STOFLOW_BROCANTE_BASE_URL"],
    ],
    ids=["kubernetes", "others"],
)
def test_a_variable_of_somebody_elses_is_passed_over(monkeypatch: pytest.MonkeyPatch, names: list[str]) -> None:
    for name in names:
        monkeypatch.setenv(name, "1")
    BazaarSettings.read()


@pytest.mark.parametrize("prefix", ["", "STOFLOW_"])
def test_what_begins_like_everything_else_says_nothing_of_the_others(
    monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    monkeypatch.setenv("STOFLOW_HOME", "elsewhere")

    class Vague(PackageSettings, env_prefix=prefix):
        pages: int = 3

    assert Vague.read().pages == 3


def test_a_marketplace_whose_name_goes_on_has_variables_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("bazaar-pro", "pro:MARKET", variables.MARKETPLACES_GROUP)
    monkeypatch.setattr(variables, "entry_points", lambda group: EntryPoints([entry]).select(group=group))
    monkeypatch.setenv("STOFLOW_BAZAAR_PRO_PAGE", "1")
    BazaarSettings.read()


def test_a_misspelt_variable_of_an_installed_marketplace_ends_the_command_with_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STOFLOW_BROCANTE_BASEURL", "https://brocante.example")
    with installed("brocante"):
        ended = CliRunner().invoke(stoflow, ["config"])
    assert ended.exit_code != 0
    assert "STOFLOW_BROCANTE_BASEURL is no setting: did you mean STOFLOW_BROCANTE_BASE_URL?" in ended.output
