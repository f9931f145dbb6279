"""The ledger: one line on disk for every call the sandbox received, never changed afterwards."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One call. Times are epoch seconds.

    `committed_at` is None where nothing was changed, `answered_at` None where the client never got the answer
    (`status` is then what it would have been told).
    """

    marketplace: str
    operation: str
    time: float
    status: int
    seq: int = 0
    seller: str = ""
    tenant: int | None = None
    sku: str = ""
    marker: str = ""
    listing_id: str = ""
    offer_id: str = ""
    state: str = ""
    title: str = ""
    fault: str = ""
    committed_at: float | None = None
    answered_at: float | None = None
    token: str = ""
    attempt: str = ""


class Ledger:
    """Appends entries to memory and, where a file is given, to disk, flushed one by one."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._entries: list[LedgerEntry] = []
        self._seq = _last_seq(file) if file else 0
        self._first_seq = self._seq
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
        self._file = _open_whole(file) if file else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def append(self, entry: LedgerEntry) -> LedgerEntry:
        """Number the entry, write it, return it."""
        with self._lock:
            self._seq += 1
            numbered = replace(entry, seq=self._seq)
            self._entries.append(numbered)
            if self._file:
                self._file.write(json.dumps(asdict(numbered), ensure_ascii=False) + "\n")
                self._file.flush()
            return numbered

    def since(self, seq: int = 0) -> list[LedgerEntry]:
        """Return the entries of this run after `seq`, oldest first."""
        with self._lock:
            return self._entries[max(0, seq - self._first_seq) :]

    def close(self) -> None:
        """Close the file; later appends stay in memory."""
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None


def entry_from(fields: Mapping[str, Any]) -> LedgerEntry:
    """Return the entry behind one line; fields of a newer ledger are left out."""
    return LedgerEntry(**{name: value for name, value in fields.items() if name in LedgerEntry.__dataclass_fields__})


def read_ledger(file: Path) -> list[LedgerEntry]:
    """Return the entries of a ledger on disk; a line cut short by a kill is left out."""
    return [entry_from(fields) for fields in _lines(file)]


def _open_whole(file: Path) -> TextIO:
    """Open for appending, on a line of its own even after a kill cut the last one short."""
    torn = file.exists() and file.read_bytes()[-1:] not in {b"", b"\n"}
    opened = file.open("a", encoding="utf-8")
    if torn:
        opened.write("\n")
    return opened


def _last_seq(file: Path) -> int:
    last = 0
    for fields in _lines(file):
        last = int(fields["seq"])
    return last


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    if not file.exists():
        return
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            with suppress(ValueError):  # a line cut short by a kill
                yield json.loads(line)
