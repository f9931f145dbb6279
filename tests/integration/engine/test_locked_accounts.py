"""An account that its marketplace has locked: a wait of its own, which ends there and by a try, not by connecting anew."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from stoflow.domain.outcome import CannotTell, Lock, SellerMustAct, cannot_tell
from stoflow.domain.run import NextMove
from stoflow.resources.jobs.read import explain_job
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault
from stoflow.storage.engine.connection_state import connected_again, needs_seller
from stoflow.transports.direct.tokens import Tokens

if TYPE_CHECKING:
    from conftest import Bench

    from stoflow.domain.ids import JobId

LOST = "lost"
WORDS = "Your stand is closed: send us a copy of your licence."
ADDRESS = "https://shop.example/unlock"
IN_AN_HOUR = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)


@pytest.fixture(autouse=True)
def connected(bench: "Bench") -> None:
    bench.all(
        "INSERT INTO {s}.connections (marketplace, external_id, state, secret) "
        "VALUES ('shop', 'seller', 'connected', 'sealed')"
    )


@pytest.fixture
def connections(bench: "Bench") -> Connections:
    return Connections(bench.engine.database, Vault([Fernet.generate_key().decode()]))


def tell(bench: "Bench", lock: Lock | None, reason: str = WORDS) -> None:
    bench.engine.recorder.write(bench.tenant, 0, needs_seller(bench.tenant, "shop", reason, lock=lock))


def locked(bench: "Bench", lock: Lock) -> "JobId":
    job = bench.submit(bench.product())
    tell(bench, lock)
    return job


def state(bench: "Bench") -> dict[str, Any]:
    return bench.one("SELECT state, reason, next_try FROM {s}.connections")


def kinds(bench: "Bench", job: "JobId") -> list[str]:
    return [hold.kind for hold in explain_job(bench, bench.tenant, job).holds]


def test_jobs_wait_with_a_reason_of_its_own_that_says_what_the_seller_does(bench: "Bench") -> None:
    view = bench.view(locked(bench, Lock(IN_AN_HOUR, ADDRESS)))
    assert view.hold is not None
    assert (view.hold.kind, view.hold.release, view.hold.until) == ("account_locked", "seller", IN_AN_HOUR)
    assert all(said in view.waiting for said in (WORDS.rstrip("."), ADDRESS, "connection/refresh"))
    assert "reconnect" not in view.waiting


def test_a_call_that_is_told_so_marks_it(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, 423)
    assert bench.run(job).move is NextMove.SELLER
    assert bench.view(job).hold.kind == "account_locked"  # pyright: ignore[reportOptionalMemberAccess]
    assert bench.task(job, "create")["failures"] == 0


def test_it_is_tried_when_the_lock_ends_by_the_call_that_waits(bench: "Bench") -> None:
    job = locked(bench, Lock(IN_AN_HOUR))
    assert state(bench)["next_try"] == IN_AN_HOUR
    bench.sweep()
    assert state(bench)["state"] == "needs_seller"
    bench.all("UPDATE {s}.connections SET next_try = clock_timestamp()")
    bench.sweep()
    bench.run(job)
    assert (state(bench)["state"], bench.row(job)["status"]) == ("connected", "completed")


@pytest.mark.parametrize("until", [None, datetime(2026, 1, 1, tzinfo=UTC)], ids=["no_end", "an_end_that_is_over"])
def test_without_an_end_it_is_tried_as_any_mark_is(bench: "Bench", until: datetime | None) -> None:
    locked(bench, Lock(until))
    assert datetime.now(UTC) < state(bench)["next_try"] < datetime.now(UTC) + timedelta(minutes=1)


def test_a_session_or_a_token_that_is_good_says_nothing_of_it(bench: "Bench") -> None:
    job = locked(bench, Lock())
    bench.engine.recorder.write(bench.tenant, 0, connected_again(bench.tenant, "shop"))
    assert bench.view(job).hold.kind == "account_locked"  # pyright: ignore[reportOptionalMemberAccess]


def test_to_connect_the_same_account_anew_leaves_it_locked(bench: "Bench", connections: Connections) -> None:
    locked(bench, Lock(IN_AN_HOUR, ADDRESS))
    tokens = Tokens("access", "refresh", access_expires_in_s=60.0)
    connections.save(bench.tenant, "shop", external_id="seller", settings={}, tokens=tokens)
    assert state(bench) == {"state": "needs_seller", "reason": WORDS, "next_try": IN_AN_HOUR}
    connections.save(bench.tenant, "shop", external_id="another", settings={}, tokens=tokens)
    assert state(bench)["state"] == "connected"


def test_a_try_that_somebody_asks_for_leaves_it_as_it_was_where_it_fails(
    bench: "Bench", connections: Connections
) -> None:
    job, woken = locked(bench, Lock(IN_AN_HOUR, ADDRESS)), list[str]()
    with pytest.raises(LookupError), connections.tried(bench.tenant, "shop", lambda: woken.append("woken")):
        assert state(bench)["state"] == "connected"
        raise LookupError
    assert (bench.view(job).hold.until, woken) == (IN_AN_HOUR, [])  # pyright: ignore[reportOptionalMemberAccess]
    with connections.tried(bench.tenant, "shop", lambda: woken.append("woken")):
        pass
    assert (state(bench)["state"], woken) == ("connected", ["woken"])


def test_another_mark_is_of_no_lock_whoever_wrote_it(bench: "Bench") -> None:
    """A release that knows nothing of locks leaves what is kept of one, and writes its own words."""
    job = locked(bench, Lock(IN_AN_HOUR))
    bench.all("UPDATE {s}.connections SET reason = 'Log in again.'")
    assert kinds(bench, job)[0] == "seller_must_act"
    tell(bench, Lock())
    bench.all("UPDATE {s}.connections SET state = 'connected'")
    tell(bench, None)
    assert kinds(bench, job)[0] == "seller_must_act"


@pytest.fixture
def answering(bench: "Bench") -> Callable[[int], "JobId"]:
    """Return what makes a job whose first answer is lost, and whose look is answered so."""

    def asked(status: int) -> "JobId":
        job = bench.submit(bench.product())
        bench.shop.plan(None, LOST)
        bench.run(job)
        bench.make_due()
        bench.shop.plan(status)
        bench.look(job)
        return job

    return asked


def test_a_look_that_is_told_so_waits_as_well(bench: "Bench", answering: Callable[[int], "JobId"]) -> None:
    assert kinds(bench, answering(423))[0] == "account_locked"


def test_what_a_look_is_told_of_a_lock_is_kept() -> None:
    lock = Lock(IN_AN_HOUR, ADDRESS)
    assert cannot_tell(SellerMustAct(WORDS, lock=lock)) == CannotTell(WORDS, seller=True, lock=lock)
