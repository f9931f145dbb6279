"""What a file of products is made of: a row that can be read, or why one cannot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stoflow.domain.printable import on_one_line


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its values by column name as the file writes it; nested JSON objects are flattened to `a.b`."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that is left out, with the reason and, where there is one, the product field it concerns.

    `column` is the file's own name of the column that held `value`, as it was written.
    """

    line: int
    reason: str
    field: str = ""
    column: str = ""
    value: str = ""

    @property
    def sentence(self) -> str:
        """Return one line that is safe for a terminal, whatever the file holds."""
        column = f', column "{self.column}"' if self.column else ""
        field = f"{self.field}: " if self.field else ""
        return on_one_line(f"line {self.line}{column}: {field}{self.reason}")
