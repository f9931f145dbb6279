"""What a simulated marketplace receives, what it answers, and what the ledger remembers of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stoflow_sandbox.sellers import Seller

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart body."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ReceivedCall:
    """One call. `json` is None where the body was not JSON; header names are lower-case.

    `target` and `raw` are the path with its query, and the body, as they came: what a signature is over.
    """

    operation: str
    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    received_at: float
    seller: Seller | None = None
    json: Any = None
    form: Mapping[str, str] = field(default_factory=dict[str, str])
    files: Mapping[str, Upload] = field(default_factory=dict[str, Upload])
    target: str = ""
    raw: bytes = field(default=b"", repr=False)

    @property
    def media_type(self) -> str:
        """The body's encoding, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Effect:
    """What a call changed or is about, in the marketplace's own words.

    `committed` is False for a read: the ledger then has no time of commit.
    """

    listing_id: str = ""
    sku: str = ""
    marker: str = ""
    offer_id: str = ""
    state: str = ""
    title: str = ""
    seller: Seller | None = None  # where the call itself carried no seller's token: a refresh
    committed: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """The marketplace's answer; a body of None is an empty one, of type str is HTML."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    effect: Effect | None = None


class Refusal(Exception):
    """The marketplace says no, in its own words."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"answered {answer.status}")
        self.answer = answer
