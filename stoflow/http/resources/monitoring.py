"""How it is now: everything for those who look after StoFlow, their own for tenants."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from stoflow.domain.ids import TenantId
from stoflow.domain.role import Role
from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered, Moment, SomeMarketplace
from stoflow.http.rest.endpoint import Asked, Operation
from stoflow.http.rest.problems import NotAllowed
from stoflow.http.rest.schemas import MAX_LIMIT, Given, Id
from stoflow.monitoring.live.reader import LiveProcess
from stoflow.resources.monitoring import snapshot
from stoflow.resources.monitoring.causes import Cause
from stoflow.resources.monitoring.rows import Held, Quota, Row
from stoflow.resources.monitoring.shares import PlaceShare
from stoflow.resources.monitoring.snapshot import Snapshot
from stoflow.resources.monitoring.works import Work, busiest


class AnswerBody(Answered):
    """One of three questions: does work flow, do started jobs succeed, is the view fresh."""

    question: Literal["flows", "succeeds", "fresh"]
    yes: bool
    detail: str


class CauseBody(Answered):
    """What answers questions with no; a remark where it harms none."""

    kind: str
    detail: str
    next: str = Field(description="What to do.")
    harms: list[Literal["flows", "succeeds", "fresh"]]
    marketplace: SomeMarketplace | None
    since: Moment | None


class HeldBody(Answered):
    """Jobs that wait for one kind of thing; `until` is the soonest end, where there is one, and `oldest_since` is since
    when the first of them waits, of those that were looked at."""

    kind: str
    jobs: int
    tenants: int
    until: Moment | None
    oldest_since: Moment | None


class QuotaSeenBody(Answered):
    """What the marketplace said with an answer of the calls of all tenants together; null for what it did not say."""

    window: str
    left: int
    most: int | None
    used: float | None = Field(description="The share that is used, from 0 to 1.")
    at: Moment


class EndedBody(Answered):
    done: int
    failed: int


class MarketplaceBody(Answered):
    """What flows at one marketplace. `cap` is how many calls may be under way there at once."""

    marketplace: SomeMarketplace
    tenants: int
    waiting: int
    in_flight: int
    cap: int
    oldest_waiting_since: Moment | None
    held: list[HeldBody]
    last_minute: EndedBody
    last_hour: EndedBody
    ended: list[EndedBody] = Field(description="In equal parts of the last hour, the oldest first.")
    outage_since: Moment | None
    quota: QuotaSeenBody | None = Field(description="Null where it says nothing of it, and for tenants.")


class ProcessBody(Answered):
    """A process as it told last, `age_s` ago."""

    kind: str
    process: int
    age_s: float
    host: str
    pid: int
    release: str
    serves: list[str]
    started_at: Moment | None
    outages: dict[str, Any] = Field(description="What did not answer it: since when, why, and for how long.")


class ShareBody(Answered):
    """A tenant at a marketplace; `share` is of what ended there in the last minute and is under way, from 0 to 1.

    `cap` calls may be under way, `in_flight` are. `holds` are kinds of Hold, `until` when the first of them ends.
    """

    tenant: int
    marketplace: SomeMarketplace
    share: float
    waiting: int
    in_flight: int
    cap: int
    done_last_minute: int
    failed_last_minute: int
    holds: list[str]
    until: Moment | None


class SnapshotBody(Answered):
    """`since` is when the live view began: before that Redis was empty. Tenants are shown no processes."""

    at: Moment
    since: Moment | None
    scope: Literal["everything", "own"]
    well: bool
    answers: list[AnswerBody]
    causes: list[CauseBody]
    marketplaces: list[MarketplaceBody]
    processes: list[ProcessBody]
    shares: list[ShareBody] = Field(description="The fifty that take most, a tenant at a marketplace each.")
    plugins: int


class SnapshotQuery(Given):
    """Whose view is wanted: support may ask for one tenant's."""

    tenant: Id | None = None


class BusiestQuery(Given):
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="20 where it is not given.")] = 20


class WorkBody(Answered):
    """What one tenant has under way and waiting, at all marketplaces together."""

    tenant: int
    waiting: int
    in_flight: int
    held: list[HeldBody]
    last_hour: EndedBody


