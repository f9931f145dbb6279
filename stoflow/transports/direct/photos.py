"""Photos fetched from addresses that somebody else wrote: from public machines, bounded in size, time and number."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from threading import Lock

from stoflow.transports.direct.deadline import DeadlineTransport, ForbiddenAddress, deadline
from stoflow.transports.direct.public_addresses import Network, may_be_called
from stoflow.transports.lean_httpx import httpx

CONNECTIONS = 8
IDLE_S = 15.0
OK = 200
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SCHEMES = frozenset({"http", "https"})
MAX_ADDRESS_CHARACTERS = 2_000
SILENT_TIMES = 3  # after that a host is not waited for again
AS_THEY_ARE = frozenset({"", "identity"})


class NotFetched(Exception):
    """An address brought no file; the message goes on after the address and says what to do."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """`seconds` is for one photo with all its redirects, `photos` for one fetcher; `networks` count as public."""

    content_bytes: int
    seconds: float
    redirects: int
    photos: int
    networks: Sequence[Network] = ()


class PhotoFetcher:
    """Fetches for one import, from several threads at a time; each address is fetched once."""

    def __init__(self, limits: FetchLimits) -> None:
        self._limits = limits
        self._count = 0
        self._silent: Counter[str] = Counter()
        self._counting = Lock()
        self._http = httpx.Client(
            transport=DeadlineTransport(
                connections=CONNECTIONS, idle_s=IDLE_S, may_call=lambda ip: may_be_called(ip, limits.networks)
            ),
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,  # each next address is looked at first
            trust_env=False,
            headers={"accept": "image/*", "accept-encoding": "identity", "user-agent": "stoflow"},
        )

    def fetch(self, address: str) -> bytes:
        """Return what is at the address; raise NotFetched."""
        self._count_one()
        url = _checked(address)
        try:
            with deadline(self._limits.seconds):
                return self._followed(url)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:  # the last of the host of a redirect
            raise NotFetched(f"cannot be fetched: {_failure(error)}") from error

    def close(self) -> None:
        self._http.close()

    def _count_one(self) -> None:
        with self._counting:
            self._count += 1
            if self._count > self._limits.photos:
                raise NotFetched(
                    f"is not fetched, since an import fetches at most {self._limits.photos:,} addresses; "
                    "divide the file, or raise STOFLOW_PHOTO_ADDRESSES"
                )

    def _followed(self, url: httpx.URL) -> bytes:
        for _ in range(self._limits.redirects + 1):
            found = self._asked(url)
            if isinstance(found, bytes):
                return found
            url = found
        raise NotFetched(f"leads on more than {self._limits.redirects} times; give the address it ends at")

    def _asked(self, url: httpx.URL) -> bytes | httpx.URL:
        """Return the file at this address, or the address it leads on to."""
        if self._silent[url.host] >= SILENT_TIMES:
            raise NotFetched(
                f"is not fetched, since {url.host} did not answer {SILENT_TIMES} times; import again later"
            )
        try:
            with self._http.stream("GET", url, timeout=self._limits.seconds) as response:
                if response.status_code in REDIRECTS and "location" in response.headers:
                    return _checked(str(url.join(response.headers["location"])))
                return self._content(response)
        except (httpx.ConnectError, httpx.TimeoutException) as error:
            self._silent[url.host] += not isinstance(error.__cause__, ForbiddenAddress)
            raise

    def _content(self, response: httpx.Response) -> bytes:
        if response.status_code != OK:
            raise NotFetched(f"cannot be fetched: the server answers {response.status_code}; open it in a browser")
        if response.headers.get("content-encoding", "").lower() not in AS_THEY_ARE:
            raise NotFetched("cannot be fetched: the server compresses what it sends; save the photo beside the file")
        content = bytearray()
        for part in response.iter_raw():
            content += part
            if len(content) > self._limits.content_bytes:
                raise NotFetched(f"is longer than {self._limits.content_bytes:,} bytes; save it smaller")
        return bytes(content)


def _checked(address: str) -> httpx.URL:
    """Return the address where it is one to be called; the machine it leads to is looked at when it is connected to."""
    if len(address) > MAX_ADDRESS_CHARACTERS:
        raise NotFetched(f"is an address of more than {MAX_ADDRESS_CHARACTERS:,} characters")
    try:
        url = httpx.URL(address)
        host = url.host  # decoded when it is asked for: of "xn--" and no word behind it a ValueError
    except (httpx.InvalidURL, ValueError):
        raise NotFetched("is no valid address; copy it from a browser") from None
    if url.scheme not in SCHEMES:
        raise NotFetched(f"leads to an address of {url.scheme or 'no scheme'}, and only http and https are fetched")
    if not host:
        raise NotFetched("is an address without a host; copy it from a browser")
    if url.userinfo:
        raise NotFetched("is an address with a user's name in it; give one that anybody may open")
    return url


def _failure(error: Exception) -> str:
    if isinstance(error.__cause__, ForbiddenAddress):
        return "it leads to a private network; save the photo beside the file, or allow the network"
    if isinstance(error, UnicodeError):
        return "it leads to no valid address; give the one of the photo itself"
    if isinstance(error, httpx.TimeoutException):
        return "it took too long; import again later"
    if isinstance(error, httpx.ConnectError):
        return "the server cannot be reached; open it in a browser"
    return "the connection broke; import again later"
