"""What happens to a seller with the extension in a real browser, scene by scene."""

from collections.abc import Callable, Sequence

from campaigns.extension.away import asleep, line_cut, offline, token_renewed
from campaigns.extension.stage import VINTED, Stage, causes, connected, hold_of, open_browser, sign_in, wait

# --- the scenes: each leaves the seller signed in, the extension connected, and no job open ---


def first_steps(stage: Stage) -> None:
    """Nothing is done before the seller has read the notice and switched the extension on."""
    open_browser(stage)
    assert stage.client.connection(VINTED)["connected"] is False
    assert stage.browser.ask("badge") == "off"
    said = stage.browser.ask("connect", token=stage.made.sellers[stage.tenant]())
    assert said["was_blocked"], "it could be switched on before the notice was read"
    assert "Vinted's own terms" in said["notice"], said["notice"]
    connected(stage)


def publish(stage: Stage) -> None:
    stage.publish()
    assert len(stage.ledger("draft.complete")) == 1
    assert stage.browser.state()["done"][0]["result"] == "done"


def worker_killed(stage: Stage) -> None:
    """The browser ends the service worker in the middle of the act: the act is done once, and answered."""
    before = len(stage.ledger("draft.complete"))
    stage.script("draft.complete", "slow")
    born = stage.browser.state()["born"]
    stage.browser.ask("arm", site=stage.site, part="/completion")
    job = stage.ask("publish", product := next(stage.products))
    stage.browser.ask("strike", blow="worker")
    found = stage.wait_for(job)
    stage.listed.append((product, str(found["result"]["result"]["listing_id"])))
    assert len(stage.ledger("draft.complete")) == before + 1
    assert "verifying" not in causes(stage, job), "the answer was lost"
    assert stage.browser.state()["born"] > born, "the worker was not ended"


def browser_killed(stage: Stage) -> None:
    """The browser dies between act and answer: StoFlow looks, and adopts what is there."""
    before = len(stage.ledger("draft.complete"))
    stage.script("draft.complete", "slow")
    stage.browser.ask("arm", site=stage.site, part="/completion")
    job = stage.ask("publish", next(stage.products))
    stage.browser.ask("strike", blow="browser")
    wait(lambda: len(stage.ledger("draft.complete")) > before, "the site has done it")
    open_browser(stage)
    stage.wait_for(job)
    assert len(stage.ledger("draft.complete")) == before + 1


def update(stage: Stage) -> None:
    product, listing = stage.listed[0]
    stage.client.change_product(product, {"title": "Another title for the same thing"})
    stage.wait_for(stage.ask("update", product))
    assert [one.listing_id for one in stage.ledger("item.update")] == [listing]


def sync(stage: Stage) -> None:
    stage.wait_for(stage.ask("sync"))
    seen = {listing["external_id"] for listing in stage.client.listings(VINTED)}
    assert {listing for _, listing in stage.listed} <= seen, seen


def orders(stage: Stage) -> None:
    _, listing = stage.listed[0]
    stage.behave("sell", listing_id=listing)
    stage.wait_for(stage.ask("orders"))
    assert [line["listing_id"] for order in stage.orders() for line in order["lines"]] == [listing]


def message(stage: Stage) -> None:
    _, listing = stage.listed[1]
    conversation = stage.behave("write", listing_id=listing, text="Is it still there?")["offer_id"]
    stage.wait_for(stage.ask("message", conversation_id=conversation, text="It is."))
    assert len(stage.ledger("message.send")) == 1


def delete(stage: Stage) -> None:
    product, _ = stage.listed[1]
    stage.wait_for(stage.ask("delete", product))
    assert len(stage.ledger("item.delete")) == 1


def two_windows(stage: Stage) -> None:
    before = len(stage.ledger("draft.create"))
    stage.browser.ask("second_window", site=stage.site)
    stage.publish()
    assert len(stage.ledger("draft.create")) == before + 1


def tab_closed(stage: Stage) -> None:
    """The seller closes the tab in the middle of the act: StoFlow looks, and adopts what is there."""
    before = len(stage.ledger("draft.complete"))
    stage.script("draft.complete", "slow")
    stage.browser.ask("arm", site=stage.site, part="/completion")
    job = stage.ask("publish", product := next(stage.products))
    stage.browser.ask("strike", blow="tab")
    found = stage.wait_for(job)
    stage.listed.append((product, str(found["result"]["result"]["listing_id"])))
    assert len(stage.ledger("draft.complete")) == before + 1


def challenged(stage: Stage) -> None:
    """The site asks for a person: everything stops and says so, until a person has answered and says so too."""
    stage.behave("challenge")
    job = stage.ask("publish", next(stage.products))
    wait(lambda: stage.client.connection(VINTED)["state"] == "needs_seller", "the seller is asked")
    assert stage.browser.ask("badge") == "!"
    calls = len(stage.ledger())
    assert hold_of(stage, job)
    stage.browser.ask("answer_challenge")
    assert [one.operation for one in stage.ledger()[calls:] if not one.operation.startswith("page.")] == []
    stage.browser.ask("press", button="go_on")
    stage.wait_for(job)


def signed_out(stage: Stage) -> None:
    """The seller is signed out of the site: nobody signs in for them."""
    assert stage.made.control("POST", f"sellers/{VINTED}/{stage.seller}/revoke", {}) is not None
    job = stage.ask("publish", next(stage.products))
    wait(lambda: stage.client.connection(VINTED)["state"] == "needs_seller", "the seller is asked")
    sign_in(stage)
    stage.browser.ask("press", button="go_on")
    stage.wait_for(job)


def paused(stage: Stage) -> None:
    stage.browser.ask("press", button="pause")
    wait(lambda: stage.client.connection(VINTED)["state"] == "needs_seller", "StoFlow knows of the pause")
    job, calls = stage.ask("publish", next(stage.products)), len(stage.ledger())
    wait(lambda: hold_of(stage, job) != "", "it is said what the job waits for")
    assert len(stage.ledger()) == calls
    stage.browser.ask("press", button="resume")
    stage.wait_for(job)


Scene = Callable[[Stage], None]
SHORT: Sequence[Scene] = (first_steps, publish, worker_killed)
ALL: Sequence[Scene] = (
    *SHORT,
    *(browser_killed, update, sync, orders, message, delete, two_windows, tab_closed, token_renewed),
    *(line_cut, challenged, signed_out, paused, offline, asleep),
)
