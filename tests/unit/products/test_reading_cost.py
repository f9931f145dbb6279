"""Reading costs what the file is long, whatever stands in it: counted in characters handed out, not in seconds."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

from stoflow.resources.products.file import ReadProduct, read_products
from stoflow.resources.products.files.feed import (
    AGAIN_AT_MOST,
    AGAIN_FREE_CHARACTERS,
    FEW_RECORD_LINES,
    Feed,
    OpenQuote,
)
from stoflow.resources.products.files.records import Records, Width
from stoflow.resources.products.files.rows import RejectedRow, Row, read_rows

HEADER = "title,price,description,image,size,colour,material"


class CountedLines:
    """Lines that count how often they are looked at while records are made of them."""

    def __init__(self, lines: list[str]) -> None:
        self.records = Records(iter(lines), ",")
        self.found = list(self.records.rows(Width(2, 2)))
        self.again = self.records._feed.again
        self.length = sum(map(len, lines))


ORPHAN = {
    "a quote and no other": '"orphan,2\n',
    "a quote in the middle": 'a","b\n',
    "a quote that is closed and opened": 'a,"b\n',
    "a quote before each end": 'a,b"\n',
    "nothing but quotes": '"\n',
    "three quotes": 'x,"""\n',
    "a backslash before each": '"a \\"b\\" c,5\n',
    "a backslash at the end": '"C:\\",\\"D:\\",5\n',
    "the wrong width": '"a\nb",c,d\n',
}


@pytest.mark.parametrize("line", ORPHAN.values(), ids=ORPHAN.keys())
def test_orphan_quotes_over_thousands_of_lines_are_looked_at_a_bounded_number_of_times(line: str):
    counted = CountedLines(line.splitlines(keepends=True) * 20_000)
    limit = AGAIN_AT_MOST + 6 * FEW_RECORD_LINES
    assert counted.again <= limit * counted.length + AGAIN_FREE_CHARACTERS


def test_good_rows_are_found_after_thousands_of_orphan_quotes():
    counted = CountedLines(['a","b\n'] * 20_000 + ["good,5\n"] * 20)
    assert [cells for _, cells in counted.found][-10:] == [["good", "5"]] * 10


def test_a_feed_that_has_given_back_much_looks_a_few_lines_ahead():
    feed = Feed(iter(["x" * 1_000] * 2_000))
    for _ in range(40):
        with pytest.raises(OpenQuote):
            list(feed)
        feed.give_back(but=1)
    with pytest.raises(OpenQuote):
        list(feed)
    assert len(feed.taken) == FEW_RECORD_LINES


CELLS: dict[str, Callable[[int], str]] = {
    "letters": lambda length: "x" * length,
    "spaces within": lambda length: "a" + " " * (length - 2) + "b",
    "hard spaces within": lambda length: "a" + "\u00a0" * (length - 2) + "b",
    "digits": lambda length: "1" * length,
    "digits and spaces": lambda length: "1 " * (length // 2) + "x",
    "dots": lambda length: "1" + "." * length,
    "commas": lambda length: "a ," * (length // 3) + "b",
    "brackets": lambda length: "[" * length,
    "entities": lambda length: "&#1" * (length // 3) + ";",
    "a digit without end": lambda length: f"&#{'1' * length};",
    "tags": lambda length: "<p " * (length // 3),
    "line breaks": lambda length: "a" + "\n" * 900 + " " * (length - 902) + "b",
    "quotes": lambda length: '""' * (length // 2),
    "backslashes": lambda length: "\\" * length,
    "accents": lambda length: "e" + "\u0301" * length,
}


class Steps:
    """Counts the lines of Python that run; what C code does meanwhile is not seen."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _frame: FrameType, event: str, _argument: object) -> "Steps":
        self.count += event == "line"
        return self

    def of(self, work: Callable[[], object]) -> int:
        before = sys.gettrace()
        sys.settrace(self)
        try:
            work()
        finally:
            sys.settrace(before)
        return self.count


def rows_with(cell: str) -> Iterator[str]:
    yield HEADER
    columns = HEADER.split(",")
    for column in columns:
        yield ",".join(f'"{cell}"' if name == column else "5" for name in columns)


@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS.keys())
def test_a_cell_of_100_000_characters_is_read_or_named_in_every_column(tmp_path: Path, make: Callable[[int], str]):
    path = tmp_path / "a.csv"
    path.write_text("\n".join(rows_with(make(100_000))) + "\n", "utf-8", newline="")
    found = list(read_products(path, mapping={}))
    assert len(found) == len(HEADER.split(","))
    assert all(item.reason if isinstance(item, RejectedRow) else isinstance(item, ReadProduct) for item in found)


@pytest.mark.parametrize("columns", [2_000, 4_000])
def test_many_columns_of_one_name_cost_what_they_are(tmp_path: Path, columns: int):
    path = tmp_path / "a.csv"
    path.write_text(",".join(["image"] * columns) + "\n" + ",".join(["x"] * columns) + "\n")
    assert Steps().of(lambda: list(read_rows(path))) < 60 * columns


def test_a_row_of_many_lines_costs_what_it_is_long(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text('title,price\n"' + "line\n" * 900 + '",5\n')
    (row,) = read_rows(path)
    assert isinstance(row, Row)
    assert Steps().of(lambda: list(read_rows(path))) < 60 * 900
