"""Errors of calls that are said in other words on their way."""

from collections.abc import Iterator

import pytest

from stoflow.domain.errors import APIError, MarketplaceResting


def _kinds(kind: type[APIError] = APIError) -> Iterator[type[APIError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _kinds(each)


@pytest.mark.parametrize("kind", list(_kinds()))
def test_every_error_of_a_call_can_be_said_in_other_words_whatever_it_is_made_of(kind: type[APIError]) -> None:
    error = kind() if kind is MarketplaceResting else kind("It is away.", sent=False)
    again = error.saying(f"{error} Please begin again.")
    assert (type(again), again.sent) == (kind, False)
    assert str(again) == f"{error} Please begin again."
    assert error.saying("So it was sent.", sent=True).sent
