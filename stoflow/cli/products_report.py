"""`stoflow products report`: what each marketplace would take of some products, and what the others lack."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from stoflow.bootstrap import opened
from stoflow.catalogue.columns import Mapped, parse_mapping
from stoflow.catalogue.media import media_folder
from stoflow.catalogue.products import ReadProduct, read_products
from stoflow.catalogue.readiness import Readiness, Shop, product_of, publishing_marketplaces, readiness, shops_of
from stoflow.catalogue.rows import RejectedRow
from stoflow.catalogue.shelf import Shelf
from stoflow.cli.output import WrongUsage, json_option, print_json, print_table, say
from stoflow.domain.account import Account
from stoflow.domain.errors import InputError
from stoflow.domain.ids import TenantId
from stoflow.domain.product import Product
from stoflow.marketplaces.registry import build_registry
from stoflow.settings import Settings
from stoflow.storage.accounts import accounts_of
from stoflow.storage.taxonomy import read_answers

PAGE_SIZE = 200


@dataclass(slots=True)
class FileProducts:
    """The products of a file, read while they are validated; the rows that are none are counted."""

    file: Path
    mapping: Mapped
    group_by: str | None
    rejected: list[RejectedRow] = field(default_factory=list[RejectedRow])

    def __iter__(self) -> Iterator[Product]:
        items = read_products(self.file, mapping=self.mapping, group_by=self.group_by)
        for number, item in enumerate(items, start=1):
            if isinstance(item, ReadProduct):
                yield product_of(number, item.product, self.file)
            else:
                self.rejected.append(item)


@click.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--tenant", "tenant_id", type=click.IntRange(1), help="This seller's accounts, and products without FILE."
)
@click.option("--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="As in `products import`.")
@click.option("--group-by", metavar="COLUMN", default=None, help="As in `products import`.")
@click.option(
    "--setting",
    "given",
    multiple=True,
    metavar="MARKETPLACE.NAME=VALUE",
    help="What the account is taken to say, such as who_made=someone_else; repeatable.",
)
@json_option
@click.pass_obj
def report(
    settings: Settings,
    *,
    file: Path | None,
    tenant_id: int | None,
    mapping: tuple[str, ...],
    group_by: str | None,
    given: tuple[str, ...],
    as_json: bool,
) -> None:
    """Say how many products of FILE, or of a seller, each marketplace would take, and what the others lack."""
    if file is None and tenant_id is None:
        raise WrongUsage("Name a FILE of products, or a seller with --tenant.")
    assumed = parse_settings(given)
    from_file = FileProducts(file, parse_mapping(mapping), group_by) if file else None
    if tenant_id is None:
        registry = build_registry()
        shops = _assuming(shops_of(publishing_marketplaces(registry), {}), assumed)
        found = readiness(registry, from_file or (), shops, media_root=str(file.parent) if file else "")
    else:
        found = _of_tenant(settings, TenantId(tenant_id), from_file, assumed)
    _show(found, from_file.rejected if from_file else (), as_json=as_json)


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
    with opened(settings) as installation:
        shelf = Shelf(installation.database)
        shelf.check(tenant)
        places = publishing_marketplaces(installation.registry)
        accounts = accounts_of(installation.database, tenant)
        shops = [
            replace(shop, taxonomy=read_answers(installation.database, shop.account.marketplace))
            for shop in _assuming(shops_of(places, accounts), assumed)
        ]
        photos = from_file.file.parent if from_file else media_folder(settings.home).root
        products = from_file or _on_shelf(shelf, tenant)
        return readiness(installation.registry, products, shops, media_root=str(photos))


def _on_shelf(shelf: Shelf, tenant: TenantId) -> Iterator[Product]:
    cursor: str | None = None
    while True:
        page = shelf.page(tenant, PAGE_SIZE, cursor)
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


def _show(found: Sequence[Readiness], rejected: Sequence[RejectedRow], *, as_json: bool) -> None:
    if as_json:
        places = [{**asdict(each), "percent": each.percent} for each in found]
        print_json({"rejected_rows": len(rejected), "marketplaces": places})
        return
    for row in rejected:
        say(row.sentence, err=True)
    for each in found:
        say(f"{each.marketplace} takes {each.ready} of {each.listings} listings ({each.percent} %).")
        if each.missing:
            print_table(("listings", "field", "what is missing"), [(m.count, m.field, m.reason) for m in each.missing])
        for error in each.account:
            say(f"  {error.message}")
