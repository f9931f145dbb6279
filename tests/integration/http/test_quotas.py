"""How much a tenant may have: counted at every door, by however many at once, and never one more."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from stoflow.cli.work.platform_keys import platform_keys
from stoflow.cli.work.tenant import tenant as tenant_command
from stoflow.domain.audit import OPERATOR
from stoflow.domain.ids import TenantId
from stoflow.domain.quota import QuotaName
from stoflow.domain.role import Role
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.tenants.quotas import set_limits
from stoflow.storage.tenants.roles import change_role
from stoflow.wiring.tokens import access_tokens
from tests.harness.processes import api_processes
from tests.harness.shop import PRODUCT, Shop
from tests.harness.trust import TRUST

AT_ONCE = 12
JOBS, PRODUCTS = QuotaName.JOBS_PER_DAY, QuotaName.PRODUCTS
Limit = Callable[..., None]


@pytest.fixture
def limit(database: Database) -> Limit:
    """Give a shop limits and no others."""
    return lambda shop, **limits: set_limits(
        database, shop.tenant, {QuotaName(name): most for name, most in limits.items()}, OPERATOR
    )


@pytest.fixture
def admin(settings: Settings, real_url: str, database: Database, tenants: Callable[[], TenantId]) -> Iterator[Any]:
    boss = tenants()
    change_role(database, boss, Role.ADMIN, OPERATOR)
    token = access_tokens(settings).issue_access_token(boss, role=Role.ADMIN)
    with httpx.Client(
        verify=TRUST, base_url=real_url, timeout=30, headers={"Authorization": f"Bearer {token}"}
    ) as client:
        yield client


def quotas_of(answer: httpx.Response, key: str = "items") -> dict[str, tuple[int | None, int, int | None]]:
    assert answer.status_code == 200, answer.text
    return {each["name"]: (each["limit"], each["used"], each["left"]) for each in answer.json()[key]}


def account(shop: Shop) -> dict[str, tuple[int | None, int, int | None]]:
    return quotas_of(shop.client.get("/api/account"), "quotas")


def all_at_once(ask: Callable[[int], httpx.Response], count: int = AT_ONCE) -> list[int]:
    """Return the statuses of so many requests that begin in the same moment."""
    start = Barrier(count)

    def one(number: int) -> int:
        start.wait()
        return ask(number).status_code

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(one, range(count)))


def is_over(answer: httpx.Response, name: str, limit: int, used: int, asked: int = 1) -> dict[str, Any]:
    assert answer.status_code == 402, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()["quota"]
    assert {**told, "free_at": None} == {
        "name": name, "limit": limit, "used": used, "asked": asked, "free_at": None,
    }  # fmt: skip
    return told


def test_an_account_says_who_it_is_and_what_it_may_have(shops: tuple[Shop, Shop], limit: Limit) -> None:
    alice, bob = shops
    limit(alice, products=3, jobs_per_day=5)
    alice.submit(alice.product())
    read = alice.client.get("/api/account").json()
    assert (read["tenant"], read["email"], read["roles"]) == (alice.tenant, "seller1@example.com", ["user"])
    assert (read["status"], read["connected_marketplaces"]) == ("active", 0)
    assert account(alice) == {"products": (3, 1, 2), "marketplaces": (None, 0, None), "jobs_per_day": (5, 1, 4)}
    assert account(bob) == dict.fromkeys(QuotaName, (None, 0, None))


def test_a_job_over_the_quota_says_of_what_and_when_there_are_more(shops: tuple[Shop, Shop], limit: Limit) -> None:
    alice, bob = shops
    product = alice.product()
    limit(alice, jobs_per_day=1)
    first = alice.submit(product, headers={"Idempotency-Key": "one"})
    over = alice.submit(product)
    told = is_over(over, "jobs_per_day", 1, 1)
    free_at = datetime.fromisoformat(told["free_at"])
    assert (free_at.hour, free_at.minute, free_at.tzinfo) == (0, 0, UTC)
    assert timedelta() < free_at - datetime.now(UTC) <= timedelta(days=1)
    assert 0 < int(over.headers["retry-after"]) <= 86_400
    assert alice.submit(product, headers={"Idempotency-Key": "one"}).json()["id"] == first.json()["id"]
    is_over(alice.submit(product, headers={"Idempotency-Key": "two"}), "jobs_per_day", 1, 1)
    assert bob.submit(bob.product()).status_code == 201


def test_a_new_day_begins_at_nothing(shops: tuple[Shop, Shop], limit: Limit, database: Database) -> None:
    alice, _ = shops
    limit(alice, jobs_per_day=1)
    alice.submit(alice.product())
    with database.records() as connection:
        connection.execute("UPDATE public.subscription_quotas SET day = day - 1")
    assert account(alice)["jobs_per_day"] == (1, 0, 1)
    assert [alice.submit(alice.product()).status_code for _ in range(2)] == [201, 402]


def test_a_limit_set_during_the_day_counts_what_was_asked_for_before(shops: tuple[Shop, Shop], limit: Limit) -> None:
    alice, _ = shops
    for _ in range(2):
        alice.submit(alice.product())
    limit(alice, jobs_per_day=2)
    is_over(alice.submit(alice.product()), "jobs_per_day", 2, 2)
    limit(alice, jobs_per_day=3)
    assert alice.submit(alice.product()).status_code == 201
    limit(alice)
    assert alice.submit(alice.product()).status_code == 201


def test_a_batch_is_made_whole_or_not_at_all(shops: tuple[Shop, Shop], limit: Limit) -> None:
    alice, _ = shops
    products = [alice.product() for _ in range(3)]
    limit(alice, jobs_per_day=4)
    body = {"action_type": "publish", "product_ids": products}
    assert alice.client.post("/api/ebay/batches", json=body).status_code == 201
    for params in ({}, {"dry_run": "true"}):
        over = alice.client.post("/api/ebay/batches", json=body, params=params)
        is_over(over, "jobs_per_day", 4, 3, asked=3)
    assert len(alice.client.get("/api/batches").json()["items"]) == 1
    assert len(alice.client.get("/api/jobs").json()["items"]) == 3
    assert account(alice)["jobs_per_day"] == (4, 3, 1)


def test_what_is_refused_for_another_reason_is_not_counted(shops: tuple[Shop, Shop], limit: Limit) -> None:
    alice, _ = shops
    limit(alice, jobs_per_day=1)
    assert alice.submit(2**31 - 1).status_code == 404
    assert alice.submit(alice.product(), action_type="explode").status_code == 422
    assert account(alice)["jobs_per_day"] == (1, 0, 1)


def test_what_stoflow_does_by_itself_is_never_stopped(
    shops: tuple[Shop, Shop], limit: Limit, database: Database
) -> None:
    alice, _ = shops
    product = alice.product()
    with database.records() as connection:
        connection.execute(
            f"INSERT INTO user_{alice.tenant}.listings (marketplace, external_id, product_id, visible)"
            " VALUES ('ebay', '1', %s, true)".encode(),
            [product],
        )
    limit(alice, jobs_per_day=0)
    ended = alice.client.delete(f"/api/products/{product}", params={"listings": "end"})
    assert (ended.status_code, len(ended.json()["jobs"])) == (200, 1)
    assert account(alice)["jobs_per_day"] == (0, 0, 0)


def test_a_product_over_the_quota_is_refused_until_one_goes(shops: tuple[Shop, Shop], limit: Limit) -> None:
    alice, bob = shops
    limit(alice, products=2)
    first, _ = alice.product(), alice.product(sku="A-1")
    assert is_over(alice.client.post("/api/products", json=PRODUCT), "products", 2, 2)["free_at"] is None
    alice.client.delete(f"/api/products/{first}")
    assert alice.client.post("/api/products", json=PRODUCT | {"sku": "A-2"}).status_code == 201
    limit(alice, products=1)
    is_over(alice.client.post("/api/products", json=PRODUCT), "products", 1, 2)
    assert account(alice)["products"] == (1, 2, 0)
    bob.product()


@pytest.mark.parametrize("made", ["jobs_per_day", "products"])
def test_of_many_at_once_before_two_apis_never_one_too_many_gets_in(
    settings: Settings, shops: tuple[Shop, Shop], limit: Limit, made: str
) -> None:
    alice, _ = shops
    products = [alice.product() for _ in range(AT_ONCE)]
    used, most = {"jobs_per_day": (0, 5), "products": (AT_ONCE, AT_ONCE + 5)}[made]
    limit(alice, **{made: most})
    headers = {"Authorization": alice.client.headers["Authorization"]}

    with api_processes(settings) as clients:

        def ask(number: int) -> httpx.Response:
            client = clients[number % 2]
            if made == "products":
                return client.post("/api/products", json=PRODUCT, headers=headers)
            body = {"action_type": "publish", "product_id": products[number]}
            return client.post("/api/ebay/jobs", json=body, headers=headers)

        assert all_at_once(ask) == [201] * 5 + [402] * (AT_ONCE - 5)
    assert account(alice)[made] == (most, most, 0), used


def test_batches_at_once_take_no_more_than_is_left(shops: tuple[Shop, Shop], limit: Limit) -> None:
    alice, _ = shops
    products = [alice.product() for _ in range(3)]
    limit(alice, jobs_per_day=10)
    body = {"action_type": "publish", "product_ids": products}
    statuses = all_at_once(lambda _: alice.client.post("/api/ebay/batches", json=body), 6)
    assert statuses == [201] * 3 + [402] * 3
    assert account(alice)["jobs_per_day"] == (10, 9, 1)


def test_an_administrator_says_how_much_a_tenant_may_have(admin: httpx.Client, shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    path = f"/admin/tenants/{alice.tenant}/quotas"
    assert quotas_of(admin.put(path, json={"products": 7, "jobs_per_day": None}))["products"] == (7, 0, 7)
    assert quotas_of(admin.get(path)) == account(alice)
    assert quotas_of(admin.put(path, json={})) == dict.fromkeys(QuotaName, (None, 0, None))
    entries = admin.get("/admin/audit", params={"tenant": alice.tenant}).json()["items"]
    assert [(one["act"], one["detail"]["products"]) for one in entries] == [("quotas.set", None), ("quotas.set", 7)]
    assert admin.put("/admin/tenants/999/quotas", json={}).status_code == 404
    assert admin.put(path, json={"products": -1}).status_code == 422
    for method in ("GET", "PUT"):
        assert alice.client.request(method, path, json={}).status_code == 403


def test_a_platform_says_it_of_its_own_tenants_only(
    shops: tuple[Shop, Shop], settings: Settings, real_url: str
) -> None:
    alice, _ = shops
    keys = [
        CliRunner().invoke(platform_keys, ["create", *words], obj=settings).stdout.strip()
        for words in (["Market"], ["Fair"], ["Market", "--scope", "tokens:mint"])
    ]
    mine, other, minting = ({"Authorization": f"Bearer {key}"} for key in keys)
    with httpx.Client(verify=TRUST, base_url=real_url, timeout=30) as client:
        made = client.post("/platform/tenants", json={"email": "b@market.example"}, headers=mine).json()["id"]
        path = f"/platform/tenants/{made}/quotas"
        assert quotas_of(client.put(path, json={"marketplaces": 1}, headers=mine))["marketplaces"] == (1, 0, 1)
        assert quotas_of(client.get(path, headers=mine))["marketplaces"] == (1, 0, 1)
        for method in ("GET", "PUT"):
            answers = [client.request(method, path, json={}, headers=key).status_code for key in (other, minting, {})]
            assert answers == [404, 403, 401]
            theirs = f"/platform/tenants/{alice.tenant}/quotas"
            assert client.request(method, theirs, json={}, headers=mine).status_code == 404


def test_the_command_shows_and_sets_them(settings: Settings, shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops

    def quotas(*words: str) -> Result:
        return CliRunner().invoke(tenant_command, ["quotas", str(alice.tenant), *words], obj=settings)

    assert quotas("--set", "products=2", "--set", "jobs_per_day=9").exit_code == 0
    assert quotas("--set", "jobs_per_day=none").exit_code == 0
    assert account(alice) == {"products": (2, 0, 2), "marketplaces": (None, 0, None), "jobs_per_day": (None, 0, None)}
    assert "products" in quotas().stdout
    assert quotas("--json").stdout.startswith("[")
    for wrong in ("products", "products=-1", "stars=3", "products=9999999999"):
        assert quotas("--set", wrong).exit_code == 2
