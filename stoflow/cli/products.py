"""`stoflow products`: somebody else's file of products, taken in row by row, or looked at without taking it in."""

from pathlib import Path

import click

from stoflow.bootstrap import opened, photo_source
from stoflow.catalogue.columns import parse_mapping
from stoflow.catalogue.import_report import ImportReport
from stoflow.catalogue.importing import import_products
from stoflow.catalogue.products import read_products
from stoflow.catalogue.shelf import Shelf
from stoflow.cli.output import WorkFailed, json_option, print_json, say
from stoflow.cli.products_report import report
from stoflow.domain.ids import TenantId
from stoflow.jobs.stock import Stock
from stoflow.settings import Settings


@click.group()
def products() -> None:
    """Take products in, and see what marketplaces would say of them."""


products.add_command(report)


@products.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", "tenant_id", type=click.IntRange(1), required=True, help="Whose products they are.")
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Which column fills a field; currency==USD gives one value to every row.",
)
@click.option("--group-by", metavar="COLUMN", default=None, help="Rows with one value here are photos of one product.")
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
    partial: bool,
    as_json: bool,
) -> None:
    """Read a FILE of products (CSV, JSON, .xlsx or .ods); known names of columns map by themselves.

    A product that has its key already, its sku or its external id, is changed where the file says something else.
    """
    tenant = TenantId(tenant_id)
    items = read_products(file, mapping=parse_mapping(mapping), group_by=group_by)
    with opened(settings) as installation:
        shelf = Shelf(installation.database)
        shelf.check(tenant)
        report = import_products(shelf.store, [tenant], items, photos=photo_source(installation, file.parent))
        Stock(installation.database, installation.registry).follow(tenant)
    show_report(report, tenant, as_json=as_json)
    if not report.imported:
        raise WorkFailed(f"No product of {file} could be imported.")
    if report.rejected_rows and not partial:
        raise WorkFailed(f"{report.rejected_rows} rows of {file} were rejected; the others are imported.")


def show_report(report: ImportReport, tenant: TenantId, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "imported": report.imported,
                **report.fates,
                "changed_for_sale": report.changed_for_sale,
                "rejected_rows": report.rejected_rows,
                "rejected": report.rejected,
                "descriptions_filled": report.descriptions_filled,
                "currencies_assumed": report.currencies_assumed,
                "product_ids": report.products[tenant],
            }
        )
        return
    for row in report.rejected:
        say(row.sentence, err=True)
    say(report.sentence)
