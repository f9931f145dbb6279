"""Tables on a terminal or in a pipe: loaded by the commands that print one."""

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from stoflow.domain.printable import on_one_line

PIPED_WIDTH_CHARS = 200  # a pipe has no width of its own, and rich would fold lines at 80


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = Table(*columns, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*("" if cell is None else on_one_line(str(cell)) for cell in row))
    console().print(table)


def console() -> Console:
    """Return a console on what standard output is now, that shows a seller's text as it is."""
    is_terminal = sys.stdout.isatty()
    return Console(file=sys.stdout, width=None if is_terminal else PIPED_WIDTH_CHARS, markup=False, highlight=False)
