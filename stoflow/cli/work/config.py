"""`stoflow config`: what is in force, and where it was said."""

import os
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit, urlunsplit

import click
from pydantic_settings import BaseSettings

from stoflow.cli.output import json_option, print_json
from stoflow.cli.tables import print_table
from stoflow.marketplaces.registry import build_registry
from stoflow.settings import ENV_FILE, PackageSettings, Settings, is_secret, variable_of

MASK = "********"
URL_FIELDS = frozenset({"database_url", "redis_url"})


@click.command()
@json_option
@click.pass_obj
def config(settings: Settings, *, as_json: bool) -> None:
    """Print the settings in force, with secrets masked."""
    rows = [*rows_of(settings), *(row for package in packages() for row in rows_of(package))]
    if as_json:
        print_json({variable: {"value": value, "source": where} for variable, value, where in rows})
    else:
        print_table(("variable", "value", "from"), rows)


def packages() -> Iterator[PackageSettings]:
    """Yield what installed marketplaces read beside StoFlow's own settings."""
    for place in build_registry().marketplaces.values():
        if place.settings:
            yield place.settings.read()


def rows_of(settings: BaseSettings) -> list[tuple[str, str | None, str]]:
    """Return each variable with its value and where it was said."""
    of = type(settings)
    return [(variable_of(field, of), shown(settings, field), source(settings, field)) for field in of.model_fields]


def shown(settings: BaseSettings, field: str) -> str | None:
    """Return a value as it would stand in the environment, a secret one masked; None where it is not set."""
    value: object = getattr(settings, field)
    if value is None or value in ("", ()):
        return None
    if field in URL_FIELDS:
        return without_password(str(value))
    return MASK if is_secret(field, type(settings)) else _as_text(value)


def source(settings: BaseSettings, field: str) -> str:
    if field not in settings.model_fields_set:
        return "default"
    return "environment" if variable_of(field, type(settings)) in {name.upper() for name in os.environ} else ENV_FILE


def without_password(url: str) -> str:
    """Return the URL with its password masked, and without its query, where a password may stand too."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    masked = f"{name}{colon}{MASK if colon else ''}{at}{host}"
    return urlunsplit((parts.scheme, masked, parts.path, "", ""))


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, Mapping):
        return ",".join(f"{key}={item}" for key, item in value.items())
    return str(value)
