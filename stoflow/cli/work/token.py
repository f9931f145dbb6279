"""`stoflow token`: access tokens, for scripts and for the plugin."""

import signal
import threading
from pathlib import Path

import click

from stoflow.cli.arguments import TenantNumber
from stoflow.cli.output import WorkFailed, WrongUsage, say
from stoflow.cli.simulate.demo_tokens import SellerToken
from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.settings import Settings
from stoflow.storage.database.tenants import check_tenant
from stoflow.storage.tenants.roles import find_role
from stoflow.wiring.installation import Installation, prepared
from stoflow.wiring.tokens import access_tokens

CHECK_EVERY_S = 10.0


@click.command()
@click.option("--tenant", "tenant_id", type=TenantNumber(), required=True, help="Whose token.")
@click.option("--token-file", type=click.Path(dir_okay=False, path_type=Path), help="Write it there, for the plugin.")
@click.option("--refresh", is_flag=True, help="Keep the file's token fresh until stopped.")
@click.option("--with-role", is_flag=True, help="The file's token has the tenant's role too: for `top`, not a plugin.")
@click.pass_obj
def token(settings: Settings, *, tenant_id: int, token_file: Path | None, refresh: bool, with_role: bool) -> None:
    """Print an access token, good for fifteen minutes, or keep one in a file."""
    tenant = TenantId(tenant_id)
    if refresh and token_file is None:
        raise WrongUsage("--refresh keeps a file fresh: name it with --token-file.")
    with prepared(settings, tenant=tenant, with_files=settings.jwt_keys_dir is None) as installation:
        _check(installation, tenant)
        role = find_role(installation.database, tenant)
        if token_file is None:
            say(access_tokens(settings).issue_access_token(tenant, role=role))
            return
        kept = SellerToken(tenant, access_tokens(settings), token_file, role if with_role else Role.USER)
        kept()
        if refresh:
            _keep_fresh(installation, kept)


def _keep_fresh(installation: Installation, kept: SellerToken) -> None:
    """Renew the file well before its token ends, until a signal, or until the tenant may not have one any more."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(CHECK_EVERY_S):
        _check(installation, kept.tenant)
        kept()


def _check(installation: Installation, tenant: TenantId) -> None:
    if not check_tenant(installation.database, tenant):
        raise WorkFailed(f"Tenant {tenant} is suspended: `stoflow tenant resume {tenant}` lets it go on.")
