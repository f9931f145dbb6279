"""Jobs of all tenants: found by one index that every change keeps, listed, grouped by their errors, and changed at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import redis

from stoflow.domain.audit import OPERATOR
from stoflow.domain.errors import InputError
from stoflow.domain.ids import JobId, TenantId
from stoflow.domain.job import JobStatus
from stoflow.domain.product import NewProduct
from stoflow.monitoring.live.place import LivePlace
from stoflow.monitoring.live.reader import Live
from stoflow.resources.jobs.bulk import BulkAct, BulkDone, BulkWish, change_many
from stoflow.resources.jobs.details import read_details
from stoflow.resources.jobs.errors import ErrorKind, list_errors
from stoflow.resources.jobs.everywhere import list_everywhere
from stoflow.resources.jobs.read import list_jobs
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import JobFilter, SubmitJob
from stoflow.storage.audit_log import list_entries
from stoflow.storage.engine.reads.errors import read_error_groups
from stoflow.storage.engine.retention import forget_old_jobs
from stoflow.storage.products.snapshots import add_product

if TYPE_CHECKING:
    from conftest import Bench


@dataclass
class Looking:
    """A bench whose live view is what a test says; without one Redis is away."""

    bench: "Bench"
    places: tuple[LivePlace, ...] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bench, name)

    @property
    def watching(self) -> "Looking":
        return self

    @property
    def reader(self) -> "Looking":
        return self

    def read(self) -> Live:
        if self.places is None:
            raise redis.ConnectionError
        return Live(0.0, None, (), self.places, {})


@pytest.fixture
def looking(bench: "Bench") -> Any:
    return Looking(bench)


@pytest.fixture
def neighbour(tenants: Callable[[], TenantId], bench: "Bench") -> TenantId:
    assert bench.tenant  # which is made first
    return tenants()


def submit_for(bench: "Bench", tenant: TenantId, **fields: Any) -> JobId:
    with bench.database.tenant(tenant) as session:
        product = add_product(session, NewProduct(title="A coat", description="Warm.", price=None))
    job, _ = submit(bench.database, bench.registry, tenant, SubmitJob("shop", "publish", product, **fields))
    return job


def set_status(bench: "Bench", tenant: TenantId, job: JobId, status: str, *more: str) -> None:
    changes = ", ".join([f"status = '{status}'", *more])
    with bench.database.records() as connection:
        connection.execute(f"UPDATE user_{tenant}.marketplace_jobs SET {changes} WHERE id = {job}".encode())


def fail(
    bench: "Bench", tenant: TenantId, job: JobId, kind: str = "refused", code: str = "", at: str = "now()"
) -> None:
    said = (
        f'[{{"field": "x", "message": "no"}}, {{"field": "y", "message": "no", "code": "{code}"}}]' if code else "null"
    )
    set_status(
        bench, tenant, job, "failed", f"error_kind = '{kind}'", f"completed_at = {at}", "started_at = now()",
        f"error_fields = '{said}'", "error_message = 'The shop said No to it'",
    )  # fmt: skip


def indexed(bench: "Bench") -> list[tuple[Any, ...]]:
    with bench.database.records() as connection:
        rows = connection.execute("SELECT tenant, job, status, kind, code FROM public.job_index ORDER BY 1, 2")
        return [tuple(row.values()) for row in rows]


def test_every_change_of_a_job_is_in_the_index_when_it_is_committed(bench: "Bench") -> None:
    mine, job = bench.tenant, bench.submit(bench.product())
    assert indexed(bench) == [(mine, job, "pending", None, None)]
    bench.shop.plan(None, 400)
    bench.run(job)
    assert indexed(bench) == [(mine, job, "failed", "refused", None)]
    bench.retry(job)
    assert indexed(bench) == [(mine, job, "pending", "refused", None)]
    while bench.row(job)["status"] != "completed":
        bench.run(job)
    assert indexed(bench) == [(mine, job, "completed", "refused", None)]
    with bench.database.records() as connection:
        forget_old_jobs(connection, mine, days=-2, after=JobId(0), limit=10, only_count=False)
    assert indexed(bench) == []


def test_the_marketplaces_own_id_of_an_error_is_kept_and_found(bench: "Bench", looking: Any) -> None:
    job, other = bench.submit(bench.product()), bench.submit(bench.product())
    bench.run(other)
    fail(bench, bench.tenant, job, code="25002")
    assert indexed(bench)[0] == (bench.tenant, job, "failed", "refused", "25002")
    wanted = JobFilter(error_kind="refused", error_code="25002")
    assert [each.id for each in list_jobs(bench, bench.tenant, wanted).items] == [job]
    (found,) = list_everywhere(looking, wanted).items
    assert (found.tenant, found.id, found.error_code, found.error) == (
        bench.tenant, job, "25002", "The shop said No to it",
    )  # fmt: skip
    assert list_everywhere(looking, JobFilter(error_kind="refused", error_code="1")).items == ()


def test_all_tenants_jobs_are_listed_newest_first_in_pages(bench: "Bench", looking: Any, neighbour: TenantId) -> None:
    made = [(tenant, submit_for(bench, tenant)) for _ in range(3) for tenant in (bench.tenant, neighbour)]
    set_status(bench, *made[1], "cancelled")
    seen, cursor = [], None
    while True:
        page = list_everywhere(looking, JobFilter(limit=4, cursor=cursor))
        seen += [(job.tenant, job.id) for job in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]
    (gone,) = list_everywhere(looking, JobFilter(status=JobStatus.CANCELLED)).items
    assert (gone.tenant, gone.id, gone.action) == (*made[1], "publish")
    assert [job.tenant for job in list_everywhere(looking, JobFilter(), neighbour).items] == [neighbour] * 3
    assert list_everywhere(looking, JobFilter(created_before=datetime(2020, 1, 1, tzinfo=UTC))).items == ()
    assert list_everywhere(looking, JobFilter(marketplace="bazaar")).items == ()


def test_a_text_is_found_in_errors_and_in_what_was_given(
    bench: "Bench", looking: Any, neighbour: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = bench.submit(bench.product(), payload={"note": "Señora 100%"})
    said = submit_for(bench, neighbour)
    fail(bench, neighbour, said)
    others = [bench.submit(bench.product()) for _ in range(3)]
    assert [each.id for each in list_jobs(bench, bench.tenant, JobFilter(text="señora 100%")).items] == [given]
    assert list_jobs(bench, bench.tenant, JobFilter(text="said no")).items == ()
    assert [(each.tenant, each.id) for each in list_everywhere(looking, JobFilter(text="SAID NO")).items] == [
        (neighbour, said)
    ]
    monkeypatch.setattr("stoflow.resources.jobs.read.SEARCHED_AT_MOST", 2)
    short = list_jobs(bench, bench.tenant, JobFilter(text="señora"))
    assert (short.items, short.next_cursor) == ((), str(others[1]))
    rest = list_jobs(bench, bench.tenant, JobFilter(text="señora", cursor=short.next_cursor))
    assert [each.id for each in rest.items] == [given]


def test_jobs_are_found_by_what_holds_them_whatever_the_live_view_knows(
    bench: "Bench", looking: Any, neighbour: TenantId
) -> None:
    later = datetime(2999, 1, 1, tzinfo=UTC)
    free, held = bench.submit(bench.product()), bench.submit(bench.product(), not_before=later)
    his = submit_for(bench, neighbour)  # whom nobody owns
    own, unowned = JobFilter(hold="not_before"), JobFilter(hold="owner_changing")
    assert [each.id for each in list_jobs(bench, bench.tenant, own).items] == [held]
    assert [(each.tenant, each.id) for each in list_everywhere(looking, own).items] == [(bench.tenant, held)]
    assert [(each.tenant, each.id) for each in list_everywhere(looking, unowned).items] == [(neighbour, his)]
    shown = LivePlace(bench.tenant, "shop", {}, {"pending": 2, "kinds": {"order": {"jobs": 2, "until": None}}})
    looking.places = (shown,)
    assert list_everywhere(looking, own).items == ()
    assert [each.id for each in list_everywhere(looking, unowned).items] == [his]
    assert free not in {each.id for each in list_jobs(bench, bench.tenant, own).items}


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (JobFilter(hold="tired"), "hold"),
        (JobFilter(error_code="1"), "error_code"),
        (JobFilter(error_kind="refused", status=JobStatus.PENDING), "status"),
        (JobFilter(hold="pace", status=JobStatus.FAILED), "status"),
        (JobFilter(product_id=1), "product_id"),
        (JobFilter(cursor="1.x"), "cursor"),
    ],
)
def test_a_filter_that_means_nothing_names_its_field(looking: Any, wanted: JobFilter, field: str) -> None:
    with pytest.raises(InputError) as raised:
        list_everywhere(looking, wanted)
    assert raised.value.errors[0].field == field


def by_code(found: Any) -> dict[str | None, ErrorKind]:
    return {kind.group.code: kind for kind in found}


def test_errors_are_grouped_and_said_to_be_new_regressed_ongoing_or_quiet(bench: "Bench", neighbour: TenantId) -> None:
    ages = {"new": ["1 hour"], "back": ["1 hour", "40 hours"], "on": ["1 hour", "24.5 hours"], "old": ["30 hours"]}
    for code, times in ages.items():
        for age in times:
            fail(bench, bench.tenant, bench.submit(bench.product()), code=code, at=f"now() - interval '{age}'")
    fail(bench, neighbour, submit_for(bench, neighbour), code="new", at="now() - interval '2 hours'")
    mine = by_code(list_errors(bench, bench.tenant))
    assert {code: str(kind.group.course) for code, kind in mine.items()} == {
        "new": "new", "back": "regressed", "on": "ongoing", "old": "quiet",
    }  # fmt: skip
    assert (mine["new"].group.failed, mine["back"].group.failed, mine["new"].message) == (
        1, 2, "The shop said No to it",
    )  # fmt: skip
    new = by_code(list_errors(bench, None))["new"]
    assert (new.group.failed, new.group.tenants, new.group.tenant) == (2, 2, bench.tenant)
    assert new.filter == {"marketplace": "shop", "error_kind": "refused", "error_code": "new"}
    assert list_errors(bench, None, "bazaar") == []
    with bench.database.records() as connection:
        newest = read_error_groups(connection, tenant=None, marketplace=None, looked_at=2)
    assert {group.code: group.jobs for group in newest} == {"on": 1, "back": 1}
    bench.retry(new.group.job)
    retried = by_code(list_errors(bench, bench.tenant))["new"].group
    assert (retried.failed, retried.jobs) == (0, 1)


def bulk(bench: "Bench", act: BulkAct, tenant: TenantId | None = None, **more: Any) -> BulkDone:
    wanted = more.pop("wanted", JobFilter())
    return change_many(bench, tenant, BulkWish(act, wanted, OPERATOR, **more))


def statuses(bench: "Bench", tenant: TenantId) -> Sequence[str]:
    return [job.status for job in list_jobs(bench, tenant, JobFilter(limit=200)).items][::-1]


def test_many_failed_jobs_are_retried_by_filter_in_parts_first_as_a_dry_run(
    bench: "Bench", neighbour: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stoflow.resources.jobs.bulk.PART", 2)
    for tenant in (bench.tenant, neighbour):
        for _ in range(3):
            fail(bench, tenant, submit_for(bench, tenant))
    other = submit_for(bench, neighbour)
    fail(bench, neighbour, other, kind="broken")
    wanted = JobFilter(error_kind="refused", text="said no")
    tried = bulk(bench, BulkAct.RETRY, wanted=wanted, dry_run=True)
    assert (tried.matching, tried.changed, tried.left_out, tried.next_cursor) == (6, 6, (), None)
    assert statuses(bench, bench.tenant) == ["failed"] * 3
    assert list_entries(bench.database, limit=9, cursor=None, tenant=None).items == ()
    done = bulk(bench, BulkAct.RETRY, wanted=wanted)
    assert (done.matching, done.changed) == (6, 6)
    assert statuses(bench, bench.tenant) == ["pending"] * 3
    assert statuses(bench, neighbour) == ["pending"] * 3 + ["failed"]
    told = list_entries(bench.database, limit=9, cursor=None, tenant=None).items
    assert [(each.act, each.tenant, each.detail["jobs"]) for each in told][::-1] == [
        ("jobs.retried", bench.tenant, 2), ("jobs.retried", bench.tenant, 1),
        ("jobs.retried", neighbour, 2), ("jobs.retried", neighbour, 1),
    ]  # fmt: skip
    assert told[0].detail["filter"] == {"error_kind": "refused", "by_text": True}


def test_a_retry_keeps_the_order_of_a_products_jobs_and_says_which_it_leaves(bench: "Bench") -> None:
    product = bench.product()
    first = bench.submit(product)
    fail(bench, bench.tenant, first)
    second = bench.submit(product)
    fail(bench, bench.tenant, second)
    for done in (bulk(bench, BulkAct.RETRY, bench.tenant, dry_run=True), bulk(bench, BulkAct.RETRY, bench.tenant)):
        assert (done.matching, done.changed) == (2, 1)
        assert [(left.job, left.reason) for left in done.left_out] == [
            (first, "a later job of its product has started")
        ]
    assert statuses(bench, bench.tenant) == ["failed", "pending"]


def test_what_one_request_leaves_the_next_one_goes_on_with(
    bench: "Bench", neighbour: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stoflow.resources.jobs.bulk.PART", 2)
    monkeypatch.setattr("stoflow.resources.jobs.bulk.AT_MOST", 2)
    for tenant in (bench.tenant, neighbour):
        for _ in range(3):
            submit_for(bench, tenant)
    cursor, changed = None, []
    for _ in range(9):
        done = bulk(bench, BulkAct.CANCEL, cursor=cursor)
        changed.append(done.changed)
        cursor = done.next_cursor
        if cursor is None:
            break
    assert changed == [2, 3, 1]  # the second ends one tenant and begins the next
    assert statuses(bench, bench.tenant) == statuses(bench, neighbour) == ["cancelled"] * 3


def test_what_is_made_urgent_takes_what_it_waits_for_with_it_and_a_tenant_changes_only_its_own(
    bench: "Bench", neighbour: TenantId
) -> None:
    product = bench.product()
    ahead, behind = bench.submit(product, priority=4), bench.submit(product, priority=4, payload={"note": "now"})
    urgent, his = bench.submit(bench.product(), priority=1), submit_for(bench, neighbour, priority=4)
    done = bulk(bench, BulkAct.RAISE_PRIORITY, bench.tenant, wanted=JobFilter(text="now"), priority=2)
    assert (done.matching, done.changed) == (1, 1)
    assert [bench.row(job)["priority"] for job in (ahead, behind, urgent)] == [2, 2, 1]
    assert bench.causes(behind)[-1] == "priority raised"
    again = bulk(bench, BulkAct.RAISE_PRIORITY, bench.tenant, priority=2)
    assert (again.changed, again.left_out[-1].reason) == (0, "its priority is 1 already")
    assert list_jobs(bench, neighbour, JobFilter()).items[0].priority == 4, his


def test_an_act_that_the_filter_forbids_is_refused(bench: "Bench") -> None:
    for act, status in ((BulkAct.RETRY, JobStatus.COMPLETED), (BulkAct.CANCEL, JobStatus.FAILED)):
        with pytest.raises(InputError):
            bulk(bench, act, wanted=JobFilter(status=status))
    with pytest.raises(InputError):
        bulk(bench, BulkAct.RETRY, wanted=JobFilter(batch_id=1))


def test_a_job_is_told_with_all_its_attempts_what_it_was_given_and_the_jobs_beside_it(bench: "Bench") -> None:
    product = bench.product()
    job = bench.submit(product, payload={"note": "red", "api_token": "t", "deep": [{"password": "p"}]})
    bench.shop.plan(None, 503)
    bench.run(job)
    sibling = bench.submit(product)
    found = read_details(bench, bench.tenant, job)
    assert found.given == {"note": "red", "api_token": "***", "deep": [{"password": "***"}]}
    spans = [(span.attempt, span.runs, span.ended) for span in found.spans if span.task == "create"]
    assert spans[:2] == [(1, True, "try again"), (1, False, None)]
    assert [each.id for each in found.of_product] == [sibling]
    assert (found.of_batch, list(found.commands), found.explanation.reason) == (
        (),
        [],
        found.job.hold and found.job.hold.kind,
    )
