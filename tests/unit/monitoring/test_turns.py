"""Which pages are made in a turn: those that may be others, the most urgent first, within what a turn may cost."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import pytest

from stoflow.domain.errors import DatabaseUnavailable
from stoflow.http.pages.monitoring import watched as turns
from stoflow.http.pages.monitoring.page import Page, Pulse
from stoflow.http.pages.monitoring.watched import AWAY, BROKEN, SETTLED_S, Watched, make_turn

REST_S = 5.0
PENDING = Pulse("pending", REST_S)


class Looked:
    """A glance at nothing."""

    def keeping(self) -> AbstractContextManager[None]:
        """Look, and keep it."""
        return nullcontext()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Watched]:
    def rendered(_: Page, model: Mapping[str, Any]) -> Mapping[str, str]:
        return {"live_name": model["name"]}

    monkeypatch.setattr(turns, "render_parts", rendered)

    def make(name: str = "", streams: int = 1, **more: Any) -> Watched:
        of = Page(f"/{name}", name, "x.html", lambda _: {"name": name}, **more)
        return Watched(of, shown=None, streams={object() for _ in range(streams)})  # pyright: ignore[reportArgumentType]

    return make


def test_a_page_whose_pulse_stays_the_same_is_made_rarely_and_at_once_when_it_moves(
    page: Callable[..., Watched],
) -> None:
    job = page()
    at = 100.0
    for after_s in (0.0, 1.0, SETTLED_S):  # what belongs to a change is not all written at once
        assert job.may_be_another(PENDING, at + after_s)
        job.make(at + after_s)
    at += SETTLED_S
    assert not job.may_be_another(PENDING, at + REST_S - 0.1)
    assert job.may_be_another(Pulse("running", REST_S), at + 1.0)
    assert job.may_be_another(Pulse("running", REST_S), at + REST_S - 0.1)  # no turn had room for it
    assert job.may_be_another(None, at + REST_S - 0.1)  # PostgreSQL is away, which the page is to say


def test_a_turn_makes_as_many_as_it_has_room_for_and_none_waits_for_ever(page: Callable[..., Watched]) -> None:
    few, many = page("few"), page("many", streams=40)
    glance: Any = Looked()

    def turn(within_s: float) -> list[str]:
        return [parts["live_name"] for _, parts in make_turn(glance, [few, many], within_s).made]

    assert sorted(turn(60.0)) == ["few", "many"]
    few.made_at = many.made_at = many.made_at - 60.0
    assert turn(0.0) == ["many"]
    assert turn(0.0) == ["few"]


def test_what_cannot_be_made_says_so_and_others_are_made(page: Callable[..., Watched]) -> None:
    broken, away, well = page("broken"), page("away"), page("well")
    broken.page = replace(broken.page, show=lambda _: {})
    away.page = replace(away.page, show=refuse)

    made = make_turn(Looked(), [broken, away, well], 60.0).made  # pyright: ignore[reportArgumentType]

    assert {each.page.title: parts["standing"] for each, parts in made} == {"broken": BROKEN, "away": AWAY, "well": ""}


def refuse(_: Any) -> Any:
    raise DatabaseUnavailable("PostgreSQL is away.")
