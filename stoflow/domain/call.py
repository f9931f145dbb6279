"""What an outside step sends and what comes back, over HTTP or through the seller's plugin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file of a multipart body."""

    field: str
    filename: str
    content: bytes
    content_type: str = "image/jpeg"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP call; `path` is relative to the marketplace's base URL. At most one of json, form, files+form."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    json: Any = None
    form: Mapping[str, str] | None = None
    files: tuple[FilePart, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One act for the plugin, in the seller's own session (`<marketplace>.draft.create`)."""

    action: str
    payload: JsonObject


Call = Request | Command


@dataclass(frozen=True, slots=True)
class Reply:
    """A marketplace's HTTP answer, whatever its status. `body` is parsed JSON, or None where it was not JSON."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])  # lower-case names
    body: Any = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A plugin's answer to one command. `data` when it succeeded, else the three error fields."""

    success: bool
    data: JsonObject = field(default_factory=dict[str, Any])
    error_code: str = ""
    error_message: str = ""
    retryable: bool = False


Response = Reply | Answer
