"""Sellers come in by themselves: the api before the real use cases and a real database."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import httpx
import jwt
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from stoflow.domain.ids import TenantId
from stoflow.resources.accounts import passwords
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.database.tenants import suspend_tenant

ANNA, PASSWORD, OTHER = "Anna@Example.com", "correct horse battery", "a staple of another kind"
HOME, ELSEWHERE = "127.0.0.1", "127.9.9.9"
Ask = Callable[..., httpx.Response]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"registration": "open"})


@pytest.fixture
def ask(real_url: str) -> Iterator[Ask]:
    """Ask from an address of this machine."""
    with ExitStack() as stack:
        clients: dict[str, httpx.Client] = {}

        def ask(path: str, *, at: str = HOME, token: str = "", method: str = "POST", **body: Any) -> httpx.Response:
            if at not in clients:
                way = httpx.HTTPTransport(local_address=at)
                clients[at] = stack.enter_context(httpx.Client(base_url=real_url, transport=way, timeout=60))
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return clients[at].request(method, path, json=body if method == "POST" else None, headers=headers)

        yield ask


@pytest.fixture
def anna(ask: Ask) -> dict[str, Any]:
    """What Anna was answered when she registered."""
    made = ask("/auth/register", email=ANNA, password=PASSWORD, full_name="Anna")
    assert made.status_code == 201, made.text
    return made.json()


def log_in(ask: Ask, password: str = PASSWORD, email: str = ANNA, at: str = HOME) -> httpx.Response:
    return ask("/auth/login", email=email, password=password, at=at)


def refresh(ask: Ask, tokens: dict[str, Any]) -> httpx.Response:
    return ask("/auth/refresh", refresh_token=tokens["refresh_token"])


def jobs(ask: Ask, tokens: dict[str, Any]) -> int:
    return ask("/api/jobs", token=tokens["access_token"], method="GET").status_code


def until_refused(ask: Ask, tokens: dict[str, Any]) -> None:
    """Ask until the access token is refused, which another process may learn a second late."""
    until = time.monotonic() + 10
    while jobs(ask, tokens) != 401:
        assert time.monotonic() < until, "the access token still opens the door"


def test_who_registers_has_a_schema_of_their_own_and_a_token_that_opens_it(ask: Ask, anna: dict[str, Any]) -> None:
    product = ask("/api/products", token=anna["access_token"], title="Coat")
    assert product.status_code == 201, product.text
    assert (anna["token_type"], anna["expires_in"]) == ("Bearer", 900)
    assert jwt.decode(anna["access_token"], options={"verify_signature": False})["sub"] == str(anna["tenant"])
    bob = ask("/auth/register", email="bob@example.com", password=PASSWORD).json()
    assert bob["tenant"] != anna["tenant"]
    assert ask("/api/products", token=bob["access_token"], method="GET").json()["items"] == []


def test_a_taken_address_a_short_password_and_the_address_as_password_are_refused(
    ask: Ask, anna: dict[str, Any]
) -> None:
    assert ask("/auth/register", email=" anna@example.com", password=OTHER).status_code == 409
    short = ask("/auth/register", email="eve@example.com", password="short")
    assert (short.status_code, short.json()["errors"][0]["field"]) == (422, "password")
    assert ask("/auth/register", email="eve@example.com", password="EVE@example.com").status_code == 422
    assert ask("/auth/register", email="no address", password=OTHER).status_code == 422
    assert jobs(ask, anna) == 200


def test_where_registration_is_closed_nobody_registers(api: Any) -> None:
    answer = api.ask_unknown("POST", "/auth/register", json={"email": ANNA, "password": PASSWORD})
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


def test_who_knows_the_password_signs_in(ask: Ask, anna: dict[str, Any], database: Database) -> None:
    answer = log_in(ask, email=" ANNA@example.COM ")
    assert (answer.status_code, answer.json()["tenant"]) == (200, anna["tenant"])
    assert jobs(ask, answer.json()) == 200
    with database.records() as connection:
        row = connection.execute("SELECT hashed_password, last_login FROM public.users").fetchone()
    assert row is not None
    assert row["hashed_password"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert row["last_login"] is not None


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(
    ask: Ask, anna: dict[str, Any], tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    compare = passwords.Argon2id.verify_phc_encoded

    def counted(given: bytes, stored: str) -> None:
        compared.append("$".join(stored.split("$")[:4]))  # without salt and hash
        compare(given, stored)

    monkeypatch.setattr(passwords, "Argon2id", SimpleNamespace(verify_phc_encoded=counted))
    answers = [log_in(ask, OTHER), log_in(ask, email="nobody@example.com"), log_in(ask, email="seller1@example.com")]
    told = {(answer.status_code, answer.text, answer.headers["www-authenticate"]) for answer in answers}
    assert len(told) == 1
    assert answers[0].status_code == 401
    assert len(compared) == 3
    assert len(set(compared)) == 1  # the same work for one who is not there, and for one without a password


def test_a_suspended_seller_is_told_so_only_with_the_password(
    ask: Ask, anna: dict[str, Any], database: Database
) -> None:
    suspend_tenant(database, TenantId(anna["tenant"]))
    assert log_in(ask).status_code == 403
    assert log_in(ask, OTHER).status_code == 401
    assert refresh(ask, anna).status_code == 401


def test_a_refresh_token_is_good_once_and_brings_the_next(ask: Ask, anna: dict[str, Any]) -> None:
    second = refresh(ask, anna).json()
    third = refresh(ask, second).json()
    assert len({tokens["refresh_token"] for tokens in (anna, second, third)}) == 3
    assert jobs(ask, third) == 200


def test_a_refresh_token_that_comes_twice_ends_its_family_and_no_other(ask: Ask, anna: dict[str, Any]) -> None:
    other = log_in(ask).json()
    second = refresh(ask, anna).json()
    assert refresh(ask, anna).status_code == 401
    assert refresh(ask, second).status_code == 401
    until_refused(ask, second)
    assert refresh(ask, other).status_code == 200


def test_of_refreshes_at_once_one_wins_and_the_family_ends(ask: Ask, anna: dict[str, Any]) -> None:
    count, begin = 4, Barrier(4)

    def race(number: int) -> httpx.Response:
        begin.wait(30)
        return ask("/auth/refresh", at=f"127.0.0.{number + 10}", refresh_token=anna["refresh_token"])

    with ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(race, range(count)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert refresh(ask, winner).status_code == 401


def test_a_refresh_token_ends_and_so_does_its_family(ask: Ask, anna: dict[str, Any], database: Database) -> None:
    second = log_in(ask).json()
    with database.records() as connection:
        connection.execute("UPDATE public.refresh_tokens SET expires_at = now() - interval '1 second'")
    assert refresh(ask, anna).status_code == 401
    with database.records() as connection:
        connection.execute("UPDATE public.token_families SET ends_at = now()")
    until_refused(ask, second)
    log_in(ask)
    with database.records() as connection:
        rows = connection.execute("SELECT f.id FROM public.token_families f").fetchall()
    assert len(rows) == 1


def test_only_digests_of_refresh_tokens_are_stored(ask: Ask, anna: dict[str, Any], database: Database) -> None:
    with database.records() as connection:
        rows = connection.execute("SELECT r::text AS row FROM public.refresh_tokens r").fetchall()
    assert len(rows) == 1
    assert anna["refresh_token"] not in rows[0]["row"]


def test_who_signs_out_is_out_with_every_token_of_that_sign_in(ask: Ask, anna: dict[str, Any]) -> None:
    other, second = log_in(ask).json(), refresh(ask, anna).json()
    for _ in range(2):
        answer = ask("/auth/logout", refresh_token=anna["refresh_token"])  # also one that was used
        assert (answer.status_code, answer.json()) == (200, {"status": "logged_out"})
    assert refresh(ask, second).status_code == 401
    until_refused(ask, second)
    assert jobs(ask, other) == 200
    assert ask("/auth/logout", refresh_token="sfr_never").status_code == 200


def test_the_sockets_of_who_signs_out_are_closed(ask: Ask, anna: dict[str, Any], real_url: str) -> None:
    with connect(f"{real_url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket") as socket:
        socket.recv(timeout=10)
        socket.send("40" + json.dumps({"token": anna["access_token"], "client": "frontend"}))
        assert str(socket.recv(timeout=10)).startswith('40{"sid"')
        ask("/auth/logout", refresh_token=anna["refresh_token"])
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.reason == "This sign-in is over."


def test_a_new_password_ends_every_sign_in_but_the_one_it_begins(ask: Ask, anna: dict[str, Any]) -> None:
    other = log_in(ask).json()
    changed = ask("/api/account/password", token=anna["access_token"], current_password=PASSWORD, new_password=OTHER)
    assert changed.status_code == 200, changed.text
    assert [refresh(ask, tokens).status_code for tokens in (anna, other)] == [401, 401]
    until_refused(ask, other)
    assert jobs(ask, changed.json()) == 200
    assert refresh(ask, changed.json()).status_code == 200
    assert [log_in(ask, password).status_code for password in (PASSWORD, OTHER)] == [401, 200]


def test_a_password_is_not_changed_without_the_one_that_holds(ask: Ask, anna: dict[str, Any]) -> None:
    given = {"current_password": OTHER, "new_password": "yet another of them"}
    codes = [ask("/api/account/password", token=anna["access_token"], **given).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]
    assert log_in(ask, at=ELSEWHERE).status_code == 200


def test_who_guesses_is_slowed_down_and_shuts_nobody_out_elsewhere(ask: Ask, anna: dict[str, Any]) -> None:
    assert [log_in(ask, f"{OTHER} {number}").status_code for number in range(5)] == [401] * 5
    slowed = log_in(ask)
    assert (slowed.status_code, slowed.json()["status"]) == (429, 429)
    assert 0 < int(slowed.headers["retry-after"]) <= 180
    assert log_in(ask, at=ELSEWHERE).status_code == 200
    assert log_in(ask).status_code == 429  # that she came in elsewhere helps nobody here


def test_guesses_made_at_once_count_before_they_are_compared(ask: Ask, anna: dict[str, Any]) -> None:
    begin = Barrier(8)

    def guess(number: int) -> int:
        begin.wait(30)
        return log_in(ask, f"{OTHER} {number}", at=f"127.0.0.{number + 10}").status_code  # neighbours count together

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(guess, range(8)))
    assert codes.count(429) >= 3


def test_one_address_cannot_try_the_accounts_of_many(ask: Ask, database: Database) -> None:
    with database.records() as connection:
        log_in(ask, email="first@example.com")
        connection.execute("UPDATE public.sign_in_tries SET spent_until = now() + interval '1 hour'")
    assert log_in(ask, email="second@example.com").status_code == 429
    assert log_in(ask, email="second@example.com", at=ELSEWHERE).status_code == 401


def test_tries_that_are_long_over_are_forgotten(ask: Ask, anna: dict[str, Any], database: Database) -> None:
    log_in(ask, OTHER)
    with database.records() as connection:
        connection.execute("UPDATE public.sign_in_tries SET spent_until = now() - interval '1 hour'")
    log_in(ask, at=ELSEWHERE)
    with database.records() as connection:
        rows = connection.execute("SELECT key FROM public.sign_in_tries").fetchall()
    assert len(rows) == 2


def test_a_stranger_checks_a_token_by_the_published_keys_alone(ask: Ask, anna: dict[str, Any]) -> None:
    answer = ask("/.well-known/jwks.json", method="GET")
    assert answer.headers["cache-control"] == "public, max-age=300"
    keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(answer.json()).keys}
    kid = jwt.get_unverified_header(anna["access_token"])["kid"]
    read = jwt.decode(anna["access_token"], keys[kid], algorithms=["RS256"], audience="stoflow-api", issuer="stoflow")
    assert read["sub"] == str(anna["tenant"])
    assert not {"d", "p", "q"} & answer.json()["keys"][0].keys()


def test_nothing_secret_is_logged_or_answered(ask: Ask, anna: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    second = refresh(ask, anna).json()
    answers = [
        log_in(ask, OTHER),
        refresh(ask, anna),
        ask("/auth/login", email=ANNA, password=OTHER * 20),
        ask("/auth/refresh", refresh_token=f"{PASSWORD} {second['refresh_token']}"),
        ask("/auth/register", email=ANNA, password=OTHER),
        ask("/auth/logout", refresh_token=second["refresh_token"]),
    ]
    told = caplog.text + "".join(answer.text for answer in answers)
    assert f"A refresh token of tenant {anna['tenant']} came twice" in caplog.text
    assert "A password was wrong" in caplog.text
    for secret in (PASSWORD, OTHER, anna["refresh_token"], second["refresh_token"], anna["access_token"], "$argon2id"):
        assert secret not in told
