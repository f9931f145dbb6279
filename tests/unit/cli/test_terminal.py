"""Whatever stands in a file or in the database, a terminal shows it and is not steered by it."""

import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from stoflow.cli.main import stoflow
from stoflow.cli.output import StoflowGroup, print_json, say
from stoflow.cli.tables import print_table
from stoflow.domain.errors import InputError
from stoflow.domain.printable import json_safe, on_one_line, printable
from stoflow.resources.products.files.rows import RejectedRow, read_rows

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
NASTY = "a\x1b[31m\x9b2J\x07\x08\r\x7f\u202eb\ud800\nc\td"


@given(text=st.text(st.characters()))
def test_nothing_that_steers_is_left_and_nothing_else_is_changed(text: str):
    shown = printable(text)
    assert not STEERING.search(shown)
    shown.encode()
    assert "\n" not in on_one_line(text)
    if shown == text:
        assert not STEERING.search(text)


def test_what_steers_is_written_out():
    assert printable("\x1b[31m\u202e\ud800") == r"\x1b[31m\u202e\ud800"
    assert on_one_line(" a\n\tb  👗 ß\u200dc ") == "a b 👗 ß\u200dc"


@given(text=st.text(st.characters()))
def test_json_says_the_same_to_a_program(text: str):
    document = json_safe(json.dumps({"title": text}, ensure_ascii=False))
    assert not STEERING.search(document)
    assert json.loads(document) == {"title": text}


def test_tables_documents_and_lines_are_safe(capsys: pytest.CaptureFixture[str]):
    print_table((NASTY[:1], "b"), [(NASTY, None)])
    print_json({"title": NASTY})
    say(NASTY)
    say(NASTY, err=True)
    printed = capsys.readouterr()
    assert not STEERING.search(printed.out + printed.err)


@pytest.mark.parametrize("error", [InputError(NASTY), click.UsageError(NASTY)])
def test_errors_are_safe(error: Exception):
    @click.group(cls=StoflowGroup)
    def group() -> None:
        return

    @group.command()
    def fail() -> None:
        raise error

    result = CliRunner().invoke(group, ["fail"])
    assert result.exit_code == 2
    assert not STEERING.search(result.output)


def test_the_sentence_of_a_row_is_one_safe_line():
    row = RejectedRow(2, f'"{NASTY}" is not a price.', "price", NASTY, NASTY)
    assert not STEERING.search(row.sentence)
    assert len(row.sentence.splitlines()) == 1


FILES = {
    "header": f"{NASTY[:-4]},b\nx,y\n".encode("utf-8", "surrogatepass"),
    "price": f'title,price\n"{NASTY}","{NASTY}"\n'.encode("utf-8", "surrogatepass"),
    "workbook": b"PK\x03\x04\x1b[31m",
    "binary": bytes(range(256)) * 8,
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_a_report_on_any_file_is_safe(tmp_path: Path, content: bytes):
    file = tmp_path / "a\x1b[31m.csv"
    file.write_bytes(content)
    for arguments in ([], ["--json"], ["--map", "title=\x1b[31m"]):
        result = CliRunner().invoke(stoflow, ["products", "report", str(file), *arguments])
        assert result.output
        assert not STEERING.search(result.output)


def test_what_is_read_is_not_changed_for_the_terminal_s_sake(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_bytes(b"title,price\na\x1b[31m,5\n")
    (row,) = read_rows(file)
    assert not isinstance(row, RejectedRow)
    assert row.values["title"] == "a\x1b[31m"
