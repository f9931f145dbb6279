"""A message on Vinted is said once: where nobody answers, the conversation is read."""

from typing import Any

import pytest

from stoflow.domain.call import Answer, Call, Response
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Broken, Done, Refused, SellerMustAct, TryAgain, Unknown
from stoflow.domain.product import Product
from stoflow.marketplaces.payloads import payload_errors
from stoflow.marketplaces.replies import answer_of
from stoflow.marketplaces.vinted.asking import Message
from stoflow.marketplaces.vinted.marketplace import VINTED
from stoflow.testing.acting import response_to
from stoflow_sandbox.faults import FaultKind
from stoflow_sandbox.server import SandboxServer
from tests.contract.conftest import SiteMaker
from tests.harness.vinted import Asked, Member

TEXT = "Oui, toujours disponible !\nBonne journée"


@pytest.fixture
def member(make_site: SiteMaker, sandbox: SandboxServer, product: Product, media_root: str) -> Member:
    return Member(make_site(VINTED), sandbox, product, media_root)


@pytest.fixture
def listing(member: Member) -> str:
    """A listing that a buyer has written about."""
    listing = member.listed()
    member.behave("write", listing, text="Toujours disponible ?")
    return listing


@pytest.fixture
def answering(member: Member, listing: str) -> Asked:
    return member.ask("message", payload={"conversation_id": member.conversation_about(listing), "text": TEXT})


def said(job: Asked, member: Member) -> list[str]:
    return member.said(job.payload["conversation_id"])


def test_it_is_said_in_the_conversation(answering: Asked, member: Member) -> None:
    answering.run()
    assert said(answering, member) == [TEXT]
    assert answering.outputs["save"] == {"conversation_id": str(answering.payload["conversation_id"])}


def test_the_call_that_says_it_is_paced_and_never_simply_repeated(answering: Asked) -> None:
    plans = [(plan.name, plan.kind, plan.paced) for plan in answering.handler.create_tasks(None)]
    assert plans == [
        ("validate", TaskKind.INNER, False),
        ("read", TaskKind.REPEATABLE, False),
        ("send", TaskKind.UNSAFE, True),
        ("save", TaskKind.INNER, False),
    ]


def test_a_look_says_absent_before_it_is_said_and_finds_it_afterwards(answering: Asked) -> None:
    answering.run(until="send")
    assert isinstance(answering.look("send"), Absent)
    done = answering.act("send")
    assert isinstance(done, Done)
    assert done.acted
    assert answering.look("send") == done


def test_the_same_words_said_before_are_not_taken_for_it(answering: Asked, member: Member) -> None:
    answering.run()
    again = answering.again()
    again.run(until="send")
    assert isinstance(again.look("send"), Absent)
    again.act("send")
    assert isinstance(again.look("send"), Done)
    assert said(answering, member) == [TEXT, TEXT]


def test_the_buyers_own_words_are_not_taken_for_it(answering: Asked, member: Member, listing: str) -> None:
    answering.run(until="send")
    member.behave("write", listing, text=TEXT)
    assert isinstance(answering.look("send"), Absent)


def test_what_was_not_said_is_not_found(answering: Asked, member: Member) -> None:
    answering.run(until="send")
    member.goes_wrong("message.send", FaultKind.NOT_JSON)
    assert isinstance(answering.act("send"), Unknown)
    assert isinstance(answering.look("send"), Absent)


@pytest.mark.parametrize("task", ["read", "send"])
@pytest.mark.parametrize(
    ("code", "means"),
    [("datadome", SellerMustAct), ("session_lost", SellerMustAct), ("http_403", SellerMustAct), ("http_429", TryAgain)],
)
def test_a_member_who_must_act_and_haste_stop_it(answering: Asked, task: str, code: str, means: type) -> None:
    answering.run(until=task)
    assert isinstance(answering.act(task, send=lambda _: Answer(success=False, error_code=code)), means)


