"""A seller's tokens over a real database and a real token server: one refresh however many ask."""

import json
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Event, Lock, Thread
from urllib.parse import parse_qs

import pytest
from cryptography.fernet import Fernet

from stoflow.domain.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ConsentRefused,
    DatabaseUnavailable,
    NotFound,
)
from stoflow.domain.ids import TenantId
from stoflow.storage.credentials import seller_tokens
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.consents import Consents
from stoflow.storage.credentials.renewals import Renewals, RenewedElsewhere, Resting, Right, Usable
from stoflow.storage.credentials.seller_tokens import SellerTokens
from stoflow.storage.credentials.vault import Vault
from stoflow.storage.database.session import Database, schema_name
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.grants import Grant, renew
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.tokens import ConsentEnded, Tokens

AMPLE_S = 20.0
FRESH = Tokens("access-0", "refresh-0", access_expires_in_s=3600)
EXPIRED = Tokens("access-0", "refresh-0", access_expires_in_s=0)
VAULT = Vault([Fernet.generate_key().decode()])


class TokenServer:
    """Rotates: each refresh gives access-N and refresh-N, and refuses every refresh token but the last it gave."""

    def __init__(self) -> None:
        self.refreshes: list[str] = []
        self.given = 0
        self.revoked = False
        self.lose_answers = 0
        self.unavailable = 0
        self.broken = 0
        self.broken_after = 0
        self.asked, self.answering = Event(), Event()
        self.answering.set()
        self._lock = Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def flow(self, *, rotates: bool = True) -> RefreshFlow:
        return RefreshFlow(self.url, "/token", "app", rotates=rotates)

    def answer(self, presented: str) -> tuple[int, dict[str, object]] | None:
        """Return status and body, or None where the answer is lost."""
        self.asked.set()
        self.answering.wait(AMPLE_S)
        with self._lock:
            self.refreshes.append(presented)
            if self.unavailable:
                self.unavailable -= 1
                return 429, {}
            if self.broken:
                self.broken -= 1
                return 500, {"error": "Server Error"}
            if self.revoked or presented != f"refresh-{self.given}":
                return 400, {"error": "invalid_grant", "error_description": "refresh_token is revoked"}
            self.given += 1
            if self.lose_answers:
                self.lose_answers -= 1
                return None
            if self.broken_after:
                self.broken_after -= 1
                return 500, {"error": "Server Error"}
            tokens = {"access_token": f"access-{self.given}", "refresh_token": f"refresh-{self.given}"}
            return 200, {**tokens, "expires_in": 3600}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                answer = server.answer(form["refresh_token"][0])
                if answer is None:
                    self.close_connection = True
                    return
                body = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
                return

        return Handler


@pytest.fixture
def token_server() -> Generator[TokenServer]:
    server = TokenServer()
    yield server
    server.close()


@pytest.fixture
def connections(database: Database) -> Connections:
    return Connections(database, VAULT)


@pytest.fixture
def client() -> Generator[DirectClient]:
    direct = DirectClient()
    yield direct
    direct.close()


@pytest.fixture
def process(database: Database, token_server: TokenServer, client: DirectClient) -> Callable[..., SellerTokens]:
    """Make what one process has: its own memory, over the same database."""

    def made(*, rotates: bool = True, rest_s: float = 0.0) -> SellerTokens:
        return SellerTokens(
            Renewals(database, VAULT),
            {"etsy": token_server.flow(rotates=rotates)},
            lambda flow, token: renew(client, flow, token),
            rest_s=rest_s,
        )

    return made


def connect(connections: Connections, tenant: TenantId, tokens: Tokens) -> None:
    connections.save(tenant, "etsy", external_id="shop-1", settings={"shop": 1}, tokens=tokens)


def state_of(database: Database, tenant: TenantId) -> tuple[str, str | None]:
    with database.records() as records:
        row = records.execute(f"SELECT state, reason FROM {schema_name(tenant)}.connections".encode()).fetchone()
    assert row is not None
    return row["state"], row["reason"]


def announcements(database: Database, tenant: TenantId) -> int:
    with database.records() as records:
        sql = "SELECT count(*) AS n FROM public.outbox WHERE tenant = %s AND job = 0"
        row = records.execute(sql, [tenant]).fetchone()
    assert row is not None
    return row["n"]


