"""How a worker process is put together."""

from collections.abc import Sequence

from stoflow.transports.direct.webhooks import WebhookClient
from stoflow.transports.feed import HintedFeed
from stoflow.transports.hints import Hints
from stoflow.transports.messages.broker import make_broker
from stoflow.upkeep.deliveries import CALLS_AT_ONCE, Deliveries
from stoflow.wiring.engine import make_engine
from stoflow.wiring.installation import Installation
from stoflow.wiring.live import make_board, make_publisher
from stoflow.worker.process import WorkerProcess

WORKER_CONNECTIONS_BESIDE_THREADS = 4


def make_worker_process(installation: Installation, *, threads: int, marketplaces: Sequence[str]) -> WorkerProcess:
    """Return one worker process's parts; `marketplaces` are the queues it consumes, all of them where empty."""
    served = list(marketplaces) or list(installation.registry.marketplaces)
    lease, names = installation.lease("worker", serves=served), installation.names()
    hints = Hints(installation.urls.redis_url)
    board = make_board(installation, "worker", lease.process, serves=served, threads=threads)
    engine = make_engine(installation, lease, HintedFeed(hints, names))
    board.process["doing"] = engine.doing.now
    return WorkerProcess(
        engine=engine,
        broker=make_broker(installation.urls.redis_url, names, hints),
        lease=lease,
        hints=hints,
        marketplaces=served,
        threads=threads,
        drain_s=installation.settings.drain_s,
        deliveries=_deliveries(installation),
        live=make_publisher(installation, board),
    )


def _deliveries(installation: Installation) -> Deliveries:
    settings = installation.settings
    client = WebhookClient(
        connections=CALLS_AT_ONCE, timeout_s=settings.webhook_timeout_s, networks=settings.webhook_networks
    )
    installation.resources.callback(client.close)
    return Deliveries(installation.database, installation.vault, client.send, installation.tempo)
