"""`stoflow tenant`: create, list and suspend sellers."""

from pathlib import Path
from uuid import uuid4

import click

from stoflow.cli.arguments import PLAIN_DIGITS, Words, tenant_argument
from stoflow.cli.output import WrongUsage, json_option, print_json, say
from stoflow.cli.tables import print_table
from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.mail import MailKind, link_of
from stoflow.domain.quota import QuotaName
from stoflow.domain.role import Role
from stoflow.resources.tenants import crediting, deleting, exporting, limiting
from stoflow.settings import Settings
from stoflow.storage.credentials.account_tokens import make_token
from stoflow.storage.database import tenants
from stoflow.storage.tenants.roles import change_role
from stoflow.wiring.installation import prepared

LONGEST = 9  # digits of a limit


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


@tenant.command()
@tenant_argument
@click.option("--listings", type=click.Choice(["end", "leave"]), default="leave", show_default=True,
              help="What becomes of what is for sale.")  # fmt: skip
@click.option("--yes", is_flag=True, help="That it is meant: nothing brings a seller back.")
@click.pass_obj
def delete(settings: Settings, *, tenant_id: int, listings: str, yes: bool) -> None:
    """Delete a seller with all they have; orchestrators go on with it until nothing is left."""
    if not yes:
        raise WrongUsage("This is for good: say --yes, and export them before with `stoflow tenant export`.")
    with prepared(settings) as installation:
        ends = listings == "end"
        step = deleting.delete_tenant(installation, TenantId(tenant_id), OPERATOR, ends_listings=ends)
    say(f"Tenant {tenant_id} is being deleted: {step}.")


@tenant.command()
@tenant_argument
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export(settings: Settings, *, tenant_id: int, file: Path) -> None:
    """Write all that a seller has to a zip: a file of NDJSON for each table, and the photos."""
    with prepared(settings, tenant=TenantId(tenant_id)) as installation, file.open("xb") as out:
        exporting.write_export(installation, TenantId(tenant_id), out)
    say(f"{file} holds all of tenant {tenant_id}.")


@tenant.command()
@tenant_argument
@click.option("--set", "given", multiple=True, metavar="NAME=LIMIT",
              help="products, marketplaces or jobs_per_day; none is no limit. The others stay.")  # fmt: skip
@json_option
@click.pass_obj
def quotas(settings: Settings, *, tenant_id: int, given: tuple[str, ...], as_json: bool) -> None:
    """Show how much a seller may have, and has; or say so."""
    changes, seller = dict(map(_limit, given)), TenantId(tenant_id)
    with prepared(settings, tenant=seller) as installation:
        found = limiting.read_quotas(installation, seller)
        if changes:
            limits = {each.name: each.limit for each in found} | changes
            found = limiting.set_limits(installation, seller, limits, OPERATOR)
    if as_json:
        print_json(found)
    else:
        rows = [(each.name, "none" if each.limit is None else each.limit, each.used, each.left) for each in found]
        print_table(("quota", "limit", "used", "left"), rows)


@tenant.command()
@tenant_argument
@click.option("--grant", "amount", type=click.IntRange(1, 1_000_000), default=None, help="Give so many more.")
@click.option("--reference", type=Words(), default=None, help="For what: given again, nothing more is granted.")
@json_option
@click.pass_obj
def credits(settings: Settings, *, tenant_id: int, amount: int | None, reference: str | None, as_json: bool) -> None:  # noqa: A001 - what people type
    """Show how many texts by the model a seller has left, or grant more."""
    seller = TenantId(tenant_id)
    with prepared(settings, tenant=seller) as installation:
        if amount is not None:
            crediting.grant(installation, seller, amount, reference or uuid4().hex, OPERATOR)
        left = crediting.count_left(installation, seller)
    if as_json:
        print_json({"tenant": tenant_id, "left": left})
    else:
        say(str(left))


def _limit(text: str) -> tuple[QuotaName, int | None]:
    name, _, limit = text.partition("=")
    if name not in set(QuotaName) or not (limit == "none" or PLAIN_DIGITS.fullmatch(limit)) or len(limit) > LONGEST:
        raise WrongUsage(f"{text!r} is no limit: say it as in products=500, or products=none.")
    return QuotaName(name), None if limit == "none" else int(limit)


def _state(each: tenants.Tenant) -> str:
    return "active" if each.is_active else "suspended"
