"""The verdict: three questions, and what answers them with no."""

from collections.abc import Sequence
from dataclasses import dataclass

from stoflow.resources.monitoring.causes import JUDGES, Cause, Question, Seen

YES = {
    Question.FLOWS: "Work flows.",
    Question.SUCCEEDS: "Jobs that are started succeed.",
    Question.FRESH: "The view is fresh.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`detail` is a sentence: why not, or that it is so."""

    question: Question
    yes: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`causes` come likeliest first; those that harm nothing are remarks, at the end."""

    answers: Sequence[Answer]
    causes: Sequence[Cause]

    @property
    def well(self) -> bool:
        return all(each.yes for each in self.answers)


def judge(seen: Seen) -> Verdict:
    found = [cause for of in JUDGES for cause in of(seen)]
    causes = sorted(found, key=lambda cause: not cause.harms)
    return Verdict([_answer(question, causes) for question in Question], causes)


def _answer(question: Question, causes: Sequence[Cause]) -> Answer:
    why_not = next((cause for cause in causes if question in cause.harms), None)
    return Answer(question, why_not is None, why_not.detail if why_not else YES[question])
