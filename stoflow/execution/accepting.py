"""What is written of what a marketplace accepted and works on: that it did, once, and the end of its time."""

from stoflow.domain.outcome import Pending
from stoflow.domain.run import NextMove
from stoflow.domain.tempo import Tempo
from stoflow.execution.moves import Move, Settlement, Tried
from stoflow.storage.engine.accepted import settle_accepted, settle_still_accepted

SHORTEST_POLL_S = 1.0


def accept(tried: Tried, pending: Pending, tempo: Tempo) -> Settlement:
    delay_s = tempo.scaled_s(_poll_s(pending))
    statement = settle_accepted(
        *tried.at,
        marketplace=tried.marketplace,
        reason=pending.reason,
        delay_s=delay_s,
        at_most_s=tempo.scaled_s(pending.at_most_s),
        operation=pending.operation,
    )
    return Settlement(statement, Move(NextMove.LOOK, delay_s))


def wait_on(tried: Tried, pending: Pending, tempo: Tempo) -> Settlement:
    follows = Move(NextMove.LOOK, tempo.scaled_s(_poll_s(pending)))
    statement = settle_still_accepted(*tried.at, reason=pending.reason, delay_s=follows.delay_s, marked=tried.marked)
    return Settlement(statement, follows, kind="unverified", reason=pending.reason)


def _poll_s(pending: Pending) -> float:
    return max(SHORTEST_POLL_S, min(pending.after_s, pending.at_most_s))
