"""What commands are given: the numbers that name things, and files to read."""

import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from stoflow.cli.output import WorkFailed
from stoflow.domain.ids import TenantId
from stoflow.resources.products.fields.errors import UnclearText
from stoflow.resources.products.fields.text import clean_line
from stoflow.storage.database.session import LARGEST_TENANT
from stoflow.storage.database.tenants import no_tenant

LONGEST_NUMBER = 19  # digits of the largest id
PLAIN_DIGITS = re.compile("[0-9]+")
KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Number(click.ParamType[int]):
    """The number of something, in plain digits as we print it: no sign, no space, no other script."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not PLAIN_DIGITS.fullmatch(text) or len(text) > LONGEST_NUMBER:
            self.fail(f"{text[:40]!r} is no number in plain digits", param, ctx)
        return int(text)


class Day(click.ParamType[datetime]):
    """The beginning of a day in UTC, written as 2026-11-28."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            self.fail(f"{str(value)[:40]!r} is no day as in 2026-11-28", param, ctx)


class TenantNumber(Number):
    """The number of a tenant; one that no tenant can have is refused before anybody is asked."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        number = super().convert(value, param, ctx)
        if not 0 < number <= LARGEST_TENANT:
            raise WorkFailed(str(no_tenant(TenantId(number))))
        return number


class Words(click.ParamType[str]):
    """Words on one line, of which something can be seen."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            line = clean_line(str(value).encode().decode())
        except (UnicodeEncodeError, UnclearText):
            line = ""
        if not line:
            self.fail(f"nothing can be read in {str(value)[:40]!r}", param, ctx)
        return line


class ReadableFile(click.Path):
    """A file that can be read more than once: what comes through a pipe is gone when it has been looked at."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = super().convert(value, param, ctx)
        mode = os.stat(path).st_mode  # noqa: PTH116  click knows paths of bytes too
        kind = next((kind for is_one, kind in KINDS if is_one(mode)), None)
        if kind:
            self.fail(f"{str(path)!r} is {kind}, which can be read once only: save what comes through it", param, ctx)
        return path


tenant_option = click.option("--tenant", "tenant_id", required=True, type=TenantNumber(), help="The seller's number.")
tenant_argument = click.argument("tenant_id", type=TenantNumber())
