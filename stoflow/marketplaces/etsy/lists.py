"""Etsy's lists: asked for by a limit and an offset, answered with a count and results (FACTS 2.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from stoflow.domain.call import Reply
from stoflow.domain.outcome import Broken, Outcome
from stoflow.marketplaces.etsy import failures
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.replies import NOT_FOUND, is_success

PAGE_SIZE = 100
"""The most Etsy shows at once."""

LAST_OFFSET = 12_000
"""The last place in a list at which Etsy lets a page begin."""

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """What Etsy shows of a list; `denied` where it answered that there is none, as it may instead of an empty one."""

    items: Sequence[Item] = ()
    count: int = 0
    denied: bool = False

    def next_offset(self, offset: int) -> int | None:
        """Return where the next page begins; None where this one, which begins at `offset`, is the last.

        Pages can repeat what others showed, so only the count tells.
        """
        behind = offset + PAGE_SIZE
        return behind if self.items and not 0 < self.count <= behind else None


def read_page(reply: Reply) -> Page | Outcome:
    """Return what a page shows, or why Etsy does not show it."""
    if reply.status == NOT_FOUND:
        return Page(denied=True)
    if not is_success(reply):
        return failures.outcome_of(reply, unsafe=False)
    if not isinstance(reply.body, Mapping) or not isinstance(reply.body.get("results"), list):
        return Broken("Etsy answered without the list it was asked for.")
    count = text_in(reply.body, "count")
    return Page(items_in(reply.body, "results"), int(count) if count.isascii() and count.isdecimal() else 0)


def items_in(body: Any, name: str) -> Sequence[Item]:
    """Return the objects in a list of that name; none where there is no such list."""
    listed = cast("Item", body).get(name) if isinstance(body, Mapping) else None
    items = cast("list[Any]", listed) if isinstance(listed, list) else []
    return [cast("Item", item) for item in items if isinstance(item, Mapping)]
