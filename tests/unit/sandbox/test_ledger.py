"""The ledger keeps every entry, on disk line by line, whatever happens to the process."""

import json
from pathlib import Path

from stoflow_sandbox.ledger import Ledger, LedgerEntry, read_ledger

ENTRY = LedgerEntry("ebay", "offer.get", 1.0, 200)


def test_each_entry_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "ledger.ndjson"
    with Ledger(file) as ledger:
        for expected in (1, 2, 3):
            ledger.append(ENTRY)
            assert json.loads(file.read_text().splitlines()[-1])["seq"] == expected


def test_since_gives_only_what_is_newer(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.append(ENTRY)
    with Ledger(tmp_path / "ledger") as ledger:
        ledger.append(ENTRY)
        ledger.append(ENTRY)
        assert [entry.seq for entry in ledger.since(0)] == [2, 3]
        assert [entry.seq for entry in ledger.since(2)] == [3]
        assert ledger.since(3) == []


def test_a_line_cut_short_by_a_kill_swallows_no_neighbour(tmp_path: Path) -> None:
    file = tmp_path / "ledger"
    with Ledger(file) as ledger:
        ledger.append(ENTRY)
    file.write_text(file.read_text() + '{"seq": 2, "marketpl')
    with Ledger(file) as ledger:
        ledger.append(ENTRY)
    assert [entry.seq for entry in read_ledger(file)] == [1, 2]


def test_a_ledger_nobody_wrote_is_empty(tmp_path: Path) -> None:
    assert read_ledger(tmp_path / "none") == []


def test_without_a_file_it_lives_in_memory() -> None:
    ledger = Ledger()
    ledger.append(ENTRY)
    ledger.close()
    assert len(ledger.since()) == 1
