"""How fast StoFlow's clock runs: `speed` divides every wait of the engine, never a lease or a sweep."""

from dataclasses import dataclass

PACE_MARGIN = 1.05  # keeps jitter between a claim and its call from crowding a window of ten paces
PACE_SLACK = 0.1  # of a pace, which a claim may come early: the next one's time does not move, so no rate is gained


@dataclass(frozen=True, slots=True)
class Tempo:
    speed: float = 1.0

    def scaled_s(self, seconds: float) -> float:
        """Return real seconds for engine seconds."""
        return seconds / self.speed

    def pace_s(self, rate_limit_ms: int) -> float:
        """Return the seconds from one paced claim to the next, 0 where there is no limit."""
        return rate_limit_ms / 1000 * PACE_MARGIN / self.speed
