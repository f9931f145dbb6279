"""The catalogues of attributes over HTTP, the same for every tenant."""

from stoflow.http.doors import Doors
from stoflow.http.resources.attribute_answers import AttributesPage
from stoflow.http.resources.schemas import AttributesQuery
from stoflow.http.rest.endpoint import Asked


def list_attributes(doors: Doors, asked: Asked) -> AttributesPage:
    query: AttributesQuery = asked.query
    return AttributesPage.of(doors.list_attributes(asked.path["catalogue"], query.search, query.limit, query.cursor))
