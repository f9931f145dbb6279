"""Every route: when all is well, and each way in which it is not."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from stoflow.domain.catalogue import CatalogueEntry
from stoflow.domain.errors import DatabaseNotPrepared
from stoflow.domain.job import JobStatus
from stoflow.domain.role import Role
from stoflow.http.app import ApiOptions
from stoflow.http.auth.auth import TenantStatus
from stoflow.http.context import Health
from stoflow.http.rest import bodies
from stoflow.http.routes import find_operations
from tests.harness.faked.products import PHOTO

NOBODY = 2**31 - 1
NEW_JOB = {"action_type": "publish", "product_id": 1}
NEW_PRODUCT = {"title": "Wool coat", "price": {"amount": "12.50", "currency": "EUR"}, "colors": ["grey"]}
PROTECTED = [one for one in find_operations() if not one.public and one.role is Role.USER]
CHOSEN = {"settings": {"site": "FR"}}
BODIES = {
    "acceptPluginTerms": {"version": "2026-10"},
    "createJob": NEW_JOB,
    "changeJobs": {"act": "retry", "filter": {}},
    "saveView": {"name": "Failed", "filter": {"status": "failed"}},
    "createBatch": {"action_type": "publish", "product_ids": [1, 2]},
    "createProduct": NEW_PRODUCT,
    "changeProduct": {"brand": "Zara"},
    "addPhotos": {"urls": ["https://example.invalid/1.jpg"]},
    "orderPhotos": {"order": [1]},
    "describeProduct": {"language": "fr"},
    "changeConnection": CHOSEN,
    "leave": {"password": "a long one, of old"},
    "createWebhook": {"url": "https://shop.example/hook"},
    "changeWebhook": {"active": True},
    "changePassword": {"current_password": "a long one, of old", "new_password": "another long one"},
}
QUERIES = {"previewProduct": {"marketplace": "vinted"}}


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert body["status"] == status
    assert body["detail"]
    return body


def path_of(operation: Any, job: int = 1) -> str:
    return operation.path.format(marketplace="vinted", id=job, position=1, delivery=1, catalogue="colors")


def call(api: Any, operation: Any, path: str, **more: Any) -> httpx.Response:
    if operation.name in BODIES:
        more.setdefault("json", BODIES[operation.name])
    if operation.name in QUERIES:
        more.setdefault("params", QUERIES[operation.name])
    return api.ask(operation.method, path, **more)


def test_a_job_is_made_and_read_again(api: Any) -> None:
    made = api.ask("POST", "/api/vinted/jobs", json=NEW_JOB)
    assert made.status_code == 201
    job = made.json()
    assert (job["marketplace"], job["action"], job["status"]) == ("vinted", "publish", "pending")
    assert job["tasks"][0]["name"] == "validate"
    assert api.ask("GET", f"/api/jobs/{job['id']}").json() == job
    assert job["created_at"].endswith("Z")


MADE = [one for one in PROTECTED if one.status == 201]


@pytest.mark.parametrize("operation", MADE, ids=lambda one: one.name)
def test_what_is_made_says_where_it_is_read(api: Any, operation: Any) -> None:
    product = api.ask("POST", "/api/products", json=NEW_PRODUCT).json()["id"]
    made = call(api, operation, path_of(operation, product))
    assert made.status_code == 201, made.text
    assert api.ask("GET", made.headers["location"]).status_code == 200


def test_the_result_of_a_final_job_has_its_six_members(api: Any) -> None:
    job = api.a_job(status=JobStatus.COMPLETED, result={"listing_id": "77"})
    assert api.ask("GET", f"/api/jobs/{job}").json()["result"] == {
        "job_id": job,
        "marketplace": "vinted",
        "action": "publish",
        "success": True,
        "result": {"listing_id": "77"},
        "duration_ms": None,
    }


def test_jobs_are_listed_in_pages_newest_first(api: Any) -> None:
    jobs = [api.a_job() for _ in range(3)]
    first = api.ask("GET", "/api/jobs", params={"limit": 2}).json()
    assert [job["id"] for job in first["items"]] == jobs[:0:-1]
    rest = api.ask("GET", "/api/vinted/jobs", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [job["id"] for job in rest["items"]] == jobs[:1]
    assert rest["next_cursor"] is None


def test_jobs_are_filtered(api: Any) -> None:
    failed = api.a_job(status=JobStatus.FAILED)
    api.a_job()
    assert [job["id"] for job in api.ask("GET", "/api/jobs?status=failed").json()["items"]] == [failed]
    assert api.ask("GET", "/api/ebay/jobs").json() == {"items": [], "next_cursor": None}


def test_a_timeline_is_read(api: Any) -> None:
    entries = api.ask("GET", f"/api/jobs/{api.a_job()}/timeline").json()["items"]
    assert [entry["cause"] for entry in entries] == ["submitted"]


def test_a_cancel_is_noted_and_a_final_job_refuses_it(api: Any) -> None:
    job = api.a_job()
    answer = api.ask("POST", f"/api/jobs/{job}/cancel")
    assert (answer.status_code, answer.json()["cancel_requested"]) == (202, True)
    problem(api.ask("POST", f"/api/jobs/{api.a_job(status=JobStatus.COMPLETED)}/cancel"), 409)


def test_a_failed_job_is_retried_and_another_is_not(api: Any) -> None:
    answer = api.ask("POST", f"/api/jobs/{api.a_job(status=JobStatus.FAILED)}/retry", json={})
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    problem(api.ask("POST", f"/api/jobs/{api.a_job()}/retry"), 409)


def test_a_product_is_made_read_and_listed(api: Any) -> None:
    made = api.ask("POST", "/api/products", json=NEW_PRODUCT)
    assert made.status_code == 201
    assert made.json()["price"] == {"amount": "12.50", "currency": "EUR"}
    assert api.ask("GET", f"/api/products/{made.json()['id']}").json() == made.json()
    assert api.ask("GET", "/api/products?limit=1").json()["items"] == [made.json()]


def test_text_is_kept_composed_and_as_it_is_shown(api: Any) -> None:
    written = {
        "title": "Robe d’e\u0301te\u0301 &amp; top",
        "description": "<p>Soft &amp; light</p><ul><li>5 < 6</li></ul>",
    }
    made = api.ask("POST", "/api/products", json=NEW_PRODUCT | written | {"colors": ["bleu vécu"]}).json()
    assert (made["title"], made["colors"]) == ("Robe d’été & top", ["bleu vécu"])
    assert made["description"] == "Soft & light\n\n- 5 < 6"
    path = f"/api/products/{made['id']}"
    assert api.ask("PATCH", path, json={"brand": "Dolce &amp; Gabbana"}).json()["brand"] == "Dolce & Gabbana"


def test_a_file_is_answered_as_what_it_is(api: Any) -> None:
    made = api.ask("POST", "/api/products", json=NEW_PRODUCT).json()["id"]
    photo = api.ask("GET", f"/api/products/{made}/photos/1")
    assert (photo.status_code, photo.headers["content-type"]) == (200, "image/png")
    assert photo.content == PHOTO.read_bytes()
    assert api.ask("HEAD", f"/api/products/{made}/photos/1").status_code == 200
    problem(api.ask("GET", f"/api/products/{made}/photos/2"), 404)
    problem(api.ask("GET", f"/api/products/{made}/photos/1", tenant=api.bob), 404)
    problem(api.ask_unknown("GET", f"/api/products/{made}/photos/1"), 401)


def test_a_catalogue_is_listed_in_pages_and_searched(api: Any) -> None:
    api.use_cases.attributes["colors"] = [
        CatalogueEntry("Black", {"fr": "noir"}),
        CatalogueEntry("Blue", details={"family": "Blue"}),
        CatalogueEntry("Red"),
    ]
    first = api.ask("GET", "/api/attributes/colors?limit=2").json()
    assert first["items"][0] == {"name": "Black", "labels": {"fr": "noir"}, "details": {}}
    rest = api.ask("GET", "/api/attributes/colors", params={"cursor": first["next_cursor"]}).json()
    assert [entry["name"] for entry in rest["items"]] == ["Red"]
    assert [each["name"] for each in api.ask("GET", "/api/attributes/colors?search=bl").json()["items"]] == [
        "Black",
        "Blue",
    ]
    problem(api.ask("GET", "/api/attributes/flavours"), 404)


def test_a_connection_is_read_and_ended(api: Any) -> None:
    api.use_cases.accounts[api.alice, "ebay"] = "seller-1"
    connection = {
        "marketplace": "ebay",
        "connected": True,
        "state": "connected",
        "reason": None,
        "external_id": "seller-1",
        "expires_at": None,
        "settings": {},
        "choices": {
            "site": {
                "required": True,
                "values": [{"value": "FR", "title": "France", "only_with": {"language": "fr"}}],
            }
        },
        "read_at": None,
        "impossible": [],
        "credentials": [],
        "lock": None,
    }
    assert api.ask("GET", "/api/ebay/connection").json() == connection
    ended = connection | {
        "connected": False,
        "state": "disconnected",
        "reason": "Never connected.",
        "external_id": None,
    }
    assert api.ask("DELETE", "/api/ebay/connection").json() == ended
    assert api.ask("GET", "/api/ebay/connection").json() == ended


def test_an_account_is_set_and_read_again(api: Any) -> None:
    answer = api.ask("PATCH", "/api/ebay/connection", json=CHOSEN)
    assert (answer.status_code, answer.json()["settings"]) == (200, {"site": "FR"})
    assert api.ask("GET", "/api/ebay/connection").json() == answer.json()
    assert api.ask("POST", "/api/ebay/connection/refresh").json() == answer.json()


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "settings"), ({"settings": ["site"]}, "settings"), ({"settings": {"size": "M"}}, "settings.size")],
)
def test_what_cannot_be_set_of_an_account_is_refused_by_field(api: Any, body: Any, field: str) -> None:
    answer = problem(api.ask("PATCH", "/api/ebay/connection", json=body), 422)
    assert [error["field"] for error in answer["errors"]] == [field]
    assert api.use_cases.chosen == {}


def test_a_consent_is_asked_for_with_a_token_and_brought_back_without_one(api: Any) -> None:
    problem(api.ask_unknown("GET", "/api/ebay/oauth/authorize"), 401)
    url = api.ask("GET", "/api/ebay/oauth/authorize").json()["url"]
    returned = {"state": url.rpartition("=")[2], "code": "seller-1", "expires_in": "299"}
    assert api.ask_unknown("GET", "/api/ebay/oauth/callback", params=returned).json()["external_id"] == "seller-1"
    assert api.ask("GET", "/api/ebay/oauth/callback", params=returned, tenant=api.bob).status_code == 200
    assert api.use_cases.visitors == [None, api.bob]


def test_what_comes_back_is_decoded_once(api: Any) -> None:
    brought = "/api/ebay/oauth/callback?state=7&code=v%5E1.1%23i%5E1%23p%2B%2541"
    assert api.ask_unknown("GET", brought).json()["external_id"] == "v^1.1#i^1#p+%41"


@pytest.mark.parametrize("query", ["", "state=x", "code=1", "error=access_denied&state=7&error_description=No", "a=1"])
def test_a_consent_that_connects_nobody_is_a_problem(api: Any, query: str) -> None:
    problem(api.ask_unknown("GET", f"/api/ebay/oauth/callback?{query}"), 400)


def test_only_the_callback_is_open_and_a_token_there_must_be_one(api: Any) -> None:
    for path in ("/api/ebay/oauth", "/api/ebay/oauth/callback/more", "/api/ebay/x/oauth/callback", "/api/jobs"):
        problem(api.ask_unknown("GET", path), 401)
    with_nonsense = {"Authorization": "Bearer nonsense"}
    problem(api.ask_unknown("GET", "/api/ebay/oauth/callback?state=7", headers=with_nonsense), 401)
    problem(api.ask_unknown("POST", "/api/ebay/oauth/callback"), 405)
    problem(api.ask_unknown("GET", "/api/depop/oauth/callback?state=7"), 404)
    api.use_cases.status_of_tenant[api.alice] = TenantStatus.SUSPENDED
    problem(api.ask("GET", "/api/ebay/oauth/callback?state=7"), 403)


def test_health_needs_no_token(api: Any) -> None:
    assert api.ask_unknown("GET", "/healthz").json() == {"status": "ok"}
    assert api.ask_unknown("GET", "/readyz").json() == {
        "status": "ready",
        "postgres": "up",
        "redis": "up",
        "refused_by": [],
    }


def test_without_redis_the_api_is_degraded_and_without_postgres_not_ready(api: Any) -> None:
    api.use_cases.health = Health(postgres=True, redis=False)
    assert api.ask("GET", "/readyz").json()["status"] == "degraded"
    api.use_cases.health = Health(postgres=False, redis=True)
    answer = problem(api.ask("GET", "/readyz"), 503)
    assert (answer["postgres"], answer["redis"]) == ("down", "up")


def test_with_a_redis_that_takes_nothing_the_api_is_not_ready_and_says_what_to_do(api: Any) -> None:
    api.use_cases.health = Health(postgres=True, redis=False, refusing="Redis is full: raise its maxmemory.")
    answer = problem(api.ask("GET", "/readyz"), 503)
    assert (answer["postgres"], answer["redis"]) == ("up", "down")
    assert answer["detail"] == "Redis is full: raise its maxmemory."
    api.use_cases.health = Health(postgres=False, redis=False, refusing="Redis is full: raise its maxmemory.")
    assert problem(api.ask("GET", "/readyz"), 503)["detail"] == "PostgreSQL does not answer."


def test_a_marketplace_that_refuses_stoflow_leaves_the_api_ready_and_is_named(api: Any) -> None:
    since = datetime(2026, 11, 28, 9, tzinfo=UTC)
    api.use_cases.health = Health(postgres=True, redis=True, refused_by={"etsy": since})
    answer = api.ask("GET", "/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert answer.json()["refused_by"] == [{"marketplace": "etsy", "since": "2026-11-28T09:00:00Z"}]


def test_with_a_database_that_is_not_prepared_the_api_is_not_ready_and_says_what_to_do(api: Any) -> None:
    api.use_cases.health = Health(postgres=True, redis=True, unprepared=str(DatabaseNotPrepared()))
    answer = problem(api.ask("GET", "/readyz"), 503)
    assert answer["detail"] == "The database is not prepared: run `stoflow migrate`."


@pytest.mark.parametrize("operation", PROTECTED, ids=lambda one: one.name)
def test_no_route_opens_without_a_token(api: Any, operation: Any) -> None:
    answer = api.ask_unknown(operation.method, path_of(operation), json=BODIES.get(operation.name, {}))
    problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("operation", PROTECTED, ids=lambda one: one.name)
def test_a_suspended_tenant_is_refused_everywhere(api: Any, operation: Any) -> None:
    api.use_cases.status_of_tenant[api.alice] = TenantStatus.SUSPENDED
    problem(call(api, operation, path_of(operation)), 403)


@pytest.mark.parametrize("operation", PROTECTED, ids=lambda one: one.name)
def test_a_tenant_that_is_no_more_is_not_authenticated(api: Any, operation: Any) -> None:
    problem(call(api, operation, path_of(operation), tenant=NOBODY), 401)


@pytest.mark.parametrize("operation", PROTECTED, ids=lambda one: one.name)
def test_without_postgres_every_route_says_when_to_come_back(api: Any, operation: Any) -> None:
    api.use_cases.away = True
    answer = call(api, operation, path_of(operation))
    assert "secret" not in json.dumps(problem(answer, 503))
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("operation", PROTECTED, ids=lambda one: one.name)
def test_no_route_shows_or_changes_what_is_another_tenants(api: Any, operation: Any) -> None:
    hers = api.ask("POST", "/api/vinted/jobs", json=NEW_JOB, headers={"Idempotency-Key": "canary"}).json()["id"]
    product = api.ask("POST", "/api/products", json=NEW_PRODUCT | {"title": "Canary"}).json()["id"]
    api.use_cases.accounts[api.alice, "vinted"] = "Canary"
    before = dict(api.use_cases.jobs[api.alice]), dict(api.use_cases.products[api.alice])
    path = path_of(operation, product if "products" in operation.path else hers)
    answer = call(api, operation, path, tenant=api.bob, headers={"Idempotency-Key": "canary"})
    if "{id}" in operation.path:
        problem(answer, 404)
    elif "{marketplace}" in operation.path and "jobs" not in operation.path:
        assert "Canary" not in answer.text
        assert api.use_cases.accounts == {(api.alice, "vinted"): "Canary"}
    elif operation.method == "GET":
        assert answer.json().get("marketplaces" if operation.name == "readSnapshot" else "items", []) == []
    else:
        assert answer.json().get("id") not in {hers, product}
    assert "Canary" not in answer.text
    assert (api.use_cases.jobs[api.alice], api.use_cases.products[api.alice]) == before


@pytest.mark.parametrize("operation", [one for one in PROTECTED if "{id}" in one.path], ids=lambda one: one.name)
@pytest.mark.parametrize("text", ["0", "-1", "01", "x", "2147483648", "9" * 5000, "1.0", "%00", "١"])
def test_an_id_that_cannot_be_is_not_found(api: Any, operation: Any, text: str) -> None:
    problem(call(api, operation, operation.path.format(id=text, position=1, delivery=1)), 404)


@pytest.mark.parametrize("operation", [one for one in PROTECTED if "{id}" in one.path], ids=lambda one: one.name)
def test_an_id_nobody_has_is_not_found(api: Any, operation: Any) -> None:
    problem(call(api, operation, operation.path.format(id=2_147_483_647, position=1, delivery=1)), 404)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_marketplace_is_not_found(api: Any, method: str) -> None:
    problem(api.ask(method, "/api/depop/jobs", json=NEW_JOB if method == "POST" else None), 404)


def test_an_unknown_path_is_not_found_and_below_api_only_with_a_token(api: Any) -> None:
    problem(api.ask("GET", "/api/nothing/here"), 404)
    problem(api.ask_unknown("GET", "/api/nothing/here"), 401)
    problem(api.ask_unknown("GET", "/nothing"), 404)


def test_a_method_that_is_not_there_says_which_are(api: Any) -> None:
    answer = api.ask("DELETE", "/api/products")
    problem(answer, 405)
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "action_type"),
        ({"action_type": ""}, "action_type"),
        ({"action_type": "pub\u0000lish"}, None),
        ({"action_type": "pub\u001blish"}, "action_type"),
        ({"action_type": "publish", "product_id": "1"}, "product_id"),
        ({"action_type": "publish", "product_id": True}, "product_id"),
        ({"action_type": "publish", "product_id": 2**31}, "product_id"),
        ({"action_type": "publish", "priority": 5}, "priority"),
        ({"action_type": "publish", "priority": 1.5}, "priority"),
        ({"action_type": "publish", "payload": []}, "payload"),
        ({"action_type": "publish", "not_before": 1_700_000_000}, "not_before"),
        ({"action_type": "publish", "not_before": "2026-11-20T10:00:00"}, "not_before"),
        ({"action_type": "publish", "not_before": "9999-12-31T23:59:59-10:00"}, "not_before"),
        ({"action_type": "publish", "surprise": 1}, "surprise"),
        ({"action_type": "explode"}, "action_type"),
    ],
)
def test_a_bad_job_is_refused_by_field_and_nothing_is_made(api: Any, body: Any, field: str | None) -> None:
    answer = api.ask("POST", "/api/vinted/jobs", json=body)
    if field is None:
        problem(answer, 400)
    else:
        assert field in {error["field"] for error in problem(answer, 422)["errors"]}
    assert api.use_cases.jobs == {}


def test_a_job_may_not_end_before_it_begins(api: Any) -> None:
    times = {"not_before": "2026-12-01T10:00:00Z", "expires_at": "2026-12-01T09:00:00Z"}
    problem(api.ask("POST", "/api/vinted/jobs", json=NEW_JOB | times), 422)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff",
        b'{"action_type":"publish","action_type":"delete"}',
        b'{"action_type":"publish","payload":{"a":NaN}}',
        b'{"action_type":"publish","payload":{"a":1e999}}',
        b'{"action_type":"publish","payload":{"a":"\\u0000"}}',
        b'{"action_type":"publish","payload":{"a":"\\ud800"}}',
        b'{"action_type":"publish","payload":{"a":' + b"9" * 5000 + b"}}",
        b'{"action_type":"publish","payload":{"a":' + b"[" * 40 + b"]" * 40 + b"}}",
        b"[" * 100_000,
    ],
    ids=["empty", "cut", "bytes", "twice", "nan", "infinite", "nul", "surrogate", "long", "nested", "deep"],
)
def test_a_body_that_cannot_be_stored_is_malformed(api: Any, text: bytes) -> None:
    problem(api.ask("POST", "/api/vinted/jobs", content=text, headers={"Content-Type": "application/json"}), 400)
    assert api.use_cases.jobs == {}


def test_a_body_must_be_an_object_and_json(api: Any) -> None:
    problem(api.ask("POST", "/api/vinted/jobs", json=[1]), 422)
    problem(api.ask("POST", "/api/vinted/jobs", content=b"a=1", headers={"Content-Type": "text/plain"}), 415)
    problem(api.ask("POST", f"/api/jobs/{api.a_job()}/cancel", json={"now": True}), 422)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "status=lost",
        "created_after=1700000000",
        "cursor=",
        "page=2",
        "limit=1&limit=2",
    ],
)
def test_a_bad_query_is_refused(api: Any, query: str) -> None:
    problem(api.ask("GET", f"/api/jobs?{query}"), 422)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"title": "\u200b"}, "title"),
        ({"description": "<div>" * 1_000}, "description"),
        ({"price": {"amount": 12.5}}, "price.amount"),
        ({"price": {"amount": "1e3"}}, "price.amount"),
        ({"price": {"amount": "-1"}}, "price.amount"),
        ({"price": {"amount": "1", "currency": "eur"}}, "price.currency"),
        ({"condition": 11}, "condition"),
        ({"images": ["/etc/passwd"]}, "images"),
    ],
)
def test_a_bad_product_is_refused_by_field(api: Any, change: Any, field: str) -> None:
    answer = problem(api.ask("POST", "/api/products", json=NEW_PRODUCT | change), 422)
    assert field in {error["field"] for error in answer["errors"]}
    assert api.use_cases.products == {}


def test_the_same_key_and_body_answer_the_same_job(api: Any) -> None:
    def submit(body: Any) -> httpx.Response:
        return api.ask("POST", "/api/vinted/jobs", json=body, headers={"Idempotency-Key": "k-1"})

    first = submit(NEW_JOB)
    again = submit(dict(reversed(NEW_JOB.items())))
    assert again.json() == first.json()
    assert first.headers["location"] == again.headers["location"] == f"/api/jobs/{first.json()['id']}"
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    problem(submit(NEW_JOB | {"priority": 1}), 422)
    assert len(api.use_cases.jobs[api.alice]) == 1


@pytest.mark.parametrize("key", ["", "with space", "x" * 201])
def test_an_unusable_key_is_refused(api: Any, key: str) -> None:
    problem(api.ask("POST", "/api/vinted/jobs", json=NEW_JOB, headers={"Idempotency-Key": key}), 422)


@pytest.mark.parametrize("again", ["k-1", "k-2"])
def test_a_key_given_twice_is_refused_as_nobody_knows_which_is_meant(api: Any, again: str) -> None:
    headers = [*_sent_as(api), ("Idempotency-Key", "k-1"), ("idempotency-key", again)]
    answer = problem(api.ask_unknown("POST", "/api/vinted/jobs", json=NEW_JOB, headers=headers), 422)
    assert answer["errors"] == [{"field": "Idempotency-Key", "message": "is given twice: send it once"}]
    assert api.use_cases.jobs == {}


def test_two_kinds_of_body_at_once_are_refused(api: Any) -> None:
    headers = [*_sent_as(api), ("Content-Type", "application/json"), ("Content-Type", "text/plain")]
    problem(api.ask_unknown("POST", "/api/vinted/jobs", content=json.dumps(NEW_JOB), headers=headers), 422)
    assert api.use_cases.jobs == {}


def _sent_as(api: Any) -> list[tuple[str, str]]:
    return [("Authorization", f"Bearer {api.token()}")]


@pytest.mark.parametrize(
    "lines",
    [
        "Host: a\r\nHost: b\r\nContent-Length: 2",
        "Host: a\r\nContent-Length: 2\r\nContent-Length: 3",
        "Host: a\r\nContent-Length: +2",
        "Host: a\r\nContent-Length: 2\r\nTransfer-Encoding: gzip, chunked",
        "Host: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked",
        "Host: a\r\nTransfer-Encoding: chunked\r\ncontent-length: 2",
        "Content-Length: 2",
    ],
)
def test_a_request_that_two_readers_may_read_differently_is_refused(api: Any, lines: str) -> None:
    address = httpx.URL(api.url)
    with socket.create_connection((address.host, address.port or 80), timeout=10) as connection:
        head = f"POST /api/vinted/jobs HTTP/1.1\r\nAuthorization: Bearer {api.token()}\r\n{lines}\r\n"
        connection.sendall(f"{head}Content-Type: application/json\r\nConnection: close\r\n\r\n{{}}".encode())
        assert int(connection.recv(1000).split()[1]) in {400, 501}
    assert api.use_cases.jobs == {}


def test_a_body_of_more_than_256_kib_is_refused_by_length_and_in_pieces(api: Any) -> None:
    pieces = [b" " * 64 * 1024] * 5
    headers = {"Content-Type": "application/json"}
    for content in (b"".join(pieces), iter(pieces)):
        refused = problem(api.ask("POST", "/api/vinted/jobs", content=content, headers=headers), 413)
        assert "256 KiB (262,144 bytes)" in refused["detail"]


def test_a_body_that_is_too_long_for_an_upload_is_refused_before_any_of_it_is_sent(api: Any) -> None:
    head = f"POST /api/products/1/photos HTTP/1.1\r\nHost: a\r\nContent-Length: {100 * 1024**2 + 1}\r\n\r\n"
    address = httpx.URL(api.url)
    with socket.create_connection((address.host, address.port or 80), timeout=10) as connection:
        connection.sendall(head.encode())
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(4000)
    assert int(answer.split()[1]) == 413
    assert b"100 MiB (104,857,600 bytes)" in answer


FORMS = [
    ({"files": [("photo", ("a.jpg", b"a"))]}, 422, "photo"),
    ({"files": [("files", (None, b"a"))]}, 422, "files"),
    ({"files": [("files", (f"{number}.jpg", b"a")) for number in range(25)]}, 400, "Maximum number of files is 24"),
    ({"content": b"--x\r\nno form"}, 400, "cannot be read"),
    ({"content": b"", "headers": {"Content-Type": "multipart/form-data"}}, 400, "Missing boundary"),
    ({"content": b"a", "headers": {"Content-Type": "image/jpeg"}}, 415, "application/json or multipart/form-data"),
]


@pytest.mark.parametrize(("given", "status", "said"), FORMS)
def test_a_form_that_is_none_of_files_is_refused(api: Any, given: dict[str, Any], status: int, said: str) -> None:
    made = api.ask("POST", "/api/products", json=NEW_PRODUCT).json()["id"]
    path = f"/api/products/{made}/photos"
    headers = {} if "files" in given else {"Content-Type": "multipart/form-data; boundary=x"}
    answer = problem(api.ask("POST", path, **{"headers": headers, **given}), status)
    assert said in json.dumps(answer)
    assert api.ask("POST", path, files=[("files", ("a.jpg", b" " * 300 * 1024))]).status_code == 201


def test_an_error_of_ours_keeps_its_words_to_itself(api: Any) -> None:
    class Leaky(dict[Any, Any]):
        def __getitem__(self, _: object) -> Any:
            raise RuntimeError("password=hunter2")

    api.use_cases.jobs = Leaky()
    assert "hunter2" not in json.dumps(problem(api.ask("GET", "/api/jobs/1"), 500))


def test_every_answer_carries_its_id_and_tells_browsers_to_be_careful(api: Any) -> None:
    for path in ("/healthz", "/nothing", "/api/jobs"):
        headers = api.ask_unknown("GET", path, headers={"X-Request-ID": "my-7"}).headers
        assert headers["x-request-id"] == "my-7"
        assert headers["x-content-type-options"] == "nosniff"
    assert api.ask("GET", "/healthz", headers={"X-Request-ID": "a b\tc"}).headers["x-request-id"] != "a b\tc"


def test_only_named_origins_may_read(start_api: Any) -> None:
    from_shop = {"Origin": "https://shop.example"}
    assert "access-control-allow-origin" not in start_api().ask("GET", "/healthz", headers=from_shop).headers
    open_api = start_api(ApiOptions(cors_origins=["https://shop.example"]))
    answer = open_api.ask_unknown("GET", "/api/jobs", headers=from_shop)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


def test_a_page_of_a_named_origin_may_send_and_read_what_operations_name(start_api: Any) -> None:
    open_api = start_api(ApiOptions(cors_origins=["https://shop.example"]))
    named = {name for one in find_operations() for name in one.headers}
    asks = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PATCH"}
    for name in named:
        answer = open_api.ask_unknown(
            "OPTIONS", "/api/products/1", headers={**asks, "Access-Control-Request-Headers": name}
        )
        assert answer.status_code == 200, name
    read = open_api.ask_unknown("GET", "/api/jobs", headers={"Origin": "https://shop.example"})
    assert {"ETag", "Location"} <= set(read.headers["access-control-expose-headers"].split(", "))


def test_a_body_that_never_comes_whole_is_not_waited_for(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_TIMEOUT_S", 0.05)
    address = httpx.URL(api.url)
    with socket.create_connection((address.host, address.port or 80), timeout=10) as connection:
        head = f"POST /api/vinted/jobs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token()}\r\n"
        connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 408")


def test_a_body_is_read_in_a_thread_so_that_nobody_else_waits(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    read_in = list[str]()

    def noted(raw: bytes) -> Any:
        read_in.append(threading.current_thread().name)
        return json.loads(raw)

    monkeypatch.setattr(bodies, "strict_json", noted)
    assert api.ask("POST", "/api/vinted/jobs", json=NEW_JOB).status_code == 201
    assert len(read_in) == 1
    assert read_in != ["api"]  # the thread of the event loop


def test_who_asks_a_marketplace_that_does_not_answer_holds_up_nobody_else(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, began, use_cases = threading.Event(), threading.Semaphore(0), api.use_cases
    slow_for, find = (api.alice, api.bob), use_cases.find_connection

    def read_account(tenant: Any, marketplace: str) -> Any:
        if marketplace == "ebay" and tenant in slow_for:
            began.release()
            assert release.wait(10)
        return find(tenant, marketplace)

    monkeypatch.setattr(use_cases, "read_account", read_account)
    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(api.ask, "POST", "/api/ebay/connection/refresh", tenant=one) for one in slow_for * 2]
        assert all(began.acquire(timeout=10) for _ in asking)
        assert "under way" in problem(api.ask("POST", "/api/ebay/connection/refresh"), 429)["detail"]
        carol = use_cases.another_tenant()
        crowded = api.ask("POST", "/api/ebay/connection/refresh", tenant=carol)
        assert "Too many ask ebay at once" in problem(crowded, 503)["detail"]
        assert crowded.headers["retry-after"] == "2"
        assert api.ask("POST", "/api/etsy/connection/refresh").status_code == 200
        assert api.ask("GET", "/api/jobs").status_code == 200
        release.set()
        assert [one.result().status_code for one in asking] == [200] * 4


def test_times_are_told_in_utc(api: Any) -> None:
    paris = timezone(timedelta(hours=2))
    job = api.a_job(created_at=datetime(2026, 7, 1, 12, tzinfo=paris))
    assert api.ask("GET", f"/api/jobs/{job}").json()["created_at"] == "2026-07-01T10:00:00Z"
