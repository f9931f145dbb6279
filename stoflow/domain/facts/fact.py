"""What all facts are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    pass
