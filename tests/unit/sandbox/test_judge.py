"""Each counter of the judge rises on a ledger made to raise it, and on no other."""

from dataclasses import replace
from typing import Any

import pytest

from stoflow_sandbox.judge import judge
from stoflow_sandbox.ledger import LedgerEntry

PACES = {"ebay": {"publish": 1000.0}, "etsy": {"publish": 1000.0}, "vinted": {"publish": 1000.0}}


class Story:
    """Writes a ledger by hand: one second between entries."""

    def __init__(self) -> None:
        self.entries: list[LedgerEntry] = []

    def add(self, marketplace: str, operation: str, **fields: Any) -> "Story":
        at = 100.0 * (len(self.entries) + 1)
        entry = LedgerEntry(marketplace, operation, at, 200, seq=len(self.entries) + 1, tenant=7)
        self.entries.append(replace(entry, **{"committed_at": at + 0.1, "answered_at": at + 0.2, **fields}))
        return self

    def ebay(self, product: int = 1, listing: str = "L1", tenant: int = 7) -> "Story":
        sku = f"sf{tenant}p{product}"
        self.add("ebay", "offer.create", sku=sku, offer_id=f"O{listing}", tenant=tenant)
        return self.add("ebay", "offer.publish", sku=sku, offer_id=f"O{listing}", listing_id=listing, tenant=tenant)

    def etsy_draft(self, listing: str = "E1", marker: str = "marker-1") -> "Story":
        return self.add("etsy", "listing.create_draft", listing_id=listing, marker=marker, state="draft")

    def etsy(self, product: int = 1, listing: str = "E1", marker: str = "marker-1") -> "Story":
        self.etsy_draft(listing, marker)
        self.add("etsy", "inventory.update", listing_id=listing, sku=f"sf7p{product}", marker=marker)
        return self.add("etsy", "listing.activate", listing_id=listing, sku=f"sf7p{product}", marker=marker)

    def vinted_draft(self, listing: str = "V1", marker: str = "marker-1") -> "Story":
        return self.add("vinted", "draft.create", listing_id=listing, marker=marker)

    def vinted(self, listing: str = "V1", marker: str = "marker-1") -> "Story":
        return self.vinted_draft(listing, marker).add("vinted", "draft.complete", listing_id=listing, marker=marker)


def job(number: int = 1, marketplace: str = "ebay", product: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "tenant": 7,
        "id": number,
        "product_id": product,
        "marketplace": marketplace,
        "action": "publish",
        "status": "completed",
        "external_id": "",
        "absences": 0,
        **more,
    }


def counted(story: Story, *jobs: dict[str, Any]) -> dict[str, int]:
    verdict = judge(story.entries, jobs, PACES)
    assert len(verdict.details) == sum(verdict.counters.values())
    return {name: count for name, count in verdict.counters.items() if count}


def test_a_clean_ledger_is_green() -> None:
    story = Story().ebay().etsy().vinted()
    jobs = [job(1), job(2, "etsy", external_id="E1"), job(3, "vinted", external_id="V1")]
    verdict = judge(story.entries, jobs, PACES)
    assert verdict.is_green, verdict.details


def test_the_ledger_may_come_as_json() -> None:
    line = {"marketplace": "ebay", "operation": "offer.publish", "time": 1.0, "status": 200, "later_field": 1}
    line |= {"sku": "sf7p1", "listing_id": "L1", "committed_at": 1.0, "tenant": 7}
    assert judge([line], [job()], PACES).is_green


# lost


def test_a_completed_job_without_a_listing_is_lost() -> None:
    assert counted(Story(), job()) == {"lost": 1}


def test_a_listing_only_half_made_is_lost() -> None:
    assert counted(Story().add("ebay", "offer.create", sku="sf7p1", offer_id="O1"), job()) == {"lost": 1}


@pytest.mark.parametrize("status", ["pending", "running"])
def test_a_job_that_never_ended_is_lost(status: str) -> None:
    assert counted(Story(), job(status=status)) == {"lost": 1}


def test_an_expiry_nobody_asked_for_is_lost() -> None:
    assert counted(Story(), job(status="expired")) == {"lost": 1}
    assert not counted(Story(), job(status="expired", expiry_asked=True))


