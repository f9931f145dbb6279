"""`stoflow products import`: somebody else's file of products, taken in row by row."""

from collections.abc import Sequence
from pathlib import Path

import click

from stoflow.bootstrap import opened
from stoflow.catalogue.columns import parse_mapping
from stoflow.catalogue.importing import ImportReport, PhotoSource, import_products
from stoflow.catalogue.media import MediaFolder
from stoflow.catalogue.products import read_products
from stoflow.cli.output import WorkFailed, json_option, print_json
from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.product import NewProduct
from stoflow.settings import Settings
from stoflow.storage.products import add_products
from stoflow.storage.session import Database
from stoflow.storage.tenants import list_tenants

MEDIA = "media"  # below STOFLOW_HOME


@click.group()
def products() -> None:
    """Take products in."""


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
@json_option
@click.pass_obj
def import_(
    settings: Settings, *, file: Path, tenant_id: int, mapping: tuple[str, ...], group_by: str | None, as_json: bool
) -> None:
    """Read a CSV or NDJSON FILE of products; known names of columns map by themselves."""
    tenant = TenantId(tenant_id)
    items = read_products(file, mapping=parse_mapping(mapping), group_by=group_by)
    with opened(settings) as installation:
        if tenant not in {each.id for each in list_tenants(installation.database)}:
            raise NotFound(f"There is no tenant {tenant}.")
        report = import_products(
            Shelf(installation.database).store,
            [tenant],
            items,
            photos=PhotoSource(file.parent, MediaFolder(settings.home / MEDIA)),
        )
    show_report(report, tenant, as_json=as_json)
    if not report.imported:
        raise WorkFailed(f"No product of {file} could be imported.")


class Shelf:
    """Where an import puts a batch: one transaction of its tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store(self, tenant: TenantId, batch: Sequence[NewProduct]) -> Sequence[int]:
        with self._database.tenant(tenant) as session:
            return add_products(session, batch)


def show_report(report: ImportReport, tenant: TenantId, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "imported": report.imported,
                "rejected_rows": report.rejected_rows,
                "rejected": report.rejected,
                "placeholders": report.placeholders,
                "descriptions_filled": report.descriptions_filled,
                "currencies_assumed": report.currencies_assumed,
                "product_ids": report.products[tenant],
            }
        )
        return
    for row in report.rejected:
        click.echo(f"line {row.line}: {f'{row.field}: ' if row.field else ''}{row.reason}", err=True)
    click.echo(worded(report))


def worded(report: ImportReport) -> str:
    """Return the report in one sentence for each thing that happened."""
    said = [f"{report.imported} products imported, {report.rejected_rows} rows rejected."]
    if report.placeholders:
        said.append(f"{report.placeholders} photos were not there and were drawn.")
    if report.descriptions_filled:
        said.append(f"{report.descriptions_filled} had no description and took the title.")
    if report.currencies_assumed:
        said.append(f"{report.currencies_assumed} named no currency and were taken to be in euro.")
    return " ".join(said)
