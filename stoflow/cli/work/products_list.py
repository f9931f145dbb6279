"""`stoflow products list`: what a seller has, and where it is for sale."""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

import click

from stoflow.cli.arguments import tenant_option
from stoflow.cli.output import json_option, print_json_list
from stoflow.cli.tables import print_table
from stoflow.domain.ids import TenantId
from stoflow.domain.product import Product
from stoflow.resources.products.editing import page_of
from stoflow.resources.products.store import Products
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.wiring.installation import prepared

COLUMNS = ("id", "sku", "title", "price", "quantity", "photos", "for sale on")
SHOWN = 100
PAGE_SIZE = 200


@click.command(name="list")
@tenant_option
@click.option("--limit", type=click.IntRange(1), default=SHOWN, show_default=True, help="How many at most.")
@click.option("--all", "show_all", is_flag=True, help="Every one of them.")
@json_option
@click.pass_obj
def list_(settings: Settings, *, tenant_id: int, limit: int, show_all: bool, as_json: bool) -> None:
    """List a seller's products, newest first, and where each is for sale."""
    tenant = TenantId(tenant_id)
    with prepared(settings, tenant=tenant) as installation:
        found = islice(chain.from_iterable(_pages(installation.database, tenant)), None if show_all else limit)
        if as_json:
            print_json_list(found)
        else:
            _print_tables(found)


def _pages(database: Database, tenant: TenantId) -> Iterator[Sequence[dict[str, Any]]]:
    store, cursor = Products(database), None
    while True:
        page = page_of(database, tenant, PAGE_SIZE, cursor)
        places = store.for_sale(tenant, [product.id for product in page.items])
        yield [_document(product, places.get(product.id, ())) for product in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return


def _document(product: Product, marketplaces: Sequence[str]) -> dict[str, Any]:
    price = None if product.price is None else {"amount": f"{product.price:.2f}", "currency": product.currency}
    return {
        "id": product.id,
        "sku": product.sku,
        "external_id": product.external_id,
        "title": product.title,
        "price": price,
        "quantity": product.quantity,
        "photos": len(product.images),
        "for_sale": list(marketplaces),
    }


def _print_tables(found: Iterator[dict[str, Any]]) -> None:
    """Print a table for each page: a seller may have more products than memory holds."""
    while page := list(islice(found, PAGE_SIZE)):
        print_table(COLUMNS, map(_row, page))


def _row(each: dict[str, Any]) -> Sequence[object]:
    price = each["price"] and f"{each['price']['amount']} {each['price']['currency']}"
    places = ", ".join(each["for_sale"])
    return each["id"], each["sku"], each["title"], price, each["quantity"], each["photos"], places
