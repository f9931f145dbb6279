"""Whether this process answers, and whether it can work."""

from http import HTTPStatus
from typing import Final, Literal

from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered, Moment, SomeMarketplace
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.problems import Problem


class Alive(Answered):
    status: Literal["ok"]


UpOrDown = Literal["up", "down"]


class ApplicationRefusal(Answered):
    """A marketplace refuses StoFlow's own application: what is to be done there waits for its operators."""

    marketplace: SomeMarketplace
    since: Moment


class Ready(Answered):
    """Degraded is without Redis: hints are late, and nothing is lost."""

    status: Literal["ready", "degraded"]
    postgres: UpOrDown
    redis: UpOrDown
    refused_by: list[ApplicationRefusal]


def healthz(_: Context, __: Asked) -> Alive:
    return Alive(status="ok")


def readyz(context: Context, _: Asked) -> Ready | Problem:
    """Without Redis the answer is "degraded": hints are late, nothing is lost. One that takes nothing is full, or to be
    mended by somebody. A marketplace that refuses StoFlow's application stops its own jobs only, and is named."""
    health = context.health()
    words: dict[str, UpOrDown] = {"postgres": _word(health.postgres), "redis": _word(health.redis)}
    if not health.postgres or health.unprepared or health.refusing:
        detail = health.unprepared or (health.refusing if health.postgres else "PostgreSQL does not answer.")
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, more={**words, "state": "unavailable"})
    refusals = [ApplicationRefusal(marketplace=name, since=since) for name, since in health.refused_by.items()]
    return Ready(status="ready" if health.redis else "degraded", **words, refused_by=refusals)


def _word(answers: bool) -> UpOrDown:  # noqa: FBT001 - a yes or no is what this puts into a word
    return "up" if answers else "down"


OPERATIONS: Final = (
    Operation(
        "GET", "/healthz", "healthz", "Say that this process answers.",
        healthz, Alive, problems=(422,), public=True, uncounted=True,
    ),
    Operation(
        "GET", "/readyz", "readyz", "Say whether PostgreSQL and Redis answer.",
        readyz, Ready, problems=(422,), public=True, uncounted=True,
    ),
)  # fmt: skip
