"""Going through a whole account, page by page: which task follows each, and what they came to together."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeGuard, TypeVar

from stoflow.domain.attempt import Attempt
from stoflow.domain.job import TaskKind
from stoflow.domain.observed import NAMED
from stoflow.domain.outcome import Done, Outcome, Refused
from stoflow.marketplaces.contract import Conversation, Step
from stoflow.marketplaces.handlers import ServiceJobHandler
from stoflow.marketplaces.outputs import text_in

ASKED_AT_ONCE = 20
"""How many missing listings one task asks for, one by one."""
UNREAD = "unread"
NAME_SHOWN = 80
REASON_SHOWN = 300

Missing = Mapping[str, Any]


class ReadsPages(Protocol):
    """What goes through an account."""

    def page(self, attempt: Attempt) -> Conversation: ...


class ReadsListings(ReadsPages, Protocol):
    """What goes through an account's listings, and asks for those that no page showed."""

    def confirm(self, attempt: Attempt) -> Conversation: ...


Pages = TypeVar("Pages", bound=ReadsPages)
Listings = TypeVar("Listings", bound=ReadsListings)


class PagedHandler(ServiceJobHandler[Pages]):
    """Goes through an account: each page, then what sold is removed elsewhere."""

    paged = frozenset({"page"})

    def steps_of(self, service: Pages) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        return (
            Step("page", service.page, TaskKind.REPEATABLE, overwrites=False, paced=True),
            Step("save", summary, propagates=True),
        )


class ListingsHandler(PagedHandler[Listings]):
    """Goes through the listings of an account: behind the pages it asks for what none of them showed."""

    action = "sync"
    paged = frozenset({"page", "confirm"})

    def steps_of(self, service: Listings) -> tuple[Step, ...]:
        """Return the kinds of task, in order."""
        page, save = super().steps_of(service)
        return (page, Step("confirm", service.confirm, TaskKind.REPEATABLE, overwrites=False), save)


def after_page(attempt: Attempt, *, more: bool, then: str) -> str:
    """Return the name of the task that follows this page: the next page, or `then`."""
    return f"page:{attempt.index + 1}" if more else then


def missing_listings(attempt: Attempt) -> Sequence[Missing]:
    """Return those of the listings no page showed that this `confirm:N` is to ask for, each with `external_id`,
    `product` (None where StoFlow knows none) and `sku` ("" where it was never seen)."""
    return _all_missing(attempt)[(attempt.index - 1) * ASKED_AT_ONCE : attempt.index * ASKED_AT_ONCE]


def after_confirming(attempt: Attempt, *, then: str) -> str:
    """Return the name of the task that follows this one of the `confirm` tasks."""
    is_last = attempt.index * ASKED_AT_ONCE >= len(_all_missing(attempt))
    return then if is_last else f"confirm:{attempt.index + 1}"


def _all_missing(attempt: Attempt) -> Sequence[Missing]:
    pages = (output for name, output in attempt.outputs.items() if name.startswith("page:"))
    return next((output["missing"] for output in pages if output.get("missing")), [])


def is_about_one(outcome: object) -> TypeGuard[Refused]:
    """Say whether a marketplace refused to show one thing of many: the others are gone through all the same."""
    return isinstance(outcome, Refused)


Read = TypeVar("Read")
ODD = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, IndexError, OSError)
"""What reading a thing raises that is not as the contract says; OSError is a time that no clock has."""


def read_each(
    shown: Iterable[Any], read: Callable[[Any], Read | None], name: str
) -> tuple[tuple[Read, ...], Sequence[Mapping[str, str]]]:
    """Return what `read` makes of each thing, None left out, and how the result names those that cannot be read.

    `name` is the member that says which one it is.
    """
    taken, odd = list[Read](), list[Mapping[str, str]]()
    for number, each in enumerate(shown, start=1):
        try:
            made = read(each)
        except ODD as error:
            which = text_in(each, name)[:NAME_SHOWN] or f"number {number} of the page, without {name}"
            odd.append({"name": which, "reason": f"It cannot be read: {type(error).__name__}: {error}"[:REASON_SHOWN]})
        else:
            taken += [made] if made is not None else []
    return tuple(taken), odd


def unread(name: str, why: Refused) -> Mapping[str, str]:
    """Return how the job's result names what a marketplace refused to show."""
    return {"name": name, "reason": why.reason}


def unknown_state(name: str, state: str) -> Mapping[str, str]:
    """Return how the job's result names a listing in a state that StoFlow has no word for: in the marketplace's."""
    return {"name": name, "state": state}


def summary(attempt: Attempt) -> Outcome:
    """Output: every count of the tasks before, added up, the number of pages, and what is named one by one.

    `whole` is false where something of the account could not be read.
    """
    total, named = Counter[str](), defaultdict[str, list[Any]](list)
    for name, output in attempt.outputs.items():
        total.update({key: value for key, value in output.items() if isinstance(value, int)})
        total["pages"] += name.startswith("page:")
        for key in NAMED & output.keys():
            named[key] += output[key]
    said = {key: listed for key, listed in named.items() if listed}
    return Done({**total, **said, **({"whole": False} if UNREAD in said else {})})
