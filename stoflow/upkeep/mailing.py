"""Mails are sent by whoever comes first, and again, ever later, until the mail server took them or a day is over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from stoflow.domain.errors import APIConnectionError, InputError
from stoflow.domain.facts.mails import MailGivenUp, MailPutOff, MailSent, MailUnsent
from stoflow.domain.mail import Mail, link_of, write_mail
from stoflow.monitoring.record import record
from stoflow.storage.credentials.account_tokens import make_token
from stoflow.storage.database.session import Database
from stoflow.storage.mails import DueMail, drop_mail, take_due_mail

MAILS_A_TURN: Final = 50


@dataclass(frozen=True, slots=True)
class Mailing:
    """One process's; several may turn at once. Without `send` a log line takes a mail's place."""

    database: Database
    send: Callable[[Mail], None] | None
    page: str

    def turn(self) -> int:
        """Send what is due; return how many mails were dealt with."""
        for count in range(MAILS_A_TURN):
            due = take_due_mail(self.database)
            if due is None:
                return count
            if self._is_over(due):
                drop_mail(self.database, due.id)
        return MAILS_A_TURN

    def _is_over(self, due: DueMail) -> bool:
        """Send one mail, with a token of its own, and say whether nothing is left to do."""
        token = make_token(self.database, due.tenant, due.kind)
        if self.send is None:
            record(MailUnsent(due.tenant, due.kind, link_of(due.kind, token, self.page)))
            return True
        try:
            self.send(write_mail(due.kind, due.email, token, self.page))
        except InputError as error:
            record(MailGivenUp(due.tenant, due.kind, _without(due.email, error)))
            return True
        except APIConnectionError as error:
            reason = _without(due.email, error)
            record(
                MailGivenUp(due.tenant, due.kind, reason) if due.is_late else MailPutOff(due.tenant, due.kind, reason)
            )
            return due.is_late
        record(MailSent(due.tenant, due.kind))
        return True


def _without(email: str, error: Exception) -> str:
    """Return what the mail server said, without the address that it repeats: logs hold none."""
    return str(error).replace(email, "the address")
