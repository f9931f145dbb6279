"""Where lines go: to standard error, each kind of line at most once within a window, however often it is said."""

import logging
import os
import sys
import threading
from typing import Any

from stoflow.monitoring.context import fields_now
from stoflow.monitoring.folding import Folding
from stoflow.monitoring.lines import FIELDS, REPEATED


class StandardError(logging.StreamHandler[Any]):
    """Writes to what standard error is now, not to what it was when logging was set up."""

    def __init__(self) -> None:
        super().__init__()
        self._folding = Folding(self._tell_again)
        self._timer: threading.Timer | None = None
        os.register_at_fork(after_in_child=self._forget)

    def emit(self, record: logging.LogRecord) -> None:
        if not hasattr(record, FIELDS):  # a library's own
            setattr(record, FIELDS, fields_now())
        if self._folding.admits(record, _sameness(record)):
            self._write(record)
        self._come_back()

    def close(self) -> None:
        """Tell what was only counted so far; called as the process ends."""
        self.acquire()
        try:
            self._folding.close()
        finally:
            self.release()
        super().close()

    def _write(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)

    def _tell_again(self, record: logging.LogRecord, more: int) -> None:
        again = logging.makeLogRecord(record.__dict__)
        setattr(again, FIELDS, {**getattr(record, FIELDS), REPEATED: more})
        self._write(again)

    def _come_back(self) -> None:
        """Have a thread tell what was counted, which is there only as long as something is."""
        within_s = self._folding.due_in_s() if self._timer is None else None
        if within_s is not None:
            self._timer = threading.Timer(within_s, self._due)
            self._timer.name, self._timer.daemon = "log", True
            self._timer.start()

    def _due(self) -> None:
        self.acquire()
        try:
            self._timer = None
            self._folding.close_due()
            self._come_back()
        finally:
            self.release()

    def _forget(self) -> None:
        """After a fork: what was counted is the parent's to tell, and so is its thread."""
        self._folding.forget()
        self._timer = None


def _sameness(record: logging.LogRecord) -> tuple[object, ...]:
    """Return what makes two lines one: the words, and who caused them; ids beside the words differ each time."""
    return (record.name, record.levelno, record.getMessage(), getattr(record, FIELDS).get("client"))