def test_a_connection_is_an_account_and_tokens_nobody_reads_in_the_table(
    connections: Connections, database: Database, tenant: TenantId
) -> None:
    connect(connections, tenant, FRESH)
    account = connections.account(tenant, "etsy")
    assert (account.marketplace, account.external_id, account.settings) == ("etsy", "shop-1", {"shop": 1})
    assert connections.tokens_of(tenant, "etsy").refresh == "refresh-0"
    with database.records() as records:
        row = records.execute(f"SELECT * FROM {schema_name(tenant)}.connections".encode()).fetchone()
    assert "refresh-0" not in str(row)


def test_a_marketplace_never_connected_is_not_found(connections: Connections, tenant: TenantId) -> None:
    with pytest.raises(NotFound, match="has not connected ebay"):
        connections.account(tenant, "ebay")


def test_to_connect_is_announced_to_the_tenants_owner(
    connections: Connections, database: Database, tenant: TenantId
) -> None:
    before = announcements(database, tenant)
    connect(connections, tenant, FRESH)
    assert announcements(database, tenant) == before + 1
    assert state_of(database, tenant) == ("connected", None)


def test_a_plugins_connection_has_no_tokens(connections: Connections, tenant: TenantId) -> None:
    connections.save(tenant, "vinted", external_id="member-1", settings={})
    assert connections.account(tenant, "vinted").external_id == "member-1"
    with pytest.raises(NotFound, match="no tokens"):
        connections.tokens_of(tenant, "vinted")


def test_a_fresh_token_costs_no_refresh(
    connections: Connections, tenant: TenantId, process: Callable[..., SellerTokens], token_server: TokenServer
) -> None:
    connect(connections, tenant, FRESH)
    assert process().access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S) == "access-0"
    assert token_server.refreshes == []


@pytest.mark.parametrize("refused", ["", "access-0"], ids=["expired", "refused"])
def test_sixteen_threads_of_two_processes_refresh_once(
    connections: Connections,
    tenant: TenantId,
    process: Callable[..., SellerTokens],
    token_server: TokenServer,
    refused: str,
) -> None:
    connect(connections, tenant, FRESH if refused else EXPIRED)
    processes, together = (process(), process()), Barrier(16)

    def ask(number: int) -> str:
        together.wait(AMPLE_S)
        return processes[number % 2].instead_of(refused, tenant, "etsy", "shop-1", deadline_s=AMPLE_S)

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(ask, range(16))) == {"access-1"}
    assert token_server.refreshes == ["refresh-0"]
    assert connections.tokens_of(tenant, "etsy").refresh == "refresh-1"


def test_who_cannot_wait_for_the_refresh_makes_no_call(
    connections: Connections, tenant: TenantId, process: Callable[..., SellerTokens], token_server: TokenServer
) -> None:
    connect(connections, tenant, EXPIRED)
    token_server.answering.clear()
    first, second = process(), process()
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(first.access, tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
        assert token_server.asked.wait(AMPLE_S)
        for impatient in (first, second):
            with pytest.raises(APITimeoutError) as raised:
                impatient.access(tenant, "etsy", "shop-1", deadline_s=0.2)
            assert not raised.value.sent
        token_server.answering.set()
        assert asking.result(AMPLE_S) == "access-1"


def test_a_refresh_token_that_is_not_taken_needs_the_seller_and_is_tried_once(
    connections: Connections,
    database: Database,
    tenant: TenantId,
    process: Callable[..., SellerTokens],
    token_server: TokenServer,
) -> None:
    connect(connections, tenant, EXPIRED)
    token_server.revoked = True
    for _ in range(3):
        with pytest.raises(ConsentEnded, match="refresh_token is revoked"):
            process().access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    assert len(token_server.refreshes) == 1
    assert state_of(database, tenant) == ("needs_seller", "refresh_token is revoked")


def test_a_seller_who_connects_again_goes_on(
    connections: Connections, tenant: TenantId, process: Callable[..., SellerTokens], token_server: TokenServer
) -> None:
    connect(connections, tenant, EXPIRED)
    token_server.revoked = True
    tokens = process()
    with pytest.raises(ConsentEnded):
        tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    connect(connections, tenant, Tokens("access-new", "refresh-new", 3600))
    assert tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S) == "access-new"


