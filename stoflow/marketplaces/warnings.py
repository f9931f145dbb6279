"""What a marketplace said beside doing what was asked, in its own words: kept with the task, and told by the job."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Response
from stoflow.domain.outcome import WARNINGS, Done, LookResult, Outcome
from stoflow.marketplaces.contract import Conversation, Look, Step

Warned = Mapping[str, Any]
"""`id` is the marketplace's number of it, `message` what it says."""
WarningsIn = Callable[[Response], Iterable[Warned]]
Do = Callable[[Attempt], Outcome | Conversation]
Ending = TypeVar("Ending", bound=Outcome | LookResult)


def heeding(steps: Sequence[Step], warnings_in: WarningsIn) -> tuple[Step, ...]:
    """Return the steps, each of which puts out what it was warned of; the last one puts out what all were."""
    *outside, last = steps
    return (*(_heeding(step, warnings_in) for step in outside), replace(last, do=_telling(last.do)))


def _heeding(step: Step, warnings_in: WarningsIn) -> Step:
    look = _heeding_look(step.look, warnings_in) if step.look else None
    return replace(step, do=_heeding_do(step.do, warnings_in), look=look)


def _heeding_do(do: Do, warnings_in: WarningsIn) -> Do:
    @wraps(do)
    def heed(attempt: Attempt) -> Outcome | Conversation:
        begun = do(attempt)
        return _heard(begun, warnings_in) if isinstance(begun, Generator) else begun

    return heed


def _heeding_look(look: Look, warnings_in: WarningsIn) -> Look:
    return lambda attempt: _heard(look(attempt), warnings_in)


def _telling(do: Do) -> Do:
    @wraps(do)
    def tell(attempt: Attempt) -> Outcome | Conversation:
        outcome = do(attempt)
        said = [warned for output in attempt.outputs.values() for warned in output.get(WARNINGS, ())]
        return outcome if isinstance(outcome, Generator) else _warned(outcome, said)

    return tell


def _heard(
    conversation: Generator[Call, Response, Ending], warnings_in: WarningsIn
) -> Generator[Call, Response, Ending]:
    """Hold the conversation, and listen to each response."""
    said = list[Warned]()
    try:
        call = next(conversation)
        while True:
            response = yield call
            said += warnings_in(response)
            call = conversation.send(response)
    except StopIteration as end:
        return _warned(end.value, said)
    finally:
        conversation.close()


def _warned(outcome: Ending, said: Sequence[Warned]) -> Ending:
    """Return an outcome that also says what was warned of, each once."""
    if not said or not isinstance(outcome, Done):
        return outcome
    once = [warned for number, warned in enumerate(said) if warned not in said[:number]]
    return replace(outcome, output={**outcome.output, WARNINGS: once})
