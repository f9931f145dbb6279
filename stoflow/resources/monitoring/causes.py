"""What may be wrong, each in a function of its own: the likeliest cause first, since it explains those after it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from stoflow.domain.application import Channel, RefusalView
from stoflow.monitoring.live.reader import Live, LiveProcess
from stoflow.resources.monitoring.held import NEXT, UNDER_WAY
from stoflow.resources.monitoring.rows import Row
from stoflow.storage.database.session import POSTGRESQL
from stoflow.storage.engine.reads.installation import InstallationFacts, LivingProcess

SLOW_S = 1.0
FAILS_FOR_S = 15.0  # longer than a process asks nothing: one lock that was waited for in vain is over by then
STILL_FAILS_S = 15.0
JUST_BEGUN_S = 10.0  # a process that young may not have shown itself yet
SHOWS_ITSELF = ("api", "orchestrator", "worker")  # a process of the caller's own, which runs its own jobs, does not
JUST_EMPTIED_S = 60.0
JUST_REPLACED_S = 4.0
SKEW_S = 5.0
STALLED_S = 60.0
NEARLY = 0.9  # of a quota
FAILED_AT_LEAST, FAILED_SHARE = 5, 0.2


class Question(StrEnum):
    FLOWS = "flows"  # does work flow?
    SUCCEEDS = "succeeds"  # do started jobs succeed?
    FRESH = "fresh"  # is the view fresh?


FLOWS, SUCCEEDS, FRESH = Question.FLOWS, Question.SUCCEEDS, Question.FRESH


@dataclass(frozen=True, slots=True)
class Cause:
    """`harms` are the questions it answers with no; where it harms none, it is a remark. `next` is what to do."""

    kind: str
    detail: str
    next: str
    harms: frozenset[Question] = frozenset()
    marketplace: str | None = None
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is judged. `live` is None where Redis is away; `redis` says then, or where it takes nothing, what to do.

    `took_s` is how long PostgreSQL's answer took. `redis_since` is since when this process has met Redis so.
    """

    live: Live | None
    facts: InstallationFacts
    rows: Sequence[Row]
    took_s: float = 0.0
    redis: str = ""
    redis_is_full: bool = False
    redis_since: float | None = None
    refusals: Sequence[RefusalView] = ()
    outages: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def gone(self) -> Sequence[LiveProcess]:
        """Return who showed themselves lately and hold no lease, without those that have hardly begun."""
        if self.live is None or self.facts.read_only:
            return ()
        living, old_by = {each.id for each in self.facts.living}, self.live.read_at - JUST_BEGUN_S
        shown = [each for each in self.live.processes if each.told.get("started_at", 0) < old_by]
        return [each for each in shown if each.process not in living]


Causes = Iterator[Cause]


def slow_postgresql(seen: Seen) -> Causes:
    if seen.took_s >= SLOW_S:
        detail = f"PostgreSQL took {seen.took_s:.1f} s to answer a small question."
        yield Cause("postgres_slow", detail, "See docs/postgresql.md, and what holds locks.", frozenset({FLOWS}))


def read_only_postgresql(seen: Seen) -> Causes:
    if seen.facts.read_only:
        detail = "PostgreSQL can only be read: nothing is accepted, and no work is done."
        following = "Name the primary in STOFLOW_DATABASE_URL, or let this one be written again; nothing is lost."
        yield Cause("postgres_read_only", detail, following, frozenset({FLOWS}))


def failing_postgresql(seen: Seen) -> Causes:
    """It answers small questions and refuses others again and again, as where its disk is full."""
    for each in seen.live.processes if seen.live else ():
        if (met := each.outages.get(POSTGRESQL)) and _goes_on(met, now_s=each.told.get("at", 0) + each.age_s):
            detail = f"PostgreSQL goes on to refuse what the {each.kind} {each.process} asks of it: {met['advice']}."
            following = "See PostgreSQL's own log, and docs/postgresql.md; nothing is lost."
            yield Cause("postgres_fails", detail, following, frozenset({FLOWS}), since=met["since"])
            return


def redis_away(seen: Seen) -> Causes:
    if seen.redis:
        kind = "redis_full" if seen.redis_is_full else "redis_away"
        detail = f"No work is handed out: {seen.redis}"
        yield Cause(kind, detail, "Mend Redis; nothing is lost.", frozenset({FLOWS, FRESH}), since=seen.redis_since)


def nobody_decides(seen: Seen) -> Causes:
    if not seen.facts.read_only and not seen.facts.living_of("orchestrator"):
        waits = f", and {seen.facts.tenants} sellers have unfinished jobs" if seen.facts.tenants else ""
        detail = f"No orchestrator is running{waits}."
        since = seen.facts.gone.get("orchestrator")
        yield Cause("no_orchestrator", detail, "stoflow orchestrator", frozenset({FLOWS}), since=since)