class BusiestBody(Answered):
    """The tenants with most jobs now, most at first."""

    items: list[WorkBody]


def read_snapshot(context: Context, asked: Asked) -> SnapshotBody:
    """The role counts where both the token and PostgreSQL name it."""
    sees_all = asked.role.covers(Role.SUPPORT) and context.role_of(asked.tenant).covers(Role.SUPPORT)
    query: SnapshotQuery = asked.query
    wanted = asked.tenant if query.tenant is None else TenantId(query.tenant)
    if wanted != asked.tenant and not sees_all:
        raise NotAllowed(f"Another tenant's view takes the role {Role.SUPPORT}.")
    whose = None if sees_all and query.tenant is None else wanted
    return body_of(snapshot.read_snapshot(context, whose), sees_all=whose is None)


def list_busiest(context: Context, asked: Asked) -> BusiestBody:
    found = busiest(snapshot.look(context.watching).live, asked.query.limit)
    return BusiestBody(items=[_work(each) for each in found])


def body_of(found: Snapshot, *, sees_all: bool) -> SnapshotBody:
    return SnapshotBody(
        at=found.at,
        since=found.since,
        scope="everything" if sees_all else "own",
        well=found.verdict.well,
        answers=[AnswerBody.of(each) for each in found.verdict.answers],
        causes=[_cause(each) for each in found.verdict.causes],
        marketplaces=[_marketplace(each) for each in found.rows],
        processes=[_process(each) for each in found.processes],
        shares=[_share(each) for each in found.shares],
        plugins=found.facts.plugins,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _cause(cause: Cause) -> CauseBody:
    return CauseBody.with_fields(cause, harms=sorted(cause.harms), since=_moment(cause.since))


def _marketplace(row: Row) -> MarketplaceBody:
    return MarketplaceBody.with_fields(
        row,
        waiting=row.pending,
        oldest_waiting_since=_moment(row.oldest),
        held=[_held(kind, each) for kind, each in sorted(row.waiting.items())],
        last_minute=EndedBody.of(row.minute),
        last_hour=EndedBody.of(row.hour),
        ended=[EndedBody.of(each) for each in row.ended],
        outage_since=_moment(row.outage),
        quota=_quota(row.quota) if row.quota else None,
    )


def _work(work: Work) -> WorkBody:
    return WorkBody(
        tenant=work.tenant,
        waiting=work.pending,
        in_flight=work.in_flight,
        held=[_held(kind, each) for kind, each in sorted(work.waiting.items())],
        last_hour=EndedBody.of(work.hour),
    )


def _share(share: PlaceShare) -> ShareBody:
    return ShareBody.with_fields(share, holds=list(share.holds), until=_moment(share.until))


def _held(kind: str, held: Held) -> HeldBody:
    until, oldest = _moment(held.until), _moment(held.oldest)
    return HeldBody(kind=kind, jobs=held.jobs, tenants=held.tenants, until=until, oldest_since=oldest)


def _quota(quota: Quota) -> QuotaSeenBody:
    return QuotaSeenBody.with_fields(quota, at=_moment(quota.at))


def _process(process: LiveProcess) -> ProcessBody:
    told = process.told
    return ProcessBody(
        kind=process.kind,
        process=process.process,
        age_s=process.age_s,
        host=told.get("host", ""),
        pid=told.get("pid", 0),
        release=told.get("release", ""),
        serves=list(process.serves),
        started_at=_moment(told.get("started_at")),
        outages=dict(process.outages),
    )


OPERATIONS: Final = (
    Operation(
        "GET", "/monitoring/snapshot", "readSnapshot",
        "Say how it is now: does work flow, what waits and why, what ended, and what to do.",
        read_snapshot, SnapshotBody, query=SnapshotQuery, problems=(422,),
    ),
    Operation(
        "GET", "/monitoring/busiest", "listBusiest", "Read which tenants have most jobs now, and what those wait for.",
        list_busiest, BusiestBody, query=BusiestQuery, problems=(422,), role=Role.SUPPORT,
    ),
)  # fmt: skip
