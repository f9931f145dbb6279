"""Foreign exceptions stop at the door."""

import httpx
import pytest

from stoflow.domain.errors import APIConnectionError, APIError, APITimeoutError
from stoflow.transports.failures import FAILURES, foreign_failures


def httpx_exceptions() -> set[type[Exception]]:
    exported = [getattr(httpx, name) for name in httpx.__all__]
    return {item for item in exported if isinstance(item, type) and issubclass(item, Exception)}


def test_every_exception_of_httpx_has_its_row() -> None:
    assert set(FAILURES) == httpx_exceptions()


def test_every_row_has_a_sentence() -> None:
    assert all(failure.message.endswith(".") for failure in FAILURES.values())


@pytest.mark.parametrize("foreign", sorted(httpx_exceptions(), key=str))
def test_only_our_own_errors_leave(foreign: type[Exception]) -> None:
    with pytest.raises(APIError) as raised, foreign_failures():
        raise foreign.__new__(foreign)
    assert type(raised.value) is FAILURES[foreign].error


def test_a_time_out_is_told_from_a_broken_connection() -> None:
    for foreign, failure in FAILURES.items():
        expected = APITimeoutError if issubclass(foreign, httpx.TimeoutException) else APIConnectionError
        assert failure.error is expected


def test_only_what_failed_before_the_first_byte_certainly_never_left() -> None:
    assert {foreign for foreign, failure in FAILURES.items() if not failure.sent} == {
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.InvalidURL,
        httpx.UnsupportedProtocol,
    }