def test_a_failure_without_a_reason_is_lost() -> None:
    assert counted(Story(), job(status="failed", error="")) == {"lost": 1}
    assert not counted(Story(), job(status="failed", error="The price is missing."))


def test_a_listing_that_ended_though_nobody_deleted_it_is_lost() -> None:
    story = Story().ebay().add("ebay", "offer.withdraw", sku="sf7p1", listing_id="L1")
    assert counted(story, job()) == {"lost": 1}


def test_a_completed_delete_that_deleted_nothing_is_lost() -> None:
    assert counted(Story().ebay(), job(1), job(2, action="delete")) == {"lost": 1}


def test_what_the_seller_lists_by_hand_and_links_after_a_delete_is_not_lost() -> None:
    by_hand = Story().add("vinted", "behind.list", listing_id="V1", state="active")
    delete, link = job(1, "vinted", action="delete"), job(2, "vinted", action="link_product", external_id="V1")
    assert not counted(by_hand, delete, link)
    assert counted(by_hand, job(1, "vinted", action="link_product", external_id="V1"), {**delete, "id": 2}) == {
        "lost": 1
    }
    assert counted(by_hand.vinted("V2", "marker-2"), delete, link, job(0, "vinted", external_id="V2"))["lost"] == 1


# doubled


def test_two_listings_of_one_product_are_doubled() -> None:
    story = Story().vinted("V1", "marker-1").vinted("V2", "marker-2")
    jobs = [job(1, "vinted", external_id="V1", absences=1), job(2, "vinted", external_id="V2")]
    assert counted(story, *jobs) == {"doubled": 1}


def test_a_double_that_was_ended_again_is_still_doubled() -> None:
    story = Story().etsy(listing="E1").add("etsy", "listing.delete", listing_id="E1", sku="sf7p1").etsy(listing="E2")
    assert counted(story, job(1, "etsy", external_id="E2", absences=1)) == {"doubled": 1}


def test_a_new_listing_after_an_asked_for_delete_is_not_doubled() -> None:
    story = Story().ebay(listing="L1").add("ebay", "offer.delete", sku="sf7p1", listing_id="L1").ebay(listing="L2")
    assert not counted(story, job(1), job(2, action="delete"), job(3))


# unexpected


def test_a_listing_nobody_accepted_is_unexpected() -> None:
    assert counted(Story().ebay(product=9)) == {"unexpected": 1}


def test_a_visible_listing_that_no_job_knows_is_unexpected() -> None:
    story = Story().vinted("V1").vinted("V9", "marker-9")
    jobs = [job(1, "vinted", external_id="V1", absences=1)]
    assert counted(story, *jobs) == {"unexpected": 1}


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_a_listing_of_a_job_that_gave_up_is_unexpected(status: str) -> None:
    assert counted(Story().ebay(), job(status=status)) == {"unexpected": 1}


# wrong owner


def test_a_listing_made_with_another_tenants_token_has_a_wrong_owner() -> None:
    story = Story().ebay()
    story.entries[1] = replace(story.entries[1], tenant=8)
    assert counted(story, job()) == {"wrong_owner": 1}


def test_a_vinted_listing_recorded_by_another_tenants_job_has_a_wrong_owner() -> None:
    story = Story().vinted()
    stranger = job(1, "vinted", external_id="V1", tenant=8)
    assert counted(story, stranger) == {"wrong_owner": 1}


# over limit


def starts(count: int, apart_s: float, **fields: Any) -> Story:
    story = Story()
    for number in range(count):
        story.ebay(product=number, listing=f"L{number}")
        at = number * apart_s
        story.entries[-1] = replace(story.entries[-1], time=at, committed_at=at + 0.01, **fields)
    return story


def jobs_for(count: int) -> list[dict[str, Any]]:
    return [job(number + 1, product=number) for number in range(count)]


def test_twelve_starts_in_ten_paces_are_over_the_limit() -> None:
    assert counted(starts(12, 0.9), *jobs_for(12)) == {"over_limit": 1}


def test_starts_at_their_pace_are_not() -> None:
    assert not counted(starts(40, 1.0), *jobs_for(40))


