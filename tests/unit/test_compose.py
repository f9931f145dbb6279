"""docker-compose.yml and the Dockerfile say only what the real command line and the real settings understand."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from cryptography.fernet import Fernet

from stoflow.cli.main import stoflow
from stoflow.settings import ENV_PREFIX, Settings, load, variable_of

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if str(service["image"]).startswith("stoflow:")}
GIVEN = {"POSTGRES_PASSWORD": "open-sesame", "STOFLOW_SECRET_KEYS": Fernet.generate_key().decode()}
OF_THE_IMAGE = {"STOFLOW_HOME", "STOFLOW_HOST", "STOFLOW_PORT", "STOFLOW_FAILPOINTS"}
REFERENCE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")


def filled(text: str) -> str:
    """Replace `${NAME:-default}` and `${NAME:?message}` as Compose does."""

    def value(reference: re.Match[str]) -> str:
        if reference["kind"] == "?":
            return GIVEN[reference["name"]]
        return GIVEN.get(reference["name"], reference["rest"] or "")

    return REFERENCE.sub(value, text)


def test_the_services_are_the_two_servers_and_one_for_each_kind_of_process() -> None:
    assert set(SERVICES) == {"postgres", "redis", "migrate", "api", "orchestrator", "worker"}
    assert set(OURS) == set(SERVICES) - {"postgres", "redis"}


def test_images_of_others_are_named_by_their_version_and_their_digest() -> None:
    stages = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    images = [*stages, *(str(service["image"]) for name, service in SERVICES.items() if name not in OURS)]
    named = re.compile(r"\w+:\d+\.\d+(\.\d+)?[\w-]*@sha256:[0-9a-f]{64}")
    assert len(set(stages)) == 1
    assert [image for image in images if not named.fullmatch(image)] == []


@pytest.mark.parametrize("name", OURS)
def test_a_services_command_is_understood_by_the_real_command_line(name: str) -> None:
    called, *arguments = OURS[name]["command"]
    context = click.Context(stoflow, info_name="stoflow")
    command = stoflow.get_command(context, called)
    assert called == name
    assert command is not None
    command.make_context(name, arguments, parent=context)


@pytest.mark.parametrize("name", OURS)
def test_a_services_variables_are_understood_by_the_real_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = OURS[name]["environment"]
    environment = {key: filled(str(value)) for key, value in given.items() if value is not None}
    known = {variable_of(field) for field in Settings.model_fields}
    assert {key for key in given if key.startswith(ENV_PREFIX)} <= known
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    settings = load(env_file=None)
    assert settings.database_url == "postgresql://stoflow:open-sesame@postgres:5432/stoflow"
    assert settings.secret_keys == (GIVEN["STOFLOW_SECRET_KEYS"],)


@pytest.mark.parametrize("name", ["api", "orchestrator", "worker"])
def test_a_variable_that_an_operator_sets_reaches_every_process(name: str) -> None:
    """A value for a variable that is not named here would be dropped without a word."""
    wanted = {variable_of(field) for field in Settings.model_fields} - OF_THE_IMAGE
    of_the_api = set(OURS["api"]["environment"]) - set(OURS["worker"]["environment"])
    assert wanted - set(OURS[name]["environment"]) - (of_the_api if name != "api" else set()) == set()


def test_no_secret_stands_in_the_file() -> None:
    secrets = [variable_of(name) for name, field in Settings.model_fields.items() if not field.repr]
    for service in OURS.values():
        for variable in {*secrets, "POSTGRES_PASSWORD"} & set(service["environment"]):
            value = service["environment"][variable]
            assert value is None or REFERENCE.search(str(value)) or variable == "STOFLOW_REDIS_URL"


def test_every_service_that_stays_is_restarted_and_waits_for_the_servers_it_needs() -> None:
    assert {name for name, service in SERVICES.items() if service["restart"] == "no"} == {"migrate"}
    for name in ("api", "orchestrator", "worker"):
        assert OURS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_what_stays_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", ["orchestrator", "worker"])
def test_a_health_check_of_ours_is_understood_by_the_real_command_line(name: str) -> None:
    _, program, called, *arguments = SERVICES[name]["healthcheck"]["test"]
    command = stoflow.get_command(click.Context(stoflow), called)
    assert command is not None
    assert program == "stoflow"
    assert command.make_context(called, arguments).params == {"kind": name}


def test_docker_gives_a_process_longer_than_it_takes_to_drain() -> None:
    for service in OURS.values():
        unless_said = re.fullmatch(r"\$\{STOFLOW_STOP_GRACE_PERIOD:-(\d+)s\}", service["stop_grace_period"])
        assert unless_said is not None
        assert int(unless_said[1]) > load(env_file=None).drain_s


def test_the_image_is_built_from_pinned_versions_and_starts_the_command_line() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "-r locks/production.txt" in "".join(lines)
    assert 'ARG LOCKED="--no-cache-dir --require-hashes --only-binary :all:"' in lines
    assert 'ENTRYPOINT ["stoflow"]' in lines
    assert any(line.startswith("USER ") for line in lines)
