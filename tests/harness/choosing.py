"""Reading what an account has to choose from, against the simulated marketplaces."""

from collections.abc import Callable, Mapping

from stoflow.domain.account import Account
from stoflow.domain.call import Call, Response
from stoflow.domain.choices import Choices
from stoflow.domain.outcome import Outcome
from stoflow.marketplaces.contract import AccountOptions, Marketplace
from stoflow.marketplaces.replies import reply_of
from stoflow.testing.acting import Site


def options_of(place: Marketplace) -> AccountOptions:
    assert place.options is not None
    return place.options


def read(place: Marketplace, site: Site, answer: Callable[[Call], Response] | None = None) -> Choices | Outcome:
    """Read the account; each request is judged, and each answer of the simulated marketplace."""
    reading = options_of(place).read(Account(place.name, site.account.external_id))
    send = site.judged(answer or site.answer)
    try:
        request = next(reading)
        while True:
            request = reading.send(reply_of(send(request)))
    except StopIteration as end:
        return end.value


def choices_of(place: Marketplace, site: Site) -> Choices:
    found = read(place, site)
    assert isinstance(found, Mapping), found
    return found