def test_one_attempt_seen_twice_is_one_start() -> None:
    story = starts(11, 0.9)
    story.entries.append(replace(story.entries[-1], time=9.5, status=500, committed_at=None, attempt="a"))
    story.entries.append(replace(story.entries[-1], time=9.6))
    assert counted(story, *jobs_for(11)) == {"over_limit": 1}
    story.entries = [replace(entry, attempt="a") if entry.time >= 9.0 else entry for entry in story.entries[:-2]]
    assert "over_limit" not in counted(story, *jobs_for(11))


def test_what_a_publish_puts_in_place_is_no_update() -> None:
    """Several publishes may upload and fill in while each waits for its own paced call."""
    story = Story()
    for number in range(20):
        story.add("ebay", "item.put", sku=f"sf7p{number}", tenant=7)
        story.entries[-1] = replace(story.entries[-1], time=0.1 * number)
    assert judge(story.entries, jobs_for(20), {"ebay": {"update": 1000.0}}).over_limit == 0


def test_updates_of_what_is_visible_are_limited() -> None:
    story = starts(12, 100.0)
    for number in range(12):
        story.add("ebay", "item.put", sku=f"sf7p{number}", tenant=7)
        story.entries[-1] = replace(story.entries[-1], time=5000 + 0.1 * number)
    assert judge(story.entries, jobs_for(12), {"ebay": {"update": 1000.0}}).over_limit == 1


def reads(count: int, attempt: str) -> Story:
    story = Story()
    for number in range(count):
        story.add("vinted", "wardrobe.list", committed_at=None, attempt=attempt.format(number))
        story.entries[-1] = replace(story.entries[-1], time=0.1 * number)
    return story


@pytest.mark.parametrize(("action", "attempt", "over"), [("sync", "7-1-{}-1", 1), ("publish", "7-1-{}-1", 0)])
def test_a_read_is_a_start_only_of_the_action_whose_job_made_it(action: str, attempt: str, over: int) -> None:
    asked = job(1, "vinted", action=action, status="failed", error="No.")
    assert judge(reads(12, attempt).entries, [asked], {"vinted": {"sync": 1000.0}}).over_limit == over


def test_an_attempt_that_reads_several_pages_is_one_start() -> None:
    asked = job(1, "vinted", action="sync", product_id=None)
    assert judge(reads(30, "7-1-5-1").entries, [asked], {"vinted": {"sync": 1000.0}}).over_limit == 0


def test_an_action_without_a_pace_has_no_limit() -> None:
    story = starts(40, 0.0)
    assert judge(story.entries, jobs_for(40), {}).over_limit == 0


# reordered


def test_a_delete_that_took_effect_after_the_publish_accepted_behind_it_is_reordered() -> None:
    story = Story().ebay(listing="L1").ebay(listing="L2").add("ebay", "offer.delete", sku="sf7p1", listing_id="L1")
    jobs = [job(1), job(2, action="delete"), job(3)]
    assert counted(story, *jobs) == {"doubled": 1, "reordered": 1}


def test_the_order_is_that_of_acceptance_and_not_of_ids() -> None:
    story = Story().ebay(listing="L1").add("ebay", "offer.delete", sku="sf7p1", listing_id="L1")
    story.ebay(listing="L2").add("ebay", "offer.delete", sku="sf7p1", listing_id="L2")
    jobs = [job(4, order=1), job(3, order=2, action="delete"), job(2, order=3), job(1, order=4, action="delete")]
    assert not counted(story, *jobs)


def test_publish_and_delete_in_their_order_are_not_reordered() -> None:
    story = Story().ebay().add("ebay", "offer.delete", sku="sf7p1", listing_id="L1")
    assert not counted(story, job(1), job(2, action="delete"))


# others act too

BY_OTHERS = [pytest.param("sell", "sold_out", id="sold"), pytest.param("delete", "ended", id="deleted")]


def behind(story: Story, act: str, state: str, listing: str = "L1") -> Story:
    return story.add("ebay", f"behind.{act}", sku="sf7p1", listing_id=listing, state=state)


@pytest.mark.parametrize(("act", "state"), BY_OTHERS)
def test_a_listing_that_others_ended_is_not_lost(act: str, state: str) -> None:
    assert not counted(behind(Story().ebay(), act, state), job())


