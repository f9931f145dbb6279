"""`stoflow products`: a seller's own file taken in, or looked at without taking it in, and what is there."""

from collections.abc import Sequence
from pathlib import Path

import click

from stoflow.cli.arguments import ReadableFile, tenant_option
from stoflow.cli.output import WorkFailed, json_option, print_json, say
from stoflow.cli.work.product_file import Reading, of_file, reading_options, say_how_read
from stoflow.cli.work.products_list import list_
from stoflow.cli.work.products_report import report
from stoflow.domain.ids import TenantId
from stoflow.resources.products.file import ProductFile
from stoflow.resources.products.import_report import ImportReport, amount
from stoflow.resources.products.importing import import_products
from stoflow.resources.products.store import Link, Products
from stoflow.settings import Settings
from stoflow.upkeep.stock import Stock
from stoflow.wiring.installation import prepared
from stoflow.wiring.photos import photo_source


@click.group()
def products() -> None:
    """Take products in, list them, and see what marketplaces would say of them."""


products.add_command(report)
products.add_command(list_)


@products.command(name="import")
@click.argument("file", type=ReadableFile())
@tenant_option
@reading_options
@click.option("--partial", is_flag=True, help="End with exit code 0 although some rows were rejected.")
@json_option
@click.pass_obj
def import_(
    settings: Settings,
    *,
    file: Path,
    tenant_id: int,
    mapping: tuple[str, ...],
    group_by: str | None,
    currency: str,
    decimal: str | None,
    partial: bool,
    as_json: bool,
) -> None:
    """Read a FILE of products (CSV, JSON, .xlsx or .ods); known names of columns map by themselves.

    A product that has its key already, its sku or its external id, is changed where the file says something else: an
    empty cell, or a column that is not there, leaves what is.
    """
    tenant = TenantId(tenant_id)
    read = Reading(mapping, group_by, currency, decimal).open(file)
    with prepared(settings, tenant=tenant, with_files=True) as installation:
        store = Products(installation.database)
        photos = photo_source(installation, file.parent)
        imported = import_products(store.put, [tenant], read.items, photos=photos, columns=read.mapping)
        links = store.link(tenant, names=read.columns.tool.tree) if imported.imported else ()
        Stock(installation.database, installation.registry).follow(tenant)
    _show(read, imported, tenant, links, as_json=as_json)
    if not imported.imported:
        raise WorkFailed(f"No product of {file} could be imported: `stoflow products report {file}` shows why.")
    if imported.rejected_rows and not partial:
        raise WorkFailed(f"Rejected of {file}: {amount(imported.rejected_rows, 'row')}; the others are imported.")


def _show(file: ProductFile, imported: ImportReport, tenant: TenantId, links: Sequence[Link], *, as_json: bool) -> None:
    linked = [link for link in links if not link.obstacle]
    left = [link for link in links if link.obstacle]
    if as_json:
        counts = {"imported": imported.imported, **imported.fates, "changed_for_sale": imported.changed_for_sale}
        found = {"linked": len(linked), "not_linked": left, "product_ids": imported.products[tenant]}
        print_json({**counts, **of_file(file, imported), **found})
        return
    say_how_read(file, imported)
    say(imported.sentence)
    if linked:
        say(f"{len(linked)} were linked to listings that are for sale already.")
    for link in left:
        say(link.sentence)
