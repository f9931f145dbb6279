"""`stoflow platform-keys`: what platforms with accounts of their own come in by."""

import click

from stoflow.cli.arguments import Number, Words
from stoflow.cli.output import WorkFailed, json_option, print_json, say
from stoflow.cli.tables import print_table
from stoflow.domain.platform import PlatformScope
from stoflow.settings import Settings
from stoflow.storage.credentials.platform_keys import add_key, list_keys, revoke_key
from stoflow.wiring.installation import prepared

SCOPES = tuple(map(str, PlatformScope))


@click.group()
def platform_keys() -> None:
    """Let a platform make tenants for its own accounts, and ask for their tokens."""


@platform_keys.command()
@click.argument("platform", type=Words())
@click.option(
    "--scope", "scopes", type=click.Choice(SCOPES), multiple=True, help="What it is good for; all where none is named."
)
@click.pass_obj
def create(settings: Settings, *, platform: str, scopes: tuple[str, ...]) -> None:
    """Make a key of a platform and print it, once: only its digest is kept.

    All keys of one platform reach the same tenants, so that a new one can take an older one's place.
    """
    with prepared(settings) as installation:
        say(add_key(installation.database, platform, [PlatformScope(scope) for scope in scopes or SCOPES]))


@platform_keys.command(name="list")
@json_option
@click.pass_obj
def list_(settings: Settings, *, as_json: bool) -> None:
    """List every key, without its text."""
    with prepared(settings) as installation:
        found = list_keys(installation.database)
    if as_json:
        print_json(found)
        return
    print_table(
        ("id", "platform", "scopes", "since", "last used", "revoked"),
        [
            (each.id, each.platform, ", ".join(each.scopes), each.created_at, each.last_used_at, each.revoked_at)
            for each in found
        ],
    )


@platform_keys.command()
@click.argument("key", type=Number())
@click.pass_obj
def revoke(settings: Settings, *, key: int) -> None:
    """Let a key be good for nothing more; tokens that it brought end within fifteen minutes."""
    with prepared(settings) as installation:
        if not revoke_key(installation.database, key):
            raise WorkFailed(f"There is no platform key {key}: `stoflow platform-keys list` shows them.")
    say(f"Platform key {key} is revoked.")
