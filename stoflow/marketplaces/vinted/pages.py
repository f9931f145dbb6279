"""What Vinted shows: one thing, or a list page by page."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from stoflow.domain.call import Call, Command, Response
from stoflow.domain.outcome import Broken, Outcome
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import answer_of
from stoflow.marketplaces.vinted import failures

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """`is_last` goes by Vinted's own count of pages, where it gives none by a page that is not full."""

    entries: Sequence[Entry]
    is_last: bool


def ask_for_thing(asked: Command, name: str, unnamed: Outcome) -> Generator[Call, Response, Entry | Outcome | None]:
    """Return what is shown under `name`, None where Vinted has no such thing, or why it cannot show it: `unnamed` where
    nothing is under that name."""
    answer = answer_of((yield asked))
    if answer.error_code == failures.NOT_FOUND:
        return None
    if not answer.success:
        return failures.outcome_of(answer, unsafe=False)
    thing = failures.body_of(answer).get(name)
    return cast("Entry", thing) if isinstance(thing, Mapping) else unnamed


def ask_for_page(asked: Command, name: str, *, number: int, size: int) -> Generator[Call, Response, Page | Outcome]:
    """Return the page that lists its entries under `name`, or why Vinted cannot show it."""
    answer = answer_of((yield asked))
    if not answer.success:
        return failures.outcome_of(answer, unsafe=False)
    body = failures.body_of(answer)
    listed = cast("Sequence[Entry]", body.get(name))
    if not isinstance(listed, list):
        return Broken(f"Vinted showed a page without its {name}.")
    total = text_in(body, "pagination", "total_pages")
    entries = [entry for entry in listed if isinstance(entry, Mapping)]
    return Page(entries, is_last=number >= int(total) if total.isdecimal() else len(listed) < size)
