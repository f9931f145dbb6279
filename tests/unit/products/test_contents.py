"""A file is what it holds, not what it is called; what holds no rows is refused in one line that says what it is."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image

from stoflow.domain.errors import InputError
from stoflow.resources.products.files.rows import RejectedRow, Row, column_names, read_rows


def zipped(parts: Mapping[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return content.getvalue()


def picture(kind: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, kind)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), r"old Excel workbook \(\.xls\).*save it as CSV or \.xlsx"),
        (b"<html><body><table><tr><td>Title</td></tr></table></body></html>", "HTML page"),
        (b'\xef\xbb\xbf  <!DOCTYPE html>\n<html lang="de">', "HTML page"),
        ('<table border="1"><tr><td>Größe'.encode("utf-16"), "HTML page"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "Excel workbook in XML",
        ),
        (b'<?xml version="1.0"?><office:document>', "flat OpenDocument"),
        (b'<?xml version="1.0"?><rss><item/></rss>', "XML document"),
        (b"{\\rtf1 Title}", "text document"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (gzip.compress(b"title,price\na,5\n", mtime=0), "gzip.*unpack it"),
        (bz2.compress(b"title,price\na,5\n"), "bzip2.*unpack it"),
        (lzma.compress(b"title,price\na,5\n"), "xz.*unpack it"),
        (zipped({"products.csv": "title,price\n"}), "zip archive: unpack it"),
        (zipped({}), "zip archive: unpack it"),
        (zipped({"word/document.xml": "<w/>"}), "Word document"),
        (zipped({"xl/workbook.bin": ""}), "binary Excel workbook"),
        (zipped({"Index/Document.iwa": ""}), "Numbers"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "no spreadsheet"),
        (b"PK\x03\x04" + bytes(100), "damaged"),
        (picture("PNG"), "picture"),
        (picture("JPEG"), "picture"),
        (picture("WEBP"), "picture"),
        (picture("TIFF"), "picture"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "picture"),
        (b"SQLite format 3\x00" + bytes(100), "database"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x7fELF" + bytes(400), "binary"),
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n \t", "empty"),
        (bytes(1000), "empty"),
    ],
)
@pytest.mark.parametrize("name", ["products.csv", "products.xlsx"])
def test_what_holds_no_rows_says_what_it_is(tmp_path: Path, name: str, content: bytes, reason: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=reason) as caught:
        column_names(tmp_path / name)
    assert len(str(caught.value).splitlines()) == 1


def test_a_table_with_tabs_is_one_whatever_it_is_called(tmp_path: Path):
    (tmp_path / "a.xls").write_bytes("Title\tPrice\nKjole, blå\t5\n".encode("utf-16"))
    assert list(read_rows(tmp_path / "a.xls")) == [Row(2, {"Title": "Kjole, blå", "Price": "5"})]


def test_a_table_that_is_called_json_is_a_table(tmp_path: Path):
    (tmp_path / "a.json").write_text("title;price\na;5\n")
    assert list(read_rows(tmp_path / "a.json")) == [Row(2, {"title": "a", "price": "5"})]


@pytest.mark.parametrize(
    "text",
    [
        '[{"title": "a"},\n {"title": "b",\n  "price": {"amount": 5}}]\n',
        '{"products": [\n{"title": "a"}, {"title": "b",\n "price": {"amount": 5}}]}\n',
        '{\n"title": "a"}\n{"title": "b",\n"price": {"amount": 5}}',
        '\n{"title": "a"},\n{"title": "b", "price": {"amount": 5}},\n',
        '{"products": [{"title": "a"}, {"title": "b", "price": {"amount": 5}}]}',
        '{"count": 2, "items": [{"title": "a"}, {"title": "b", "price": {"amount": 5}}], "next": null}\n',
        '{\n"count": 2,\n"items": [{"title": "a"}, {"title": "b", "price": {"amount": 5}}]}',
    ],
)
def test_a_document_of_objects_is_read_object_by_object(tmp_path: Path, text: str):
    path = tmp_path / "products.txt"
    path.write_text(text)
    assert column_names(path) == ("title", "price.amount")
    assert [row.values for row in read_rows(path) if isinstance(row, Row)] == [
        {"title": "a"},
        {"title": "b", "price.amount": 5},
    ]


@pytest.mark.parametrize("text", ['{"photos": [{"url": "a.jpg"}], "title": "a", "price": 5}', '{"title": "a"}'])
@pytest.mark.parametrize("break_", [" ", "\n"])
def test_an_object_that_is_a_product_is_one_whatever_it_holds_first(tmp_path: Path, text: str, break_: str):
    path = tmp_path / "products.json"
    path.write_text(text.replace(" ", break_))
    assert [row.values["title"] for row in read_rows(path) if isinstance(row, Row)] == ["a"]


@pytest.mark.parametrize(
    ("text", "line"),
    [('[\n{"title": "a"},\n{"title": "b"', 3), ('[\n{"title": "a"}\n', 3), ('[{"title": "a"}, oops]', 1)],
)
def test_a_document_that_is_cut_off_keeps_what_came_before(tmp_path: Path, text: str, line: int):
    path = tmp_path / "a.json"
    path.write_text(text)
    first, rejected = read_rows(path)
    assert isinstance(first, Row)
    assert isinstance(rejected, RejectedRow)
    assert rejected.line == line


def test_what_is_nested_without_end_is_no_object(tmp_path: Path):
    path = tmp_path / "a.ndjson"
    path.write_text('{"a":' * 100_000 + "\n" + '{"title": "b"}\n')
    assert [type(row) for row in read_rows(path)] == [RejectedRow, Row]
