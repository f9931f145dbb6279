"""What each failure of httpx means: which of our errors, and whether the request may have left."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from stoflow.domain.errors import APIConnectionError, APIError, APITimeoutError
from stoflow.transports.lean_httpx import httpx


@dataclass(frozen=True, slots=True)
class Failure:
    error: type[APIError]
    message: str
    sent: bool = True


# Only a failure before the first byte of the request could leave is `sent=False`.
FAILURES: Mapping[type[Exception], Failure] = {
    httpx.ConnectError: Failure(APIConnectionError, "The marketplace could not be reached.", sent=False),
    httpx.ConnectTimeout: Failure(APITimeoutError, "The marketplace did not pick up in time.", sent=False),
    httpx.PoolTimeout: Failure(APITimeoutError, "Too many calls were in flight to make this one in time.", sent=False),
    httpx.InvalidURL: Failure(APIConnectionError, "The address to call is not a valid one.", sent=False),
    httpx.UnsupportedProtocol: Failure(APIConnectionError, "The address to call is not a valid one.", sent=False),
    httpx.ProxyError: Failure(APIConnectionError, "The proxy on the way to the marketplace failed."),
    httpx.ReadTimeout: Failure(APITimeoutError, "The marketplace did not answer in time."),
    httpx.WriteTimeout: Failure(APITimeoutError, "The marketplace did not take the whole request in time."),
    httpx.TimeoutException: Failure(APITimeoutError, "The marketplace did not answer in time."),
    httpx.ReadError: Failure(APIConnectionError, "The connection broke before the answer came."),
    httpx.WriteError: Failure(APIConnectionError, "The connection broke while the request was sent."),
    httpx.CloseError: Failure(APIConnectionError, "The connection broke while it was closed."),
    httpx.NetworkError: Failure(APIConnectionError, "The connection to the marketplace broke."),
    httpx.LocalProtocolError: Failure(APIConnectionError, "The request was not valid HTTP."),
    httpx.RemoteProtocolError: Failure(APIConnectionError, "The marketplace's answer was not valid HTTP."),
    httpx.ProtocolError: Failure(APIConnectionError, "The conversation with the marketplace was not valid HTTP."),
    httpx.DecodingError: Failure(APIConnectionError, "The marketplace's answer could not be decompressed."),
    httpx.TooManyRedirects: Failure(APIConnectionError, "The marketplace sent us in circles."),
    httpx.TransportError: Failure(APIConnectionError, "The connection to the marketplace failed."),
    httpx.RequestError: Failure(APIConnectionError, "The request failed on its way."),
    httpx.HTTPStatusError: Failure(APIConnectionError, "The marketplace answered with an error."),
    httpx.HTTPError: Failure(APIConnectionError, "The call failed."),
    httpx.StreamConsumed: Failure(APIConnectionError, "The answer was read twice."),
    httpx.StreamClosed: Failure(APIConnectionError, "The answer was read after its end."),
    httpx.ResponseNotRead: Failure(APIConnectionError, "The answer was used before it was read."),
    httpx.RequestNotRead: Failure(APIConnectionError, "The request was used before it was read."),
    httpx.StreamError: Failure(APIConnectionError, "The answer could not be read."),
    httpx.CookieConflict: Failure(APIConnectionError, "The marketplace's cookies contradict each other."),
}


@contextmanager
def foreign_failures() -> Generator[None]:
    """Turn each exception of httpx into ours."""
    try:
        yield
    except tuple(FAILURES) as exception:
        failure = FAILURES[type(exception)]
        raise failure.error(failure.message, sent=failure.sent) from exception
