"""The mails that StoFlow sends to sellers, in its own words."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final


class MailKind(StrEnum):
    """What a mail is for, and what the token in it is good for."""

    VERIFY = "verify"
    RESET = "reset"


GOOD_FOR: Final = {MailKind.VERIFY: timedelta(hours=48), MailKind.RESET: timedelta(minutes=30)}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to be sent."""

    recipient: str
    subject: str
    text: str = field(repr=False)


def write_mail(kind: MailKind, recipient: str, token: str, page: str) -> Mail:
    """Return the mail that brings a token; with a `page` of the operator's it is a link there."""
    subject, what, otherwise = WORDS[kind]
    way = f"open this address:\n\n{link_of(kind, token, page)}" if page else f"enter this code:\n\n{token}"
    hours = GOOD_FOR[kind] // timedelta(hours=1)
    until = f"{hours} hours" if hours else f"{GOOD_FOR[kind] // timedelta(minutes=1)} minutes"
    return Mail(recipient, subject, f"To {what}, {way}\n\nIt is good once, for {until}. {otherwise}\n")


def link_of(kind: MailKind, token: str, page: str) -> str:
    """Return where the mail leads: what follows the # stays in the browser, and in no log of a web server."""
    return f"{page}#{kind}={token}" if page else token


WORDS: Final = {
    MailKind.VERIFY: (
        "Confirm your e-mail address",
        "confirm that this e-mail address is yours",
        "If you did not register, do nothing.",
    ),
    MailKind.RESET: (
        "Choose a new password",
        "choose a new password",
        "If you did not ask for that, do nothing: your password stays as it is.",
    ),
}
"""Of each kind: the subject, what it is for, and what to do otherwise."""
