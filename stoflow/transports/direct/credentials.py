"""Credentials that a seller enters: which ones a marketplace gives, and whose they are."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stoflow.domain.call import Reply
from stoflow.domain.outcome import FieldError
from stoflow.transports.direct.consent import Identity
from stoflow.transports.direct.tokens import is_sendable


@dataclass(frozen=True, slots=True)
class CredentialField:
    """`wants` says in words what it is and where the seller finds it; `pattern` is what the whole of it matches."""

    name: str
    wants: str
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class CredentialForm:
    """What is entered. `identity_path` is the call that tells whose it is, `identity_in` reads its answer, None where
    it names nobody who sells there, and `reason_in` reads why it was refused, "" where it does not say."""

    fields: tuple[CredentialField, ...]
    identity_path: str
    identity_in: Callable[[Reply], Identity | None]
    reason_in: Callable[[Reply], str] = lambda _: ""


def credential_errors(form: CredentialForm, given: Mapping[str, str]) -> tuple[FieldError, ...]:
    """Return why these cannot be what the marketplace gave, each field named `credentials.<name>`, never its value."""
    names = ", ".join(field.name for field in form.fields)
    unknown = sorted(given.keys() - {field.name for field in form.fields})
    strange = (FieldError(f"credentials.{name[:80]}", f"is not asked for: give {names}.") for name in unknown)
    faults = ((field, _fault(field, given.get(field.name, ""))) for field in form.fields)
    wrong = (FieldError(f"credentials.{field.name}", f"{fault}: {field.wants}") for field, fault in faults if fault)
    return (*wrong, *strange)


def _fault(field: CredentialField, value: str) -> str:
    if not value.strip():
        return "is missing"
    if not is_sendable(value):
        return "has a character, a blank at an end, or a length that cannot be"
    return "" if not field.pattern or re.fullmatch(field.pattern, value) else "does not look right"
