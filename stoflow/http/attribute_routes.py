"""The catalogues of attributes over HTTP, the same for every tenant."""

from stoflow.http.attribute_answers import AttributesPage
from stoflow.http.doors import Doors
from stoflow.http.endpoint import Asked
from stoflow.http.schemas import AttributesQuery


def list_attributes(doors: Doors, asked: Asked) -> AttributesPage:
    query: AttributesQuery = asked.query
    return AttributesPage.of(doors.list_attributes(asked.path["catalogue"], query.search, query.limit, query.cursor))
