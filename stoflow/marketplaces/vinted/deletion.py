"""Ending what a product has on Vinted through the seller's plugin: its item, or the draft that was to become one."""

from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Command
from stoflow.domain.outcome import Done, Outcome
from stoflow.marketplaces.contract import Conversation
from stoflow.marketplaces.replies import answer_of
from stoflow.marketplaces.vinted import failures


class VintedDeletion:
    """One method per task. Vinted deletes items and drafts by different calls, and StoFlow may not know which it has:
    a completion whose outcome stayed unknown made an item of what is recorded as a draft."""

    def end(self, attempt: Attempt) -> Conversation:
        """Delete the item; output: `listing_id`, and `already_gone` where Vinted has no such item."""
        listing_id = attempt.listing_id
        if not listing_id:
            return Done({"listing_id": "", "already_gone": True})
        answer = answer_of((yield Command("vinted.item.delete", {"id": listing_id})))
        if answer.success:
            return Done({"listing_id": listing_id, "already_gone": False}, ended=listing_id)
        if answer.error_code == failures.NOT_FOUND:
            ended = listing_id if attempt.listing_visible else ""
            return Done({"listing_id": listing_id, "already_gone": True}, ended=ended)
        return failures.outcome_of(answer, unsafe=False)

    def discard(self, attempt: Attempt) -> Conversation:
        """Delete the draft where there was no item and none was ever seen; one that is gone already is as good."""
        draft_id = attempt.listing_id
        if not draft_id:
            return Done()
        answer = answer_of((yield Command("vinted.draft.delete", {"id": draft_id})))
        if answer.success or answer.error_code == failures.NOT_FOUND:
            return Done({"already_gone": not answer.success}, ended=draft_id)
        return failures.outcome_of(answer, unsafe=False)

    def save(self, attempt: Attempt) -> Outcome:
        """Output: the result the seller reads."""
        return Done({**attempt.outputs["end"], **attempt.outputs["discard"]})
