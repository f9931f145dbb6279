"""What marketplaces push: that there is something to see of what they accepted."""

from http import HTTPStatus
from typing import Final, Literal

from stoflow.domain.errors import NotFound
from stoflow.domain.facts.accounts import NoticeNotBelieved
from stoflow.http.auth.tokens import NotAuthenticated
from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import RawBody
from stoflow.marketplaces.notices import believed
from stoflow.monitoring.record import record


class HeardBody(Answered):
    """The same of every push that is believed, whether or not anybody waits for what it names."""

    heard: Literal[True]


def take_notices(context: Context, asked: Asked) -> HeardBody:
    name = asked.path["marketplace"]
    place = context.registry.marketplaces.get(name)
    if place is None or place.notices is None:
        raise NotFound("No marketplace of this name pushes anything here.")
    body: RawBody = asked.body
    notices = believed(place.notices, asked.headers, body.content)
    if notices is None:
        record(NoticeNotBelieved(name))
        raise NotAuthenticated("It is not believed that the marketplace sent this.")
    context.noticed(name, notices)
    return HeardBody(heard=True)


OPERATIONS: Final = (
    Operation(
        "POST", "/api/marketplaces/{marketplace}/notices", "takeNotices",
        "Take what a marketplace pushes of the operations that it accepted: what waits for them is asked for at once. "
        "It is no tenant that calls: the marketplace's own headers say whether it is believed, `Authorization` too.",
        take_notices, HeardBody, status=HTTPStatus.ACCEPTED, body=RawBody, problems=(400, 401, 404, 408, 413),
        public=True, foreign=True,
    ),
)  # fmt: skip