def test_a_lost_answer_where_tokens_rotate_gets_one_more_try_with_the_old_one(
    connections: Connections,
    database: Database,
    tenant: TenantId,
    process: Callable[..., SellerTokens],
    token_server: TokenServer,
) -> None:
    connect(connections, tenant, EXPIRED)
    token_server.lose_answers = 1
    tokens = process()
    with pytest.raises(APIConnectionError) as raised:
        tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    assert not raised.value.sent  # the call that wanted the token never left
    for _ in range(3):
        with pytest.raises(ConsentEnded):
            tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    assert token_server.refreshes == ["refresh-0", "refresh-0"]
    assert state_of(database, tenant)[0] == "needs_seller"


def test_two_lost_answers_where_tokens_rotate_need_the_seller(
    connections: Connections, database: Database, tenant: TenantId, process: Callable[..., SellerTokens]
) -> None:
    connect(connections, tenant, EXPIRED)
    calls: list[str] = []

    def lost(_: Grant, token: str) -> Tokens:
        calls.append(token)
        message = "Lost."
        raise APITimeoutError(message)

    flows = {"etsy": RefreshFlow("", "", "app", rotates=True)}
    tokens = SellerTokens(Renewals(database, VAULT), flows, lost, rest_s=0.0)
    for expected in (APITimeoutError, APITimeoutError, ConsentEnded, ConsentEnded):
        with pytest.raises(expected):
            tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    assert calls == ["refresh-0", "refresh-0"]
    assert "connect again" in str(state_of(database, tenant)[1])


def test_a_token_server_that_is_broken_for_long_asks_nothing_of_the_seller(
    connections: Connections,
    database: Database,
    tenant: TenantId,
    process: Callable[..., SellerTokens],
    token_server: TokenServer,
) -> None:
    connect(connections, tenant, EXPIRED)
    token_server.broken = 5
    for _ in range(5):
        with pytest.raises(APIConnectionError) as raised:
            process().access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
        assert not raised.value.sent
    assert process().access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S) == "access-1"
    assert state_of(database, tenant) == ("connected", None)


def test_a_token_server_that_broke_after_it_had_renewed_needs_the_seller_at_the_next_try(
    connections: Connections,
    database: Database,
    tenant: TenantId,
    process: Callable[..., SellerTokens],
    token_server: TokenServer,
) -> None:
    connect(connections, tenant, EXPIRED)
    token_server.broken_after = 1
    with pytest.raises(APIConnectionError):
        process().access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    for _ in range(3):
        with pytest.raises(ConsentEnded, match="refresh_token is revoked"):
            process().access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    assert token_server.refreshes == ["refresh-0", "refresh-0"]
    assert state_of(database, tenant) == ("needs_seller", "refresh_token is revoked")


def test_a_lost_answer_where_tokens_stay_is_asked_for_again(
    connections: Connections, database: Database, tenant: TenantId
) -> None:
    connect(connections, tenant, EXPIRED)
    outcomes: list[Tokens | APIError] = [APITimeoutError("Lost.") for _ in range(4)]
    outcomes.append(Tokens("access-1", "refresh-0", 7200))

    def answered(_: Grant, token: str) -> Tokens:
        match outcomes.pop(0):
            case APIError() as error:
                raise error
            case Tokens() as tokens:
                assert token == tokens.refresh
                return tokens

    flows = {"etsy": RefreshFlow("", "", "app", rotates=False)}
    tokens = SellerTokens(Renewals(database, VAULT), flows, answered, rest_s=0.0)
    for _ in range(4):
        with pytest.raises(APITimeoutError):
            tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    assert tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S) == "access-1"


def test_after_a_failed_refresh_nobody_hammers_the_token_server(
    connections: Connections, tenant: TenantId, process: Callable[..., SellerTokens], token_server: TokenServer
) -> None:
    connect(connections, tenant, EXPIRED)
    token_server.unavailable = 5
    for tokens in (process(rest_s=60.0), process(rest_s=60.0)):
        with pytest.raises(APIConnectionError) as raised:
            tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
        assert not raised.value.sent
    assert len(token_server.refreshes) == 1


