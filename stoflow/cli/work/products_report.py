"""`stoflow products report`: what each marketplace would take of some products, and what the others lack."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from stoflow.cli.arguments import ReadableFile, TenantNumber
from stoflow.cli.output import WorkFailed, WrongUsage, json_option, print_json, say
from stoflow.cli.tables import print_table
from stoflow.cli.work.product_file import Reading, of_file, reading_options, say_how_read
from stoflow.domain.account import Account
from stoflow.domain.errors import InputError
from stoflow.domain.ids import TenantId
from stoflow.domain.product import Product
from stoflow.marketplaces.registry import build_registry
from stoflow.resources.products.editing import page_of
from stoflow.resources.products.import_report import amount
from stoflow.resources.products.media import MediaFolder
from stoflow.resources.products.readiness import (
    Readiness,
    Shop,
    publishing_marketplaces,
    readiness,
    shops_of,
)
from stoflow.resources.products.store import Products
from stoflow.resources.products.trial import FileProducts
from stoflow.settings import Settings
from stoflow.storage.credentials.accounts import accounts_of
from stoflow.storage.database.session import Database
from stoflow.storage.taxonomy import read_answers
from stoflow.wiring.installation import prepared
from stoflow.wiring.photos import media_of

PAGE_SIZE = 200


@click.command()
@click.argument("file", required=False, type=ReadableFile())
@click.option("--tenant", "tenant_id", type=TenantNumber(), help="This seller's accounts, and products without FILE.")
@reading_options
@click.option(
    "--setting",
    "given",
    multiple=True,
    metavar="MARKETPLACE.NAME=VALUE",
    help="What the account is taken to say, such as who_made=someone_else; repeatable.",
)
@click.option("--partial", is_flag=True, help="End with exit code 0 although some rows were rejected.")
@json_option
@click.pass_obj
def report(
    settings: Settings,
    *,
    file: Path | None,
    tenant_id: int | None,
    mapping: tuple[str, ...],
    group_by: str | None,
    currency: str,
    decimal: str | None,
    given: tuple[str, ...],
    partial: bool,
    as_json: bool,
) -> None:
    """Say how many products of FILE, or of a seller, each marketplace would take, and what the others lack."""
    if file is None and tenant_id is None:
        raise WrongUsage("Name a FILE of products, or a seller with --tenant.")
    assumed = parse_settings(given)
    from_file = FileProducts(file, Reading(mapping, group_by, currency, decimal).open(file)) if file else None
    if tenant_id is None:
        registry = build_registry()
        shops = _assuming(shops_of(publishing_marketplaces(registry), {}), assumed)
        found = readiness(registry, from_file or (), shops, media_root=str(file.parent) if file else "")
    else:
        found = _of_tenant(settings, TenantId(tenant_id), from_file, assumed)
    _show(found, from_file, as_json=as_json)
    if from_file and from_file.found.rejected_rows and not partial:
        raise WorkFailed(f"An import of {file} would reject {amount(from_file.found.rejected_rows, 'row')}.")


def parse_settings(options: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
    """Read `--setting` options by marketplace; a value that is a JSON object or list is one."""
    found: dict[str, dict[str, Any]] = {}
    for option in options:
        name, equals, value = option.partition("=")
        marketplace, dot, setting = name.partition(".")
        if not (equals and dot and setting):
            raise InputError(f'--setting takes marketplace.name=value, and "{option}" is not that.')
        found.setdefault(marketplace, {})[setting] = _value(value)
    return found


def _value(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise InputError(f"{text} is no JSON.") from None


def _of_tenant(
    settings: Settings, tenant: TenantId, from_file: FileProducts | None, assumed: Mapping[str, Mapping[str, Any]]
) -> tuple[Readiness, ...]:
    with prepared(settings, tenant=tenant, with_files=from_file is None) as installation:
        store = Products(installation.database)
        places = publishing_marketplaces(installation.registry)
        accounts = accounts_of(installation.database, tenant)
        shops = [
            replace(shop, taxonomy=read_answers(installation.database, shop.account.marketplace))
            for shop in _assuming(shops_of(places, accounts), assumed)
        ]
        media = MediaFolder(from_file.path.parent) if from_file else media_of(settings)
        if from_file:
            from_file.look_up = partial(store.look_up, tenant)
        products = from_file or _in_store(installation.database, tenant)
        return readiness(installation.registry, products, shops, media_root=str(media.root), photos=media.elsewhere)


def _in_store(database: Database, tenant: TenantId) -> Iterator[Product]:
    cursor: str | None = None
    while True:
        page = page_of(database, tenant, PAGE_SIZE, cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _assuming(shops: Sequence[Shop], assumed: Mapping[str, Mapping[str, Any]]) -> tuple[Shop, ...]:
    """Return the shops with what is assumed of their accounts; InputError for a marketplace there is not."""
    unknown = set(assumed) - {shop.account.marketplace for shop in shops}
    if unknown:
        raise InputError(f"There is no marketplace {min(unknown)} to publish on.")
    return tuple(replace(shop, account=_with(shop.account, assumed)) for shop in shops)


def _with(account: Account, assumed: Mapping[str, Mapping[str, Any]]) -> Account:
    return replace(account, settings={**account.settings, **assumed.get(account.marketplace, {})})


def _show(found: Sequence[Readiness], from_file: FileProducts | None, *, as_json: bool) -> None:
    if as_json:
        places = [{**asdict(each), "percent": each.percent} for each in found]
        read = {"rejected_rows": 0, "rejected": ()} if from_file is None else of_file(from_file.file, from_file.found)
        addresses, known = (from_file.photos_at_addresses, len(from_file.known)) if from_file else (0, 0)
        print_json({**read, "known": known, "photos_at_addresses": addresses, "marketplaces": places})
        return
    if from_file:
        _say_what_was_read(from_file)
    aside = "Photos aside, " if from_file and from_file.found.photos_refused else ""
    for each in found:
        say(f"{aside}{each.marketplace} takes {each.ready} of {each.listings} listings ({each.percent} %).")
        if each.missing:
            print_table(("listings", "field", "what is missing"), [(m.count, m.field, m.reason) for m in each.missing])
        for error in each.account:
            say(f"  {error.message}")


def _say_what_was_read(from_file: FileProducts) -> None:
    say_how_read(from_file.file, from_file.found)
    if from_file.known:
        say(f"{len(from_file.known)} are there already by their keys or words; an import changes what differs.")
    for remark in from_file.found.remarks:
        say(remark)
    if from_file.found.photos_refused:
        left_out = amount(from_file.found.photos_refused, "product")
        say(f"An import would leave out {left_out} for a photo that cannot be taken in.")
    if from_file.photos_at_addresses:
        say(f"{from_file.photos_at_addresses} photos are at addresses, which an import fetches.")
