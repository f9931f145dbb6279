"""What became of mails to sellers; never with an address."""

from dataclasses import dataclass

from stoflow.domain.facts.fact import Fact


@dataclass(frozen=True, slots=True)
class MailSent(Fact):
    tenant: int
    kind: str


@dataclass(frozen=True, slots=True)
class MailPutOff(Fact):
    """The mail server did not take it, and is asked again."""

    tenant: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class MailGivenUp(Fact):
    tenant: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class MailUnsent(Fact):
    """There is no mail server: whoever reads this log passes on what the mail would have brought."""

    tenant: int
    kind: str
    link: str
