"""`stoflow keys`: the keys that seal sellers' tokens."""

from dataclasses import replace

import click

from stoflow.cli.output import WorkFailed, json_option, print_json, say
from stoflow.cli.tables import print_table
from stoflow.migrations.prepared import why_refused
from stoflow.settings import Settings
from stoflow.storage.credentials.rotation import Failure, Rotation
from stoflow.storage.credentials.rotation import rotate as rotate_all
from stoflow.storage.credentials.vault import NO_TENANT
from stoflow.storage.database.session import Database
from stoflow.wiring.installation import prepared


@click.group()
def keys() -> None:
    """Change the keys that seal sellers' tokens."""


@keys.command()
@json_option
@click.pass_obj
def rotate(settings: Settings, *, as_json: bool) -> None:
    """Seal every seller's tokens with the newest key; run again to resume.

    To change a key without a pause: put the new one last in STOFLOW_SECRET_KEYS everywhere, then first everywhere,
    run this, and take the old one away.
    """
    with prepared(settings, with_files=not settings.secret_keys) as installation:
        rotation = rotate_all(installation.database, installation.vault)
        failed = tuple(_exactly(installation.database, each) for each in rotation.failed)
    rotation = replace(rotation, failed=failed)
    _show(rotation, as_json=as_json)
    if rotation.failed:
        count = len(rotation.failed)
        raise WorkFailed(f"The secrets of {count} tenants stayed as they were: keep the older STOFLOW_SECRET_KEYS.")


def _exactly(database: Database, failure: Failure) -> Failure:
    if failure.tenant == NO_TENANT:
        return failure
    return replace(failure, reason=why_refused(database, failure.tenant, failure.reason))


def _show(rotation: Rotation, *, as_json: bool) -> None:
    if as_json:
        print_json(rotation)
        return
    say(f"{rotation.resealed} secrets sealed anew, {rotation.unchanged} were already.")
    if rotation.failed:
        print_table(("tenant", "reason"), [(failure.tenant, failure.reason) for failure in rotation.failed])
