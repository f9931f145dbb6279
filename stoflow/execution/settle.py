"""From an outcome to what is written and what comes next, one short branch each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from stoflow.domain.fence import Fence
from stoflow.domain.ids import TaskId, TenantId
from stoflow.domain.job import TaskKind, TaskPlan
from stoflow.domain.outcome import (
    Absent,
    Broken,
    CannotTell,
    Done,
    Failed,
    FieldError,
    LookResult,
    Outcome,
    Pending,
    Refused,
    SellerMustAct,
    TryAgain,
    Unknown,
)
from stoflow.domain.retry import (
    LONGEST_LOOK_AFTER_CANCEL_S,
    OUTAGE_S,
    OUTAGE_TRIES,
    backoff_s,
    blind_look_s,
    outage_backoff_s,
)
from stoflow.domain.run import NextMove
from stoflow.domain.tempo import Tempo
from stoflow.execution.accepting import accept, wait_on
from stoflow.execution.keeping import keepable
from stoflow.execution.moves import GO_ON, RELOAD, Move, Settlement, Tried
from stoflow.storage.engine.connection_state import needs_seller
from stoflow.storage.engine.observe.listings import settle_seen
from stoflow.storage.engine.settle import settle_back, settle_done, settle_failed
from stoflow.storage.engine.statement import Statement
from stoflow.storage.engine.verify import settle_untold, settle_verifying

LOOKS_UNTIL_ABSENT = 2
HELD_BACK_S = 1.0
BLIND = "The step has no look to find out by what becomes of what was accepted."


def settlement(tried: Tried, outcome: Outcome, tempo: Tempo, random: Random) -> Settlement:  # noqa: C901, PLR0911  one return per outcome
    """Return what the outcome of an act writes."""
    match outcome:
        case Done() as done:
            return done_settlement(tried, done)
        case TryAgain(reason, after_s, application=True):
            delay_s = tempo.scaled_s(_held_back_s(tried, after_s, random))
            return _back(tried, reason, "application", delay_s, charge=False)
        case TryAgain(reason, after_s, away=True, lost=lost) if not _has_waited(tried, tempo):
            delay_s = tempo.scaled_s(outage_backoff_s(tried.attempts, random) if after_s is None else after_s)
            return _back(tried, reason, "away", delay_s, charge=False, late_s=_late_s(tried, tempo, lost=lost))
        case TryAgain(reason, after_s, charged, ended=ended, lost=lost):
            delay_s, late_s = _delay_s(tried, after_s, tempo, random), _late_s(tried, tempo, lost=lost)
            return _back(tried, reason, "try_again", delay_s, charge=charged, ended=ended, late_s=late_s)
        case SellerMustAct() as told:
            return _halt(tried, told)
        case Refused(reason, errors):
            return _refused(tried, reason, errors)
        case Unknown(reason):
            if tried.kind is TaskKind.UNSAFE:
                return _verify(tried, reason, tempo.scaled_s(tried.quiet_s), looks=0, cause="outcome unknown")
            delay_s, late_s = _delay_s(tried, None, tempo, random), _late_s(tried, tempo, lost=True)
            return _back(tried, reason, "try_again", delay_s, charge=True, late_s=late_s)
        case Pending() if tried.can_look:
            return accept(tried, outcome, tempo)
        case Pending():
            return settlement(tried, Broken(BLIND), tempo, random)
        case Broken(reason):
            return _back(tried, reason, "broken", _delay_s(tried, None, tempo, random), charge=True)


def done_settlement(tried: Tried, done: Done, *, cause: str = "done") -> Settlement:
    """Return what a done attempt writes."""
    done = keepable(done)
    if done.seen is not None:
        step = tried.handler.step(done.seen.then)
        follows = TaskPlan(done.seen.then, step.kind, step.paced)
        seen = settle_seen(*tried.at, done, done.seen, follows)
        return Settlement(seen, RELOAD, done=done)  # the task that follows is known only now
    statement = settle_done(*tried.at, done, marked=tried.marked, cause=cause)
    return Settlement(statement, GO_ON, done=done)


def output_settlement(tenant: TenantId, task: TaskId, claims: Fence, output: Mapping[str, Any]) -> Settlement:
    """Return what a done attempt writes of which nothing but its output is recorded."""
    done = Done(output)
    return Settlement(settle_done(tenant, task, claims, done, marked=False, cause="done"), GO_ON, done=done)


def look_settlement(tried: Tried, found: LookResult, tempo: Tempo, random: Random) -> Settlement:  # noqa: PLR0911  one return per answer
    """Return what a look writes: adopt what is there, act again after two absences, end, or look once more."""
    match found:
        case Done() as done:
            return done_settlement(tried, done, cause="looked and adopted")
        case Absent(reason) if tried.looks + 1 < LOOKS_UNTIL_ABSENT:
            delay_s = tempo.scaled_s(max(0.0, tried.second_look_s - tried.quiet_s))
            return _verify(tried, reason, delay_s, looks=tried.looks + 1, cause="looked: absent")
        case Absent(reason):
            return _act_again(tried, reason, tempo, random, cause="absence confirmed", absences=1)
        case Failed(reason):
            return _act_again(tried, reason, tempo, random, cause="operation failed", absences=0)
        case Pending():
            return (wait_on if tried.accepted else accept)(tried, found, tempo)
        case Refused(reason, errors):
            return _refused(tried, reason, errors)
        case CannotTell(reason, seller=True, person=person, lock=lock):
            again = _untold(tried, reason, Move(NextMove.SELLER), cause="looked: the seller must act", at_once=True)
            return replace(again, more=(_halted(tried, SellerMustAct(reason, person, lock)),))
        case CannotTell(reason, after_s, application=application):
            pause_s = (_held_back_s if application else _blind_s)(tried, after_s, random)
            again, is_far = Move(NextMove.LOOK, tempo.scaled_s(pause_s)), pause_s > LONGEST_LOOK_AFTER_CANCEL_S
            return _untold(tried, reason, again, cause="could not look", at_once=is_far)


def _held_back_s(tried: Tried, after_s: float | None, random: Random) -> float:
    """Return the wait of what met a refusal of the application: short where that is marked, which holds it."""
    if tried.held_back:
        return HELD_BACK_S
    return outage_backoff_s(tried.attempts, random) if after_s is None else after_s


def _blind_s(tried: Tried, after_s: float | None, random: Random) -> float:
    return blind_look_s(tried.attempts, random) if after_s is None else after_s


def _has_waited(tried: Tried, tempo: Tempo) -> bool:
    """Say whether a task has been tried as long as an outage may last."""
    return tried.attempts >= OUTAGE_TRIES and tried.age_s >= tempo.scaled_s(OUTAGE_S)


def _delay_s(tried: Tried, after_s: float | None, tempo: Tempo, random: Random) -> float:
    return tempo.scaled_s(after_s if after_s is not None else backoff_s(tried.failures + 1, random))


def _late_s(tried: Tried, tempo: Tempo, *, lost: bool) -> float | None:
    """Return how long a copy of the call may still be carried out and undo what comes after it, None where none may."""
    return tempo.scaled_s(tried.quiet_s) if lost and tried.overwrites else None


def _back(
    tried: Tried,
    reason: str,
    kind: str,
    delay_s: float,
    *,
    charge: bool,
    ended: str = "",
    late_s: float | None = None,
) -> Settlement:
    statement = settle_back(
        *tried.at, reason=reason, kind=kind, delay_s=delay_s, charge=charge, ended=ended, late_s=late_s
    )
    return Settlement(statement, Move(NextMove.RUN, delay_s), kind=kind, reason=reason)


def _halted(tried: Tried, told: SellerMustAct) -> Statement[bool]:
    about = (tried.tenant, tried.marketplace, told.reason)
    return needs_seller(*about, task=tried.task, claims=tried.claims, person=told.person, lock=told.lock)


def _halt(tried: Tried, told: SellerMustAct) -> Settlement:
    back = settle_back(
        *tried.at,
        reason=told.reason,
        kind="seller",
        delay_s=0.0,
        charge=False,
        waiting=told.reason,
        cause="the seller must act",
    )
    return Settlement(back, Move(NextMove.SELLER), (_halted(tried, told),), "seller", told.reason)


def _verify(tried: Tried, reason: str, delay_s: float, *, looks: int, cause: str) -> Settlement:
    statement = settle_verifying(*tried.at, reason=reason, delay_s=delay_s, looks=looks, cause=cause)
    return Settlement(statement, Move(NextMove.LOOK, delay_s))


def _untold(tried: Tried, reason: str, follows: Move, *, cause: str, at_once: bool = False) -> Settlement:
    statement = settle_untold(
        *tried.at, reason=reason, delay_s=follows.delay_s, cause=cause, marked=tried.marked, at_once=at_once
    )
    return Settlement(statement, follows, kind="unverified", reason=reason)


def _refused(tried: Tried, reason: str, errors: Sequence[FieldError]) -> Settlement:
    failed = settle_failed(*tried.at, reason=reason, kind="refused", errors=errors)
    return Settlement(failed, RELOAD, kind="refused", reason=reason)


def _act_again(tried: Tried, reason: str, tempo: Tempo, random: Random, *, cause: str, absences: int) -> Settlement:
    delay_s = _delay_s(tried, None, tempo, random)
    statement = settle_back(
        *tried.at,
        reason=reason,
        kind="try_again",
        delay_s=delay_s,
        charge=True,
        cause=cause,
        absences=absences,
        orphan_after_s=tempo.scaled_s(tried.second_look_s) if tried.marked else None,
    )
    return Settlement(statement, Move(NextMove.RUN, delay_s), kind="try_again", reason=reason)
