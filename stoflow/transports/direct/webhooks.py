"""Deliveries sent to addresses that somebody else wrote: to public machines, within a time, and once each."""

from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from typing import Final

from stoflow.transports.direct.deadline import DeadlineTransport, ForbiddenAddress, deadline
from stoflow.transports.direct.public_addresses import Network, may_be_called
from stoflow.transports.lean_httpx import httpx

IDLE_S: Final = 15.0
MAX_ADDRESS_CHARACTERS: Final = 2_000
MAX_PORT: Final = 65_535
PORTS: Final = {"https": 443, "http": 80}


class BadAddress(Exception):
    """Nothing is sent to such an address; the message says why."""


class NotSent(Exception):
    """The receiver gave no answer; the message says why."""


def receiver_of(address: str, networks: Sequence[Network]) -> str:
    """Return whom an address reaches, as host and port; raise BadAddress for one that is not to be called.

    Where a name leads to is looked at when it is called. `networks` may be called although they are private.
    """
    try:
        url = httpx.URL(address)
        host = url.host  # decoded when it is asked for: of "xn--" and no word behind it a ValueError
    except (httpx.InvalidURL, ValueError):
        raise BadAddress("is no address") from None
    if len(address) > MAX_ADDRESS_CHARACTERS or not host or url.userinfo or url.fragment:
        raise BadAddress("must name a host, without a user's name or a fragment")
    if url.scheme != "https" and not (url.scheme == "http" and networks):
        raise BadAddress("must begin with https://")
    if _is_private(host, networks):
        raise BadAddress("leads to a private network")
    port = url.port or PORTS[url.scheme]
    if port > MAX_PORT:
        raise BadAddress(f"names the port {port}, and the last one is {MAX_PORT}")
    return f"{host}:{port}"


def _is_private(host: str, networks: Sequence[Network]) -> bool:
    try:
        address = str(ip_address(host))
    except ValueError:
        return host == "localhost" and not networks
    return not may_be_called(address, networks)


class WebhookClient:
    """Sends from several threads; each connection goes to the address that was looked up and found to be public."""

    def __init__(self, *, connections: int, timeout_s: float, networks: Sequence[Network]) -> None:
        self._timeout_s = timeout_s
        self._http = httpx.Client(
            transport=DeadlineTransport(
                connections=connections, idle_s=IDLE_S, may_call=lambda ip: may_be_called(ip, networks)
            ),
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
            headers={"user-agent": "stoflow", "content-type": "application/json"},
        )

    def send(self, address: str, headers: Mapping[str, str], body: str) -> int:
        """Return the status that the receiver answers; raise NotSent. What else it answers is not read."""
        try:
            with (
                deadline(self._timeout_s),
                self._http.stream(
                    "POST", address, headers=dict(headers), content=body.encode(), timeout=self._timeout_s
                ) as response,
            ):
                return response.status_code
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:  # the last of the host of a redirect
            raise NotSent(_failure(error)) from error

    def close(self) -> None:
        self._http.close()


def _failure(error: Exception) -> str:
    if isinstance(error.__cause__, ForbiddenAddress):
        return "The address leads to a private network."
    if isinstance(error, UnicodeError):
        return "The receiver leads on to what is no address."
    if isinstance(error, httpx.TimeoutException):
        return "The receiver did not answer in time."
    if isinstance(error, httpx.ConnectError):
        return "The receiver cannot be reached."
    return "The connection broke."
