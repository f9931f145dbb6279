"""What a seller is told before a plugin acts in their browser, and that they accepted it."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from stoflow.http.context import Context
from stoflow.http.resources.jobs import marketplace_in
from stoflow.http.rest.answers import Answered, Moment
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import Given
from stoflow.resources.connections import plugin_terms


class AcceptedBody(Given):
    """The wording that the seller has read."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": "2026-10"}]})

    version: Annotated[str, Field(min_length=1, max_length=50)]


class PluginTermsBody(Answered):
    """The notice to show the seller before the plugin is switched on; `accepted_at` is null until they accept it."""

    version: str
    text: str
    accepted_at: Moment | None


def read_terms(context: Context, asked: Asked) -> PluginTermsBody:
    marketplace = marketplace_in(context, asked)
    return PluginTermsBody.of(plugin_terms.read_terms(context, asked.tenant, marketplace))


def accept_terms(context: Context, asked: Asked) -> PluginTermsBody:
    marketplace, version = marketplace_in(context, asked), asked.body.version
    return PluginTermsBody.of(plugin_terms.accept_terms(context, asked.tenant, marketplace, version))


OPERATIONS: Final = (
    Operation(
        "GET", "/api/{marketplace}/plugin-terms", "readPluginTerms",
        "Read what a seller is to know before a plugin acts in their browser, and whether they accepted it.",
        read_terms, PluginTermsBody, problems=(404, 422),
    ),
    Operation(
        "PUT", "/api/{marketplace}/plugin-terms", "acceptPluginTerms",
        "Record that the seller has read the notice of this version and wants the plugin; once, with its time.",
        accept_terms, PluginTermsBody, body=AcceptedBody, problems=(400, 404, 408, 409, 413, 415, 422),
    ),
)  # fmt: skip