def test_a_look_that_cannot_see_never_says_absent(answering: Asked) -> None:
    answering.run(until="send")
    step = answering.handler.step("send")
    assert step.look is not None
    for status in (401, 429, 500, 503):
        looking = step.look(answering.attempt("send"))
        call = next(looking)
        with pytest.raises(StopIteration) as end:
            looking.send(response_to(call, status))
        assert not isinstance(end.value.value, Absent | Done), status


def test_a_conversation_that_is_closed_or_gone_is_refused_by_name(
    answering: Asked, member: Member, listing: str
) -> None:
    member.behave("write", listing, text="Adieu", allow_reply=False)
    answering.run(until="read")
    closed = answering.act("read")
    gone = answering.again(payload={"conversation_id": "1", "text": TEXT})
    gone.run(until="read")
    for outcome in (closed, gone.act("read")):
        assert isinstance(outcome, Refused)
        assert [error.field for error in outcome.errors] == ["payload.conversation_id"]


def conversation(*messages: Any) -> Response:
    body = {"conversation": {"id": 5, "allow_reply": True, "messages": list(messages)}}
    return Answer(success=True, data={"status": 200, "body": body})


def test_nothing_is_said_beside_messages_that_cannot_be_read(answering: Asked) -> None:
    answering.run(until="read")
    odd: tuple[Response, ...] = (
        conversation({"id": 1, "text": "Bonjour"}),
        conversation({"entity_type": "message", "entity": {"id": 1, "body": "Bonjour"}}),
        conversation("Bonjour"),
        Answer(success=True, data={"body": {"conversation": {"id": 5}}}),
        Answer(success=True, data={"body": {}}),
    )
    for shown in odd:
        assert isinstance(answering.act("read", send=lambda _, shown=shown: shown), Broken), shown


def test_messages_are_read_plainly_too_and_notices_are_none(answering: Asked) -> None:
    answering.run(until="read")
    own = int(answering.site.account.external_id)
    plain = {"id": 31, "user_id": own, "body": TEXT.replace("\n", "\r\n")}
    others = {"id": 32, "user_id": own + 1, "body": TEXT}
    notice = {"entity_type": "status_message", "entity": {"title": "Commande annulée"}}
    outcome = answering.act("read", send=lambda _: conversation(plain, others, notice))
    assert outcome == Done({"said": ["31"]})


def test_nothing_of_the_buyer_leaves_the_browser(answering: Asked) -> None:
    heard: list[Response] = []

    def listening(call: Call) -> Response:
        heard.append(answering.site.answer(call))
        return heard[-1]

    answering.run(until="read")
    answering.act("read", send=listening)
    (answer,) = heard
    assert answer_of(answer).data["body"]["conversation"]["messages"] == []
    assert "buyer" not in repr(answer)


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        ({}, ["conversation_id", "text"]),
        ({"conversation_id": 5}, ["text"]),
        ({"conversation_id": "5", "text": "  \n "}, ["text"]),
        ({"conversation_id": "5", "text": 5}, ["text"]),
        ({"conversation_id": "five", "text": "Oui"}, ["conversation_id"]),
        ({"conversation_id": "5/../6", "text": "Oui"}, ["conversation_id"]),
        ({"conversation_id": 0, "text": "Oui"}, ["conversation_id"]),
        ({"conversation_id": True, "text": "Oui"}, ["conversation_id"]),
        ({"conversation_id": [5], "text": "Oui"}, ["conversation_id"]),
        ({"conversation_id": 5, "text": "Oui"}, []),
        ({"conversation_id": "5", "text": "Oui"}, []),
    ],
)
def test_a_message_is_asked_for_with_a_conversation_and_words(
    member: Member, payload: dict[str, Any], fields: list[str]
) -> None:
    assert [error.field for error in payload_errors(Message, payload)] == [f"payload.{name}" for name in fields]
    assert isinstance(member.ask("message", payload=payload).act("validate"), Refused if fields else Done)
