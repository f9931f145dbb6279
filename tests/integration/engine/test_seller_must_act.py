"""What only the seller can mend stops one marketplace for one tenant, and goes on once it is mended."""

from typing import TYPE_CHECKING

from stoflow.domain.call import Reply
from stoflow.domain.run import NextMove
from stoflow.storage.engine.connection_state import connected_again, needs_seller

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Bench

STATE = "SELECT state, reason FROM {s}.connections WHERE marketplace = 'shop'"


def _write(bench: "Bench", statement: object) -> None:
    bench.engine.recorder.write(bench.tenant, 0, statement)  # pyright: ignore[reportArgumentType]


def test_a_seller_who_never_connected_waits_instead_of_being_asked_without_end(bench: "Bench") -> None:
    job = bench.submit(bench.product())
    bench.shop.plan(None, 401)

    assert bench.run(job).move is NextMove.SELLER

    assert bench.one(STATE)["state"] == "needs_seller"
    assert bench.row(job)["status"] == "running"
    assert bench.task(job, "create")["failures"] == 0


def test_an_attempt_from_before_a_reconnection_says_nothing_of_the_new_connection(bench: "Bench") -> None:
    job = bench.submit(bench.product())

    def reconnected_meanwhile(_act: "Callable[[], Reply]") -> Reply:
        _write(bench, needs_seller(bench.tenant, "shop", "Log in again."))
        _write(bench, connected_again(bench.tenant, "shop"))
        return Reply(401)

    bench.shop.plan(None, reconnected_meanwhile)
    bench.run(job)

    assert bench.one(STATE)["state"] == "connected"
