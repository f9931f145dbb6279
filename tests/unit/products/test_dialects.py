"""What programs write between, around and within cells, and in which bytes."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stoflow.resources.products.files import lines
from stoflow.resources.products.files.rows import RejectedRow, Row, column_names, read_rows

HEADER = ["Title", "Price", "Größe", "image", "image"]
NAMES = ["Title", "Price", "Größe", "image", "image (2)"]


def cells(path: Path, content: bytes) -> list[tuple[str, ...] | str]:
    path.write_bytes(content)
    return [tuple(row.values.values()) if isinstance(row, Row) else row.reason for row in read_rows(path)]


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ('"Preis, EUR";"Titel";"a, b, c, d"\n1;x;y\n', ("Preis, EUR", "Titel", "a, b, c, d")),
        ("Titel;Preis (EUR, inkl. MwSt.);Farbe, Größe\nRock, rot, lang;12,50;a, b\n", None),
        ("Titel;Menge\nRock, rot, lang, neu;1\nHose, blau, kurz, alt;2\n", ("Titel", "Menge")),
        ("Nome articolo\tQuanto\nuno, due; tre\t5\n", ("Nome articolo", "Quanto")),
        ("sep=\t\nTitle, long; or so\tPrice\na\t5\n", ("Title, long; or so", "Price")),
        ('"sep=;"\r\nTitle;Price\r\na;5\r\n', ("Title", "Price")),
        ("sep=^\nTitle^Price\na^5\n", ("Title", "Price")),
        ("Title,Price\n", ("Title", "Price")),
    ],
)
def test_the_delimiter_is_the_one_that_fits_header_and_rows(
    tmp_path: Path, content: str, names: tuple[str, ...] | None
):
    path = tmp_path / "a.csv"
    path.write_text(content, "utf-8", newline="")
    assert column_names(path) == (names or ("Titel", "Preis (EUR, inkl. MwSt.)", "Farbe, Größe"))
    assert not any(isinstance(row, RejectedRow) for row in read_rows(path))


def test_a_cell_that_is_longer_than_the_sample_does_not_hide_the_delimiter(tmp_path: Path):
    long = "x;y|" * 25_000
    assert cells(tmp_path / "a.csv", f'Nome,Quanto\n"{long}",5\n'.encode()) == [(long, "5")]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Robe d’été 👗"),
        ("utf-8-sig", "Robe d’été 👗"),
        ("utf-16", "Robe d’été 👗"),
        ("utf-16-le", "Robe d’été 👗"),
        ("utf-16-be", "Robe d’été 👗"),
        ("utf-32", "Robe d’été 👗"),
        ("cp1252", "Robe d’été, 20 €"),
        ("cp1250", "Płaszcz wełniany, żółty"),
        ("cp1250", "Suknia, 20 zł"),
        ("iso8859-2", "Suknia z żabą, śliczna część"),
        ("cp850", "Größe für Mädchen"),
        ("mac-roman", "Größe für Mädchen"),
        ("cp1252", "Prêt-à-porter “chic”, 5 m³, cœur – ¿qué?"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str, text: str, line_end: str):
    content = line_end.join(["Title;Price", f"{text};5", "plain;6", ""]).encode(encoding)
    assert cells(tmp_path / "a.csv", content) == [(text, "5"), ("plain", "6")]


def test_lines_of_two_encodings_are_each_read_in_their_own(tmp_path: Path):
    content = "title,price\nñandú São größe,5\n".encode() + "São größe ñandú œuvre,6\n".encode("cp1252")
    assert cells(tmp_path / "a.csv", content) == [("ñandú São größe", "5"), ("São größe ñandú œuvre", "6")]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('="0017"', "0017"),
        ('"=""0017"""', "0017"),
        ("'-10% coat", "-10% coat"),
        ("'=sum", "=sum"),
        ("'90s coat", "'90s coat"),
        ("'+size' coat", "'+size' coat"),
        ("=", "="),
    ],
)
def test_what_was_kept_from_a_spreadsheet_is_read_as_it_is(tmp_path: Path, written: str, said: str):
    assert cells(tmp_path / "a.csv", f"title,price\n{written},5\n".encode()) == [(said, "5")]


def test_an_old_macs_file_is_read_in_its_own_letters(tmp_path: Path):
    content = "Titre;Prix\rÉté à l’œuvre;5\r".encode("mac-roman")
    assert cells(tmp_path / "a.csv", content) == [("Été à l’œuvre", "5")]


def test_an_old_macs_file_may_be_longer_than_any_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1_000)
    monkeypatch.setattr(lines, "CHUNK_BYTES", 100)
    rows = b"".join(b"item %07d,5\r" % number for number in range(500))
    assert len(cells(tmp_path / "a.csv", b"title,price\r" + rows)) == 500


@pytest.mark.parametrize(
    ("row", "read"),
    [
        (r'"He said \"hi\", ok",5', ('He said "hi", ok', "5")),
        (r'"5\"",6', ('5"', "6")),
        (r'"5\" heel","6"', ('5" heel', "6")),
        (r'"a \"b\" and ""c""",5', ('a "b" and "c"', "5")),
        ('"two \\"lines\\"\nhere, too",5', ('two "lines"\nhere, too', "5")),
        ('"C:\\",5', ("C:\\", "5")),
        ('"C:\\","D:\\"', ("C:\\", "D:\\")),
        (r'"C:\new",5', (r"C:\new", "5")),
        (r'"C:\\",5', (r"C:\\", "5")),
        (r'"a\""b",5', (r"a\"b", "5")),
        (r'"say \"hi\" in C:\",5', (r'say "hi" in C:' + "\\", "5")),
        (r"5\" heel,6", (r"5\" heel", "6")),
    ],
)
def test_a_backslash_before_a_quote_is_read_as_its_writer_meant(tmp_path: Path, row: str, read: tuple[str, ...]):
    content = f"title,price\n{row}\nlast,7\n".encode()
    assert cells(tmp_path / "a.csv", content) == [read, ("last", "7")]


def test_a_backslash_that_can_mean_two_things_names_its_row(tmp_path: Path):
    content = b'a,b,c\n"\\",",\\","x"\nlast,7,8\n'
    (reason, last) = cells(tmp_path / "a.csv", content)
    assert "A backslash before a quote can be read in two ways" in reason
    assert last == ("last", "7", "8")


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
CELL = TEXT | st.sampled_from(['"', '""', ",", ";", "\t", "a\nb", "a\r\nb", '5" heel', "sep=;", "\\", 'a\\"b', "it's"])
ROWS = st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL), min_size=1, max_size=6)


def is_kept(row: tuple[str, ...]) -> bool:
    """Rows of nothing, and remarks, are no rows; a lone return within a value is a line end to some."""
    return any(cell.strip() for cell in row) and not row[0].strip().lower().startswith(("#info", "info", "seller id"))


@settings(max_examples=200, deadline=None)
@given(
    rows=ROWS,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quote_all=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_csv_writer_wrote_is_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, ...]],
    delimiter: str,
    encoding: str,
    quote_all: bool,
    line_end: str,
):
    written = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    writer.writerows([HEADER, *rows])
    path = tmp_path_factory.mktemp("table", numbered=True) / "a.csv"
    path.write_bytes(written.getvalue().encode(encoding))
    assert list(column_names(path)) == NAMES
    kept = [row for row in rows if is_kept(row)]
    found = list(read_rows(path))
    assert [type(row) for row in found] == [Row] * len(kept) or any("\\" in "".join(row) for row in rows)
    read = [tuple(row.values.values()) for row in found if isinstance(row, Row)]
    assert all(row in kept for row in read)
