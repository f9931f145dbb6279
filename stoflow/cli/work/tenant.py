"""`stoflow tenant`: create, list and suspend sellers."""

import click

from stoflow.cli.arguments import Words, tenant_argument
from stoflow.cli.output import json_option, print_json, say
from stoflow.cli.tables import print_table
from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.mail import MailKind, link_of
from stoflow.domain.role import Role
from stoflow.settings import Settings
from stoflow.storage.credentials.account_tokens import make_token
from stoflow.storage.database import tenants
from stoflow.storage.tenants.roles import change_role
from stoflow.wiring.installation import prepared


@click.group()
def tenant() -> None:
    """Create, list and suspend sellers."""


@tenant.command()
@click.argument("email")
@click.option("--name", type=Words(), default=None, help="The seller's full name.")
@json_option
@click.pass_obj
def create(settings: Settings, *, email: str, name: str | None, as_json: bool) -> None:
    """Create a seller with their own schema, and print their id."""
    with prepared(settings) as installation:
        made = tenants.create_tenant(installation.database, email, full_name=name)
    if as_json:
        print_json({"id": made, "email": email.strip().lower()})
    else:
        say(str(made))


@tenant.command(name="list")
@json_option
@click.pass_obj
def list_(settings: Settings, *, as_json: bool) -> None:
    """List every seller."""
    with prepared(settings) as installation:
        found = tenants.list_tenants(installation.database)
    if as_json:
        print_json(found)
        return
    print_table(
        ("id", "email", "name", "role", "state", "since"),
        [(each.id, each.email, each.full_name, each.role, _state(each), each.created_at) for each in found],
    )


@tenant.command()
@tenant_argument
@click.pass_obj
def suspend(settings: Settings, *, tenant_id: int) -> None:
    """Let nothing new of a seller begin."""
    with prepared(settings) as installation:
        tenants.suspend_tenant(installation.database, TenantId(tenant_id))
    say(f"Tenant {tenant_id} is suspended.")


@tenant.command()
@tenant_argument
@click.pass_obj
def resume(settings: Settings, *, tenant_id: int) -> None:
    """Let a suspended seller go on."""
    with prepared(settings) as installation:
        tenants.resume_tenant(installation.database, TenantId(tenant_id))
    say(f"Tenant {tenant_id} goes on.")


@tenant.command()
@tenant_argument
@click.pass_obj
def password(settings: Settings, *, tenant_id: int) -> None:
    """Print a token by which a seller chooses a password, once and within 30 minutes.

    It is for POST /auth/password/reset, or for the page that STOFLOW_MAIL_LINK names; nobody else knows the password.
    """
    with prepared(settings) as installation:
        token = make_token(installation.database, TenantId(tenant_id), MailKind.RESET, OPERATOR)
    say(link_of(MailKind.RESET, token, settings.mail_link))


@tenant.command()
@tenant_argument
@click.argument("role", type=click.Choice([each.value for each in Role]))
@click.pass_obj
def role(settings: Settings, *, tenant_id: int, role: Role) -> None:
    """Say what a tenant may do: user, support or admin; their next token says it."""
    with prepared(settings) as installation:
        change_role(installation.database, TenantId(tenant_id), Role(role), OPERATOR)
    say(f"Tenant {tenant_id} has the role {role}.")


def _state(each: tenants.Tenant) -> str:
    return "active" if each.is_active else "suspended"
