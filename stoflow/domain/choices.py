"""What a seller may set of an account: what there is to choose from, what is set, and what stays open."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from stoflow.domain.errors import InputError
from stoflow.domain.outcome import FieldError

Settings = Mapping[str, Any]
"""What is set of an account, by name. None says that the seller wants it left open."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a setting, and what the seller knows it by.

    `only_with` are the values of other settings without which there is no such choice: a policy is one site's.
    """

    value: str
    title: str
    only_with: Mapping[str, str] = field(default_factory=dict[str, str])

    def fits(self, settings: Settings) -> bool:
        return all(as_text(settings.get(name)) == value for name, value in self.only_with.items())


Choices = Mapping[str, tuple[Choice, ...]]
"""What an account has to choose from, by setting."""


def nothing_offered(_: date) -> tuple[Choice, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that may be set of an account. Where it is `required`, nothing can be published without it.

    Its values are what the account has there (`of_account`), or what is `offered` to everybody on a day; where it has
    a `fault`, every value against which that has nothing to say ("").
    """

    name: str
    required: bool = False
    of_account: bool = False
    offered: Callable[[date], tuple[Choice, ...]] = nothing_offered
    fault: Callable[[Any, date], str] | None = None

    def choices(self, of_account: Choices, day: date) -> tuple[Choice, ...]:
        """Return what there is to choose from."""
        return of_account.get(self.name, ()) if self.of_account else self.offered(day)


def settled(known: Sequence[Setting], settings: Settings, choices: Choices) -> Settings:
    """Return the settings with all that leaves no choice: what is unique is set, what is no longer there is not.

    What was chosen and is still there stays; so does what the seller wants open. Where there are several, nobody
    guesses. A setting that others are only to be had with stands before them.
    """
    found = dict(settings)
    for setting in known:
        if setting.of_account and not _wanted_open(setting.name, found):
            _settle(setting.name, found, choices.get(setting.name, ()))
    return found


def chosen(known: Sequence[Setting], settings: Settings, choices: Choices, given: Settings, day: date) -> Settings:
    """Return the settings after the seller gave some; raise InputError naming each that cannot be.

    Of an account that was never read, which has no choices, nothing is settled: what is set stays.
    """
    by_name = {setting.name: setting for setting in known}
    wanted = {**settings, **given}
    faults = {name: _fault(by_name, name, wanted, choices, day) for name in given}
    errors = tuple(FieldError(f"settings.{name}", fault) for name, fault in faults.items() if fault)
    if errors:
        raise InputError("The account cannot be set like this.", errors)
    return settled(known, wanted, choices) if choices else wanted


def as_text(value: Any) -> str:
    """Return a text, or the number that a marketplace calls something by, as text; "" for anything else."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _wanted_open(name: str, settings: Settings) -> bool:
    return name in settings and settings[name] is None


def _settle(name: str, found: dict[str, Any], choices: Sequence[Choice]) -> None:
    there = {choice.value for choice in choices if choice.fits(found)}
    if as_text(found.get(name)) in there:
        return
    found.pop(name, None)
    if len(there) == 1:
        found[name] = there.pop()


def _fault(by_name: Mapping[str, Setting], name: str, wanted: Settings, choices: Choices, day: date) -> str:
    """Return why a setting cannot be what is wanted, "" where it can."""
    setting, value = by_name.get(name), wanted[name]
    if setting is None:
        return f"There is no such setting; there are {', '.join(by_name)}."
    if value is None:
        return ""
    if setting.fault:
        return setting.fault(value, day)
    offered = setting.choices(choices, day)
    found = next((choice for choice in offered if choice.value == as_text(value)), None)
    if found is None:
        return "This is none of its choices." if offered else "There is nothing to choose from, as far as is known."
    if not found.fits(wanted):
        together = ", ".join(f"{other} {needed}" for other, needed in found.only_with.items())
        return f"This is only to be had with {together}."
    return ""
