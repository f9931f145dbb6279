"""`stoflow limits`: how many calls the application may still make today, by the marketplaces' own count."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, fields

import click

from stoflow.cli.output import json_option, print_json
from stoflow.cli.tables import print_table
from stoflow.cli.work.application import asker, known_marketplace
from stoflow.domain.errors import ConfigurationError
from stoflow.marketplaces.call_limits import CallLimit, CallLimits
from stoflow.marketplaces.registry import Registry, build_registry
from stoflow.settings import Settings
from stoflow.transports.direct.client import DirectClient


@click.command()
@click.option("--marketplace", help="Only this one; by default each that can be asked.")
@json_option
@click.pass_obj
def limits(settings: Settings, *, marketplace: str | None, as_json: bool) -> None:
    """Show how many calls the application may still make, all sellers together."""
    registry = build_registry()
    with closing(DirectClient()) as client:
        told = list[tuple[str, CallLimit]]()
        for name, asked in _asked(registry, marketplace).items():
            ask = asker(client, registry, settings, marketplace=name, scope=asked.scope)
            told += [(name, each) for each in asked.limits_in(ask(asked.request()))]
    if as_json:
        print_json({"limits": [{"marketplace": name, **asdict(each)} for name, each in told]})
        return
    print_table(
        ("marketplace", *(field.name for field in fields(CallLimit))),
        [(name, *asdict(each).values()) for name, each in told],
    )


def _asked(registry: Registry, name: str | None) -> Mapping[str, CallLimits]:
    askable = {place.name: place.call_limits for place in registry.marketplaces.values() if place.call_limits}
    if name is None:
        return askable
    if known_marketplace(registry, name).name not in askable:
        raise ConfigurationError(f"{name} cannot be asked how many calls are left.")
    return {name: askable[name]}
