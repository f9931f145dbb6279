"""The same request twice makes one job; the same key with another body makes none."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from stoflow.domain.errors import Conflict, DatabaseNotPrepared, InputError
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import SubmitJob

if TYPE_CHECKING:
    from conftest import Bench

SHOP = "shop"


def ask(bench: "Bench", product: int, *, key: str | None = "k", digest: str | None = "d", shop: str = SHOP):
    asked = SubmitJob(shop, "publish", product, idempotency_key=key, idempotency_digest=digest)
    return submit(bench.engine.database, bench.engine.registry, bench.tenant, asked)


def test_the_same_key_with_the_same_body_answers_the_job_made_first(bench: "Bench") -> None:
    product = bench.product()
    first, made = ask(bench, product)
    assert made

    assert ask(bench, product) == (first, False)

    assert len(bench.all("SELECT id FROM {s}.marketplace_jobs")) == 1


def test_the_same_key_answers_the_first_job_even_after_its_end(bench: "Bench") -> None:
    product = bench.product()
    first, _ = ask(bench, product)
    bench.run(first)
    assert ask(bench, product) == (first, False)


def test_the_same_key_with_another_body_is_refused_and_makes_nothing(bench: "Bench") -> None:
    product = bench.product()
    ask(bench, product)

    with pytest.raises(InputError, match="used with another body"):
        ask(bench, product, digest="another")

    assert len(bench.all("SELECT id FROM {s}.marketplace_jobs")) == 1


def test_another_key_makes_another_job(bench: "Bench") -> None:
    product = bench.product()
    assert ask(bench, product)[0] != ask(bench, product, key="another")[0]


def test_a_key_is_free_again_after_24_hours(bench: "Bench") -> None:
    product = bench.product()
    first, _ = ask(bench, product)
    bench.all("UPDATE {s}.marketplace_jobs SET created_at = created_at - interval '24 hours'")

    again, made = ask(bench, product, digest="another")

    assert made
    assert again != first


def test_a_key_is_kept_for_all_of_24_hours(bench: "Bench") -> None:
    product = bench.product()
    first, _ = ask(bench, product)
    bench.all("UPDATE {s}.marketplace_jobs SET created_at = created_at - interval '23 hours 59 minutes'")
    assert ask(bench, product) == (first, False)


def test_of_twins_at_the_same_moment_one_makes_the_job(bench: "Bench") -> None:
    product = bench.product()

    def twin(_: int):
        try:
            return ask(bench, product)
        except Conflict:
            return None

    with ThreadPoolExecutor(4) as clients:
        answers = [answer for answer in clients.map(twin, range(4)) if answer]

    assert [made for _, made in answers].count(True) == 1
    assert len({job for job, _ in answers}) == 1
    assert len(bench.all("SELECT id FROM {s}.marketplace_jobs")) == 1


def test_the_same_key_for_another_marketplace_is_a_conflict_that_names_the_first_and_makes_nothing(
    bench: "Bench",
) -> None:
    product = bench.product()
    ask(bench, product)

    for digest in ("d", "another"):
        with pytest.raises(Conflict, match=f"This Idempotency-Key was used for {SHOP}: give another one for etsy"):
            ask(bench, product, shop="etsy", digest=digest)

    assert len(bench.all("SELECT id FROM {s}.marketplace_jobs")) == 1


def test_of_twins_for_two_marketplaces_one_makes_a_job(bench: "Bench") -> None:
    product = bench.product()

    def twin(shop: str):
        try:
            return ask(bench, product, shop=shop)
        except Conflict:
            return None

    with ThreadPoolExecutor(4) as clients:
        made = [answer for answer in clients.map(twin, [SHOP, "etsy"] * 2) if answer and answer[1]]

    assert len(made) == 1
    assert len(bench.all("SELECT id FROM {s}.marketplace_jobs")) == 1


def test_a_key_that_a_release_before_has_kept_is_known(bench: "Bench") -> None:
    product = bench.product()
    first, _ = ask(bench, product)
    bench.all("UPDATE {s}.marketplace_jobs SET idempotency_key = marketplace || ':k'")

    assert ask(bench, product) == (first, False)
    with pytest.raises(Conflict, match=f"was used for {SHOP}"):
        ask(bench, product, shop="etsy")


def test_no_caller_can_take_the_key_of_what_follows_by_itself(bench: "Bench") -> None:
    product = bench.product()
    mine, _ = ask(bench, product, key="periodic:publish:today")

    by_itself, made = ask(bench, product, key="periodic:publish:today", digest=None)

    assert (made, by_itself == mine) == (True, False)
    assert ask(bench, product, key="periodic:publish:today") == (mine, False)


@pytest.mark.parametrize("key", ["", "k"])
def test_an_action_that_the_database_was_not_told_of_is_refused(bench: "Bench", key: str) -> None:
    product = bench.product()
    bench.all(
        "UPDATE public.marketplace_action_types SET code = 'gone' WHERE (marketplace, code) = ('shop', 'publish')"
    )
    try:
        with pytest.raises(DatabaseNotPrepared, match="does not know publish of shop yet: start"):
            ask(bench, product, key=key or None)
    finally:
        bench.all("UPDATE public.marketplace_action_types SET code = 'publish' WHERE code = 'gone'")
    assert bench.all("SELECT id FROM {s}.marketplace_jobs") == []
