"""Rows keep their line numbers and a bad one costs only itself."""

from pathlib import Path

import pytest

from stoflow.domain.errors import InputError
from stoflow.resources.products.files.rows import RejectedRow, Row, column_names, read_rows


def rows_of(path: Path, content: bytes) -> list[Row | RejectedRow]:
    path.write_bytes(content)
    return list(read_rows(path))


def lines_of(rows: list[Row | RejectedRow]) -> list[tuple[str, int]]:
    return [("row" if isinstance(row, Row) else "rejected", row.line) for row in rows]


def test_one_file_may_mix_utf_8_and_windows_lines(tmp_path: Path):
    rows = rows_of(tmp_path / "a.csv", "title,price\nRobe d’été,1\n".encode() + b"Jurk \x80 20,2\n" + b"odd \x81,3\n")
    assert [row.values["title"] for row in rows if isinstance(row, Row)] == ["Robe d’été", "Jurk € 20", "odd \x81"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path, encoding: str):
    (row,) = rows_of(tmp_path / "a.csv", "title,price\nÉté,5\n".encode(encoding))
    assert isinstance(row, Row)
    assert row.values == {"title": "Été", "price": "5"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str):
    text = f"title{delimiter}price{delimiter}size\na, b{delimiter}5{delimiter}M\n".replace("a, b", '"a, b"')
    (row,) = rows_of(tmp_path / "a.csv", text.encode())
    assert isinstance(row, Row)
    assert row.values == {"title": "a, b", "price": "5", "size": "M"}


def test_a_spreadsheets_hint_about_the_delimiter_is_no_row(tmp_path: Path):
    assert lines_of(rows_of(tmp_path / "a.csv", b"sep=;\ntitle;price\na;5\n")) == [("row", 3)]
    assert column_names(tmp_path / "a.csv") == ("title", "price")


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_line_breaks_within_quotes_are_counted(tmp_path: Path, line_end: bytes):
    content = line_end.join([b"title,text", b'a,"one', b'two"', b"", b"b,c", b""])
    rows = rows_of(tmp_path / "a.csv", content)
    assert lines_of(rows) == [("row", 2), ("row", 5)]


def test_a_row_of_another_length_is_rejected_alone(tmp_path: Path):
    rows = rows_of(tmp_path / "a.csv", b"title,price\na,1,x\nb,2\nc\nd,4,,\n")
    assert lines_of(rows) == [("rejected", 2), ("row", 3), ("rejected", 4), ("row", 5)]
    assert isinstance(rows[0], RejectedRow)
    assert rows[0].reason == "The row has 3 values where the header names 2 columns."


def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path):
    rows = rows_of(tmp_path / "a.csv", b'title,price\na,1\n"b,2\nc,3\nd,4\n')
    assert lines_of(rows) == [("row", 2), ("rejected", 3), ("row", 4), ("row", 5)]


def test_an_orphan_quote_far_from_the_next_costs_one_line_too(tmp_path: Path):
    good = b"".join(b"item %d,5\n" % number for number in range(3_000))
    rows = rows_of(tmp_path / "a.csv", b'title,price\n"orphan,2\n' + good)
    assert [row.line for row in rows if isinstance(row, RejectedRow)] == [2]
    assert len(rows) == 3_001


def test_an_orphan_quote_closed_by_a_later_row_gives_the_good_rows_back(tmp_path: Path):
    rows = rows_of(tmp_path / "a.csv", b'title,price\n"orphan,2\nb,3\n"c",4\nd,5\n')
    assert lines_of(rows) == [("rejected", 2), ("row", 3), ("row", 4), ("row", 5)]


def test_objects_are_flattened_and_bad_lines_named(tmp_path: Path):
    rows = rows_of(
        tmp_path / "a.ndjson", b'{"title": "a", "price": {"amount": "5"}}\nnot json\n\n[1]\n{"title": "b"}\n'
    )
    assert lines_of(rows) == [("row", 1), ("rejected", 2), ("rejected", 4), ("row", 5)]
    assert isinstance(rows[0], Row)
    assert rows[0].values == {"title": "a", "price.amount": "5"}
    assert column_names(tmp_path / "a.ndjson") == ("title", "price.amount")


def test_ndjson_is_known_by_its_content_too(tmp_path: Path):
    assert lines_of(rows_of(tmp_path / "products.txt", b'{"title": "a"}\n')) == [("row", 1)]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b'"title,price\n', "never closed"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(tmp_path: Path, name: str, content: bytes, reason: str):
    with pytest.raises(InputError, match=reason):
        rows_of(tmp_path / name, content)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"nowhere\.csv cannot be read: No such file"):
        list(read_rows(tmp_path / "nowhere.csv"))


def test_a_line_without_end_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="more than 8 MiB"):
        rows_of(tmp_path / "a.csv", b"title,price\n" + b"x" * (9 * 1024 * 1024))


def test_a_quote_in_the_middle_of_a_line_is_read_as_spreadsheets_do(tmp_path: Path):
    rows = rows_of(tmp_path / "a.csv", b'title,size\n"Levi"s,5"\nheel 5",6\n')
    assert [dict(row.values) for row in rows if isinstance(row, Row)] == [
        {"title": "Levis", "size": '5"'},
        {"title": 'heel 5"', "size": "6"},
    ]
