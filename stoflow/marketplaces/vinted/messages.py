"""Answering in a conversation on Vinted: read, said once, and looked for where nobody answers."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Command, Response
from stoflow.domain.outcome import Absent, Broken, Done, FieldError, Outcome, Refused, cannot_tell
from stoflow.marketplaces import checks
from stoflow.marketplaces.contract import Conversation, Looking
from stoflow.marketplaces.outputs import text_in
from stoflow.marketplaces.payloads import payload_errors
from stoflow.marketplaces.replies import answer_of
from stoflow.marketplaces.vinted import failures
from stoflow.marketplaces.vinted.asking import TEXT, WHICH, Message, number_in, words_in
from stoflow.marketplaces.vinted.pages import ask_for_thing

MESSAGE = "message"
UNREADABLE = Broken("Vinted showed messages that StoFlow cannot read.")


@dataclass(frozen=True, slots=True)
class _Message:
    """`words` are what was said, however its lines and spaces are kept."""

    message_id: str
    author: str
    words: Sequence[str]


class VintedMessages:
    """One method per task. The same text may have been said before: those messages are known before it is sent."""

    def validate(self, attempt: Attempt) -> Outcome:
        """Refuse with every reason at once, or go on."""
        return checks.ready_unless(
            (*payload_errors(Message, attempt.payload), *_member_errors(attempt)), "The message cannot be sent."
        )

    def read(self, attempt: Attempt) -> Conversation:
        """Output: `said`, the messages of the member that say the same already."""
        conversation = yield from _conversation(attempt)
        if conversation is None:
            return _refused("Vinted has no such conversation.")
        if not isinstance(conversation, Mapping):
            return conversation
        if conversation.get("allow_reply") is False:
            return _refused("Vinted takes no more messages in this conversation.")
        said = _said(attempt, conversation)
        return UNREADABLE if said is None else Done({"said": said})

    def send(self, attempt: Attempt) -> Conversation:
        """Say it."""
        payload = {WHICH: number_in(attempt.payload, WHICH), TEXT: words_in(attempt.payload, TEXT)}
        answer = answer_of((yield Command("vinted.message.send", payload)))
        return _sent(attempt) if answer.success else failures.outcome_of(answer, unsafe=True)

    def look_for_message(self, attempt: Attempt) -> Looking:
        """Find a message that says it and was not there before."""
        conversation = yield from _conversation(attempt)
        if conversation is None:
            return Absent("Vinted has no such conversation.")
        if not isinstance(conversation, Mapping):
            return cannot_tell(conversation)
        said = _said(attempt, conversation)
        if said is None:
            return cannot_tell(UNREADABLE)
        is_new = set(said) - set(attempt.outputs["read"]["said"])
        return _sent(attempt) if is_new else Absent("The conversation has no such message.")

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        return Done(attempt.outputs["send"])


def _member_errors(attempt: Attempt) -> tuple[FieldError, ...]:
    """Return that the member's own messages could not be told from the buyer's."""
    if attempt.account.external_id:
        return ()
    return (FieldError("account.external_id", "StoFlow does not know the member's number on Vinted."),)


def _conversation(attempt: Attempt) -> Generator[Call, Response, Mapping[str, Any] | Outcome | None]:
    """Return the conversation, None where there is none, or why Vinted cannot show it."""
    asked = Command("vinted.conversation.get", {"id": number_in(attempt.payload, WHICH)})
    return ask_for_thing(asked, "conversation", UNREADABLE)


def _said(attempt: Attempt, conversation: Mapping[str, Any]) -> Sequence[str] | None:
    """Return the ids of the member's own messages with exactly these words; None where not every message can be read.

    A message that cannot be read may be the one: nothing is sent beside it.
    """
    listed = conversation.get("messages")
    entries = cast("list[Any]", listed) if isinstance(listed, list) else [None]
    messages = [_message(entry) for entry in entries if not _is_of_another_kind(entry)]
    wanted = (attempt.account.external_id, words_in(attempt.payload, TEXT).split())
    if None in messages:
        return None
    return [message.message_id for message in messages if message and (message.author, message.words) == wanted]


def _message(entry: Any) -> _Message | None:
    """Read one message. How Vinted words one is not established: as an entity of its kind, or plainly."""
    entity = entry.get("entity", entry) if isinstance(entry, Mapping) else None
    if not isinstance(entity, Mapping) or "body" not in entity:
        return None
    message = _Message(text_in(entity, "id"), text_in(entity, "user_id"), text_in(entity, "body").split())
    return message if message.message_id and message.author else None


def _is_of_another_kind(entry: Any) -> bool:
    """Tell an offer or a notice, which has a kind of its own and no text, from a message."""
    return text_in(entry, "entity_type") not in {"", MESSAGE} and _message(entry) is None


def _sent(attempt: Attempt) -> Done:
    return Done({WHICH: number_in(attempt.payload, WHICH)}, acted=True)


def _refused(reason: str) -> Refused:
    return Refused(reason, (FieldError(f"payload.{WHICH}", reason),))
