"""How whoever looks at the whole installation is put together: apart from what every process shows of itself."""

from functools import partial

from stoflow.monitoring.live.board import Board
from stoflow.monitoring.live.reader import LiveReader
from stoflow.resources.monitoring.snapshot import Watching
from stoflow.transports.health import redis_trouble
from stoflow.transports.hints import quick_client
from stoflow.wiring.installation import Installation
from stoflow.wiring.live import live_keys


def make_watching(installation: Installation, board: Board | None = None) -> Watching:
    """Return what looks at the whole installation; a process's own `board` knows since when Redis is away."""
    client = quick_client(installation.urls.redis_url)
    installation.resources.callback(client.close)
    return Watching(
        database=installation.database,
        marketplaces=tuple(installation.registry.marketplaces),
        reader=LiveReader(client, live_keys(installation)),
        redis_trouble=partial(redis_trouble, installation.urls.redis_url),
        refusals=installation.applications().read_refusals,
        outages=board.outages_since if board else dict,
    )
