"""How an orchestrator is put together."""

from collections.abc import Callable, Sequence
from functools import partial

from stoflow.actors.system import Orchestrator, Policy
from stoflow.domain.ids import ProcessId
from stoflow.storage.database.session import Database
from stoflow.storage.old_batches import count_old_batches
from stoflow.transports.feed import FeedReader, OnNews
from stoflow.transports.hints import Hints
from stoflow.transports.mail import MailServer
from stoflow.transports.messages.broker import make_broker
from stoflow.transports.messages.sending import Messages
from stoflow.upkeep.deleting_tenants import TenantDeletions
from stoflow.upkeep.events import Events
from stoflow.upkeep.mailing import Mailing
from stoflow.upkeep.retention import retention_turns
from stoflow.upkeep.rounds import Rounds
from stoflow.upkeep.statistics import keep_statistics
from stoflow.upkeep.stock import Stock
from stoflow.upkeep.ticking import Turn
from stoflow.upkeep.timetable import Timetable, periods
from stoflow.upkeep.webhooks import Webhooks
from stoflow.wiring.installation import Installation
from stoflow.wiring.live import make_board, make_publisher

STOCK_EVERY_S = 1.0
STOCK_IDLE_S = 2.0  # who changes a quantity over the api follows it at once
EVENTS_EVERY_S = 1.0
FORGET_EVERY_S = 30.0  # up to 5,000 rows a turn are looked at
IDLE_S = 5.0  # while there is nothing to do, and no worker reports anything
ROUNDS_EVERY_S = 5.0
MAILS_EVERY_S = 1.0
DELETIONS_EVERY_S = 1.0
OLD_BATCHES_EVERY_S = 1.0


def make_orchestrator(installation: Installation) -> tuple[Orchestrator, Hints]:
    """Return the orchestrator and the hints' thread it sends by; neither is started."""
    # What it sends follows from news, which come in batches already: apart again, workers would stand idle meanwhile.
    hints, names = Hints(installation.urls.redis_url, apart_s=0.0), installation.names()
    messages = Messages(make_broker(installation.urls.redis_url, names, hints), hints)

    def reader(me: ProcessId, on_news: OnNews, on_back: Callable[[], None]) -> FeedReader:
        return FeedReader(installation.urls.redis_url, names, me, on_news, hints.outage, on_back=on_back)

    policy = _policy(installation)
    return Orchestrator(installation.database, policy, send=messages.send, feed=reader, hints=hints), hints


def _policy(installation: Installation) -> Policy:
    settings, registry, places = installation.settings, installation.registry, installation.registry.marketplaces

    def pace_s(marketplace: str, action: str) -> float:
        return installation.tempo.pace_s(registry.rate_limit_ms(marketplace, action))

    board = make_board(installation, "orchestrator", serves=tuple(places))
    return Policy(
        conditions=installation.conditions,
        pace_s=pace_s,
        quiet_s={name: installation.tempo.scaled_s(installation.quiet_s(place)) for name, place in places.items()},
        window=settings.window,
        page_size=settings.page_size,
        ownership_lease_s=settings.ownership_lease_s,
        sweep_every_s=settings.sweep_every_s,
        upkeep=_upkeep(installation),
        refusals=installation.applications().read_refusals,
        board=board,
        live=make_publisher(installation, board),
    )


def _upkeep(installation: Installation) -> Sequence[Turn]:
    database, settings, registry = installation.database, installation.settings, installation.registry
    timetable = Timetable(database, registry, periods(registry, settings))
    events = Events(database, Webhooks(database))
    return (
        Turn("timetable", timetable.turn, timetable.turn_every_s, "planning jobs"),
        Turn("stock", Stock(database, registry).follow, STOCK_EVERY_S, "following the stock", STOCK_IDLE_S),
        Turn("events", events.turn, EVENTS_EVERY_S, "numbering events", IDLE_S),
        Turn("old events", events.forget, FORGET_EVERY_S, "forgetting old events"),
        Turn("statistics", _statistics(database).turn, ROUNDS_EVERY_S, "keeping statistics"),
        *retention_turns(database, days=settings.keep_days, every_s=ROUNDS_EVERY_S),
        Turn("old batches", partial(count_old_batches, database), OLD_BATCHES_EVERY_S, "counting old batches", IDLE_S),
        Turn("mails", _mailing(installation).turn, MAILS_EVERY_S, "sending mails", IDLE_S),
        Turn("deletions", TenantDeletions(installation).turn, DELETIONS_EVERY_S, "deleting tenants", IDLE_S),
    )


def _statistics(database: Database) -> Rounds:
    return Rounds(database, partial(keep_statistics, database), "keeping the statistics")


def _mailing(installation: Installation) -> Mailing:
    settings = installation.settings
    send = MailServer(settings.smtp_url, settings.mail_from).send if settings.smtp_url else None
    return Mailing(installation.database, send, settings.mail_link)
