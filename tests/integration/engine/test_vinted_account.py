"""Vinted's own jobs on the engine, through a plugin in the simulated Vinted: said once, linked once, sold once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from stoflow.domain.call import Answer
from stoflow.domain.ids import JobId
from stoflow.domain.run import NextMove
from stoflow.execution import plugin
from stoflow.execution.answer import receive_answer
from stoflow.marketplaces.vinted.marketplace import VINTED
from stoflow.resources.jobs.submit import submit
from stoflow.resources.jobs.views import PluginCommand, SubmitJob
from stoflow.storage.action_types import ActionTypeRow, upsert_action_types
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.faults import FaultKind, ScriptedFault
from stoflow_sandbox.sellers import Seller
from stoflow_sandbox.server import SandboxServer
from stoflow_sandbox.vinted.browser import API, Browser
from stoflow_sandbox.vinted.commands import FetchedFile, perform
from stoflow_sandbox.vinted.market import VintedMarket

if TYPE_CHECKING:
    from conftest import Bench

LAPTOP = "laptop"
UUID = "6b0e8b9a-2f57-4a52-9a3e-0d2f6f1c7a11"
JPEG = b"\xff\xd8\xff\xe0" + bytes(200)
TEXT = "Oui, toujours disponible !"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(latency_ms=(0.0, 0.0))) as running:
        yield running


@dataclass
class Member:
    """A member with a plugin; `silent_at` are commands whose answer never reaches StoFlow, though they are done."""

    bench: "Bench"
    server: SandboxServer
    browser: Browser
    external_id: str
    silent_at: set[str] = field(default_factory=set)

    def ask(self, action: str, product: int | None = None, **payload: Any) -> JobId:
        asked = SubmitJob("vinted", action, product, payload=payload)
        job, _ = submit(self.bench.engine.database, self.bench.engine.registry, self.bench.tenant, asked)
        return job

    def goes_through(self, job: JobId) -> dict[str, Any]:
        """Let engine and plugin work until nothing is left to do; return the job."""
        for _ in range(60):
            self.bench.make_due()
            looks = self.bench.message(job).mode == "look"
            report = self.bench.look(job) if looks else self.bench.run(job)
            if report.move is NextMove.NOTHING:
                return self.bench.row(job)
            self.answers()
        pytest.fail(f"Job {job} does not end: {self.bench.row(job)}")

    def answers(self) -> None:
        """Do what the plugin is asked, until it is asked for nothing more."""
        while commands := plugin.open_commands(self.bench.engine, [(self.bench.tenant, LAPTOP)]):
            for command in commands:
                said = self.does(command)
                if command.action in self.silent_at:
                    self.silent_at.discard(command.action)
                    self.passes_its_deadline()
                    return
                receive_answer(self.bench.engine, self.bench.tenant, LAPTOP, command.request_id, said)

    def passes_its_deadline(self) -> None:
        self.bench.all("UPDATE {s}.marketplace_tasks SET deadline = clock_timestamp() WHERE status = 'running'")
        self.bench.all("UPDATE {s}.plugin_commands SET deadline = clock_timestamp() WHERE answered_at IS NULL")
        self.bench.sweep()

    def does(self, command: PluginCommand) -> Answer:
        said = perform(
            command.action,
            command.payload,
            browser=self.browser,
            fetch_file=lambda _: FetchedFile(JPEG, "image/jpeg"),
            request_id=command.attempt,
        )
        error = said.get("error", {})
        return Answer(said["success"], said.get("data", {}), error.get("code", ""), error.get("message", ""))

    def lists(self, title: str) -> str:
        """Put an item up on the site itself; return its number."""
        photo = self.browser.call(
            "POST",
            f"{API}/photos",
            data={"photo[type]": "item", "photo[temp_uuid]": UUID},
            files={"photo[file]": ("photo.jpg", JPEG, "image/jpeg")},
        ).body["id"]
        item = {
            "title": title,
            "description": "Une robe rouge.",
            "currency": "EUR",
            "catalog_id": 1055,
            "price": 25,
            "package_size_id": 1,
            "color_ids": [7],
            "assigned_photos": [{"id": photo, "orientation": 0}],
            "item_attributes": [{"code": "condition", "ids": [2]}],
        }
        return str(self.browser.call("POST", f"{API}/item_upload/items", json={"item": item}).body["item"]["id"])

    def behave(self, act: str, listing: str, **wishes: Any) -> None:
        (market,) = (each for each in self.server.sandbox.markets if isinstance(each, VintedMarket))
        market.behave(Seller("vinted", self.external_id, ""), act, {"listing_id": listing, **wishes})

    def is_written_to(self, listing: str) -> int:
        """Let a buyer write; return the conversation."""
        self.behave("write", listing, text="Toujours disponible ?")
        return self.browser.call("GET", f"{API}/inbox").body["conversations"][0]["id"]

    def said(self) -> list[str]:
        """Return what was said to buyers, by the ledger."""
        entries = self.server.sandbox.ledger.since()
        own = [entry for entry in entries if entry.seller == self.external_id and entry.committed_at is not None]
        return [entry.title for entry in own if entry.operation == "message.send"]

    def goes_wrong(self, operation: str, fault: FaultKind) -> None:
        self.server.sandbox.faults.add_script([ScriptedFault("vinted", operation, fault, seller=self.external_id)])


@pytest.fixture
def member(bench: "Bench", server: SandboxServer) -> Iterator[Member]:
    rows = [
        ActionTypeRow("vinted", a.code, a.name, a.priority, a.is_batch, a.rate_limit_ms, a.max_retries, a.timeout_s)
        for a in VINTED.actions
    ]
    upsert_action_types(bench.engine.database, rows)
    made = server.sandbox.control.make_seller("vinted", tenant=bench.tenant)
    number = made["external_id"]
    bench.all(
        f"INSERT INTO {{s}}.connections (marketplace, external_id, state) VALUES ('vinted', '{number}', 'connected')"
    )
    plugin.connected(bench.engine, bench.tenant, LAPTOP, "socket")
    browser = Browser(server.url)
    assert browser.sign_in_as(bench.tenant)
    yield Member(bench, server, browser, number)
    browser.close()


def outcome(job: dict[str, Any]) -> tuple[str, Any]:
    return job["status"], job["result_data"] if job["status"] == "completed" else job["error_message"]


# the seller's session


def time_comes(member: Member) -> None:
    """Let the time pass in which a mark is not tried."""
    member.bench.all("UPDATE {s}.connections SET next_try = next_try - interval '1 hour'")
    member.bench.sweep()


def refused(member: Member, code: str) -> JobId:
    """Return a job whose first call Vinted refused with this code."""
    conversation = member.is_written_to(member.lists("Robe rouge"))
    job = member.ask("message", conversation_id=conversation, text=TEXT)
    member.bench.run(job)
    (command,) = plugin.open_commands(member.bench.engine, [(member.bench.tenant, LAPTOP)])
    said = Answer(success=False, error_code=code, error_message="No.")
    receive_answer(member.bench.engine, member.bench.tenant, LAPTOP, command.request_id, said)
    assert member.bench.row(job)["waiting"]
    return job


@pytest.mark.parametrize("code", ["http_401", "http_403", "session_lost"])
def test_one_refused_call_of_a_good_session_stops_nothing_for_long(member: Member, code: str) -> None:
    job = refused(member, code)
    time_comes(member)
    assert member.goes_through(job)["status"] == "completed"
    assert member.said() == [TEXT]


def test_where_vinted_asks_for_a_person_nothing_is_tried_by_itself(member: Member) -> None:
    refused(member, "datadome")
    time_comes(member)
    assert member.bench.one("SELECT state, next_try::text FROM {s}.connections") == {
        "state": "needs_seller",
        "next_try": "infinity",
    }


# messages


def test_a_message_is_said_once(member: Member) -> None:
    conversation = member.is_written_to(member.lists("Robe rouge"))
    job = member.goes_through(member.ask("message", conversation_id=conversation, text=TEXT))
    assert outcome(job) == ("completed", {"conversation_id": str(conversation)})
    assert job["acted"]
    assert member.said() == [TEXT]


def test_a_message_that_was_answered_with_a_page_is_said_once(member: Member) -> None:
    conversation = member.is_written_to(member.lists("Robe rouge"))
    member.goes_wrong("message.send", FaultKind.NOT_JSON)
    job = member.goes_through(member.ask("message", conversation_id=conversation, text=TEXT))
    assert job["status"] == "completed"
    assert member.said() == [TEXT]


def test_a_message_of_a_plugin_that_never_answered_is_said_once(member: Member) -> None:
    conversation = member.is_written_to(member.lists("Robe rouge"))
    member.silent_at = {"vinted.message.send"}
    job = member.ask("message", conversation_id=conversation, text=TEXT)
    assert member.goes_through(job)["status"] == "completed"
    assert member.silent_at == set()
    assert member.said() == [TEXT]
    assert "looked and adopted" in member.bench.causes(job)


def test_a_second_message_with_the_same_words_is_said_too(member: Member) -> None:
    conversation = member.is_written_to(member.lists("Robe rouge"))
    for _ in range(2):
        member.goes_wrong("message.send", FaultKind.BROKEN_AFTER)
        job = member.goes_through(member.ask("message", conversation_id=conversation, text=TEXT))
        assert job["status"] == "completed"
    assert member.said() == [TEXT, TEXT]


def test_nothing_a_buyer_wrote_is_kept(member: Member) -> None:
    listing = member.lists("Robe rouge")
    conversation = member.is_written_to(listing)
    member.behave("sell", listing)
    member.goes_through(member.ask("message", conversation_id=conversation, text=TEXT))
    member.goes_through(member.ask("orders"))
    kept = member.bench.all("SELECT payload, answer FROM {s}.plugin_commands")
    assert any("my_orders" in str(row["answer"]) for row in kept)
    assert not any("buyer" in str(row) or "disponible ?" in str(row) for row in kept)


# links


def test_a_product_is_linked_and_a_second_one_does_not_get_its_listing(member: Member) -> None:
    listing = member.lists("Robe rouge")
    first, second = member.bench.product(), member.bench.product()
    linked = member.goes_through(member.ask("link_product", first, listing_id=listing))
    assert outcome(linked)[1]["listing_id"] == listing
    refused = member.goes_through(member.ask("link_product", second, listing_id=listing))
    assert outcome(refused) == ("failed", "Another product has this listing.")
    again = member.goes_through(member.ask("link_product", first, listing_id=listing))
    assert again["status"] == "completed"
    rows = member.bench.all("SELECT product_id, external_id, visible FROM {s}.listings")
    assert rows == [{"product_id": first, "external_id": listing, "visible": True}]


# the account


def test_what_a_linked_product_sold_there_is_sold(member: Member) -> None:
    sold, other = member.lists("Robe rouge"), member.lists("Robe verte")
    product = member.bench.product()
    member.goes_through(member.ask("link_product", product, listing_id=sold))
    member.behave("sell", sold)
    member.behave("sell", other, state="cancelled")
    result = member.goes_through(member.ask("orders"))["result_data"]
    assert {name: result[name] for name in ("orders", "sold", "unknown")} == {"orders": 2, "sold": 1, "unknown": 0}
    query = f"SELECT status, stock_quantity FROM {{s}}.products WHERE id = {product}"
    assert member.bench.one(query) == {"status": "sold", "stock_quantity": 0}
    again = member.goes_through(member.ask("orders"))["result_data"]
    assert (again["orders"], again["sold"]) == (0, 0)


def test_a_listing_that_the_member_deleted_is_gone_and_a_reserved_one_is_kept(member: Member) -> None:
    gone, reserved = member.lists("Robe rouge"), member.lists("Robe verte")
    products = [member.bench.product() for _ in range(2)]
    for product, listing in zip(products, (gone, reserved), strict=True):
        member.goes_through(member.ask("link_product", product, listing_id=listing))
    member.behave("delete", gone)
    member.behave("reserve", reserved)
    result = member.goes_through(member.ask("sync"))["result_data"]
    assert (result["seen"], result["vanished"], result["sold"]) == (1, 1, 0)
    rows = member.bench.all("SELECT external_id, visible FROM {s}.listings ORDER BY id")
    assert rows == [{"external_id": None, "visible": False}, {"external_id": reserved, "visible": False}]


def test_a_page_whose_answer_never_came_is_asked_for_again(member: Member) -> None:
    member.lists("Robe rouge")
    member.silent_at = {"vinted.wardrobe.list"}
    assert member.goes_through(member.ask("sync"))["result_data"]["seen"] == 1
    assert member.silent_at == set()
