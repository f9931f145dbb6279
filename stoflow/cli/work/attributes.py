"""`stoflow attributes refresh`: what the marketplaces ask in each category, asked anew."""

from collections.abc import Sequence
from dataclasses import asdict

import click

from stoflow.cli.output import json_option, print_json
from stoflow.cli.tables import print_table
from stoflow.cli.work.application import asker, known_marketplace
from stoflow.domain.errors import ConfigurationError
from stoflow.marketplaces.contract import Marketplace
from stoflow.resources.attributes.taxonomy import SiteRefreshed, patient, refresh_site
from stoflow.settings import Settings
from stoflow.transports.direct.client import DirectClient
from stoflow.wiring.installation import Installation, prepared


@click.group()
def attributes() -> None:
    """Know what may and must be said of a product."""


@attributes.command()
@click.option("--marketplace", required=True, help="Which marketplace is asked.")
@click.option("--site", "sites", multiple=True, metavar="SITE", help="Only this site; repeatable.")
@json_option
@click.pass_obj
def refresh(settings: Settings, *, marketplace: str, sites: tuple[str, ...], as_json: bool) -> None:
    """Ask which categories there still are and what each demands, where the tree has changed; for validation."""
    with prepared(settings) as installation:
        refreshed = _refreshed(installation, known_marketplace(installation.registry, marketplace), sites)
    if as_json:
        print_json({"marketplace": marketplace, "sites": [asdict(site) for site in refreshed]})
        return
    print_table(
        ("site", "tree", "asked", "kept", "categories it does not have"),
        [(each.site, each.tree_version, each.asked, each.kept, ", ".join(each.absent)) for each in refreshed],
    )


def _refreshed(installation: Installation, place: Marketplace, sites: Sequence[str]) -> list[SiteRefreshed]:
    taxonomy = place.taxonomy
    if taxonomy is None:
        raise ConfigurationError(f"{place.name} cannot be asked what it demands of each category.")
    unknown = set(sites) - set(taxonomy.sites())
    if unknown:
        raise ConfigurationError(f"StoFlow lists on {', '.join(taxonomy.sites())}, not on {min(unknown)}.")
    client = DirectClient()
    installation.resources.callback(client.close)
    registry, settings = installation.registry, installation.settings
    ask = asker(client, registry, settings, marketplace=place.name, scope=taxonomy.scope)
    asking = patient(ask, taxonomy.pause_s)
    wanted = sites or taxonomy.sites()
    return [refresh_site(installation.database, place.name, taxonomy, site, asking) for site in wanted]
