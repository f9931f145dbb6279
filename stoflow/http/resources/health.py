"""Whether this process answers, and whether it can work."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Literal

from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered, Moment, SomeMarketplace
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.problems import Problem
from stoflow.http.rest.schemas import Given
from stoflow.resources.monitoring import snapshot
from stoflow.resources.monitoring.causes import Cause


class Alive(Answered):
    status: Literal["ok"]


UpOrDown = Literal["up", "down"]
PART_OF: Final[Mapping[str, str]] = {
    "no_orchestrator": "orchestrator",
    "no_worker": "worker",
    "no_consumer": "worker",
}
"""The part that each of these troubles is one of."""


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


class ReadyQuery(Given):
    """With `deep` it is also asked whether an orchestrator runs, and a worker for each marketplace heard of lately."""

    deep: Literal["", "1", "true"] | None = None


def readyz(context: Context, asked: Asked) -> Ready | Problem:
    """Without Redis the answer is "degraded": hints are late, nothing is lost. One that takes nothing is full, or to be
    mended by somebody. A marketplace that refuses StoFlow's application stops its own jobs only, and is named."""
    health = context.health()
    words: dict[str, UpOrDown] = {"postgres": _word(health.postgres), "redis": _word(health.redis)}
    if not health.postgres or health.unprepared or health.refusing:
        detail = health.unprepared or (health.refusing if health.postgres else "PostgreSQL does not answer.")
        part = "redis" if health.postgres and not health.unprepared else "postgres"
        return _unavailable(detail, part, words)
    if asked.query.deep is not None and (missing := _missing(context)) is not None:
        return _unavailable(f"{missing.detail} Start one: `{missing.next}`.", PART_OF[missing.kind], words)
    refusals = [ApplicationRefusal(marketplace=name, since=since) for name, since in health.refused_by.items()]
    return Ready(status="ready" if health.redis else "degraded", **words, refused_by=refusals)


def _missing(context: Context) -> Cause | None:
    """Return which process is missing, if one is."""
    causes = snapshot.read_snapshot(context).verdict.causes
    return next((cause for cause in causes if cause.kind in PART_OF and cause.harms), None)


def _unavailable(detail: str, part: str, words: Mapping[str, UpOrDown]) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, more={**words, "state": "unavailable", "part": part})


def _word(answers: bool) -> UpOrDown:  # noqa: FBT001 - a yes or no is what this puts into a word
    return "up" if answers else "down"


OPERATIONS: Final = (
    Operation(
        "GET", "/healthz", "healthz", "Say that this process answers.",
        healthz, Alive, problems=(422,), public=True, uncounted=True,
    ),
    Operation(
        "GET", "/readyz", "readyz", "Say whether PostgreSQL and Redis answer.",
        readyz, Ready, query=ReadyQuery, problems=(422, 503), public=True, uncounted=True,
    ),
)  # fmt: skip
