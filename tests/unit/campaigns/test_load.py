"""What clients ask for, and whether what they were told came true."""

from pathlib import Path

from campaigns.load import History, Told, broken_promises, unasked, wishes
from stoflow.domain.ids import TenantId


def told(key: str, kind: str, job: int | None = None) -> Told:
    return Told(0.0, key, kind, 1, job)


def test_wishes_are_as_many_as_wanted_and_end_with_second_ones() -> None:
    made = wishes({TenantId(1): list(range(20)), TenantId(2): list(range(20, 40))}, ("vinted", "ebay"), 60)

    asked = [(wish.tenant, wish.marketplace, wish.product) for wish in made]
    assert len(asked) == 60
    assert len({wish.key for wish in made}) == 60
    assert asked[-4:] == asked[:4]
    assert len(set(asked)) == 56


def test_the_products_that_nobody_publishes_somewhere_are_left_to_their_sellers() -> None:
    products = {TenantId(1): list(range(20)), TenantId(2): list(range(20, 40))}
    made = wishes(products, ("vinted", "ebay"), 60)

    published = {(wish.tenant, wish.product) for wish in made if wish.marketplace == "vinted"}
    left = unasked(products, made, "vinted")
    assert left
    assert published.isdisjoint(left)
    assert len(published) + len(left) == 40


def test_an_accepted_job_that_is_not_there_is_lost() -> None:
    found = broken_promises([told("k", "invoke"), told("k", "ok", 5)], {1: set()})

    assert (len(found["lost"]), found["unexpected"]) == (1, [])


def test_one_key_with_two_jobs_is_unexpected() -> None:
    found = broken_promises([told("k", "ok", 5), told("k", "ok", 6)], {1: {5, 6}})

    assert len(found["unexpected"]) == 1


def test_a_job_nobody_was_told_of_is_unexpected() -> None:
    assert len(broken_promises([told("k", "info")], {1: {5}})["unexpected"]) == 1


def test_a_job_that_stoflow_asks_of_itself_was_told_to_nobody() -> None:
    assert broken_promises([], {1: {5}}, own={1: {5}})["unexpected"] == []


def test_an_answer_lost_and_given_on_repeat_is_as_it_should_be() -> None:
    found = broken_promises([told("k", "info"), told("k", "ok", 5)], {1: {5}})

    assert not any(found.values())


def test_the_history_counts_what_was_unknown_at_first_and_keeps_it_on_disk(tmp_path: Path) -> None:
    history = History(tmp_path / "history.ndjson")
    for kind in ("invoke", "info", "invoke", "ok"):
        history.tell("k", kind, 1)

    assert history.counts() == {"invoke": 2, "info": 1, "ok": 1, "info, then ok": 1}
    assert len(history.file.read_text().splitlines()) == 4


def test_some_products_are_left_to_be_listed_by_hand_however_many_jobs_are_wanted() -> None:
    products = {TenantId(1): list(range(33)), TenantId(2): list(range(33, 66))}
    made = wishes(products, ("vinted", "ebay", "etsy"), 300)
    assert 2 <= len(unasked(products, made, "vinted")) <= 6
