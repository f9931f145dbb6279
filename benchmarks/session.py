"""One peer, ready to be measured on a machine of its own."""

from collections.abc import Generator
from contextlib import contextmanager

from benchmarks.machine import Machine, machine
from benchmarks.peer import MakePeer, Peer, wait_until_done
from benchmarks.workload import jobs

WARM_UP_JOBS = 40
WARM_WITHIN_S = 60.0


@contextmanager
def prepared(make: MakePeer, *, tenants: int) -> Generator[tuple[Peer, Machine]]:
    """Give the peer with its client open and no workers yet."""
    with machine() as place:
        peer = make(place)
        try:
            peer.setup(tenants=tenants)
            peer.open()
            yield peer, place
        finally:
            peer.stop()


@contextmanager
def warm(make: MakePeer, *, tenants: int) -> Generator[tuple[Peer, Machine]]:
    """Give the peer with its workers started and warmed up."""
    with prepared(make, tenants=tenants) as (peer, place):
        peer.start_workers()
        for job in jobs("warm", WARM_UP_JOBS, tenants=range(1, tenants + 1)):
            peer.enqueue(job)
        if not wait_until_done(peer, "warm", WARM_UP_JOBS, within_s=WARM_WITHIN_S):
            message = f"{peer.name} did not do its first {WARM_UP_JOBS} jobs.\n{place.logs()}"
            raise RuntimeError(message)
        yield peer, place
