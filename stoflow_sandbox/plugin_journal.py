"""The plugin's memory of what it did, on disk, so that a command sent again is answered and not done again."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

Answer = Mapping[str, Any]


class Journal:
    """Appends `started` and `answer` lines by request id, each on the disk before the call returns.

    Without a file it remembers only as long as the process lives.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._started: set[str] = set()
        self._answers: dict[str, Answer] = {}
        for line in _lines(file) if file else ():
            self._remember(line)
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file.open("ab") if file else None
        self._write(b"\n")  # a line cut short by a kill must not swallow the next one

    def has_started(self, request_id: str) -> bool:
        """Say whether the command was begun, whatever came of it."""
        with self._lock:
            return request_id in self._started

    def answer(self, request_id: str) -> Answer | None:
        """Return what was answered."""
        with self._lock:
            return self._answers.get(request_id)

    def start(self, request_id: str) -> None:
        """Record that the act may happen from now on."""
        self._record({"request_id": request_id, "event": "started"})

    def finish(self, request_id: str, answer: Answer) -> None:
        """Record what came of it."""
        self._record({"request_id": request_id, "event": "answer", "answer": answer})

    def note(self, request_id: str, event: str) -> None:
        """Record something else that became of a command, for those who read the file later."""
        self._record({"request_id": request_id, "event": event})

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None

    def _record(self, line: Mapping[str, Any]) -> None:
        with self._lock:
            self._remember(line)
            self._write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def _write(self, data: bytes) -> None:
        if self._file:
            self._file.write(data)
            self._file.flush()
            os.fsync(self._file.fileno())

    def _remember(self, line: Mapping[str, Any]) -> None:
        request_id = line["request_id"]
        self._started.add(request_id)
        if line["event"] == "answer":
            self._answers[request_id] = line["answer"]


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    if not file.exists():
        return
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            with suppress(ValueError):
                yield json.loads(line)
