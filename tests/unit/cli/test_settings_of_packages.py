"""Settings that an installed marketplace reads beside StoFlow's own: listed with them, and as strict."""

import json

import pytest
from click.testing import CliRunner
from pydantic import Field

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
