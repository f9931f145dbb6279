"""Whether this process answers, and whether it can work."""

from http import HTTPStatus

from stoflow.http.doors import Doors
from stoflow.http.resources.answers import Alive, ApplicationRefusal, Ready, UpOrDown
from stoflow.http.rest.endpoint import Asked
from stoflow.http.rest.problems import Problem


def healthz(_: Doors, __: Asked) -> Alive:
    return Alive(status="ok")


def readyz(doors: Doors, _: Asked) -> Ready | Problem:
    """Without Redis the answer is "degraded": hints are late, nothing is lost. One that takes nothing is full, or to be
    mended by somebody. A marketplace that refuses StoFlow's application stops its own jobs only, and is named."""
    health = doors.health()
    words: dict[str, UpOrDown] = {"postgres": _word(health.postgres), "redis": _word(health.redis)}
    if not health.postgres or health.unprepared or health.refusing:
        detail = health.unprepared or (health.refusing if health.postgres else "PostgreSQL does not answer.")
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, more={**words, "state": "unavailable"})
    refusals = [ApplicationRefusal(marketplace=name, since=since) for name, since in health.refused_by.items()]
    return Ready(status="ready" if health.redis else "degraded", **words, refused_by=refusals)


def _word(answers: bool) -> UpOrDown:  # noqa: FBT001 - a yes or no is what this puts into a word
    return "up" if answers else "down"
