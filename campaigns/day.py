"""`python -m campaigns.day`: a day of many sellers in ten minutes, at whose end every side has to agree."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import cycle
from pathlib import Path
from random import Random

from campaigns import evidence, load
from campaigns.chaos import LARGEST_SEED, end_on_sigterm, paces
from campaigns.life import ORDERS, SYNC, Life, Sale, resold
from campaigns.load import Clients, History
from campaigns.market import ForSale, Market
from campaigns.plan import Plan
from campaigns.world import MARKETPLACES, World, start_plugin, world
from stoflow.cli.simulate.demo_summary import JobOutcome, reasons_of
from stoflow.domain.errors import StoflowError
from stoflow.domain.ids import TenantId
from stoflow.settings import variable_of
from stoflow_sandbox.judge import judge
from stoflow_sandbox.ledger import read_ledger
from stoflow_sandbox.market import BEHIND
from stoflow_sandbox.sightings import Attribution

SPEED = 144.0
HOUR_S = 3600 / SPEED
SELLERS = 20
PRODUCTS = 2000
PUBLISHED_BY_H = 9.0
ACTS_A_PRODUCT = 0.3
LIFE_H = (4.0, 23.0)
OUTAGE_H = 2.0
OUTAGES: Mapping[str, float] = {"vinted": 8.0, "ebay": 13.0, "etsy": 18.0}  # when each begins
REVOKED_AT_H = (7.0, 11.5, 16.0, 21.0)
REVOKED_FOR_H = 1.0
CLOSED_AT_H = tuple(range(5, 23))
CLOSED_FOR_H = 1.5
ORDERS_EVERY_S = 3600.0
FINAL_WITHIN_S = 900.0
EVERY_CALL = 10**9
# A machine that is fully used answers late: nobody dies today, so leases need not be short.
UNHURRIED = {"process_lease_s": 30, "heartbeat_s": 5, "ownership_lease_s": 30, "orders_every_s": ORDERS_EVERY_S}


@dataclass(frozen=True, slots=True)
class Report:
    """`counters` and `disagreements` must be empty or 0, and so must `oversold_late`.

    `oversold` counts things sold again before an orders job could have told of the first sale; `oversold_late` later.
    """

    seed: int
    lasted_s: float
    final_after_s: float | None
    jobs: Mapping[str, int]
    acts: Mapping[str, int]
    counters: Mapping[str, int]
    oversold: int
    oversold_late: int
    failures: Mapping[str, int]
    details: Sequence[str]

    @property
    def is_green(self) -> bool:
        return self.final_after_s is not None and not any(self.counters.values()) and not self.oversold_late


def main() -> int:
    """Return 0 where every side agrees, 1 otherwise."""
    end_on_sigterm()
    arguments = _parser().parse_args()
    seed = arguments.seed if arguments.seed is not None else int(time.time() * 1000) % LARGEST_SEED
    report = day(arguments.sellers, arguments.products, seed)
    print(json.dumps({**asdict(report), "green": report.is_green}, indent=2))
    return 0 if report.is_green else 1


def day(sellers: int, products: int, seed: int) -> Report:
    """Live one day; its folder is kept where something disagreed."""
    folder = Path(tempfile.mkdtemp(prefix="day-"))
    _say(f"Seed {seed}; logs are in {folder}.")
    begun_s = time.monotonic()
    with world(_plan(sellers, products, seed), folder) as made:
        history = History(folder / "history.ndjson")
        clients = Clients(made.http, made.api_url, made.sellers, history)
        asked = load.wishes(made.products, MARKETPLACES, made.plan.jobs)
        by_hand = load.unasked(made.products, asked, "vinted")
        life = Life(made, clients, Market(made.ledger), Random(seed), by_hand)
        _live(made, life, clients, asked)
        over_at = time.time()
        _say(f"The day is over after {time.monotonic() - begun_s:.0f} s; now everything has to come to rest.")
        final_after_s = come_to_rest(made, life)
        found = evidence.collected(made, final_after_s)
        at_rest = over_at + (final_after_s or FINAL_WITHIN_S)
        outcomes = [outcome for outcome in found.outcomes if was_made_before(outcome, at_rest)]
        report = _reported(made, life, outcomes, final_after_s, seed, time.monotonic() - begun_s)
        evidence.kept(found, folder / "jobs.json")
    if report.is_green:
        shutil.rmtree(folder, ignore_errors=True)
    return report


def _plan(sellers: int, products: int, seed: int) -> Plan:
    return Plan(
        jobs=products * len(MARKETPLACES),
        seed=seed,
        tenants=sellers,
        faults=0.01,
        lose=0.0,
        speed=SPEED,
        token_speed=SPEED,
        acts=round(products * ACTS_A_PRODUCT),
        variables={variable_of(name): str(value) for name, value in UNHURRIED.items()},
    )


def _live(made: World, life: Life, clients: Clients, asked: Sequence[load.Wish]) -> None:
    """Let sellers publish, sell, edit and be away, each thing at its hour."""
    begun_s = time.monotonic()
    first_h, last_h = LIFE_H
    with ThreadPoolExecutor(2) as beside:
        publishing = beside.submit(clients.submit_all, asked, over_s=PUBLISHED_BY_H * HOUR_S, random=Random(1))
        _sleep_until(begun_s, first_h)
        living = beside.submit(life.live, acts=made.plan.acts, over_s=(last_h - first_h) * HOUR_S)
        for hour, happens in sorted(_events(made, Random(made.plan.seed)), key=lambda event: event[0]):
            _sleep_until(begun_s, hour)
            with suppress(StoflowError):  # the sandbox was busy: the rest of the day comes all the same
                happens()
        _sleep_until(begun_s, 24.0)
        publishing.result()
        living.result()


def _events(made: World, random: Random) -> Iterator[tuple[float, Callable[[], object]]]:
    for marketplace, hour in OUTAGES.items():
        away = {"marketplace": marketplace, "operation": "*", "fault": "5xx_before", "count": EVERY_CALL}
        yield hour, lambda away=away: made.control("POST", "script", [away])
        yield hour + OUTAGE_H, lambda: made.control("DELETE", "script", None)
    for hour in REVOKED_AT_H:
        seller = random.choice(list(made.sellers)), random.choice(("ebay", "etsy"))
        yield hour, lambda seller=seller: made.revoke(*seller)
        yield hour + REVOKED_FOR_H, lambda seller=seller: made.reconnect(*seller)
    for hour in range(1, 24):
        yield float(hour), lambda: _connect_again(made)
    in_turn = cycle(random.sample(list(made.sellers), len(made.sellers)))
    # One browser after the other: with few sellers each is open again before its turn comes.
    for hour, seller in zip(CLOSED_AT_H[:: 1 if len(made.sellers) > CLOSED_FOR_H else 2], in_turn, strict=False):
        yield hour, lambda tenant=seller: made.crew.dismiss(f"plugin-{tenant}")
        yield hour + CLOSED_FOR_H, lambda tenant=seller: start_plugin(made, tenant, lose=0.0)


def _connect_again(made: World) -> None:
    """Let every seller who is asked to connect a marketplace again do so."""
    for tenant, client in made.clients.items():
        for marketplace in ("ebay", "etsy"):
            if not client.connection(marketplace)["connected"]:
                made.reconnect(tenant, marketplace)


def come_to_rest(made: World, life: Life) -> float | None:
    """Let what is open end, then ask every account once more for what was sold and what there is.

    Return after how many seconds all was final, None where it was not in time.
    """
    since = time.monotonic()
    made.control("POST", "faults", {"rate": 0.0})
    _connect_again(made)
    for actions in (None, ORDERS, SYNC):
        if actions is not None:
            life.everyone(actions)
        if evidence.wait_until_final(made, since=time.monotonic(), within_s=FINAL_WITHIN_S) is None:
            return None
    return time.monotonic() - since


def was_made_before(outcome: JobOutcome, at: float) -> bool:
    """Say whether a job is of the day: the hours go on, and each asks for orders."""
    return datetime.fromisoformat(str(outcome.job["created_at"])).timestamp() <= at


def _reported(
    made: World, life: Life, outcomes: Sequence[JobOutcome], final_after_s: float | None, seed: int, lasted_s: float
) -> Report:
    entries = read_ledger(made.ledger)
    jobs = [outcome.for_judge() for outcome in outcomes]
    verdict = judge(entries, jobs, paces(made.plan))
    differing = list(disagreements(made, life.market))
    attribution = Attribution.of(entries, jobs)
    product_of = {
        (entry.marketplace, entry.listing_id): attribution.subject(entry).product
        for entry in entries
        if entry.operation.startswith(BEHIND)
    }
    again = resold(life.sales, lambda sold: product_of.get((sold.marketplace, sold.listing)))
    late = [(first, second) for first, second in again if second.at - first.at > _told_after_s(first, second)]
    kinds = Counter(f"{outcome.job['marketplace']} {outcome.job['action']}" for outcome in outcomes)
    failed = [outcome.job for outcome in outcomes if outcome.job["status"] == "failed"]
    return Report(
        seed=seed,
        lasted_s=round(lasted_s, 1),
        final_after_s=final_after_s,
        jobs={"total": len(outcomes), **Counter(str(o.job["status"]) for o in outcomes), **dict(sorted(kinds.items()))},
        acts=dict(life.acts),
        counters={**verdict.counters, "disagreements": len(differing)},
        oversold=len(again) - len(late),
        oversold_late=len(late),
        failures=dict(Counter(reason for job in failed for reason in reasons_of(job, str(job["action"])))),
        details=[*verdict.details, *differing, *map(_told_late, late)][:50],
    )


def disagreements(made: World, market: Market) -> Iterator[str]:
    """Say where StoFlow, the marketplace, and the other marketplaces do not agree on what is for sale."""
    there: dict[tuple[TenantId, str], set[str]] = {}
    for one in market.for_sale():
        there.setdefault((one.tenant, one.marketplace), set()).add(one.listing)
    for tenant, client in made.clients.items():
        sold = {product for product in made.products[tenant] if client.product(product)["quantity"] == 0}
        for marketplace in MARKETPLACES:
            shown = {each["external_id"]: each for each in client.listings(marketplace, state="for_sale")}
            name, theirs = f"tenant {tenant} on {marketplace}", there.get((tenant, marketplace), set())
            yield from (
                f"{name}: {listing} is for sale, which StoFlow does not know." for listing in theirs - set(shown)
            )
            yield from (f"{name}: {listing} is not for sale any more." for listing in set(shown) - theirs)
            left = [listing for listing, each in shown.items() if each["product_id"] in sold]
            yield from (f"{name}: {listing} is for sale though its product is sold." for listing in left)


def _told_after_s(first: Sale, second: Sale) -> float:
    """Return how long after a sale the same thing may be sold elsewhere: until orders are asked for, and once more
    where either marketplace was away."""
    waits = ORDERS_EVERY_S / 3600 + 0.5 * ORDERS_EVERY_S / 3600
    away = OUTAGE_H + REVOKED_FOR_H + CLOSED_FOR_H if first.sold.marketplace != second.sold.marketplace else 0.0
    return (waits + away) * HOUR_S


def _told_late(sales: tuple[Sale, Sale]) -> str:
    first, second = sales
    hours = (second.at - first.at) / HOUR_S
    return f"oversold: {_named(second.sold)} {hours:.1f} h after {_named(first.sold)}."


def _named(sold: ForSale) -> str:
    return f"{sold.listing} of tenant {sold.tenant} on {sold.marketplace}"


def _sleep_until(begun_s: float, hour: float) -> None:
    time.sleep(max(0.0, begun_s + hour * HOUR_S - time.monotonic()))


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m campaigns.day", description=__doc__)
    parser.add_argument("--sellers", type=int, default=SELLERS)
    parser.add_argument("--products", type=int, default=PRODUCTS)
    parser.add_argument("--seed", type=int, help="decides what happens when; printed when not given")
    return parser


if __name__ == "__main__":
    sys.exit(main())