def test_the_new_pair_is_stored_though_the_database_was_away_when_it_came(
    connections: Connections, database: Database, tenant: TenantId, token_server: TokenServer, client: DirectClient
) -> None:
    connect(connections, tenant, EXPIRED)

    class AwayOnce(Renewals):
        away = 1

        def end(self, tenant: TenantId, marketplace: str, right: Right, tokens: Tokens) -> Usable:
            if self.away:
                self.away -= 1
                message = "PostgreSQL is away."
                raise DatabaseUnavailable(message)
            return super().end(tenant, marketplace, right, tokens)

    tokens = SellerTokens(
        AwayOnce(database, VAULT), {"etsy": token_server.flow()}, lambda flow, token: renew(client, flow, token)
    )
    assert tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S) == "access-1"
    assert connections.tokens_of(tenant, "etsy").refresh == "refresh-1"


def test_the_right_to_refresh_is_held_by_one(connections: Connections, database: Database, tenant: TenantId) -> None:
    connect(connections, tenant, EXPIRED)
    renewals = Renewals(database, VAULT)
    right = renewals.begin(tenant, "etsy", "shop-1", refused="", rotates=True)
    assert isinstance(right, Right)
    assert isinstance(renewals.begin(tenant, "etsy", "shop-1", refused="", rotates=True), RenewedElsewhere)
    renewals.give_up(tenant, "etsy", right, lost=False, rest_s=60.0)
    assert isinstance(renewals.begin(tenant, "etsy", "shop-1", refused="", rotates=True), Resting)


def test_a_refresh_that_ends_after_the_seller_connected_anew_changes_nothing(
    connections: Connections, database: Database, tenant: TenantId
) -> None:
    connect(connections, tenant, EXPIRED)
    renewals = Renewals(database, VAULT)
    right = renewals.begin(tenant, "etsy", "shop-1", refused="", rotates=True)
    assert isinstance(right, Right)
    connect(connections, tenant, Tokens("access-new", "refresh-new", 3600))
    renewals.end(tenant, "etsy", right, Tokens("access-late", "refresh-late", 3600))
    renewals.refused(tenant, "etsy", right, "Revoked.")
    renewals.give_up(tenant, "etsy", right, lost=True, rest_s=60.0)
    assert connections.tokens_of(tenant, "etsy").refresh == "refresh-new"
    assert state_of(database, tenant) == ("connected", None)


@pytest.mark.parametrize("away", [False, True], ids=["never connected", "disconnected"])
def test_without_tokens_the_seller_is_asked_to_connect(
    connections: Connections, tenant: TenantId, process: Callable[..., SellerTokens], away: bool
) -> None:
    if away:
        connect(connections, tenant, FRESH)
        assert connections.disconnect(tenant, "etsy", "Gone.")
    with pytest.raises(ConsentEnded, match="etsy is not connected"):
        process().access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)