@pytest.mark.parametrize(("act", "state"), BY_OTHERS)
def test_a_listing_after_one_that_others_ended_is_not_doubled(act: str, state: str) -> None:
    story = behind(Story().ebay(listing="L1"), act, state).ebay(listing="L2")
    assert not counted(story, job(1), job(2))


def test_a_listing_that_was_lost_after_one_that_others_ended_is_lost() -> None:
    story = behind(Story().ebay(listing="L1"), "delete", "ended").ebay(listing="L2")
    story.add("ebay", "offer.withdraw", sku="sf7p1", listing_id="L2")
    assert counted(story, job(1), job(2)) == {"lost": 1}


def test_what_others_ended_explains_no_second_double() -> None:
    story = behind(Story().ebay(listing="L1"), "delete", "ended").ebay(listing="L2").ebay(listing="L3")
    assert counted(story, job(1), job(2)) == {"doubled": 1, "excess_creates": 1}


def test_what_others_ended_and_a_delete_then_finished_is_explained_once() -> None:
    story = behind(Story().ebay(listing="L1"), "sell", "out_of_stock")
    story.add("ebay", "offer.delete", sku="sf7p1", listing_id="L1").ebay(listing="L2").ebay(listing="L3")
    jobs = [job(1), job(2, action="delete"), job(3)]
    assert counted(story, *jobs) == {"doubled": 1, "excess_creates": 1}


def test_a_sale_of_some_ends_nothing() -> None:
    story = behind(Story().ebay(listing="L1"), "sell", "ACTIVE").ebay(listing="L2")
    assert counted(story, job(1), job(2)) == {"doubled": 1, "excess_creates": 1}
    gone = behind(Story().ebay(), "sell", "ACTIVE").add("ebay", "offer.withdraw", sku="sf7p1", listing_id="L1")
    assert counted(gone, job()) == {"lost": 1}


def test_the_end_of_a_listing_by_others_is_no_effect_of_a_delete() -> None:
    story = behind(Story().ebay(listing="L1"), "delete", "ended").ebay(listing="L2")
    jobs = [job(1, action="delete"), job(2), job(3)]
    assert not counted(story, *jobs)


def test_an_edit_by_others_counts_for_nothing() -> None:
    assert not counted(behind(Story().ebay(), "edit", "ACTIVE"), job(1), job(2, action="update"))


def test_what_a_seller_lists_by_hand_was_asked_for_by_nobody_and_is_not_unexpected() -> None:
    by_hand = Story().add("vinted", "behind.list", listing_id="V7", state="active")
    assert not counted(by_hand)
    linked = job(1, "vinted", action="link_product", external_id="V7")
    assert not counted(by_hand, linked)
    assert counted(by_hand, linked, job(2, "vinted", action="delete")) == {"lost": 1}
    by_hand.add("vinted", "item.delete", listing_id="V7", state="deleted")
    assert not counted(by_hand, linked, job(2, "vinted", action="delete"))


def test_a_product_listed_by_hand_and_then_by_us_is_doubled() -> None:
    story = Story().add("vinted", "behind.list", listing_id="V7", state="active").vinted("V8")
    jobs = [job(1, "vinted", action="link_product", external_id="V7"), job(2, "vinted", markers=["marker-1"])]
    assert counted(story, *jobs) == {"doubled": 1}


# accounts


def test_a_job_on_a_whole_account_is_lost_where_it_never_ended() -> None:
    sync = job(2, action="sync", product_id=None, status="running")
    assert counted(Story().ebay(), job(1), sync) == {"lost": 1}
    assert not counted(Story().ebay(), job(1), {**sync, "status": "completed"})


def test_a_job_on_a_whole_account_explains_no_create() -> None:
    story = Story().vinted_draft("V9", "marker-9").vinted()
    sync = job(2, "vinted", action="sync", product_id=None)
    assert counted(story, job(1, "vinted", external_id="V1"), sync) == {"excess_creates": 1}


# excess creates


