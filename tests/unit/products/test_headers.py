"""Columns are called as the file calls them, and none is lost on the way."""

from pathlib import Path

import pytest

from stoflow.resources.products.files.header import unique_names
from stoflow.resources.products.files.rows import RejectedRow, Row, column_names, read_rows


def read(path: Path, text: str) -> tuple[tuple[str, ...], list[Row | RejectedRow]]:
    path.write_text(text, "utf-8", newline="")
    return column_names(path), list(read_rows(path))


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (["image", "image", "image"], ("image", "image (2)", "image (3)")),
        (["image", "image (2)", "image"], ("image", "image (2)", "image (3)")),
        (["image", "image", "image (2)"], ("image", "image (3)", "image (2)")),
        (["", "title", ""], ("column 1", "title", "column 3")),
        (["column 2", ""], ("column 2", "column 2 (2)")),
        ([" Title\n(80 signs)\u00a0"], ("Title (80 signs)",)),
    ],
)
def test_a_name_that_comes_twice_is_two_names(header: list[str], names: tuple[str, ...]):
    assert unique_names(header) == names


def test_no_cell_of_a_repeated_column_is_lost(tmp_path: Path):
    names, rows = read(tmp_path / "a.csv", "title,image,image,,image\na,1.jpg,2.jpg,x,3.jpg\n")
    assert names == ("title", "image", "image (2)", "column 4", "image (3)")
    assert rows == [
        Row(2, {"title": "a", "image": "1.jpg", "image (2)": "2.jpg", "column 4": "x", "image (3)": "3.jpg"})
    ]


def test_a_key_that_comes_twice_in_an_object_is_two_names(tmp_path: Path):
    text = '{"image": "1.jpg", "image": "2.jpg", "a": {"b": 1}, "a.b": 2}\n'
    names, rows = read(tmp_path / "a.ndjson", text)
    assert names == ("image", "image (2)", "a.b", "a.b (2)")
    assert rows == [Row(1, {"image": "1.jpg", "image (2)": "2.jpg", "a.b": 1, "a.b (2)": 2})]


def test_columns_without_a_name_at_the_end_may_be_left_out(tmp_path: Path):
    _, rows = read(tmp_path / "a.csv", "title,price,,\na,5\nb,6,,x\nc,7,,,y\n")
    assert [row.line for row in rows if isinstance(row, Row)] == [2, 3]
    assert [row.line for row in rows if isinstance(row, RejectedRow)] == [4]


TEMPLATE = (
    "#INFO,Version=0.0.2,Template= listings,,\n"
    '"#INFO After you\'ve uploaded ""drafts"", go on:\nthere",,,,\n'
    "Info,Version=1.0.0,Template=fx,,\n"
    "\n"
    " Action(SiteID=US|Currency=USD),*Title,*StartPrice,PicURL,C:Size\n"
    "Add,a,5,x,M\n"
    "#INFO more of the same,,,,\n"
    "Add,b,6,y,\n"
    "Info,b,6,y,\n"
    "2,record(s) downloaded\n"
    "Seller ID : anna\n"
)


def test_remarks_above_between_and_below_are_no_products(tmp_path: Path):
    names, rows = read(tmp_path / "a.csv", TEMPLATE)
    assert names == ("Action(SiteID=US|Currency=USD)", "*Title", "*StartPrice", "PicURL", "C:Size")
    assert [(row.line, row.values["*Title"]) for row in rows if isinstance(row, Row)] == [(7, "a"), (9, "b"), (10, "b")]
    assert len(rows) == 3


@pytest.mark.parametrize("title", ["My listings", "My listings\nGenerated,2026-11-28", "\n\n"])
def test_the_title_of_a_report_is_not_its_header(tmp_path: Path, title: str):
    names, rows = read(tmp_path / "a.csv", f"{title}\n\nItem number,Title,Price\n1,a,5\n")
    assert names == ("Item number", "Title", "Price")
    assert [type(row) for row in rows] == [Row]


def test_a_header_of_one_word_is_one_where_the_rows_are_no_wider(tmp_path: Path):
    names, rows = read(tmp_path / "a.csv", "Kleidung\nJacke\nHose, blau\n")
    assert names == ("Kleidung",)
    assert [type(row) for row in rows] == [Row, RejectedRow]
