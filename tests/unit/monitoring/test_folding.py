"""What is said again and again leaves two lines: the first, and how often it was said again."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stoflow.http.facts import RequestFailed
from stoflow.monitoring import logs
from stoflow.monitoring.folding import LINES_KEPT, WINDOW_S, Folding
from stoflow.monitoring.lines import FIELDS, formatter
from stoflow.monitoring.standard_error import StandardError


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Told:
    """A folding, what it let through and what it counted."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.again: list[tuple[str, int]] = []
        self.folding = Folding(lambda record, more: self.again.append((record.getMessage(), more)), clock=self.clock)

    def say(self, words: str) -> bool:
        return self.folding.admits(record_of(words), words)


def record_of(words: str, **fields: object) -> logging.LogRecord:
    record = logging.LogRecord("stoflow", logging.WARNING, "", 0, words, (), None)
    setattr(record, FIELDS, fields)
    return record


def test_what_is_said_again_is_counted_until_its_window_ends_and_then_begins_anew() -> None:
    told = Told()
    assert [told.say("a") for _ in range(5)] == [True, False, False, False, False]
    assert told.say("b")
    assert told.folding.due_in_s() == WINDOW_S
    told.clock.now_s += WINDOW_S
    assert told.say("a")
    assert told.again == [("a", 4)]
    assert told.folding.due_in_s() is None


def test_memory_is_bounded_and_nothing_that_was_counted_is_lost() -> None:
    told = Told()
    for _ in range(2):
        told.say("first")
    for number in range(LINES_KEPT):
        told.say(str(number))
    assert told.again == [("first", 1)]
    told.say("0")
    told.folding.close()
    assert told.again == [("first", 1), ("0", 1)]
    told.folding.close()
    assert len(told.again) == 2


@pytest.fixture
def handler() -> Iterator[StandardError]:
    handler = StandardError()
    handler.setFormatter(formatter("console"))
    yield handler
    handler.close()


def test_the_end_of_a_process_tells_what_was_only_counted(
    handler: StandardError, capsys: pytest.CaptureFixture[str]
) -> None:
    for client in ("10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1"):
        handler.handle(record_of("A token was refused.", client=client))
    handler.close()
    assert [line.split("MainProcess ")[1] for line in capsys.readouterr().err.splitlines()] == [
        "A token was refused. [from 10.0.0.1]",
        "A token was refused. [from 10.0.0.2]",
        "A token was refused. [from 10.0.0.1] (said 2 more times)",
    ]


def test_a_thread_tells_it_where_nothing_more_is_said(
    handler: StandardError, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = handler._folding._clock = Clock()
    for _ in range(3):
        handler.handle(record_of("Again."))
    timer = handler._timer
    assert timer is not None
    assert timer.interval == WINDOW_S
    timer.cancel()
    clock.now_s += WINDOW_S
    timer.function()  # as its thread would have
    assert capsys.readouterr().err.splitlines()[1].endswith("Again. (said 2 more times)")
    assert handler._timer is None


PROGRAM = """
import logging, os
from stoflow.monitoring.logs import setup_logging
setup_logging("INFO")
for _ in range(3): logging.getLogger("stoflow").info("Again.")
if not os.fork(): logging.shutdown(); os._exit(0)
os.wait()
"""


def test_a_forked_process_tells_nothing_of_what_its_parent_counted() -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]  # Python minds forks beside threads
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert [line.split("MainProcess ")[1] for line in ended.stderr.splitlines()] == [
        "Again.",
        "Again. (said 2 more times)",
    ]


def test_requests_that_fail_alike_are_one_line_whichever_they_are(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "stoflow"):
        for request in ("r1", "r2"):
            logs.write(RequestFailed(request, "/api/jobs", "DatabaseUnavailable", "failures.py:138"))
    one, another = caplog.records
    assert one.getMessage() == another.getMessage()
    assert "[request r1]" in formatter("console").format(one)
