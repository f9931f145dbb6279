"""One worker process: its lease, its recorder, its consumers and threads; started in order, stopped in reverse."""

from collections.abc import Mapping
from dataclasses import dataclass

from dramatiq import Worker

from stoflow.execution.engine import Engine
from stoflow.execution.keeping_calls import keeping_calls
from stoflow.monitoring.live.publisher import Publisher
from stoflow.transports.hints import Hints
from stoflow.transports.messages.broker import WakingBroker, queue_name
from stoflow.upkeep.deliveries import Deliveries
from stoflow.upkeep.lease import Lease
from stoflow.upkeep.ticking import Ticking
from stoflow.worker.functions import declare
from stoflow.worker.kept_threads import KeptThreads

IDLE_WAKE_MS = 1000
SEND_EVERY_S = 1.0
SEND_IDLE_S = 5.0  # while nothing is due: one who hears of it late delays nothing but itself


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
    deliveries: Deliveries
    live: Publisher
    _consumers: Worker | None = None
    _sending: Ticking | None = None
    _keeping: Ticking | None = None

    def start(self) -> None:
        if self._consumers is None:
            self.lease.start()
            self.hints.start()
            self.live.start()
            self._sending = Ticking(
                "webhooks", self.deliveries.turn, every_s=SEND_EVERY_S, idle_s=SEND_IDLE_S, doing="sending webhooks"
            )
            self._sending.start()
            self._keeping = keeping_calls(self.engine)
            self._keeping.start()
            declare(self.broker, self.engine, self.marketplaces)
            self._consumers = Worker(self.broker, worker_threads=self.threads, worker_timeout=IDLE_WAKE_MS)
            # A few beyond the threads, so that none waits for a round trip; more would wait here for those before
            # them while another process is idle.
            self._consumers.queue_prefetch = self.threads * 3 // 2
            self._consumers.work_queue = KeptThreads(
                self.threads, [queue_name(marketplace) for marketplace in self.marketplaces]
            )
            self._consumers.start()

    def gone(self) -> str:
        """Name what should run in this process and does not any more, "" where all of it does."""
        if self._consumers is None:
            return ""
        alive: Mapping[str, bool] = {
            "lease": self.lease.is_alive,
            "hints": self.hints.is_alive,
            **{f"consumer of {queue}": thread.is_alive() for queue, thread in self._consumers.consumers.items()},
            **{f"worker {number}": thread.is_alive() for number, thread in enumerate(self._consumers.workers, 1)},
        }
        return ", ".join(name for name, lives in alive.items() if not lives)

    def stop(self, *, within_s: float | None = None) -> None:
        """Begin nothing more, let what runs finish, hand back what was fetched; within the grace period."""
        if self._consumers is not None:
            self.broker.end_rests()
            self._consumers.stop(timeout=int((self.drain_s if within_s is None else within_s) * 1000))
            self._consumers = None
            if self._sending is not None:
                self._sending.stop()
            if self._keeping is not None:
                self._keeping.stop()
            self.deliveries.close()
            self.live.stop()
            self.hints.stop()
            self.lease.stop()
