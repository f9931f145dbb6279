"""How a command is told to read a file of products, and how it says what was read by which columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from stoflow.cli.output import say
from stoflow.resources.products.fields.mapping import parse_mapping
from stoflow.resources.products.file import ProductFile, open_products
from stoflow.resources.products.import_report import ImportReport, amount

Command = TypeVar("Command", bound=Callable[..., Any])

OPTIONS = (
    click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="FIELD=COLUMN",
        help="Which column fills a field; currency==USD gives one value to every row.",
    ),
    click.option("--group-by", metavar="COLUMN", default=None, help="Rows with one value here are one product."),
    click.option("--currency", metavar="CODE", default="", help="Of prices that name none, such as EUR."),
    click.option(
        "--decimal",
        type=click.Choice(["comma", "dot"]),
        default=None,
        help="How to read numbers that can be read in two ways.",
    ),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the person who gives the file says of it."""

    mapping: Sequence[str]
    group_by: str | None
    currency: str
    decimal: str | None

    def open(self, file: Path) -> ProductFile:
        return open_products(
            file,
            mapping=parse_mapping(self.mapping),
            group_by=self.group_by,
            currency=self.currency,
            decimal=self.decimal or "",
        )


def reading_options(command: Command) -> Command:
    """Give a command the options that make a Reading."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def of_file(file: ProductFile, report: ImportReport) -> Mapping[str, Any]:
    """Return what was read, for a JSON document."""
    return {
        "profile": file.columns.profile,
        "mapping": file.mapping,
        "rejected_rows": report.rejected_rows,
        "rejected": report.rejected,
        "photos_refused": report.photos_refused,
        "without_photos": report.without_photos,
        "without_key": report.without_key,
        "descriptions_filled": report.descriptions_filled,
        "currencies_assumed": report.currencies_assumed,
    }


def say_how_read(file: ProductFile, report: ImportReport) -> None:
    """Say which column filled which field, and name the rows that were rejected on standard error."""
    for row in report.rejected:
        say(row.sentence, err=True)
    if len(report.rejected) < report.rejected_rows:
        say(f"{amount(report.rejected_rows - len(report.rejected), 'row')} more rejected.", err=True)
    if file.columns.profile:
        say(f"The file is of {file.columns.profile}.")
    say("Read: " + ", ".join(f"{field} from {' and '.join(names)}" for field, names in file.mapping.items()) + ".")
