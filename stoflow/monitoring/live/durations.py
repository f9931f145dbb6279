"""Times as they are counted: in buckets that grow by a twelfth, of which the finest and the coarsest forms are made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, inf, log2
from typing import Final

SCHEMA: Final = 3
"""Prometheus's: 2 ** 3 buckets until the bound has doubled, so that each bound is 1.09 times the one before."""

PER_DOUBLING: Final = 2**SCHEMA
SHORTEST, LONGEST = -10 * PER_DOUBLING, 22 * PER_DOUBLING
"""A thousandth of a second, and seven weeks: what is outside counts as that, so that there are 257 buckets."""

BOUNDS: Sequence[float] = (*(2.0**power for power in range(-4, 17)), inf)
"""What is told where no finer buckets are understood: from a sixteenth of a second to eighteen hours, each doubled."""


def bucket_of(seconds: float) -> int:
    """Return the number of the bucket: its upper bound, which belongs to it, is 2 ** (number / 8)."""
    if seconds <= 2.0**-10:
        return SHORTEST
    return min(LONGEST, ceil(log2(seconds) * PER_DOUBLING))


@dataclass(frozen=True, slots=True)
class Durations:
    """How often something took how long: `buckets` has what is in each bucket alone, by its number."""

    total_s: float = 0.0
    buckets: Mapping[int, int] = field(default_factory=dict[int, int])

    @property
    def count(self) -> int:
        return sum(self.buckets.values())

    def up_to(self, bound: float) -> int:
        """Return how many took no longer than one of BOUNDS, which are bounds of the finer buckets too."""
        last = LONGEST if bound == inf else log2(bound) * PER_DOUBLING
        return sum(count for number, count in self.buckets.items() if number <= last)

    def spans(self) -> Sequence[tuple[int, int]]:
        """Return where buckets stand: how many are left out before a span, and how many it has."""
        spans = list[tuple[int, int]]()
        end: int | None = None
        for number in sorted(self.buckets):
            if end is not None and number == end:
                spans[-1] = (spans[-1][0], spans[-1][1] + 1)
            else:
                spans.append((number - (end or 0), 1))
            end = number + 1
        return spans

    def deltas(self) -> Sequence[int]:
        """Return by how much each bucket has more than the one before."""
        counts = [self.buckets[number] for number in sorted(self.buckets)]
        return [count - before for before, count in zip([0, *counts], counts, strict=False)]
