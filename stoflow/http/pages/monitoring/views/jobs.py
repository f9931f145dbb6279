"""Jobs, of everybody or a seller's own: by any filter, whose address is the view; and one act on all that are meant."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field, model_validator

from stoflow.admission.rule import known_kinds
from stoflow.domain.audit import admin, tenant_itself
from stoflow.domain.errors import NotFound
from stoflow.domain.ids import TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.role import Role
from stoflow.http.pages.monitoring.page import HOME, Act, Page, Shown
from stoflow.http.pages.monitoring.rendering import query as address_of
from stoflow.http.resources.saved_views import Within
from stoflow.http.rest.problems import NotAllowed
from stoflow.http.rest.schemas import CURSOR, Action, Bound, FormBody, Given, Id, Marketplace, Word
from stoflow.resources.jobs.bulk import STATUSES, BulkAct, BulkDone, BulkWish, change_many
from stoflow.resources.jobs.everywhere import list_everywhere
from stoflow.resources.jobs.saved_views import list_views
from stoflow.resources.jobs.views import JobFilter
from stoflow.resources.tenants import looking_after
from stoflow.storage.tenants.saved_views import SavedView

JOBS: Final = f"{HOME}/jobs"
BULK: Final = f"{JOBS}/bulk"
AGO: Final[Mapping[str, timedelta]] = {
    "1h": timedelta(hours=-1), "24h": timedelta(days=-1), "7d": timedelta(days=-7), "30d": timedelta(days=-30),
}  # fmt: skip
# The address is the view: these are everybody's, others an account keeps for itself.
VIEWS: Final[Sequence[tuple[str, Mapping[str, str]]]] = (
    ("Newest", {}),
    ("Failed today", {"status": "failed", "within": "24h"}),
    ("Failed", {"status": "failed"}),
    ("Running", {"status": "running"}),
    ("Waiting", {"status": "pending"}),
    ("Sellers must act", {"hold": "seller_must_act"}),
    ("Outcome unknown", {"hold": "verifying"}),
    ("No worker", {"hold": "no_worker"}),
)
DONE: Final = {
    BulkAct.RETRY: "retried",
    BulkAct.CANCEL: "cancelled, or will be as soon as what is under way is known",
    BulkAct.RAISE_PRIORITY: "made more urgent",
}


class JobsFilter(Given):
    """Which jobs, as a form sends it: what is empty is not asked for."""

    status: Annotated[JobStatus, Field(strict=False)] | None = None
    marketplace: Marketplace | None = None
    action: Action | None = None
    hold: Word | None = None
    error_kind: Word | None = None
    error_code: Word | None = None
    tenant: Annotated[Id, Field(strict=False)] | None = None
    product_id: Annotated[Id, Field(strict=False)] | None = None
    batch_id: Annotated[Id, Field(strict=False)] | None = None
    text: Word | None = None
    within: Within | None = None
    created_after: Bound | None = None
    created_before: Bound | None = None

    @model_validator(mode="before")
    @classmethod
    def _without_what_is_empty(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, Mapping) else given

    def filter(self, **more: Any) -> JobFilter:
        named = {name: getattr(self, name) for name in JobsFilter.model_fields if name not in {"tenant", "within"}}
        now = datetime.now(UTC)
        if self.within:
            named["created_after"] = now + AGO[self.within]
        return JobFilter(**named, **more)

    def named(self) -> dict[str, Any]:
        """Return what is asked for, as an address names it."""
        return {name: self.model_dump(mode="json")[name] for name in JobsFilter.model_fields if getattr(self, name)}


class JobsQuery(JobsFilter):
    cursor: Annotated[str, Field(max_length=40, pattern=CURSOR)] | None = None


class BulkQuery(JobsFilter):
    """What is tried; `changed` of `matching` is what was done a moment ago, and `cursor` where that ended."""

    act: Annotated[BulkAct, Field(strict=False)] = BulkAct.RETRY
    matching: Annotated[int, Field(strict=False, ge=0)] | None = None
    changed: Annotated[int, Field(strict=False, ge=0)] | None = None
    cursor: Annotated[str, Field(max_length=40, pattern=CURSOR)] | None = None


class BulkForm(FormBody, JobsFilter):
    """What is done."""

    act: Annotated[BulkAct, Field(strict=False)]
    cursor: Annotated[str, Field(max_length=40, pattern=CURSOR)] | None = None


def show(shown: Shown) -> Mapping[str, Any]:
    query: JobsQuery = shown.asked.query
    page = list_everywhere(shown.context, query.filter(cursor=query.cursor), whose(shown, query.tenant))
    return {
        **_common(shown, query),
        "jobs": page.items,
        "more": address_of({**query.named(), "cursor": page.next_cursor}) if page.next_cursor else "",
        "acts": [(act, address_of({"act": act.value, **query.named()})) for act in _acts(shown, query)],
        "views": [(name, address_of(view), view == query.named()) for name, view in VIEWS],
        "own": [(view, address_of(view.filter), view.filter == query.named()) for view in _own(shown)],
    }


def _own(shown: Shown) -> Sequence[SavedView]:
    return list_views(shown.context, shown.viewer.tenant)


def show_bulk(shown: Shown) -> Mapping[str, Any]:
    """Say what would come of it: of all that are meant, before anything is done, or of what is left after."""
    query: BulkQuery = shown.asked.query
    told = {"tried": _change(shown, query, dry_run=True), "act": query.act, "done": DONE[query.act]}
    return {**_common(shown, query), **told, "may_change": may_change(shown)}


def do_bulk(shown: Shown) -> str:
    form: BulkForm = shown.asked.body
    done = _change(shown, form, dry_run=False)
    told = {"act": done.act.value, "matching": done.matching, "changed": done.changed, "cursor": done.next_cursor}
    return BULK + address_of({**form.named(), **told})


def whose(shown: Shown, named: int | None) -> TenantId | None:
    """Return whose things are asked for, None for everybody's; raise NotFound for what the viewer may not see."""
    own = shown.viewer.scope
    if named is None:
        return own
    if own is not None and own != named:
        raise NotFound(f"There is no tenant {named}.")
    return looking_after.find_tenant(shown.context, TenantId(named)).id


