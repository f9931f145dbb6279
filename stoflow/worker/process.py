"""One worker process: its lease, its recorder, its consumers and threads; started in order, stopped in reverse."""

from dataclasses import dataclass

from dramatiq import Worker

from stoflow.jobs.engine import Engine
from stoflow.jobs.lease import Lease
from stoflow.transports.hints import Hints
from stoflow.transports.messages.broker import WakingBroker
from stoflow.worker.functions import declare

IDLE_WAKE_MS = 1000


@dataclass(slots=True)
class WorkerProcess:
    """Everything that runs in one worker process."""

    engine: Engine
    broker: WakingBroker
    lease: Lease
    hints: Hints
    marketplaces: list[str]
    threads: int
    drain_s: float
    _consumers: Worker | None = None

    def start(self) -> None:
        if self._consumers is None:
            self.lease.start()
            self.hints.start()
            declare(self.broker, self.engine, self.marketplaces)
            self._consumers = Worker(self.broker, worker_threads=self.threads, worker_timeout=IDLE_WAKE_MS)
            # A few beyond the threads, so that none waits for a round trip; more would wait here for those before
            # them while another process is idle.
            self._consumers.queue_prefetch = self.threads * 3 // 2
            self._consumers.start()

    def stop(self) -> None:
        """Begin nothing more, let what runs finish, hand back what was fetched; within the grace period."""
        if self._consumers is not None:
            self._consumers.stop(timeout=int(self.drain_s * 1000))
            self._consumers = None
            self.hints.stop()
            self.lease.stop()
