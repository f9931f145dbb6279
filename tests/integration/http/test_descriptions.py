"""Texts by a model: proposed, paid for once whatever happens to the answer, and nobody else's."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier, Event
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from stoflow.cli.work.platform_keys import platform_keys
from stoflow.cli.work.tenant import tenant as tenant_command
from stoflow.domain.audit import OPERATOR
from stoflow.domain.described import WrittenText
from stoflow.domain.errors import DatabaseError
from stoflow.domain.ids import TenantId
from stoflow.domain.product import Product, ProductImage
from stoflow.domain.role import Role
from stoflow.resources.descriptions.prompt import messages_of
from stoflow.resources.products.media import media_folder
from stoflow.settings import Settings
from stoflow.storage.credits.ledger import add, grant
from stoflow.storage.credits.texts import Reservation, UnderWay, give_back, reserve, settle
from stoflow.storage.database.session import Database
from stoflow.storage.tenants.roles import change_role
from stoflow.wiring.tokens import access_tokens
from tests.harness.processes import api_processes
from tests.harness.shop import Shop
from tests.harness.text_model import ScriptedModel, scripted_model
from tests.harness.trust import TRUST

WRITTEN = ("Wool coat by Zara", "Warm & grey.")


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, model: ScriptedModel) -> Settings:
    return settings.model_copy(update={"ai_url": model.url, "ai_key": "sk-operator", "ai_model": "writer-1"})


@pytest.fixture
def paid(shops: tuple[Shop, Shop], database: Database) -> tuple[Shop, Shop]:
    for shop in shops:
        grant(database, shop.tenant, 5, "at first", OPERATOR)
    return shops


def describe(shop: Shop, product: int, **body: Any) -> httpx.Response:
    return shop.client.post(f"/api/products/{product}/describe", json=body)


def text_of(answer: httpx.Response) -> tuple[str, str]:
    assert answer.status_code == 200, answer.text
    return answer.json()["title"], answer.json()["description"]


def left(shop: Shop) -> int:
    return shop.client.get("/api/account").json()["ai_credits"]


def ledger(database: Database, tenant: TenantId) -> list[tuple[str, int]]:
    with database.records() as connection:
        rows = connection.execute(
            "SELECT kind, amount FROM public.ai_credits WHERE tenant = %s ORDER BY id", [tenant]
        ).fetchall()
    return [(row["kind"], row["amount"]) for row in rows]


def let_leases_end(database: Database) -> None:
    with database.records() as connection:
        connection.execute("UPDATE public.ai_texts SET leased_until = clock_timestamp()")


GRANTED, RESERVED, SETTLED, RELEASED = ("grant", 5), ("reserve", -1), ("settle", 0), ("release", 1)


def test_a_text_is_proposed_for_one_credit_and_the_product_stays(
    paid: tuple[Shop, Shop], model: ScriptedModel, database: Database
) -> None:
    alice, _ = paid
    product = alice.product()
    before = alice.client.get(f"/api/products/{product}").json()
    first = describe(alice, product, language="fr")
    assert text_of(first) == WRITTEN
    assert (first.json()["is_new"], first.json()["credits_left"], left(alice)) == (True, 4, 4)
    assert alice.client.get(f"/api/products/{product}").json() == before
    assert ledger(database, alice.tenant) == [GRANTED, RESERVED, SETTLED]
    (asked,) = model.calls
    assert (asked["model"], model.keys) == ("writer-1", ["Bearer sk-operator"])
    assert '"fr"' in asked["messages"][0]["content"]
    assert json.loads(asked["messages"][1]["content"])["brand"] == "Zara"


def test_the_same_is_written_once_in_thirty_days_and_what_differs_anew(
    paid: tuple[Shop, Shop], model: ScriptedModel, database: Database
) -> None:
    alice, _ = paid
    product = alice.product()
    answers = [describe(alice, product), describe(alice, product), describe(alice, alice.product())]
    assert [(answer.json()["is_new"], answer.json()["credits_left"]) for answer in answers] == [
        (True, 4), (False, 4), (False, 4),
    ]  # fmt: skip
    assert {text_of(answer) for answer in answers} == {WRITTEN}
    assert describe(alice, product, language="de").json()["credits_left"] == 3
    alice.client.patch(f"/api/products/{product}", json={"brand": "Mango"})
    assert describe(alice, product).json()["credits_left"] == 2
    with database.records() as connection:
        connection.execute("UPDATE public.ai_texts SET made_at = made_at - interval '31 days'")
    assert describe(alice, product).json()["credits_left"] == 1
    assert len(model.calls) == 4


def test_no_tenant_is_given_the_text_of_another(
    paid: tuple[Shop, Shop], model: ScriptedModel, database: Database
) -> None:
    alice, bob = paid
    hers, his = alice.product(), bob.product()
    model.script = [json.dumps({"title": "Canary", "description": "Hers."})]
    assert text_of(describe(alice, hers)) == ("Canary", "Hers.")
    assert text_of(describe(bob, his)) == WRITTEN
    assert describe(bob, hers if hers != his else 2**31 - 1).status_code == 404
    assert (left(alice), left(bob), len(model.calls)) == (4, 4, 2)
    assert ledger(database, bob.tenant) == [GRANTED, RESERVED, SETTLED]


def test_without_a_credit_nothing_is_asked(shops: tuple[Shop, Shop], model: ScriptedModel) -> None:
    alice, _ = shops
    answer = describe(alice, alice.product())
    assert (answer.status_code, answer.headers["content-type"]) == (402, "application/problem+json")
    assert (model.calls, left(alice)) == ([], 0)
    assert describe(alice, 2**31 - 1).status_code == 404
    assert describe(alice, alice.product(), language="french").status_code == 422


def test_the_last_credit_is_taken_once_by_two_at_once(
    shops: tuple[Shop, Shop], database: Database, model: ScriptedModel
) -> None:
    alice, _ = shops
    grant(database, alice.tenant, 1, "one", OPERATOR)
    products = [alice.product(title=f"Coat {number}") for number in range(2)]  # of one tenant no more at once get in
    start = Barrier(2)

    def ask(product: int) -> int:
        start.wait()
        return describe(alice, product).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(ask, products)) == [200, 402]
    assert (left(alice), len(model.calls)) == (0, 1)


@pytest.mark.parametrize(
    "answer",
    [500, 429, 401, "no JSON", json.dumps(["a"]), json.dumps({"title": "", "description": "x"}),
     json.dumps({"title": 5, "description": None}), json.dumps({"title": "x" * 501, "description": "x"})],
    ids=str,
)  # fmt: skip
def test_what_brought_no_text_costs_nothing(
    paid: tuple[Shop, Shop], model: ScriptedModel, database: Database, answer: int | str
) -> None:
    alice, _ = paid
    product = alice.product()
    model.script = [answer]
    failed = describe(alice, product)
    assert (failed.status_code, failed.headers["content-type"]) == (502, "application/problem+json")
    assert ledger(database, alice.tenant) == [GRANTED, RESERVED, RELEASED]
    assert text_of(describe(alice, product)) == WRITTEN
    assert left(alice) == 4


def test_a_lost_answer_is_paid_for_once(paid: tuple[Shop, Shop], model: ScriptedModel, database: Database) -> None:
    alice, _ = paid
    product = alice.product()
    model.script = [ScriptedModel.LOST, ScriptedModel.LOST]
    assert [describe(alice, product).status_code for _ in range(2)] == [502, 502]
    assert text_of(describe(alice, product)) == WRITTEN
    assert ledger(database, alice.tenant) == [GRANTED, RESERVED, SETTLED]
    assert (left(alice), len(model.calls)) == (4, 3)


def test_a_process_that_dies_with_the_answer_has_taken_one_credit_for_whoever_asks_again(
    settings: Settings, paid: tuple[Shop, Shop], model: ScriptedModel, database: Database
) -> None:
    alice, _ = paid
    product = alice.product()
    named = {"ai_url": model.url, "ai_model": settings.ai_model}
    apis = api_processes(settings, 1, failpoints="describe.call.after=kill", **named)
    with apis as (dying,), pytest.raises(httpx.TransportError):
        dying.post(f"/api/products/{product}/describe", json={}, headers=dict(alice.client.headers))
    assert ledger(database, alice.tenant) == [GRANTED, RESERVED]
    let_leases_end(database)
    assert text_of(describe(alice, product)) == WRITTEN
    assert ledger(database, alice.tenant) == [GRANTED, RESERVED, SETTLED]
    assert (left(alice), len(model.calls)) == (4, 2)


def test_of_two_who_ask_the_same_at_two_apis_one_calls_and_one_credit_is_taken(
    settings: Settings, paid: tuple[Shop, Shop], model: ScriptedModel, database: Database
) -> None:
    alice, _ = paid
    product, sent = alice.product(), Event()
    model.may_answer.clear()
    named = {"ai_url": model.url, "ai_model": settings.ai_model}
    with api_processes(settings, 1, **named) as (other,), ThreadPoolExecutor(2) as pool:
        first = pool.submit(describe, alice, product)
        assert model.asked.wait(30)
        other.event_hooks = {"request": [lambda _: sent.set()]}
        path, headers = f"/api/products/{product}/describe", dict(alice.client.headers)
        second = pool.submit(other.post, path, json={}, headers=headers)
        assert sent.wait(30)
        model.may_answer.set()
        assert text_of(first.result()) == text_of(second.result()) == WRITTEN
    assert [first.result().json()["is_new"], second.result().json()["is_new"]] == [True, False]
    assert ledger(database, alice.tenant) == [GRANTED, RESERVED, SETTLED]
    assert len(model.calls) == 1


def test_who_was_taken_for_dead_gives_nothing_back_and_what_was_settled_first_stays(
    paid: tuple[Shop, Shop], database: Database
) -> None:
    alice, _ = paid
    first = reserve(database, alice.tenant, "d", 60)
    assert isinstance(first, Reservation)
    assert isinstance(reserve(database, alice.tenant, "d", 60), UnderWay)
    let_leases_end(database)
    second = reserve(database, alice.tenant, "d", 60)
    assert isinstance(second, Reservation)
    give_back(database, first)
    assert ledger(database, alice.tenant) == [GRANTED, RESERVED]
    for held, title in ((second, "Second"), (first, "First")):
        settle(database, held, WrittenText(title, "x"))
    give_back(database, second)
    assert reserve(database, alice.tenant, "d", 60) == WrittenText("Second", "x")
    assert ledger(database, alice.tenant) == [GRANTED, RESERVED, SETTLED]


def test_the_ledger_is_only_ever_added_to(paid: tuple[Shop, Shop], database: Database) -> None:
    for statement in (b"UPDATE public.ai_credits SET amount = 100", b"TRUNCATE public.ai_credits"):
        with pytest.raises(DatabaseError), database.records() as connection:
            connection.execute(statement)


def test_what_is_left_stands_in_the_last_row_also_after_rows_of_an_older_release(
    shops: tuple[Shop, Shop], database: Database
) -> None:
    alice, bob = shops
    grant(database, bob.tenant, 7, "another's", OPERATOR)
    with database.records() as connection:
        connection.execute("ALTER TABLE public.ai_credits DISABLE TRIGGER balance")
        for amount in (5, -2):
            add(connection, alice.tenant, "grant", amount, reference=str(amount))
        connection.execute("ALTER TABLE public.ai_credits ENABLE TRIGGER balance")
    assert left(alice) == 3
    grant(database, alice.tenant, 4, "now", OPERATOR)
    grant(database, alice.tenant, 10, "and again", OPERATOR)
    with database.records() as connection:
        rows = connection.execute(
            "SELECT balance FROM public.ai_credits WHERE tenant = %s ORDER BY id", [alice.tenant]
        ).fetchall()
    assert ([row["balance"] for row in rows], left(alice)) == ([None, None, 7, 17], 17)


def test_photos_are_shown_to_a_model_that_can_see(settings: Settings) -> None:
    media = media_folder(settings.home)
    photo = BytesIO()
    Image.new("RGB", (64, 48), "grey").save(photo, "JPEG")
    path = media.keep(TenantId(1), photo.getvalue())
    images = (ProductImage(1, path), ProductImage(2, path))
    product = Product(id=1, title="Coat", description="", price=None, images=images)
    (_, shown) = messages_of(product, language="en", media=media, photos=1)
    (facts, picture) = shown["content"]
    assert json.loads(facts["text"]) == {"title": "Coat"}
    assert picture["image_url"]["url"].startswith("data:image/jpeg;base64,/9j/")


def test_credits_are_granted_once_by_a_reference(
    settings: Settings, real_url: str, database: Database, shops: tuple[Shop, Shop], tenants: Callable[[], TenantId]
) -> None:
    alice, _ = shops
    boss = tenants()
    change_role(database, boss, Role.ADMIN, OPERATOR)
    token = access_tokens(settings).issue_access_token(boss, role=Role.ADMIN)
    path, body = f"/admin/tenants/{alice.tenant}/credits", {"amount": 3, "reference": "invoice 1"}
    with httpx.Client(
        verify=TRUST, base_url=real_url, timeout=30, headers={"Authorization": f"Bearer {token}"}
    ) as admin:
        answers = [admin.post(path, json=body), admin.post(path, json=body), admin.get(path)]
        assert [(one.status_code, one.json()["left"]) for one in answers] == [(201, 3), (200, 3), (200, 3)]
        assert admin.post(path, json=body | {"amount": 4}).status_code == 409
        assert admin.post(path, json=body | {"amount": 0}).status_code == 422
        assert admin.post("/admin/tenants/999/credits", json=body).status_code == 404
        entries = admin.get("/admin/audit", params={"tenant": alice.tenant}).json()["items"]
    assert [(one["act"], one["detail"]) for one in entries] == [("credits.granted", {"amount": 3})]
    assert [alice.client.post(path, json=body).status_code, alice.client.get(path).status_code] == [403, 403]


def test_a_platform_grants_them_to_its_own_tenants_only(
    settings: Settings, real_url: str, shops: tuple[Shop, Shop]
) -> None:
    alice, _ = shops
    keys = [CliRunner().invoke(platform_keys, ["create", name], obj=settings).stdout.strip() for name in ("A", "B")]
    mine, other = ({"Authorization": f"Bearer {key}"} for key in keys)
    body = {"amount": 3, "reference": "invoice 1"}
    with httpx.Client(verify=TRUST, base_url=real_url, timeout=30) as client:
        made = client.post("/platform/tenants", json={"email": "b@market.example"}, headers=mine).json()["id"]
        path = f"/platform/tenants/{made}/credits"
        assert client.post(path, json=body, headers=mine).json() == {"left": 3}
        assert client.get(path, headers=mine).json() == {"left": 3}
        refused = [client.request(method, path, json=body, headers=other) for method in ("GET", "POST")]
        refused += [client.post(f"/platform/tenants/{alice.tenant}/credits", json=body, headers=mine)]
        assert [answer.status_code for answer in refused] == [404, 404, 404]


def test_the_command_grants_and_counts_them(settings: Settings, shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops

    def command(*words: str) -> Result:
        return CliRunner().invoke(tenant_command, ["credits", str(alice.tenant), *words], obj=settings)

    given = [command("--grant", "3", "--reference", "x") for _ in range(2)]
    assert [(one.exit_code, one.stdout) for one in given] == [(0, "3\n"), (0, "3\n")]
    assert json.loads(command("--grant", "2", "--json").stdout) == {"tenant": alice.tenant, "left": 5}


class TestWithoutAModel:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"ai_url": ""})

    def test_it_is_said_what_the_operator_must_set(self, shops: tuple[Shop, Shop]) -> None:
        alice, _ = shops
        answer = describe(alice, alice.product())
        assert answer.status_code == 409
        assert "STOFLOW_AI_URL" in answer.json()["detail"]
