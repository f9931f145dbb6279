"""What a model writes about a product."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WrittenText:
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Description:
    """A text that is proposed. `is_new` says whether it was written now; `credits_left` is what the tenant has left."""

    text: WrittenText
    is_new: bool
    credits_left: int