def nobody_works(seen: Seen) -> Causes:
    if seen.facts.read_only:
        return
    if not seen.facts.living_of("worker"):
        since = seen.facts.gone.get("worker")
        yield Cause("no_worker", "No worker is running.", "stoflow worker", frozenset({FLOWS}), since=since)
        return
    for row in seen.rows:
        if not seen.facts.serves("worker", row.marketplace):
            detail = f"No worker that runs works for {row.marketplace}{_waits(row)}."
            is_heard_of = row.pending or row.in_flight or row.hour.total
            harms = frozenset({FLOWS}) if is_heard_of else frozenset[Question]()
            command = f"stoflow worker --queues {row.marketplace}"
            yield Cause("no_consumer", detail, command, harms, row.marketplace, row.oldest)


def process_died(seen: Seen) -> Causes:
    """A remark, while Redis remembers what it showed and, where another one began in its place, for a moment."""
    for gone in seen.gone:
        following = [each.lives_s for each in seen.facts.living if _is_after(each, gone)]
        if not following or min(following) < JUST_REPLACED_S:
            then = "another one has begun in its place" if following else "none has begun in its place"
            host = gone.told.get("host", "")
            detail = f"The {gone.kind} {gone.process} on {host} has ended without a word: {then}."
            since = seen.live.read_at - gone.age_s if seen.live else None
            yield Cause("process_died", detail, "See the log of what started it.", since=since)


def application_refused(seen: Seen) -> Causes:
    for each in seen.refusals:
        is_quota = each.channel is Channel.QUOTA
        told = "has no calls left for StoFlow's application" if is_quota else "refuses StoFlow's own application"
        kind, command = (
            ("quota_used_up", "stoflow limits") if is_quota else ("application_refused", "stoflow applications")
        )
        detail = f"{each.marketplace} {told}: {each.detail}"
        yield Cause(kind, detail, command, frozenset({FLOWS}), each.marketplace, each.since.timestamp())


def quota_nearly_used(seen: Seen) -> Causes:
    """A remark: what is left may last, and where it does not, that is told when it comes."""
    spent = {each.marketplace for each in seen.refusals if each.channel is Channel.QUOTA}
    for row in seen.rows:
        if row.quota and row.quota.used is not None and row.quota.used >= NEARLY and row.marketplace not in spent:
            detail = f"{row.marketplace} has {row.quota.left} of {row.quota.most} calls left for all sellers together."
            following = "Nothing: jobs wait for calls by themselves. Let fewer syncs run (STOFLOW_SYNC_EVERY_S)."
            yield Cause("quota_nearly_used", detail, following, marketplace=row.marketplace)


def marketplace_down(seen: Seen) -> Causes:
    for row in seen.rows:
        since = seen.outages.get(row.marketplace)
        if since is not None:
            harms = frozenset({FLOWS}) if row.has_waiting or row.in_flight else frozenset[Question]()
            detail = f"{row.marketplace} does not answer{_waits(row)}."
            following = "Nothing: jobs go on when it answers again."
            yield Cause("marketplace_down", detail, following, harms, row.marketplace, since)


SELLERS: Mapping[str, tuple[str, str]] = {
    "plugin_offline": ("wait for the plugin, which is offline", "Have the seller open the plugin"),
    "seller_must_act": ("wait for the seller, who must connect again", "Have the seller connect again"),
    "terms_not_accepted": ("wait for the seller to accept the plugin's notice", "Have the seller read and accept it"),
    "account_locked": ("wait for the seller, whose account is locked", "Have the seller unlock the account there"),
    "suspended": ("are suspended", "stoflow tenant resume"),
    "limit_reached": ("wait until the marketplace takes calls again", "Nothing: jobs go on by themselves"),
}
"""What holds one seller's jobs at a place, in words, and what to do."""


def keys_missing(seen: Seen) -> Causes:
    """A remark where nobody waits: sellers who connected again need the missing key no more."""
    if seen.live and any(each.told.get("unopened") for each in seen.live.processes):
        detail = "None of STOFLOW_SECRET_KEYS opens what is kept of some connections of sellers."
        following = "Put the older key back, last, everywhere: jobs then go on. `stoflow keys rotate` says whose."
        waits = any("seller_must_act" in row.waiting or "seller_must_act" in row.holds for row in seen.rows)
        yield Cause("keys_missing", detail, following, frozenset({FLOWS}) if waits else frozenset[Question]())