def test_a_call_for_one_account_is_never_given_the_token_of_the_next_one(
    connections: Connections, tenant: TenantId, process: Callable[..., SellerTokens]
) -> None:
    connect(connections, tenant, FRESH)
    tokens = process()
    assert tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S) == "access-0"
    connections.disconnect(tenant, "etsy", "Gone.")
    connections.save(tenant, "etsy", external_id="shop-2", settings={}, tokens=Tokens("access-of-2", "r", 3600))
    assert tokens.access(tenant, "etsy", "shop-2", deadline_s=AMPLE_S) == "access-of-2"
    with pytest.raises(APIConnectionError, match="another account") as raised:
        tokens.instead_of("access-0", tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    assert not raised.value.sent


def test_a_refresh_that_ends_after_the_seller_disconnected_brings_nothing_back(
    connections: Connections, database: Database, tenant: TenantId
) -> None:
    connect(connections, tenant, EXPIRED)
    renewals = Renewals(database, VAULT)
    right = renewals.begin(tenant, "etsy", "shop-1", refused="", rotates=True)
    assert isinstance(right, Right)
    connections.disconnect(tenant, "etsy", "Gone.")
    with pytest.raises(ConsentEnded):
        renewals.end(tenant, "etsy", right, Tokens("access-late", "refresh-late", 3600))
    with pytest.raises(NotFound, match="no tokens"):
        connections.tokens_of(tenant, "etsy")


def test_a_refresh_for_an_account_that_was_changed_meanwhile_is_used_by_nobody(
    connections: Connections, database: Database, tenant: TenantId
) -> None:
    connect(connections, tenant, EXPIRED)
    renewals = Renewals(database, VAULT)
    right = renewals.begin(tenant, "etsy", "shop-1", refused="", rotates=True)
    assert isinstance(right, Right)
    connections.save(tenant, "etsy", external_id="shop-2", settings={}, tokens=Tokens("access-of-2", "r-2", 3600))
    with pytest.raises(APIConnectionError, match="another account"):
        renewals.end(tenant, "etsy", right, Tokens("access-late", "refresh-late", 3600))
    assert connections.tokens_of(tenant, "etsy").refresh == "r-2"


def test_a_pair_that_cannot_be_stored_is_not_used(
    connections: Connections,
    database: Database,
    tenant: TenantId,
    token_server: TokenServer,
    client: DirectClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect(connections, tenant, EXPIRED)
    monkeypatch.setattr(seller_tokens, "LEASE_S", 0.0)

    class Away(Renewals):
        def end(self, tenant: TenantId, marketplace: str, right: Right, tokens: Tokens) -> Usable:
            message = "PostgreSQL is away."
            raise DatabaseUnavailable(message)

    tokens = SellerTokens(
        Away(database, VAULT), {"etsy": token_server.flow()}, lambda flow, token: renew(client, flow, token)
    )
    with pytest.raises(DatabaseUnavailable):
        tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    assert token_server.refreshes == ["refresh-0"]


def test_a_refresh_is_no_change_of_the_connection_s_standing(
    connections: Connections, database: Database, tenant: TenantId, process: Callable[..., SellerTokens]
) -> None:
    """Else an attempt that began before it could never say that the connection is no good."""
    connect(connections, tenant, EXPIRED)
    changed_at = f"SELECT updated_at FROM {schema_name(tenant)}.connections".encode()
    with database.records() as records:
        before = records.execute(changed_at).fetchone()
    assert process().access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S) == "access-1"
    with database.records() as records:
        assert records.execute(changed_at).fetchone() == before


@pytest.mark.parametrize("odd", ["a\nb", "clé", "\x07", ""], ids=ascii)
def test_a_stored_token_that_cannot_be_sent_is_renewed(
    connections: Connections, process: Callable[..., SellerTokens], tenant: TenantId, odd: str
) -> None:
    connect(connections, tenant, Tokens(odd, "refresh-0", access_expires_in_s=3600))
    assert process().access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S) == "access-1"


@pytest.mark.parametrize("odd", ["r\nb", "clé", ""], ids=ascii)
def test_where_the_refresh_token_cannot_be_sent_either_the_seller_is_asked(
    connections: Connections,
    process: Callable[..., SellerTokens],
    token_server: TokenServer,
    database: Database,
    tenant: TenantId,
    odd: str,
) -> None:
    connect(connections, tenant, Tokens("a\nb", odd, access_expires_in_s=3600))
    for _ in range(2):
        with pytest.raises(ConsentEnded, match="Please connect again"):
            process().access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    assert (state_of(database, tenant)[0], token_server.refreshes) == ("needs_seller", [])


def test_what_no_key_opens_any_more_asks_the_seller_and_goes_on_with_new_tokens(
    connections: Connections, database: Database, token_server: TokenServer, tenant: TenantId
) -> None:
    other = Vault([Fernet.generate_key().decode()])
    connect(Connections(database, other), tenant, FRESH)
    tokens = SellerTokens(Renewals(database, VAULT), {"etsy": token_server.flow()}, lambda *_: FRESH)
    for _ in range(2):
        with pytest.raises(ConsentEnded, match="cannot be opened"):
            tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S)
    assert state_of(database, tenant)[0] == "needs_seller"
    connect(connections, tenant, FRESH)
    assert tokens.access(tenant, "etsy", "shop-1", deadline_s=AMPLE_S) == "access-0"


def test_a_consent_that_no_key_opens_any_more_is_to_be_begun_again(database: Database, tenant: TenantId) -> None:
    other = Vault([Fernet.generate_key().decode()])
    asked = Consents(database, other).begin(tenant, "etsy", verifier="v" * 43)
    with pytest.raises(ConsentRefused, match="Please begin again"):
        Consents(database, VAULT).take(tenant, "etsy", asked.state, browser=None)
