"""What is said of the headless plugin's connection: why there is none, once and not at each try."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

REMIND_EVERY_S = 60.0
Tell = Callable[[str], None]

CLOSED = "StoFlow closed the connection before it answered, as it does while it is busy or its database is away."
SILENT = "StoFlow did not answer the hello in time."
REFUSED = "StoFlow refuses the plugin: {message}"
WHAT_TO_DO = {
    "not_authenticated": " Give it a newer token: `stoflow token --tenant ID`.",
    "not_allowed": " Only an operator can let this account go on.",
}


class Telling:
    """Says a trouble when it comes, again when it changes, and otherwise once a minute with how often it was met."""

    def __init__(self, tell: Tell, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._clock = tell, clock
        self._reason, self._said_at, self._times = "", 0.0, 0

    def trouble(self, reason: str) -> None:
        self._times += 1
        if reason == self._reason and self._clock() - self._said_at < REMIND_EVERY_S:
            return
        again = f" Tried {self._times} times." if reason == self._reason else " It is tried again and again."
        self._tell(reason + again)
        self._reason, self._said_at = reason, self._clock()

    def well(self, sentence: str) -> None:
        self._tell(sentence)
        self._reason, self._times = "", 0


def refusal_in(said: Any) -> str:
    """Word what came with a CONNECT_ERROR: {message, data: {code}}."""
    words: Mapping[str, Any] = said if isinstance(said, dict) else {"message": said}
    data = words.get("data")
    code = data.get("code") if isinstance(data, dict) else None
    return REFUSED.format(message=words.get("message", "")) + WHAT_TO_DO.get(str(code), "")


def unreached(url: str, error: BaseException) -> str:
    """Word why no connection came about: the client's own error names none, but keeps what it came from."""
    *_, first = _causes(error)
    status = getattr(first, "status_code", None)
    if status is not None:
        return f"{url} answered HTTP {status} instead of opening a socket: is it StoFlow's api?"
    return f"StoFlow at {url} cannot be reached: {getattr(first, 'strerror', None) or first}."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
