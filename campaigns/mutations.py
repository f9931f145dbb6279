"""The six mutants: each breaks one promise in a child process, so that the judge can be seen to notice.

Nothing of them is in the product: they replace methods and statements of it before the command runs.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, LiteralString, cast

from campaigns import direct_creation
from campaigns.plan import Blow, Plan
from stoflow.actors.sweeper import Sweeper
from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Broken, Done, Outcome
from stoflow.marketplaces.contract import Step
from stoflow.marketplaces.ebay.handlers import PublishEbay
from stoflow.marketplaces.etsy import handlers as etsy
from stoflow.marketplaces.etsy.publication import EtsyPublication
from stoflow.marketplaces.vinted import handlers as vinted
from stoflow.marketplaces.vinted.publication import VintedPublication
from stoflow.storage.engine import folded, settle_folded, unrecorded
from stoflow.storage.engine import settle as settling
from stoflow.storage.engine import sweep as sweeping
from stoflow.storage.engine import verify as verifying

FINAL_WITHIN_S = 45.0
FENCED = (
    (settling, "SETTLE_DONE"),
    (settling, "SETTLE_ACTED"),
    (settling, "SETTLE_LISTED"),
    (settling, "SETTLE_ENDED"),
    (settling, "SETTLE_BACK"),
    (settling, "SETTLE_FAILED"),
    (verifying, "SETTLE_VERIFYING"),
    (verifying, "SETTLE_UNTOLD"),
)
FENCED_AS_ONE_ROW = (
    (folded, "CLAIM"),
    (folded, "CLAIM_PACED"),
    (folded, "CLOSE"),
    (settle_folded, "SETTLE"),
    (settle_folded, "SETTLE_LISTED"),
    (settle_folded, "SETTLE_ENDED"),
)
HANDLERS = (PublishEbay, etsy.PublishEtsy, vinted.PublishVinted)
PUBLICATIONS = (EtsyPublication, VintedPublication)

Conversation = Generator[Call, Response, Outcome] | Outcome


@dataclass(frozen=True, slots=True)
class Mutant:
    """`is_caught` says whether the counters and the number of jobs show what is demanded of the judge."""

    name: str
    demanded: str
    break_it: Callable[[], None]
    is_caught: Callable[[Mapping[str, int], int], bool]
    plan: Callable[[Plan], Plan]


def create_directly() -> None:
    """Make a visible listing in one step, and make it again where no answer came."""
    _let_everything_be_repeated()
    direct_creation.install()


def do_not_choose() -> None:
    """Let the last draft win, and let every job make and publish a draft of its own."""
    chosen = "coalesce(nullif(l.external_id, %(replaces)s), EXCLUDED.external_id)"
    for module in (settling, settle_folded):
        _rewrite("SETTLE_LISTED", chosen, "EXCLUDED.external_id", module=module)
    for module in (etsy, vinted):
        module.choose = _own_draft  # type: ignore[attr-defined]
    for publication in PUBLICATIONS:
        publication.create_draft = _forgetting(publication.create_draft)  # type: ignore[method-assign]


def do_not_look() -> None:
    """Do an unsafe step again at once, as if nothing could have come of it."""
    _let_everything_be_repeated()


def do_not_fence() -> None:
    """Let every attempt write, whoever has claimed the task since, under its own number."""
    fences = (
        "AND status = 'running' AND claims = %(claims)s",
        "AND t.status = 'running' AND t.claims = %(claims)s",
    )
    for module, statement in FENCED:
        text = getattr(module, statement)
        fence = next(fence for fence in fences if fence in text)
        _rewrite(statement, fence, "", module=module)
        for said in ("claims FROM task", "claims, %(detail)s FROM task", f"claims, {settling.WARNED} FROM task"):
            if said in text:
                _rewrite(statement, said, f"%(claims)s{said.removeprefix('claims')}", module=module)
    parts = dict(unrecorded.SETTLING)
    parts["settled"] = _replaced(parts["settled"], "AND status = 'running' AND claims = %(after_claims)s", "")
    unrecorded.SETTLING = tuple(parts.items())
    for module, statement in FENCED_AS_ONE_ROW:
        _rewrite(statement, " AND j.fence = %(fence)s", "", module=module)


def do_not_sweep() -> None:
    """Let nobody free what a dead process held."""

    def turn(self: Sweeper) -> bool:
        del self
        return False

    Sweeper._turn = turn  # type: ignore[method-assign]  # noqa: SLF001  a mutant reaches into what it breaks


def quarantine_a_look() -> None:
    """Give a job up whose look died, as if nothing could be outside."""
    _rewrite(
        "SWEEP_TASKS",
        "WHEN lost.look_at IS NOT NULL OR lost.kind = 'unsafe' THEN 'running'",
        "WHEN lost.look_at IS NOT NULL THEN 'failed' WHEN lost.kind = 'unsafe' THEN 'running'",
        module=sweeping,
    )


def _let_everything_be_repeated() -> None:
    for handler in HANDLERS:
        handler.make_steps = _repeatable(handler.make_steps)  # type: ignore[method-assign]


def _repeatable(make_steps: Callable[[Any], tuple[Step, ...]]) -> Callable[[Any], tuple[Step, ...]]:
    def made(self: Any) -> tuple[Step, ...]:
        return tuple(
            replace(step, kind=TaskKind.REPEATABLE) if step.kind is TaskKind.UNSAFE else step
            for step in make_steps(self)
        )

    return made


def _forgetting(create_draft: Callable[[Any, Attempt], Conversation]) -> Callable[[Any, Attempt], Conversation]:
    return lambda self, attempt: create_draft(self, replace(attempt, listing_id=""))


def _own_draft(attempt: Attempt) -> Outcome:
    listing_id = attempt.outputs["create"].get("listing_id", "")
    return Done({"listing_id": listing_id}) if listing_id else Broken("No draft was made.")


def _rewrite(statement: str, before: str, after: str, *, module: ModuleType = settling) -> None:
    setattr(module, statement, _replaced(getattr(module, statement), before, after))


def _replaced(text: str, before: str, after: str) -> LiteralString:
    """A mutant that finds nothing to break would prove nothing."""
    assert before in text, f"There is no {before!r} to break."
    return cast("LiteralString", text.replace(before, after))


def mutated(plan: Plan, letter: str) -> Plan:
    """Return the campaign in which a mutant has to be caught, without buyers and sellers: what they took away may be
    listed a second time, and what is done for them cannot be doubled."""
    return replace(MUTANTS[letter].plan(plan), mutant=letter, acts=0)


def _as_it_is(plan: Plan) -> Plan:
    return replace(plan, final_within_s=FINAL_WITHIN_S)


def _with_five_pauses(plan: Plan) -> Plan:
    return replace(_as_it_is(plan), others={**plan.others, Blow.PAUSE_WORKER: 5})


MUTANTS: Mapping[str, Mutant] = {
    "a": Mutant(
        "creates directly, no draft, no look",
        "doubled ≥ 10 % of jobs",
        create_directly,
        lambda counters, jobs: counters["doubled"] >= 0.1 * jobs,
        lambda plan: replace(_as_it_is(plan), faults=0.4),
    ),
    "b": Mutant(
        "does not choose a draft by compare-and-set",
        "doubled ≥ 1",
        do_not_choose,
        lambda counters, _: counters["doubled"] >= 1,
        _as_it_is,
    ),
    "c": Mutant(
        "does not look, waits for no quiet",
        "excess_creates > 0",
        do_not_look,
        lambda counters, _: counters["excess_creates"] > 0,
        _as_it_is,
    ),
    "d": Mutant(
        "does not compare fences, five pauses past the lease",
        "stale_writes ≥ 1",
        do_not_fence,
        lambda counters, _: counters["stale_writes"] >= 1,
        _with_five_pauses,
    ),
    "e": Mutant(
        "does not sweep",
        "lost ≥ 1: a job never final",
        do_not_sweep,
        lambda counters, _: counters["lost"] >= 1,
        _as_it_is,
    ),
    "f": Mutant(
        "quarantines during a look",
        "unexpected ≥ 1: listed though given up",
        quarantine_a_look,
        lambda counters, _: counters["unexpected"] >= 1,
        lambda plan: replace(_as_it_is(plan), faults=0.4, others={**plan.others, Blow.KILL_LOOK: 8}),
    ),
}