def sellers_held(seen: Seen) -> Causes:
    """A remark, unless nothing else goes on at that marketplace."""
    for row in seen.rows:
        held = {kind: each for kind, each in row.holds.items() if kind in SELLERS}
        waiting = {kind for kind, each in row.waiting.items() if each.jobs and kind != UNDER_WAY}
        is_all = bool(waiting) and waiting <= SELLERS.keys() and not row.moves
        for kind, each in held.items():
            what, cure = SELLERS[kind]
            of = "1 seller" if each.tenants == 1 else f"{each.tenants} sellers"
            command = f"{cure} (`stoflow jobs list --tenant {each.tenant} --marketplace {row.marketplace}`)."
            jobs = row.waiting[kind].jobs if kind in row.waiting else each.jobs
            detail = f"Jobs of {of} at {row.marketplace} {what}: {jobs}."
            harms = frozenset({FLOWS}) if is_all and kind in waiting and kind != "suspended" else frozenset[Question]()
            since = row.waiting[kind].oldest if kind in row.waiting else None
            yield Cause(kind, detail, command, harms, row.marketplace, since)


def stalled(seen: Seen) -> Causes:
    for row in seen.rows:
        ready, now = row.waiting.get(NEXT), seen.facts.now.timestamp()
        if ready and ready.jobs and not row.moves and row.oldest is not None and now - row.oldest > STALLED_S:
            detail = f"{ready.jobs} jobs at {row.marketplace} could go on, and none does."
            command = f"stoflow jobs list --tenant {ready.tenant} --marketplace {row.marketplace}"
            yield Cause("stalled", detail, command, frozenset({FLOWS}), row.marketplace, row.oldest)


def many_fail(seen: Seen) -> Causes:
    for row in seen.rows:
        if row.hour.failed >= FAILED_AT_LEAST and row.hour.failed >= FAILED_SHARE * row.hour.total:
            detail = f"{row.hour.failed} of {row.hour.total} jobs at {row.marketplace} failed within an hour."
            command = f"stoflow jobs list --status failed --marketplace {row.marketplace} --tenant N"
            yield Cause("jobs_fail", detail, command, frozenset({SUCCEEDS}), row.marketplace)


def stale_view(seen: Seen) -> Causes:
    if seen.live is None:
        return
    shown = {each.process for each in seen.live.processes}
    showing = [each for each in seen.facts.living if each.kind in SHOWS_ITSELF and each.lives_s > JUST_BEGUN_S]
    missing = [each for each in showing if each.id not in shown]
    age_s = None if seen.live.since is None else seen.live.read_at - seen.live.since
    was_emptied = age_s is None or age_s < JUST_EMPTIED_S
    if missing and was_emptied:
        detail = "Redis was emptied; the view is whole again within 5 s."
        yield Cause("redis_wiped", detail, "stoflow status", frozenset({FRESH}), since=seen.live.since)
    elif missing:
        named = ", ".join(f"{each.kind} {each.id}" for each in missing)
        yield Cause("view_stale", f"Nothing is seen of {named}.", "See the log of that process.", frozenset({FRESH}))
    elif was_emptied and any(each.lives_s > JUST_EMPTIED_S for each in seen.facts.living):
        yield Cause("redis_wiped", "Redis was emptied; the view is whole again.", "Nothing.", since=seen.live.since)


def clocks_differ(seen: Seen) -> Causes:
    for each in seen.live.processes if seen.live else ():
        if abs(each.clock_s) > SKEW_S:
            detail = f"The clock of the {each.kind} {each.process} is {each.clock_s:+.0f} s from that of Redis."
            yield Cause("clock_skew", detail, "Let NTP set the clocks of all machines.")


JUDGES: Sequence[Callable[[Seen], Causes]] = (
    read_only_postgresql,
    failing_postgresql,
    slow_postgresql,
    redis_away,
    nobody_decides,
    nobody_works,
    application_refused,
    quota_nearly_used,
    marketplace_down,
    keys_missing,
    sellers_held,
    stalled,
    many_fail,
    stale_view,
    clocks_differ,
    process_died,
)
"""In the order of likeliness: each may be what those after it come from."""


def _goes_on(met: Mapping[str, Any], *, now_s: float) -> bool:
    """Say whether an outage has lasted for a while, and was met just now."""
    until = now_s if met["lasted_s"] is None else met["until"]
    return until - met["since"] >= FAILS_FOR_S and now_s - until <= STILL_FAILS_S


def _is_after(living: LivingProcess, gone: LiveProcess) -> bool:
    """Say whether it is of the same kind and host, and began since that one was seen last."""
    is_alike = (living.kind, living.host) == (gone.kind, gone.told.get("host"))
    return is_alike and living.lives_s < gone.age_s


def _waits(row: Row) -> str:
    return f", and {row.pending} jobs wait there" if row.pending else ""
