"""A workbook's cells arrive as a seller sees them, from the sheet that holds products."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet.worksheet import Worksheet

from stoflow.domain.errors import InputError
from stoflow.resources.products.fields.numbers import Amount
from stoflow.resources.products.file import ReadProduct, read_products
from stoflow.resources.products.files import ods, xlsx
from stoflow.resources.products.files.rows import RejectedRow, Row, column_names, read_rows

TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
ODS_HEAD = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    f'xmlns:table="{TABLE}" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" office:version="1.2">'
    "<office:body><office:spreadsheet>"
)
ODS_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
    'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def workbook(*rows: Sequence[Any]) -> tuple[Workbook, Worksheet]:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    return book, sheet


def values(path: Path) -> list[dict[str, Any]]:
    return [dict(row.values) for row in read_rows(path) if isinstance(row, Row)]


def rejected(path: Path) -> list[RejectedRow]:
    return [row for row in read_rows(path) if isinstance(row, RejectedRow)]


def write_ods(path: Path, body: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", ODS_MANIFEST)
        archive.writestr(
            "content.xml", f"{ODS_HEAD}{body}</office:spreadsheet></office:body></office:document-content>"
        )


def ods_table(name: str, *rows: Sequence[str]) -> str:
    cells = ["".join(row) for row in rows]
    return f'<table:table table:name="{name}">{"".join(f"<table:table-row>{row}</table:table-row>" for row in cells)}</table:table>'


def text_cell(text: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


def number_cell(number: str, kind: str = "float") -> str:
    return f'<table:table-cell office:value-type="{kind}" office:value="{number}"><text:p>?</text:p></table:table-cell>'


@pytest.mark.parametrize("name", ["products.xlsx", "products.csv", "products"])
def test_a_workbook_is_known_by_its_content(tmp_path: Path, name: str):
    book, _ = workbook(["title", "price"], ["Scarf", 12])
    book.save(tmp_path / name)
    assert column_names(tmp_path / name) == ("title", "price")
    (product,) = read_products(tmp_path / name, mapping={})
    assert isinstance(product, ReadProduct)
    assert (product.line, product.product.title, product.product.price) == (2, "Scarf", 12)


@pytest.mark.parametrize(
    ("value", "number_format", "read"),
    [
        (110000000001, "General", 110000000001),
        (110000000001.0, "0.00E+00", 110000000001),
        (4006381333931, "General", 4006381333931),
        (12.5, "General", 12.5),
        (0.1 + 0.2, "General", 0.3),
        (42, "00000", "00042"),
        ("007", "General", "007"),
        (0.25, "0%", "25%"),
        (0.125, "0.0%", "12.5%"),
        (1299, "#,##0.00 [$€-407];[Red]-#,##0.00 [$€-407]", Amount(1299, "€")),
        (12.5, '"£"#,##0.00', Amount(12.5, "£")),
        (12.5, "[$$-409]#,##0.00", Amount(12.5, "$")),
        (12.5, "#,##0.00\\ [$CHF-807]", Amount(12.5, "CHF")),
        (12.5, '#,##0.00 "zł"', Amount(12.5, "zł")),
        (12.5, '"CA$"0.000', Amount(12.5, "CA$")),
        (12.5, '0.0 "kg"', 12.5),
        (datetime(2026, 1, 2), "dd.mm.yyyy", "2026-01-02"),  # noqa: DTZ001  a sheet knows no zones
        (datetime(2026, 1, 2, 10, 30), "dd.mm.yyyy hh:mm", "2026-01-02 10:30:00"),  # noqa: DTZ001  see above
        (date(2026, 1, 2), "dd/mm/yy", "2026-01-02"),
        (True, "General", True),
        ("a_x000D_\nb", "General", "a\nb"),
        ("  spaces  ", "@", "  spaces  "),
        (None, "General", ""),
    ],
)
def test_a_cell_is_read_as_it_is_shown(tmp_path: Path, value: Any, number_format: str, read: Any):
    book, sheet = workbook(["title", "price"], ["a", value])
    sheet["B2"].number_format = number_format
    book.save(tmp_path / "a.xlsx")
    (row,) = values(tmp_path / "a.xlsx")
    assert (row["price"], type(row["price"])) == (read, type(read))


@pytest.mark.parametrize("number_format", ["0.000 €", '#,##0.00\\ "€"', "General"])
def test_a_real_number_has_one_reading_however_it_is_shown(tmp_path: Path, number_format: str):
    book, sheet = workbook(["title", "price", "currency"], ["a", 14.875, "EUR"], ["b", "1.299", "EUR"])
    sheet["B2"].number_format = number_format
    book.save(tmp_path / "a.xlsx")
    items = [item for item in read_products(tmp_path / "a.xlsx", mapping={}) if isinstance(item, ReadProduct)]
    assert [str(item.product.price) for item in items] == ["14.88", "1299.00"]


def test_rows_keep_the_numbers_of_the_sheet(tmp_path: Path):
    book, sheet = workbook([], ["My wardrobe"], [], ["Title", "Price", "Image", "Image"])
    sheet["A7"], sheet["B7"], sheet["D7"] = "Scarf", 5, "b.jpg"
    sheet["A9"], sheet["F9"] = "Coat", "orphan"
    book.save(tmp_path / "a.xlsx")
    assert list(read_rows(tmp_path / "a.xlsx")) == [
        Row(7, {"Title": "Scarf", "Price": 5, "Image": "", "Image (2)": "b.jpg"}),
        RejectedRow(9, "The row has 6 values where the header names 4 columns."),
    ]


def test_the_sheet_of_products_is_found_and_others_are_named(tmp_path: Path):
    book, sheet = workbook(["Read this first"], ["Fill in the next sheet."])
    sheet.title = "Instructions"
    for name, state in (("Lists", "hidden"), ("Damen", "visible"), ("Herren", "visible")):
        other = book.create_sheet(name)
        other.sheet_state = state
        other.append(["Titel", "Preis"])
        other.append([f"Jacke {name}", 20])
    book.save(tmp_path / "a.xlsx")
    assert values(tmp_path / "a.xlsx") == [{"Titel": "Jacke Damen", "Preis": 20}]
    (other,) = rejected(tmp_path / "a.xlsx")
    assert 'The sheet "Herren" holds products too, and only "Damen" is read' in other.reason


def test_a_sheet_that_explains_columns_or_is_empty_holds_no_products(tmp_path: Path):
    book, sheet = workbook(["Name", "Description"], ["Title", "What buyers see first"])
    sheet.title = "Columns"
    for name, rows in (("Products", [["a", 5]]), ("Next season", [])):
        other = book.create_sheet(name)
        for row in (["Title", "Price (EUR)"], *rows):
            other.append(row)
    book.save(tmp_path / "a.xlsx")
    assert list(read_rows(tmp_path / "a.xlsx")) == [Row(2, {"Title": "a", "Price (EUR)": 5})]


def test_a_template_s_remarks_are_no_products(tmp_path: Path):
    book, _ = workbook(
        ["#INFO", "Version=1.0"], ["*Action(SiteID=US)", "*Title", "Price"], ["Add", "a", 5], ["#INFO", "x"]
    )
    book.save(tmp_path / "a.xlsx")
    assert values(tmp_path / "a.xlsx") == [{"*Action(SiteID=US)": "Add", "*Title": "a", "Price": 5}]


def test_a_workbook_of_the_strict_class_is_read(tmp_path: Path):
    book, sheet = workbook(["sku", "title", "price", "made"], ["007", "Boots", 49.9, date(2026, 5, 4)])
    sheet["C2"].number_format = '0.00 "EUR"'
    sheet["A3"] = "008"
    sheet.title = "Produits"
    book.iso_dates = True  # as the strict class has them
    book.save(tmp_path / "usual.xlsx")
    with zipfile.ZipFile(tmp_path / "usual.xlsx") as usual, zipfile.ZipFile(tmp_path / "strict.xlsx", "w") as strict:
        for name in usual.namelist():
            content = usual.read(name)
            for names in ("spreadsheetml", "officeDocument", "drawingml"):
                of_usual = f"http://schemas.openxmlformats.org/{names}/2006/".encode()
                content = content.replace(of_usual, f"http://purl.oclc.org/ooxml/{names}/".encode())
            strict.writestr(name, content)
    read = values(tmp_path / "strict.xlsx")
    assert read == values(tmp_path / "usual.xlsx")
    assert [row["sku"] for row in read] == ["007", "008"]


def test_a_workbook_that_names_no_root_is_read(tmp_path: Path):
    workbook(["title", "price"], ["Scarf", 12])[0].save(tmp_path / "whole.xlsx")
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as rootless:
        for name in set(whole.namelist()) - {"_rels/.rels"}:
            rootless.writestr(name, whole.read(name))
    assert values(tmp_path / "a.xlsx") == [{"title": "Scarf", "price": 12}]


def test_a_workbook_without_rows_says_so(tmp_path: Path):
    workbook()[0].save(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match="no rows in a sheet that can be seen"):
        column_names(tmp_path / "a.xlsx")


def test_what_is_cut_off_is_refused_in_one_line(tmp_path: Path):
    book, _ = workbook(["title", "price"], ["Scarf", 12])
    book.save(tmp_path / "whole.xlsx")
    whole = (tmp_path / "whole.xlsx").read_bytes()
    path = tmp_path / "a.xlsx"
    for length in range(4, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError):
            column_names(path)


def rewritten(path: Path, name: str, change: tuple[bytes, bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    assert change[0] in parts[name]
    parts[name] = parts[name].replace(*change)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)


@pytest.mark.parametrize(
    "change",
    [
        (b'r="A2" t="inlineStr"', b'r="A2" t="s"><v>99</v></c><c r="C2"'),
        (b"</sheetData>", b""),
        (b'<row r="2">', b'<row r="99999999">'),
        (b'r="B2"', b'r="XFD2"'),
        (b'r="B2"', b'r="!"'),
    ],
)
def test_a_sheet_that_no_program_writes_is_refused(
    tmp_path: Path, change: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(xlsx, "MAX_ROWS", 10_000)
    path = tmp_path / "a.xlsx"
    book, _ = workbook(["title", "price"], ["Scarf", 12])
    book.save(path)
    rewritten(path, "xl/worksheets/sheet1.xml", change)
    with pytest.raises(InputError):
        list(read_rows(path))


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    book, _ = workbook(["title", "price"], *(["Scarf" * 100, number] for number in range(100)))
    book.save(tmp_path / "a.xlsx")
    monkeypatch.setattr(xlsx, "MAX_SHEET_BYTES", 2_000)
    with pytest.raises(InputError, match=r"unpacks to more than .* save it as CSV"):
        column_names(tmp_path / "a.xlsx")


def test_an_open_document_spreadsheet_is_read(tmp_path: Path):
    path = tmp_path / "products.csv"
    write_ods(
        path,
        ods_table("Hinweise", [text_cell("Nur ein Hinweis")])
        + ods_table(
            "Waren",
            [text_cell("Titel"), text_cell("Preis"), text_cell("Id"), text_cell("Bild"), text_cell("Bild")],
            ['<table:table-cell table:number-columns-repeated="16384"/>'],
            [
                text_cell("Jacke &lt;neu&gt;</text:p><text:p>rot"),
                number_cell("12.5", "currency"),
                number_cell("110000000001"),
            ],
            [text_cell("Hose"), number_cell("0.30000000000000004"), text_cell("007"), text_cell("a"), text_cell("b")],
        ),
    )
    assert list(read_rows(path)) == [
        Row(3, {"Titel": "Jacke <neu>\nrot", "Preis": 12.5, "Id": 110000000001, "Bild": "", "Bild (2)": ""}),
        Row(4, {"Titel": "Hose", "Preis": 0.3, "Id": "007", "Bild": "a", "Bild (2)": "b"}),
    ]


def test_what_an_open_document_spreadsheet_shows_beside_a_number_is_read_with_it(tmp_path: Path):
    path = tmp_path / "a.ods"
    in_dollars = '<table:table-cell office:value-type="currency" office:currency="USD" office:value="1299.5" '
    write_ods(
        path,
        ods_table(
            "S",
            [text_cell("SKU"), text_cell("Title"), text_cell("Price"), text_cell("Off")],
            [
                '<table:table-cell office:value-type="float" office:value="17"><text:p>0017</text:p></table:table-cell>',
                text_cell("Coat"),
                f'{in_dollars}calcext:value-type="currency"><text:p>1.299,50 $</text:p></table:table-cell>',
                number_cell("0.5", "percentage"),
            ],
            [number_cell("18"), text_cell("Hat"), f"{in_dollars}/>", text_cell("")],
        ),
    )
    assert values(path) == [
        {"SKU": "0017", "Title": "Coat", "Price": Amount(1299.5, "USD"), "Off": "50%"},
        {"SKU": 18, "Title": "Hat", "Price": Amount(1299.5, "USD"), "Off": ""},
    ]


def test_breaks_in_a_text_and_indentation_between_cells_are_read_as_they_are_meant(tmp_path: Path):
    path = tmp_path / "a.ods"
    write_ods(path, ods_table("S", [text_cell("Title"), "\n      ", text_cell("Price")],
                              ["\n  ", text_cell("Wool coat<text:line-break/>Lined"), " ", text_cell("1<text:tab/>2")])
              )  # fmt: skip
    assert [row.values for row in read_rows(path) if isinstance(row, Row)] == [
        {"Title": "Wool coat\nLined", "Price": "1\t2"}
    ]


def test_an_open_document_spreadsheet_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.ods"
    write_ods(path, ods_table("S", [text_cell("Title"), text_cell("Price")], [text_cell("x" * 5_000)]))
    monkeypatch.setattr(ods, "MAX_CONTENT_BYTES", 4_000)
    with pytest.raises(InputError, match=r"unpacks to more than .* save it as CSV"):
        column_names(path)


def test_a_few_bytes_that_stand_for_a_billion_cells_are_refused(tmp_path: Path):
    path = tmp_path / "a.ods"
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    row = f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>'
    write_ods(path, f'<table:table table:name="S">{row}</table:table>')
    with pytest.raises(InputError, match="too large"):
        column_names(path)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda text: text.strip() and not ILLEGAL_CHARACTERS_RE.search(text) and not text.startswith("=")
)
VALUE = TEXT | st.integers(0, 10**14) | st.decimals(0, 10**6, places=2).map(float) | st.booleans()


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(TEXT, VALUE, VALUE), min_size=1, max_size=5))
def test_what_a_workbook_was_written_with_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Any, ...]]
):
    book, sheet = workbook(["Title", "Price", "Size"])
    for number, row in enumerate(rows, start=2):
        for column, value in enumerate(row, start=1):
            sheet.cell(number, column).value = value
    saved = io.BytesIO()
    book.save(saved)
    path = tmp_path_factory.mktemp("book", numbered=True) / "a.xlsx"
    path.write_bytes(saved.getvalue())
    assert [tuple(row.values()) for row in values(path)] == rows