def test_a_create_no_look_explains_is_in_excess() -> None:
    story = Story().etsy_draft("E9", "marker-9").etsy()
    known = job(1, "etsy", external_id="E1", markers=["marker-1", "marker-9"])
    assert counted(story, known) == {"excess_creates": 1}
    assert not counted(story, {**known, "absences": 1})


def test_a_create_that_no_job_knows_is_in_excess() -> None:
    story = Story().vinted_draft("V9", "marker-9").vinted()
    assert counted(story, job(1, "vinted", external_id="V1")) == {"excess_creates": 1}


def test_without_markers_the_absences_of_a_product_explain_its_unknown_drafts() -> None:
    story = Story().vinted_draft("V9", "marker-9").vinted()
    assert not counted(story, job(1, "vinted", external_id="V1", absences=1))


def test_a_product_that_failed_before_its_draft_hides_no_excess_where_markers_are_known() -> None:
    story = Story().vinted_draft("V9", "marker-9").vinted()
    failed = job(2, "vinted", product=2, status="failed", error="No photo.", markers=[])
    done = job(1, "vinted", external_id="V1", markers=["marker-1"])
    assert counted(story, done, failed) == {"excess_creates": 1}


def test_a_product_that_failed_before_it_could_create_hides_no_excess() -> None:
    story = Story().vinted_draft("V9", "marker-9").vinted()
    done = job(1, "vinted", external_id="V1")
    failed = job(2, "vinted", product=2, status="failed", error="No photo.")
    assert not counted(story, done, failed)
    assert counted(story, done, {**failed, "acted": False}) == {"excess_creates": 1}


def test_a_create_is_known_by_the_attempt_that_made_it() -> None:
    story = Story().add("etsy", "listing.create_draft", listing_id="E9", attempt="7-1-3-1").etsy()
    story.add("etsy", "listing.create_draft", listing_id="E8", attempt="7-2-3-1")
    done, gave_up = job(1, "etsy"), job(2, "etsy", product=2, status="failed", error="Refused.")
    assert counted(story, done, gave_up) == {"excess_creates": 1}


def test_a_publish_after_one_that_was_cancelled_may_create_anew() -> None:
    story = Story().etsy_draft("E9", "marker-9").add("etsy", "listing.delete", listing_id="E9", marker="marker-9")
    cancelled = job(1, "etsy", status="cancelled", markers=["marker-9"])
    assert not counted(story.etsy(), cancelled, job(2, "etsy", external_id="E1", markers=["marker-1"]))


def test_a_refused_create_is_none() -> None:
    story = Story().add("ebay", "offer.create", sku="", status=400, committed_at=None).ebay()
    assert not counted(story, job())


# so does the marketplace by itself


def by_itself(story: Story, act: str, listing: str = "L1") -> Story:
    return story.add("ebay", f"itself.{act}", sku="sf7p1", listing_id=listing)


@pytest.mark.parametrize("act", ["end", "expire"])
def test_a_listing_that_ended_by_itself_is_not_lost_and_the_next_one_is_not_doubled(act: str) -> None:
    ended = by_itself(Story().ebay(listing="L1"), act)
    assert not counted(ended, job(1))
    assert not counted(ended.ebay(listing="L2"), job(1), job(2))


def test_an_end_by_itself_is_no_effect_of_a_delete() -> None:
    story = by_itself(Story().ebay(listing="L1"), "expire").ebay(listing="L2")
    assert not counted(story, job(1, action="delete"), job(2), job(3))


def test_a_listing_that_expired_and_was_listed_again_under_its_id_can_be_lost() -> None:
    story = by_itself(Story().ebay(listing="L1"), "expire")
    story.add("ebay", "offer.publish", sku="sf7p1", offer_id="OL1", listing_id="L1")
    assert not counted(story, job(1), job(2))
    story.add("ebay", "offer.withdraw", sku="sf7p1", listing_id="L1")
    assert counted(story, job(1), job(2)) == {"lost": 1}


def test_what_goes_live_by_itself_is_what_its_publish_asked_for() -> None:
    story = by_itself(Story().add("ebay", "offer.create", sku="sf7p1", offer_id="OL1"), "go_live")
    assert not counted(story, job(1))
    assert counted(story) == {"unexpected": 1}
    assert counted(by_itself(story, "go_live", "L2"), job(1)) == {"doubled": 1}