def may_change(shown: Shown) -> bool:
    """A seller changes their own jobs, an administrator everybody's; support only looks."""
    return shown.viewer.scope is not None or shown.viewer.role.covers(Role.ADMIN)


def _change(shown: Shown, asked: BulkQuery | BulkForm, *, dry_run: bool) -> BulkDone:
    if not dry_run and not may_change(shown):
        raise NotAllowed("This takes the role admin.")
    viewer = shown.viewer
    by = admin(viewer.tenant) if viewer.scope is None else tenant_itself(viewer.tenant)
    wish = BulkWish(asked.act, asked.filter(), by, dry_run=dry_run, cursor=asked.cursor)
    return change_many(shown.context, whose(shown, asked.tenant), wish)


def _acts(shown: Shown, query: JobsFilter) -> Sequence[BulkAct]:
    """Return what may be done to jobs such as these."""
    if not may_change(shown):
        return ()
    meant = {query.status} if query.status else set(JobStatus)
    if query.error_kind:
        meant &= {JobStatus.FAILED}
    if query.hold:
        meant -= {JobStatus.FAILED}
    return [act for act in BulkAct if meant & STATUSES[act]]


def _common(shown: Shown, query: JobsFilter) -> dict[str, Any]:
    marketplaces = shown.context.registry.marketplaces
    actions = {spec.alias or spec.code for place in marketplaces.values() for spec in place.actions}
    return {
        "sees_all": shown.viewer.scope is None,
        "query": query,
        "named": query.named(),
        "filter": address_of(query.named()),
        "statuses": [status.value for status in JobStatus],
        "marketplaces": sorted(marketplaces),
        "actions": sorted(actions),
        "kinds": known_kinds(),
    }


PAGES = (
    Page(JOBS, "Jobs", "jobs.html", show, query=JobsQuery, label="Jobs", place=20),
    Page(BULK, "Many jobs", "jobs_bulk.html", show_bulk, query=BulkQuery),
)
ACTS = (Act(BULK, "changeJobs", do_bulk, BulkForm),)
