"""What happens at the doors, for the log and the counters; never with a payload, a token or a message's words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestFailed:
    """A request was answered 5xx; `where` is the innermost line of our own code."""

    request_id: str
    path: str
    error: str
    where: str

    @classmethod
    def of(cls, request_id: str, path: str, error: BaseException) -> "RequestFailed":
        return cls(request_id=request_id, path=path, error=type(error).__name__, where=innermost_line(error))


@dataclass(frozen=True, slots=True)
class SocketEventFailed:
    """A socket's event could not be handled; the sender was told."""

    event: str
    error: str
    where: str

    @classmethod
    def of(cls, event: str, error: BaseException) -> "SocketEventFailed":
        return cls(event=event, error=type(error).__name__, where=innermost_line(error))


@dataclass(frozen=True, slots=True)
class SocketClosed:
    """StoFlow ended a socket; `tenant` 0 means nobody had been recognised yet."""

    tenant: int
    reason: str


@dataclass(frozen=True, slots=True)
class BackgroundLoopFailed:
    """A round of one of the doors' own loops failed; the next round goes on."""

    loop: str
    error: str
    where: str

    @classmethod
    def of(cls, loop: str, error: BaseException) -> "BackgroundLoopFailed":
        return cls(loop=loop, error=type(error).__name__, where=innermost_line(error))


@dataclass(frozen=True, slots=True)
class FeedItemRefused:
    """Redis brought something that is not news."""

    reason: str


@dataclass(frozen=True, slots=True)
class RelayMessageDropped:
    """A message for the sockets of other api processes could not leave; pages are told late, nothing is lost."""

    reason: str


def innermost_line(error: BaseException) -> str:
    """Return file and line where the error was raised, without any value."""
    traceback = error.__traceback__
    if traceback is None:
        return ""
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return f"{traceback.tb_frame.f_code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno}"


@dataclass(frozen=True, slots=True)
class SigningKeysRead:
    """The folder of signing keys has changed: so many are known now."""

    count: int


@dataclass(frozen=True, slots=True)
class SigningKeyOpen:
    """A private key that others on the machine may read or replace; `name` is its file's."""

    name: str
