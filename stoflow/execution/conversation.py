"""Holding a step's conversation: each call it yields is made, each response handed back, its outcome returned."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from stoflow.domain.call import Answer, Call, Command, Response
from stoflow.domain.errors import APIError, ApplicationNotAccepted, DatabaseUnavailable, MarketplaceResting
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Broken, LookResult, Outcome, TryAgain, Unknown
from stoflow.marketplaces.replies import application_refused

Result = TypeVar("Result", Outcome, LookResult, Outcome | LookResult)
NOT_READ = "StoFlow could not read what it keeps of the connection."
Begun = Outcome | LookResult | Generator[Call, Response, Outcome | LookResult]


@dataclass(frozen=True, slots=True)
class NextCommand:
    """The conversation waits for a plugin: `command` is its `seq`-th, counted from 0."""

    command: Command
    seq: int


def begin(converse: Callable[[], Begun], *, unsafe: bool = False) -> Begun:
    """Begin it. A fault before its first call is its outcome; `unsafe`: that call was made in another process."""
    try:
        begun = converse()
    except Exception as error:  # noqa: BLE001 - a fault of one step is that step's outcome, whatever it is
        return broken(error, unsafe=unsafe)
    return begun if isinstance(begun, Generator) else checked(begun)


def hold(
    conversation: Generator[Call, Response, Result], send: Callable[[Call], Response], kind: TaskKind
) -> Result | Outcome:
    """Make every call of the conversation and return its outcome; what went wrong underway is an outcome too."""
    called = False
    try:
        call = next(conversation)
        while True:
            called = True
            call = conversation.send(send(call))
    except StopIteration as end:
        return cast("Result", checked(end.value))  # as its generator is typed
    except APIError as error:
        conversation.close()
        return no_answer(error, kind)
    except Exception as error:  # noqa: BLE001 - a fault of one step is that step's outcome, whatever it is
        return broken(error, unsafe=called and kind is TaskKind.UNSAFE)


def resume(
    conversation: Generator[Call, Response, Result], answers: Sequence[Answer], kind: TaskKind
) -> Result | Outcome | NextCommand:
    """Start the conversation anew, feed it the recorded answers, and return its outcome or its next command."""
    seq = 0
    try:
        call = next(conversation)
        for answer in answers:
            seq += 1
            call = conversation.send(answer)
    except StopIteration as end:
        return cast("Result", checked(end.value))  # as its generator is typed
    except Exception as error:  # noqa: BLE001 - as above
        return broken(error, unsafe=seq > 0 and kind is TaskKind.UNSAFE)
    conversation.close()
    if not isinstance(call, Command):
        return Broken(f"A plugin step yields commands, not {type(call).__name__}.")
    return NextCommand(call, seq)


def checked(value: object) -> Outcome | LookResult:
    """Return a step's result, or Broken for anything that is none."""
    if isinstance(value, Outcome | LookResult):
        return value
    return Broken(f"A step returned {type(value).__name__} instead of an outcome.")


def no_answer(error: APIError, kind: TaskKind) -> Outcome:
    """Return what a missing response means: only a call that certainly never left may simply be repeated."""
    if isinstance(error, ApplicationNotAccepted):
        return application_refused("the marketplace", str(error))
    if isinstance(error, MarketplaceResting):
        return TryAgain(str(error), after_s=0.0, charged=False)
    if kind is TaskKind.UNSAFE and error.sent:
        return Unknown(str(error))
    return TryAgain(str(error), away=True, lost=error.sent)


def broken(error: Exception, *, unsafe: bool) -> Outcome:
    """Return the outcome of a fault in a step's own code; after an unsafe call, nobody knows what was done.

    That a token could not be had of PostgreSQL is no fault of the task, and where that runs is nothing for its seller.
    """
    is_ours = isinstance(error, DatabaseUnavailable)
    reason = NOT_READ if is_ours else f"{type(error).__name__}: {error}"
    if unsafe:
        return Unknown(reason)
    return TryAgain(reason, charged=False, away=True) if is_ours else Broken(reason)
