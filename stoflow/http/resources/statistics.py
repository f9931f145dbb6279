"""Statistics over HTTP."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered, Moment, SomeAction, SomeMarketplace
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.schemas import Bound, Given, Marketplace
from stoflow.resources.statistics import read


class StatisticsQuery(Given):
    """Where, and in which time: from `from` to before `to`."""

    marketplace: Marketplace | None = None
    since: Annotated[Bound | None, Field(alias="from", description="30 days before `to` where it is not given.")] = None
    until: Annotated[Bound | None, Field(alias="to", description="Now where it is not given.")] = None


class DurationBody(Answered):
    """How long completed jobs took from their start, in milliseconds; null where none was completed."""

    p50: int | None
    p95: int | None


class ActionStatisticsBody(Answered):
    """What came of one action on one marketplace; `errors` counts what failed by its kind."""

    marketplace: SomeMarketplace
    action: SomeAction
    total: int
    completed: int
    failed: int
    cancelled: int
    expired: int
    success_rate: Annotated[
        float | None, Field(description="Completed of all that completed, failed or expired; null where none did.")
    ]
    duration_ms: DurationBody
    errors: dict[str, int]


class StatisticsBody(Answered):
    """What jobs that ended in this time came to."""

    model_config = ConfigDict(serialize_by_alias=True)

    since: Annotated[Moment, Field(serialization_alias="from")]
    until: Annotated[Moment, Field(serialization_alias="to")]
    items: list[ActionStatisticsBody]


def read_statistics(context: Context, asked: Asked) -> StatisticsBody:
    found = read.read_statistics(context, asked.tenant, **asked.query.model_dump())
    return StatisticsBody(since=found.since, until=found.until, items=[_action(each) for each in found.actions])


def _action(found: read.ActionStatistics) -> ActionStatisticsBody:
    return ActionStatisticsBody.with_fields(found, duration_ms=DurationBody(p50=found.p50_ms, p95=found.p95_ms))


OPERATIONS: Final = (
    Operation(
        "GET", "/api/stats", "readStatistics", "Read what came of jobs: counts, success rate, durations, errors.",
        read_statistics, StatisticsBody, query=StatisticsQuery, problems=(422,),
    ),
)  # fmt: skip
