"""Why jobs fail, in groups: which are new, and from each one step to its jobs."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field, model_validator

from stoflow.http.pages.monitoring.page import HOME, Page, Shown
from stoflow.http.pages.monitoring.rendering import query as address_of
from stoflow.http.pages.monitoring.views.jobs import whose
from stoflow.http.rest.schemas import Given, Id, Marketplace
from stoflow.resources.jobs.errors import ErrorKind, list_errors


class ErrorsQuery(Given):
    """Whose errors, and where; what a form sends empty is not asked for."""

    marketplace: Marketplace | None = None
    tenant: Annotated[Id, Field(strict=False)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_empty(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, Mapping) else given


def show(shown: Shown) -> Mapping[str, Any]:
    query: ErrorsQuery = shown.asked.query
    found = list_errors(shown.context, whose(shown, query.tenant), query.marketplace)
    return {
        "sees_all": shown.viewer.scope is None,
        "query": query,
        "marketplaces": sorted(shown.context.registry.marketplaces),
        "errors": [(kind.group, kind.message, _jobs(kind, query)) for kind in found],
    }


def _jobs(kind: ErrorKind, query: ErrorsQuery) -> str:
    return address_of({"status": "failed", **kind.filter, "tenant": query.tenant})


EVERY_S: Final = 15.0  # thousands of failures are counted each time
PAGES = (
    Page(
        f"{HOME}/errors", "Errors", "errors.html", show, query=ErrorsQuery, label="Errors", place=30, live=True,
        every_s=EVERY_S,
    ),
)  # fmt: skip
