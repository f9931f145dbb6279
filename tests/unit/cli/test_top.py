"""What keys do to `stoflow top`, and what it shows of a snapshot."""

from functools import reduce
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from stoflow.cli.work.top_keys import View, press
from stoflow.cli.work.top_screen import screen_of

NOW = "2026-11-29T12:00:00Z"
ENDED = {"done": 7, "failed": 2}
SNAPSHOT: dict[str, Any] = {
    "at": NOW,
    "scope": "everything",
    "well": False,
    "answers": [{"question": "flows", "yes": False, "detail": "…"}],
    "causes": [{"detail": "No worker is running.", "next": "stoflow worker", "harms": ["flows"]}],
    "marketplaces": [
        {"marketplace": name, "tenants": 2, "waiting": 31, "in_flight": 1, "cap": 8, "last_minute": ENDED, "last_hour": ENDED,
         "held": [{"kind": "pace", "jobs": 30, "tenants": 2, "until": NOW}]}
        for name in ("bazaar", "attic")
    ],
    "shares": [
        {"tenant": 7, "marketplace": "bazaar", "share": 0.75, "waiting": 30, "in_flight": 1, "cap": 4, "done_last_minute": 6,
         "failed_last_minute": 0, "holds": ["limit_reached"], "until": NOW},
    ],
    "processes": [
        {"kind": "worker", "process": 3, "host": "h\x1b[2J", "pid": 9, "serves": ["attic"], "started_at": NOW, "age_s": 1.2}
    ],
}  # fmt: skip


def pressed(keys: str, view: View | None = None) -> View:
    return reduce(press, keys, view or View())


def shown(view: View, trouble: str = "") -> str:
    console = Console(width=160, file=StringIO(), record=True)
    console.print(screen_of(SNAPSHOT, view, trouble=trouble))
    return console.export_text()


def test_keys_pause_filter_and_quit() -> None:
    assert (pressed(" ").paused, pressed("  ").paused) == (True, False)
    assert pressed("fet\x7fbay\r").filter == "ebay"
    assert pressed("fxy\x1b").filter == "", "escape while typing changes nothing"
    assert pressed("fxy\r\x1b").filter == ""
    assert pressed("fq\r").over is False, "what is typed is no command"
    assert pressed("q").over


def test_a_job_is_named_by_its_digits_and_closed_again() -> None:
    assert pressed("j1a2\r").job == 12
    assert pressed("j\r").job is None
    assert pressed("j12\r\x1b").job is None


def test_it_shows_what_is_wrong_who_takes_what_and_which_calls_are_left() -> None:
    text = shown(View())
    for part in (
        "flows NO",
        "No worker is running. stoflow worker",
        "1 of 8",
        "pace 30",
        "75%",
        "3 of 4",
        "limit_reached",
    ):
        assert part in text
    assert "\x1b[2J" not in text
    assert "no answer now" in shown(View(), "no answer now: …")


def test_only_rows_in_which_the_filter_stands_are_shown() -> None:
    text = shown(View(filter="ATTIC"))
    assert ("attic" in text, "bazaar" in text, "75%" in text) == (True, False, False)


@pytest.mark.parametrize("trouble", ["", "The API answered 404: There is no job 12."])
def test_a_job_says_what_holds_it_and_when_it_begins(trouble: str) -> None:
    said = {"status": "pending", "position": 4, "detail": "behind job 3", "outlook": "it begins at about 12:01",
            "holds": [{"kind": "order", "until": None, "release": "itself", "detail": "behind job 3"}]}  # fmt: skip
    text = shown(View(job=12, explained=None if trouble else said, trouble=trouble))
    expected = [trouble] if trouble else ["Job 12 is pending, 4 before it: behind job 3.", "It begins at about 12:01."]
    assert all(part in text for part in expected)
